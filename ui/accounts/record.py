"""An account in five seconds: who it is, what it brings, what happened, whom to call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote as quoted

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from app import attachments, formats
from app.accounts.card import Card as AccountCard
from app.accounts.card import Event
from app.entity import field
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.kinds import KINDS
from ui.accounts.note_field import NoteField
from ui.accounts.side import KnowCard, OpportunitiesCard, PeopleCard, call
from ui.accounts.timeline import Timeline
from ui.accounts.wording import for_customer, timeline
from ui.attachments.card import FilesCard
from ui.page import Shell
from ui.theme import theme
from ui.widgets import (
    Avatar,
    Beside,
    Button,
    Card,
    ChipGroup,
    ElidingLabel,
    EmptyState,
    Label,
    Pill,
    Scroll,
    Spark,
    hbox,
    panel,
    vbox,
)
from ui.widgets.flow import Flow
from ui.words import amount, short_day

SIDE_WIDTH = 284
SIDE_FROM = 730
"""The side column stands beside the history where the record has this room, else it is a tab."""
SPARK_FROM = 540
MAPS = "https://www.google.com/maps/dir/?api=1&destination="


class Fact(QWidget):
    """One figure under its name."""

    def __init__(self, name: str, beside: QWidget | None = None) -> None:
        super().__init__()
        self.value = Label("", "h2")
        row = hbox(self.value, gap=10)
        if beside is not None:
            row.addWidget(beside)
        row.addStretch(1)
        self.setLayout(vbox(ElidingLabel(name, "cap"), row, gap=2))

    def say(self, text: str) -> None:
        """Show the figure."""
        self.value.setText(text)


class AccountRecord(QWidget):
    """The record of one account; the page does what its signals ask for."""

    edit_wanted = Signal()
    delete_wanted = Signal()
    contact_wanted = Signal(object)
    """The id of a contact to edit, or None for a new one."""
    task_wanted = Signal()

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._card: AccountCard | None = None
        self._to_customer = False
        self._avatar = Avatar("?", 52, 12)
        self._name = ElidingLabel("", "h1")
        self._name.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._type, self._unsent, self._conflict = Pill("", "info"), Pill("", "warn"), Pill("", "vio")
        self._where = ElidingLabel("", "sub")
        names = hbox(self._name, self._type, self._unsent, self._conflict, None)
        head = hbox(self._avatar, (vbox(names, self._where, gap=3), 1), gap=14)
        self.people, self.opportunities, self.know = PeopleCard(), OpportunitiesCard(), KnowCard()
        self.people.contact_wanted.connect(self.contact_wanted.emit)
        self.people.new_wanted.connect(lambda: self.contact_wanted.emit(None))
        self.know.edit_wanted.connect(self.edit_wanted.emit)
        self._history, self._facts_card = self._make_history(), self._facts()
        self.files = FilesCard(shell, most=8)
        side = Scroll(panel(vbox(self.people, self.opportunities, self.know, None, gap=12)))
        titles = (_("History"), _("Contacts and opportunities"))
        self.body = Beside(self._history, side, titles, SIDE_WIDTH, SIDE_FROM)
        self.setLayout(
            vbox(head, self._actions(), self._facts_card, (self.body, 1), gap=14, margins=(24, 18, 24, 14))
        )

    # Parts

    def _actions(self) -> QWidget:
        self.report_button = Button(_("Visit report"), "primary", "clipboard-pen", self._report)
        self.quote_button = Button(_("Quote"), "secondary", "file-plus-2", self._new_quote)
        self.call_button = Button(_("Make a call"), "secondary", "phone", self._call)
        self.route_button = Button(_("Directions"), "secondary", "navigation", self._route)
        self.more_button = Button("", "ghost", "ellipsis", tip=_("More actions"))
        menu = QMenu(self)
        entries: tuple[tuple[str, str, Callable[[], object]], ...] = (
            (_("Edit"), "pencil", self.edit_wanted.emit),
            (_("New contact"), "user-plus", lambda: self.contact_wanted.emit(None)),
            (_("New task"), "circle-check-big", self.task_wanted.emit),
            (_("Delete"), "trash-2", self.delete_wanted.emit),
        )
        for text, icon, act in entries:
            if icon == "trash-2":
                menu.addSeparator()
            menu.addAction(theme.icon(icon), text).triggered.connect(lambda _on=False, act=act: act())
        self.more_button.setMenu(menu)
        row = (self.report_button, self.quote_button, self.call_button, self.route_button, self.more_button)
        return panel(Flow(*row))

    def _facts(self) -> Card:
        self._spark = Spark([], _("Revenue by month"))
        self.revenue = Fact(_("Revenue, 12 months"), self._spark)
        self.average = Fact(_("Average order"))
        self.last_visit = Fact(_("Last visit"))
        self.outstanding = Fact(_("Outstanding"))
        return Card(
            hbox((self.revenue, 3), (self.average, 2), (self.last_visit, 2), (self.outstanding, 2), gap=20)
        )

    def _make_history(self) -> Card:
        self.groups = ChipGroup(
            [
                (None, _("Everything")),
                ("visits", _("Visits")),
                ("quotes", _("Quotes")),
                ("calls", _("Calls")),
            ],
            name=_("History"),
        )
        self.groups.chosen.connect(lambda _group: self._show_events())
        self.note = NoteField(self._shell.tasks, self)
        self.timeline = Timeline(_("History of the account"))
        self.timeline.opened.connect(lambda event: open_event(self._shell, event))
        self._empty = EmptyState("history", _("Nothing yet"), _("Visits, calls and quotes appear here."))
        self._empty.hide()
        head = hbox(Label(_("History"), "h2"), None, self.groups, margins=(0, 0, 8, 0))
        self._note_row = panel(hbox((self.note, 1), margins=(0, 0, 8, 0)))
        return Card(head, self._note_row, (self.timeline, 1), (self._empty, 1), gap=8, margins=(16, 12, 8, 4))

    # Showing

    @property
    def card(self) -> AccountCard | None:
        """What is shown."""
        return self._card

    def show_card(self, card: AccountCard) -> None:
        """Show an account; the same one again keeps its place and the note being written."""
        same = self._card is not None and self._card.account["id"] == card.account["id"]
        self._card = card
        account = card.account
        self._avatar.set_name(account["name"] or "?")
        self._name.setText(account["name"] or "")
        self._show_pills(card)
        self._where.setText("  ·  ".join(part for part in (card.address, _siret(account)) if part))
        self.call_button.setEnabled(bool(card.phone))
        self.route_button.setEnabled(bool(card.place))
        self._show_facts(card)
        if not same:
            self.groups.set_value(None)
        self.note.show_account(str(account["id"]))
        self._show_events(keep_place=same)
        self.people.show_people(card.people)
        self.opportunities.show_opportunities(card.opportunities)
        self.know.show_notes(card.notes)
        id = str(account["id"])
        self.files.show_files(lambda session: attachments.find_of_account(session, id), "account", id, id)

    def _show_pills(self, card: AccountCard) -> None:
        account = card.account
        kind = field("account", "type").choice_label(account["type"]) if account["type"] else ""
        rating = None if self._to_customer else account["potential"]
        words = " ".join(part for part in (kind, rating) if part)
        self._type.set(words)
        self._type.setVisible(bool(words))
        self._unsent.set(_("To send"), icon="cloud-upload")
        self._unsent.setVisible(card.unsent)
        self._conflict.set(_n("{n} conflict", "{n} conflicts", card.conflicts), icon="git-compare-arrows")
        self._conflict.setVisible(card.conflicts > 0)
        self._conflict.mouseReleaseEvent = lambda _event: self._open_conflicts()  # type: ignore[method-assign]

    def _show_facts(self, card: AccountCard) -> None:
        today = formats.now().date()
        self.revenue.say(amount(card.revenue))
        self._spark.set_values([float(month) for month in card.months])
        self._show_spark()
        self.average.say(amount(card.average) if card.average is not None else "–")
        self.last_visit.say(short_day(card.last_visit, today) if card.last_visit else _("Never"))
        owed = card.account["outstanding"]
        self.outstanding.say(amount(owed) if owed is not None else "–")

    def _show_events(self, keep_place: bool = False) -> None:
        if self._card is None:
            return
        group = self.groups.value
        entries = timeline(self._card.events, None if group is None else str(group), formats.now())
        if self._to_customer:
            entries = for_customer(entries)
        self.timeline.show_entries(entries, keep_place)
        self.timeline.setVisible(bool(entries))
        self._empty.setVisible(not entries)

    def show_to_customer(self, on: bool) -> None:
        """Keep to what this customer may read of himself."""
        if on == self._to_customer:
            return
        self._to_customer = on
        self.know.setVisible(not on)
        self.opportunities.setVisible(not on)
        self._note_row.setVisible(not on)
        self._facts_card.setVisible(not on)
        if self._card is not None:
            self.show_card(self._card)

    def flush(self) -> None:
        """Keep what is being typed: the page is left."""
        self.note.autosave.flush()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_spark()

    def _show_spark(self) -> None:
        """The line of the months stands beside the sum where the figures leave it room."""
        months = self._card is not None and any(self._card.months)
        self._spark.setVisible(bool(months) and self.width() >= theme.px(SPARK_FROM))

    # Acting

    def _report(self) -> None:
        if self._card is not None:
            self._shell.go("report", None, account=self._card.account["id"])

    def _new_quote(self) -> None:
        if self._card is not None:
            self._shell.go("quotes", None, account=self._card.account["id"])

    def _call(self) -> None:
        if self._card is not None and self._card.phone:
            call(self._card.phone)

    def _route(self) -> None:
        if self._card is not None and self._card.place:
            QDesktopServices.openUrl(QUrl(MAPS + quoted(self._card.place)))

    def _open_conflicts(self) -> None:
        if self._card is not None:
            self._shell.go("conflicts", self._card.account["id"])


def open_event(shell: Shell, event: Event) -> None:
    """Show what an event of a timeline is about."""
    if event.kind == "visit_report":
        shell.go("report", event.id)
    elif event.kind == "quote":
        shell.go("quotes", event.id)
    elif event.kind == "appointment" and event.values["kind"] == "visit" and event.at <= formats.now():
        shell.go("report", None, appointment=event.id)
    elif event.kind == "appointment":
        shell.go("agenda", event.id)


def _siret(account: dict[str, Any]) -> str:
    if not account["siret"]:
        return ""
    declared = field("account", "siret")
    return f"SIRET {KINDS['siret'].display(account['siret'], declared)}"
