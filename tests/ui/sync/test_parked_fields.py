"""A parked action is corrected record by record, and all of its fields can be reached."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import Qt

from app import records
from app.conflicts import correcting
from app.identity import new_id
from sync.protocol import EnrolRequest, Op, PushRequest, seal
from tests.sync.office import PASSWORD, RHONE, Laptop, Office
from tests.ui.sync.test_explaining import said


@pytest.fixture
def row_of(claire: Laptop, desk_of: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The open row of the products that Claire adds in one action and may not, in her window."""

    def opened(*products: dict[str, Any]) -> Any:
        with claire.workspace.transaction() as session:
            for values in products:
                records.add(session, "product", values)
        claire.sync()
        desk = desk_of(claire.workspace)
        page = desk.go("sync")
        monkeypatch.setattr(desk.runner, "start", lambda: None)
        (row,) = page.parked.rows
        row.toggle()
        desk.settle()
        row.desk = desk
        return row

    return opened


def test_the_second_of_two_records_is_corrected_and_the_first_stays(claire: Laptop, row_of: Any) -> None:
    row = row_of({"sku": "A", "label_fr": "Savon"}, {"sku": "B", "label_fr": "Gants"})
    assert "Article, Savon" in said(row.fields) and "Article, Gants" in said(row.fields)
    editors = {editor.target.accessibleName(): editor for _wanted, editor in row.fields.editors}
    editors["Article, Gants, Libellé français"].show_value("Gants longs")
    row.retry.click()
    row.desk.settle()
    claire.sync()
    assert {one["sku"]: one["label_fr"] for one in claire.rows("product")} == {
        "A": "Savon",
        "B": "Gants longs",
    }


def test_one_record_alone_needs_no_name_above_its_fields(row_of: Any) -> None:
    row = row_of({"sku": "A", "label_fr": "Savon"})
    assert "Article" not in said(row.fields)
    assert not row.fields.more.isVisible()


def test_every_field_of_a_large_action_can_be_reached_and_the_last_one_corrected(
    claire: Laptop, row_of: Any, qtbot: Any
) -> None:
    row = row_of(*({"sku": f"S{n}", "label_fr": f"Savon {n}", "pack": n} for n in range(1, 21)))
    total = len(row.waiting.wanted)
    assert total >= 60 and row.fields.more.text() == f"Afficher la suite (encore {total - 8})"
    while row.fields.more.isVisible():
        before = len(row.fields.editors)
        qtbot.mouseClick(row.fields.more, Qt.MouseButton.LeftButton)
        row.desk.settle()
        assert row.window().focusWidget() is row.fields.editors[before][1].target
    assert [wanted for wanted, _editor in row.fields.editors] == list(row.waiting.wanted)
    last = next(e for w, e in reversed(row.fields.editors) if w.field.name == "pack")
    last.show_value(Decimal("99"))
    row.retry.click()
    row.desk.settle()
    claire.sync()
    packs = {one["sku"]: one["pack"] for one in claire.rows("product")}
    assert packs == {f"S{n}": Decimal(n) for n in range(1, 20)} | {"S20": Decimal(99)}


def test_a_field_of_ones_own_is_seen_too(claire: Laptop) -> None:
    claire.add("custom_field", record_kind="account", name="couleur", label_text="Couleur", field_kind="text")
    id = claire.add("account", name="Morel")
    claire.sync()
    claire.save("account", id, **{"custom.couleur": "rouge"})
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_transaction SET state = 'parked' WHERE state = 'sealed'")
    with claire.workspace.read() as session:
        waiting = correcting.find_waiting(session)[-1]
    assert [(one.field.label, one.text) for one in waiting.wanted] == [("Couleur", "rouge")]


def test_a_value_that_is_none_is_shown_as_it_was_sent_and_asks_for_a_better_one(
    office: Office, rey: Laptop, claire: Laptop, desk_of: Any
) -> None:
    device = office.service.connect().enrol(EnrolRequest("claire@example.fr", PASSWORD))
    now = office.service.now()
    odd = {"name": (None, "Bizarre"), "territory": (None, RHONE), "headcount": (None, "beaucoup")}
    sent = seal(new_id(), 1, [Op("account", new_id(), "create", 0, odd, now)])
    office.service.connect(device.token).push(PushRequest(now, [sent]))
    rey.sync()
    desk = desk_of(rey.workspace)
    (row,) = desk.go("sync").parked.rows
    row.toggle()
    desk.settle()
    editors = {wanted.field.name: editor for wanted, editor in row.fields.editors}
    assert editors["headcount"].typed() == "beaucoup"
    row.retry.click()
    desk.settle()
    assert not row.waiting.decided, "it is no number yet"
    editors["headcount"].show_value(12)
    row.retry.click()
    desk.settle()
    rey.sync()
    rey.sync()
    assert [(one["name"], one["headcount"]) for one in rey.rows("account")] == [("Bizarre", 12)]
