"""A discount agreed to over the telephone, on the screens of both who speak, with no network between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from app import records
from app.quotes import editing, telephone
from app.workspace import Workspace
from sync import state
from tests.blank import blank_workspace
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand, window_on
from tests.ui.quotes.test_next_steps import answer, steps, stored, take
from ui.quotes.notice_bars import NoticeBars
from ui.quotes.strange_approvals import StrangeApprovals
from ui.widgets import InfoBar

D = Decimal
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
Opened = Callable[..., str]
PEOPLE = {"rep": "Claire", "manager": "Rey"}


def settle_people(workspace: Workspace, ids: dict[str, str], me: str) -> None:
    with workspace.transaction() as session:
        for role, name in PEOPLE.items():
            records.add(session, "user", {"name": name, "role": role, "active": True}, id=ids[role])
        limits = {"name": "discount_authority", "value": {"rep": 10, "manager": 25}}
        records.add(session, "setting", limits)
        state.put(session.connection(), "user", ids[me])


@pytest.fixture
def people(shop: Shop) -> dict[str, str]:
    from app.identity import new_id

    ids = {role: new_id() for role in PEOPLE}
    settle_people(shop.workspace, ids, "rep")
    return ids


@pytest.fixture
def manager(
    dressed: QApplication, people: dict[str, str], tmp_path: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hand]:
    """The manager before his own laptop, with any quote of his open."""
    monkeypatch.setitem(telephone.SCRYPT, "n", 2)
    folder = tmp_path / "manager"
    workspace = blank_workspace(folder)
    settle_people(workspace, people, "manager")
    with workspace.transaction() as session:
        account = records.add(session, "account", {"name": "Bellevue"})
        quote = editing.new_quote(session, account)
    with window_on(workspace, folder) as window:
        qtbot.addWidget(window)
        hand = Hand(window)
        window.go("quotes", quote)
        hand.settle()
        yield hand
    workspace.close()


def carry_codes(giver: Hand, shop: Shop, people: dict[str, str]) -> None:
    """What a sync brings to the rep: the codes' record, made by the manager."""
    with giver.window.shell.workspace.read() as session:
        (key,) = records.find_rows(session, "approval_key")
    with shop.workspace.transaction() as session:
        state.put(session.connection(), "user", people["manager"])
    with shop.workspace.transaction() as session:
        values = {name: key[name] for name in ("manager", "owner", "state", "salt", "hashes")}
        records.add(session, "approval_key", values, id=key["id"])
    with shop.workspace.transaction() as session:
        state.put(session.connection(), "user", people["rep"])


def leave_codes(giver: Hand, shop: Shop, people: dict[str, str]) -> None:
    """The manager makes codes for the rep, and a sync takes them there."""
    take(giver, "Codes pour le téléphone…")
    answer(giver, giver.page.editor.approvals.dialog, person=people["rep"])
    carry_codes(giver, shop, people)


def labels(widget: Any) -> str:
    return " ".join(label.text() for label in widget.findChildren(QLabel))


def bars(hand: Hand) -> list[str]:
    return [bar.text for bar in hand.window.findChildren(InfoBar) if bar.isVisible()]


def discounted(hand: Hand, opened: Opened, percent: str = "12") -> str:
    quote = opened("dsi 600 x 6")
    hand.page.editor.draft.act(lambda sheet: editing.set_cell(sheet, 0, "discount_percent", percent))
    hand.settle()
    return quote


def call(hand: Hand) -> tuple[str, str, str]:
    """What the rep reads out: number, control, percent."""
    take(hand, "Validation par téléphone…")
    said = labels(hand.page.editor.approvals.dialog)
    found = re.search(r"code n\D*(\d+)\D+?contrôle ((?:[A-Z2-7] ){3}[A-Z2-7])\D+([\d,]+)", said)
    assert found, said
    return found[1], found[2], found[3]


def answered(manager: Hand, people: dict[str, str], number: str, control: str, percent: str) -> str:
    """What the manager reads back, of what he typed."""
    take(manager, "Répondre à un appel…")
    dialog = manager.page.editor.approvals.dialog
    assert dialog is not None
    editors = {name: dialog.form.editor(name) for name in ("person", "number", "control", "percent")}
    editors["person"].show_value(people["rep"])
    editors["number"].show_value(int(number))
    editors["control"].show_value(control)
    editors["percent"].show_value(D(percent.replace(",", ".")))
    dialog.submit()
    manager.settle()
    said = ([""] + [text for text in bars(manager) if "Lisez" in text or "Dictez" in text])[-1]
    code = re.search(r"((?:[A-Z2-7] ){3,}[A-Z2-7 ]+)$", said)
    assert code, bars(manager)
    return code[1]


def test_what_the_manager_reads_back_lets_the_quote_be_issued(
    hand: Hand, shop: Shop, opened: Opened, people: dict[str, str], manager: Hand
) -> None:
    leave_codes(manager, shop, people)
    quote = discounted(hand, opened)
    assert "Émettre" not in steps(hand)
    asked = call(hand)
    heard = answered(manager, people, *asked)
    answer(hand, hand.page.editor.approvals.dialog, answer=heard)
    assert stored(shop, quote)["approval"]["means"] == "telephone"
    take(hand, "Émettre")
    assert stored(shop, quote)["status"] == "issued"


def test_what_was_misheard_is_asked_with_the_next_number(
    hand: Hand, shop: Shop, opened: Opened, people: dict[str, str], manager: Hand
) -> None:
    leave_codes(manager, shop, people)
    quote = discounted(hand, opened)
    number, control, percent = call(hand)
    answered(manager, people, number, "AAAA" if control != "A A A A" else "BBBB", percent)
    hand.click(hand.page.editor.approvals.next_number)
    hand.settle()
    said = re.search(
        r"code n\D*(\d+)\D+?contrôle ((?:[A-Z2-7] ){3}[A-Z2-7])", labels(hand.page.editor.approvals.dialog)
    )
    assert said and int(said[1]) == int(number) + 1
    heard = answered(manager, people, said[1], said[2], percent)
    answer(hand, hand.page.editor.approvals.dialog, answer=heard)
    assert stored(shop, quote)["approval"]["means"] == "telephone"


def test_a_smaller_discount_named_to_the_manager_approves_nothing(
    hand: Hand, shop: Shop, opened: Opened, people: dict[str, str], manager: Hand
) -> None:
    leave_codes(manager, shop, people)
    quote = discounted(hand, opened, "60")
    number, control, _percent = call(hand)
    heard = answered(manager, people, number, control, "12")
    answer(hand, hand.page.editor.approvals.dialog, answer=heard)
    assert "remise" in hand.page.editor.problem.text()
    assert not stored(shop, quote)["approval"] and "Émettre" not in steps(hand)


def test_how_many_codes_remain_is_said_and_the_last_has_no_next(
    hand: Hand,
    shop: Shop,
    opened: Opened,
    people: dict[str, str],
    manager: Hand,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telephone, "CODES", 2)
    leave_codes(manager, shop, people)
    discounted(hand, opened)
    call(hand)
    assert "Il reste 1 code après celui-ci." in labels(hand.page.editor.approvals.dialog)
    hand.click(hand.page.editor.approvals.next_number)
    hand.settle()
    assert "Il reste 0 code après celui-ci." in labels(hand.page.editor.approvals.dialog)
    assert not hand.page.editor.approvals.next_number.isEnabled()


def test_a_wrong_answer_is_told_and_the_quote_waits(
    hand: Hand, shop: Shop, opened: Opened, people: dict[str, str], manager: Hand
) -> None:
    leave_codes(manager, shop, people)
    quote = discounted(hand, opened)
    call(hand)
    answer(hand, hand.page.editor.approvals.dialog, answer="AAAA BBBB")
    assert hand.page.editor.problem.isVisible()
    assert not stored(shop, quote)["approval"] and "Émettre" not in steps(hand)


def test_a_quote_given_back_is_a_draft_with_its_reason(
    hand: Hand, shop: Shop, opened: Opened, people: dict[str, str]
) -> None:
    quote = discounted(hand, opened)
    take(hand, "Envoyer pour validation…")
    answer(hand, hand.page.editor.approvals.dialog, note="client fidèle")
    with shop.workspace.transaction() as session:
        state.put(session.connection(), "user", people["manager"])
    take(hand, "Rendre…")
    dialog = hand.page.editor.approvals.dialog
    answer(hand, dialog)
    assert stored(shop, quote)["status"] == "to_approve", "a reason is asked for"
    answer(hand, dialog, note="Restez à 10 %")
    assert stored(shop, quote)["status"] == "draft"
    assert stored(shop, quote)["approval"]["answer_note"] == "Restez à 10 %"


def test_a_manager_is_told_of_an_approval_that_he_never_gave_and_goes_there(
    manager: Hand, people: dict[str, str]
) -> None:
    workspace = manager.window.shell.workspace
    given = {"by": people["manager"], "means": "telephone", "key": "k", "number": 1, "control": "AAAA"}
    with workspace.transaction() as session:
        account = records.add(session, "account", {"name": "Hôtel du Lac"})
        forged = editing.new_quote(session, account)
        records.save(session, "quote", forged, {"approval": given})
    watch = StrangeApprovals(manager.window)
    manager.settle()
    (bar,) = [bar for bar in manager.window.findChildren(InfoBar) if "accord par téléphone" in bar.text]
    watch.look()
    manager.settle()
    assert sum("accord par téléphone" in text for text in bars(manager)) == 1, "it is told once"
    from PySide6.QtWidgets import QPushButton

    manager.click(bar.findChildren(QPushButton)[0])
    manager.settle()
    above = manager.window.findChild(NoticeBars)
    assert above is not None and above.isVisible() and above.notices[0].tone == "bad"
    sheet = manager.page.editor.draft.sheet
    assert sheet is not None and sheet.id == forged
