"""The parts: names for screen readers, keyboard, toasts, lists of a million rows, tables, forms."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QFocusEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from app.errors import Invalid
from app.fields import Field
from app.kinds import KINDS
from ui.form import EDITORS, RecordForm
from ui.table import Column, DataTable, ListRow, RecordList, RowRole
from ui.table.rows_model import BLOCK, BLOCKS_KEPT
from ui.tasks import Tasks
from ui.widgets import Button, ChipGroup, ElidingLabel, InfoBar, OptionCard, Pill, SearchField, Toast

pytestmark = pytest.mark.usefixtures("dressed")


def shown(qtbot: Any, widget: QWidget) -> QWidget:
    qtbot.addWidget(widget)
    widget.show()
    return widget


# Small parts


def test_a_button_without_words_is_named_by_its_tip():
    assert Button("", "ghost", "plus", tip="Ajouter un contact").accessibleName() == "Ajouter un contact"


def test_a_search_field_has_a_name_of_its_own():
    assert SearchField("Filtrer 12 comptes", "Filtrer les comptes").accessibleName() == "Filtrer les comptes"


def test_a_search_waits_for_a_pause_in_typing(qtbot):
    field = SearchField("", "Filtrer")
    shown(qtbot, field)
    with qtbot.waitSignal(field.searched) as found:
        qtbot.keyClicks(field, "mor")
    assert found.args == ["mor"]


def test_escape_empties_a_search_first(qtbot):
    field = SearchField("", "Filtrer")
    shown(qtbot, field)
    field.setText("mor")
    with qtbot.waitSignal(field.searched) as found:
        qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert found.args == [""]


def test_chips_are_one_tab_stop_and_arrows_choose(qtbot):
    chips = ChipGroup([(None, "Tous"), ("c", "Clients"), ("p", "Prospects")], None, "Filtre")
    shown(qtbot, chips)
    stops = [chip for chip in chips.buttons() if chip.focusPolicy() == Qt.FocusPolicy.StrongFocus]
    assert len(stops) == 1
    stops[0].setFocus()
    qtbot.waitUntil(stops[0].hasFocus)
    qtbot.keyClick(stops[0], Qt.Key.Key_Right)
    assert chips.value == "c"
    assert [chip.isChecked() for chip in chips.buttons()] == [False, True, False]


def test_a_chip_is_taken_back_only_where_nothing_is_an_answer(qtbot):
    free = ChipGroup([(1, "1"), (2, "2")], 1, none_allowed=True)
    bound = ChipGroup([(1, "1"), (2, "2")], 1)
    for chips in (free, bound):
        shown(qtbot, chips)
        chips.buttons()[0].click()
    assert (free.value, bound.value) == (None, 1)


def test_a_cut_label_tells_the_whole_in_its_tooltip(qtbot):
    label = ElidingLabel("Quincaillerie du Port et de la Gare réunis")
    label.resize(80, 20)
    shown(qtbot, label)
    label.grab()
    assert label.toolTip() == label.text()


def test_an_option_card_says_its_value(qtbot):
    assert OptionCard("04 78 61 22 10").accessibleName() == "04 78 61 22 10"


def test_a_pill_grows_with_its_word():
    assert Pill("en retard", "bad").sizeHint().width() > Pill("2", "bad").sizeHint().width()


def test_an_information_bar_goes_when_dismissed(qtbot):
    bar = InfoBar("Réseau perdu.", "warn")
    shown(qtbot, bar)
    with qtbot.waitSignal(bar.closed):
        bar.dismiss()


# Toasts


def test_a_toast_acts_once_and_goes(qtbot):
    parent, done = shown(qtbot, QWidget()), []
    toast = Toast(parent, "« Distributeurs » déplacée.", "Annuler", lambda: done.append(1))
    toast.appear()
    assert toast.button is not None
    with qtbot.waitSignal(toast.gone):
        toast.button.click()
    assert done == [1]


def test_the_pointer_on_a_toast_stops_its_clock(qtbot):
    parent = shown(qtbot, QWidget())
    toast = Toast(parent, "Copié.")
    toast.appear()
    assert toast.counting
    here = QPointF(1, 1)
    toast.enterEvent(QEnterEvent(here, here, here))
    assert not toast.counting
    toast.leaveEvent(QEvent(QEvent.Type.Leave))
    assert toast.counting


# Lists


def million(tasks: Tasks, qtbot: Any, asked: list[int]) -> RecordList:
    def load(_session: Any, ids: list[int]) -> list[dict[str, Any]]:
        asked.append(ids[0])
        return [{"id": number} for number in ids]

    records = RecordList(tasks, "Comptes", load, lambda row: ListRow(f"Compte {row['id']}", "Lyon", "12 €"))
    shown(qtbot, records).resize(372, 600)
    records.show_ids(lambda _session: range(1_000_000))
    assert tasks.wait_until_idle()
    records.grab()
    assert tasks.wait_until_idle()
    return records


def test_a_list_of_a_million_reads_only_what_is_looked_at(tasks: Tasks, qtbot):
    asked: list[int] = []
    records = million(tasks, qtbot, asked)
    assert records.rows.rowCount() == 1_000_000
    assert asked == [0]
    assert records.rows.index(3).data() == "Compte 3, Lyon, 12 €"


def test_the_end_of_a_million_is_one_jump_away(tasks: Tasks, qtbot):
    asked: list[int] = []
    records = million(tasks, qtbot, asked)
    records.scrollToBottom()
    records.grab()
    assert tasks.wait_until_idle()
    assert records.rows.index(999_999).data(RowRole) == {"id": 999_999}
    assert len(asked) <= 3


def test_a_list_keeps_only_the_blocks_last_seen(tasks: Tasks, qtbot):
    records = million(tasks, qtbot, [])
    for block in range(BLOCKS_KEPT + 5):
        records.rows.index(block * BLOCK).data(RowRole)
        assert tasks.wait_until_idle()
    assert len(records.rows._blocks) == BLOCKS_KEPT


def test_the_first_rows_show_before_all_ids_are_known(tasks: Tasks, qtbot):
    def first(_session: Any) -> list[dict[str, Any]]:
        return [{"id": n} for n in range(30)]

    def load(_session: Any, ids: list[int]) -> list[dict[str, Any]]:
        return [{"id": n} for n in ids]

    records = RecordList(tasks, "Comptes", load, lambda row: ListRow(str(row["id"])))
    qtbot.addWidget(records)
    sizes: list[int] = []
    records.rows.modelReset.connect(lambda: sizes.append(records.rows.rowCount()))
    records.show_ids(lambda _session: list(range(1000)), first)
    assert tasks.wait_until_idle()
    assert sizes[0] in (30, 1000)
    assert records.rows.rowCount() == 1000
    records.rows.index(500).data(RowRole)
    assert tasks.wait_until_idle()
    assert records.rows.index(29).data() == "29"
    assert records.rows.index(500).data() == "500"


def test_the_chosen_record_stays_chosen_when_the_list_is_read_again(tasks: Tasks, qtbot):
    records = RecordList(tasks, "Comptes", row=lambda row: ListRow(row["id"]))
    shown(qtbot, records)
    records.show_rows([{"id": "a"}, {"id": "b"}])
    records.choose("b")
    told: list[str] = []
    records.chosen.connect(told.append)
    records.show_rows([{"id": "x"}, {"id": "a"}, {"id": "b"}])
    assert records.current_id == "b"
    assert told == []


def test_arrows_choose_and_enter_opens(tasks: Tasks, qtbot):
    records = RecordList(tasks, "Comptes", row=lambda row: ListRow(row["id"]))
    shown(qtbot, records)
    records.show_rows([{"id": "a"}, {"id": "b"}])
    records.choose_first()
    with qtbot.waitSignal(records.chosen) as chosen:
        qtbot.keyClick(records, Qt.Key.Key_Down)
    assert chosen.args == ["b"]
    with qtbot.waitSignal(records.opened) as opened:
        qtbot.keyClick(records, Qt.Key.Key_Return)
    assert opened.args == ["b"]


def test_a_table_sets_figures_at_the_right_and_names_its_cells(qtbot):
    table = DataTable(
        "Lignes", [Column("Désignation", lambda r: r[0]), Column("Qté", lambda r: r[1], 60, True)]
    )
    shown(qtbot, table)
    table.show_rows([("Bobine", "24")])
    index = table.table.index(0, 1)
    assert index.data(Qt.ItemDataRole.TextAlignmentRole) & int(Qt.AlignmentFlag.AlignRight)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Qté 24"


# Forms


def field(kind: str, **more: Any) -> Field:
    return Field("it", kind, "It", **more)


def test_every_kind_of_field_has_an_editor():
    assert EDITORS.keys() == KINDS.keys()


EXAMPLES: dict[str, object] = {
    "text": "Boulangerie Morel",
    "long_text": "Fermé le lundi.\nPasser par la cour.",
    "yes_no": True,
    "choice": "b",
    "choices": ["a", "b"],
    "tags": ["boulanger", "fidèle"],
    "integer": 12,
    "link": "0199-a",
}


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_an_editor_gives_back_the_value_that_it_shows(kind: str, qtbot):
    form = RecordForm([field(kind, choices=(("a", "Prospect"), ("b", "Customer")))])
    shown(qtbot, form)
    form.set_values({"it": EXAMPLES[kind]})
    assert form.values() == {"it": EXAMPLES[kind]}
    assert not form.is_changed


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_empty_editor_of_any_kind_means_no_value(kind: str, qtbot):
    form = RecordForm([field(kind, choices=(("a", "Prospect"),))])
    shown(qtbot, form)
    form.set_values({})
    assert form.values() == {"it": None}


def test_labels_are_buddies_of_their_fields(qtbot):
    form = RecordForm([field("text")])
    line = form.editor("it").target
    assert isinstance(line, QLineEdit)
    assert line.accessibleName() == "It"


def test_a_field_is_doubted_when_left_and_not_while_typed(qtbot):
    form = RecordForm([field("siret")])
    shown(qtbot, form)
    form.set_values({})
    line = form.editor("it").target
    qtbot.keyClicks(line, "123")
    assert form.problem("it") == ""
    form.editor("it").eventFilter(line, QFocusEvent(QEvent.Type.FocusOut))
    assert form.problem("it") == "Indiquez un SIRET à 14 chiffres (3 saisis)."


def test_an_error_goes_as_soon_as_it_is_mended(qtbot):
    form = RecordForm([field("integer")])
    shown(qtbot, form)
    line = form.editor("it").target
    qtbot.keyClicks(line, "x")
    with pytest.raises(Invalid):
        form.values()
    assert form.problem("it")
    qtbot.keyClick(line, Qt.Key.Key_Backspace)
    qtbot.keyClicks(line, "4")
    assert form.problem("it") == ""


def test_the_first_wrong_field_takes_the_focus(qtbot):
    form = RecordForm([Field("a", "text", "A"), Field("b", "text", "B", required=True)])
    shown(qtbot, form)
    with pytest.raises(Invalid) as found:
        form.values()
    assert list(found.value.problems) == ["b"]
    qtbot.waitUntil(form.editor("b").target.hasFocus)


def test_a_natural_date_becomes_a_date_and_is_echoed(qtbot, monkeypatch):
    from datetime import UTC, date, datetime

    from app import formats

    monkeypatch.setattr(formats, "now", lambda: datetime(2026, 11, 21, 9, tzinfo=UTC))
    form = RecordForm([field("date")])
    shown(qtbot, form)
    line = form.editor("it").target
    qtbot.keyClicks(line, "+7")
    assert form.values() == {"it": date(2026, 11, 28)}


def test_news_from_elsewhere_leaves_alone_what_is_being_typed(qtbot):
    form = RecordForm([Field("a", "text", "A"), Field("b", "text", "B")])
    shown(qtbot, form)
    form.set_values({"a": "un", "b": "deux"})
    qtbot.keyClicks(form.editor("a").target, "X")
    form.update_values({"a": "autre", "b": "trois"})
    assert form.values() == {"a": "Xun", "b": "trois"}


def test_an_unknown_choice_of_a_newer_program_survives(qtbot):
    many = tuple((str(n), f"Choix {n}") for n in range(9))
    form = RecordForm([field("choice", choices=many)])
    shown(qtbot, form)
    form.set_values({"it": "later"})
    assert form.values() == {"it": "later"}


def test_a_step_of_the_wheel_paints_the_rows_that_come_into_sight_alone(
    dressed: QApplication, tasks: Tasks, qtbot: Any
):
    painted: list[str] = []

    def as_row(row: dict[str, str]) -> ListRow:
        painted.append(row["id"])
        return ListRow(row["id"])

    names = RecordList(tasks, "Names", row=as_row)
    qtbot.addWidget(names)
    names.resize(400, 620)
    names.show_rows([{"id": f"Name {n}"} for n in range(100)])
    names.show()
    QApplication.processEvents()
    assert len(set(painted)) == 10
    painted.clear()
    names.verticalScrollBar().setValue(72)
    QApplication.processEvents()
    assert 1 <= len(set(painted)) <= 3
