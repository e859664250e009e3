"""A contact at a glance: call, write, who they are, what happened together."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from app import formats
from app.accounts.contacts import ContactCard
from app.entity import field
from app.i18n import translate as _
from app.kinds import KINDS
from ui.accounts.record import open_event
from ui.accounts.side import KnowCard, call, write
from ui.accounts.timeline import Timeline
from ui.accounts.wording import for_customer, timeline
from ui.page import Shell
from ui.theme import theme
from ui.widgets import (
    Avatar,
    Beside,
    Button,
    Card,
    ElidingLabel,
    EmptyState,
    Label,
    Pill,
    Scroll,
    add,
    clear,
    hbox,
    link,
    panel,
    vbox,
)
from ui.widgets.flow import Flow

SIDE_WIDTH = 284
SIDE_FROM = 640
_REACHED = ("mobile", "phone", "email")


class ContactRecord(QWidget):
    """The record of one contact; the page does what its signals ask for."""

    edit_wanted = Signal()
    delete_wanted = Signal()

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.card: ContactCard | None = None
        self._to_customer = False
        self._avatar = Avatar("?", 52, 26)
        self._name = ElidingLabel("", "h1")
        self._name.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._role, self._unsent, self._left = Pill("", "info"), Pill("", "warn"), Pill("", "flat")
        self._what = ElidingLabel("", "sub")
        names = hbox(self._name, self._role, self._left, self._unsent, None)
        head = hbox(self._avatar, (vbox(names, self._what, gap=3), 1), gap=14)
        self._reach = Card(gap=4, margins=(16, 12, 8, 12))
        self._at = Card(gap=8, margins=(16, 12, 16, 12))
        self.know = KnowCard()
        self.know.edit_wanted.connect(self.edit_wanted.emit)
        self.timeline = Timeline(_("What happened together"))
        self.timeline.opened.connect(lambda event: open_event(shell, event))
        self._empty = EmptyState(
            "history", _("Nothing yet"), _("Visits and calls with this person appear here.")
        )
        self._empty.hide()
        history = Card(
            Label(_("History"), "h2"), (self.timeline, 1), (self._empty, 1), gap=8, margins=(16, 14, 8, 4)
        )
        side = Scroll(panel(vbox(self._reach, self._at, self.know, None, gap=12)))
        self.body = Beside(history, side, (_("History"), _("To reach them")), SIDE_WIDTH, SIDE_FROM)
        self.setLayout(vbox(head, self._actions(), (self.body, 1), gap=14, margins=(24, 18, 24, 14)))

    def _actions(self) -> QWidget:
        self.call_button = Button(_("Make a call"), "primary", "phone", self.call)
        self.write_button = Button(_("Write"), "secondary", "mail", self.write)
        self.account_button = Button(_("Account"), "secondary", "building-2", self.open_account)
        more = Button("", "ghost", "ellipsis", tip=_("More actions"))
        menu = QMenu(self)
        menu.addAction(theme.icon("pencil"), _("Edit")).triggered.connect(
            lambda _on=False: self.edit_wanted.emit()
        )
        menu.addSeparator()
        menu.addAction(theme.icon("trash-2"), _("Delete")).triggered.connect(
            lambda _on=False: self.delete_wanted.emit()
        )
        more.setMenu(menu)
        return panel(Flow(self.call_button, self.write_button, self.account_button, more))

    # Showing

    def show_card(self, card: ContactCard) -> None:
        """Show a contact; the same one again keeps its place."""
        same = self.card is not None and self.card.contact["id"] == card.contact["id"]
        self.card = card
        contact = card.contact
        self._avatar.set_name(card.name or "?")
        self._name.setText(card.name)
        _say(self._role, "" if self._to_customer else _choice("decision_role", contact))
        _say(self._left, _("Has left") if contact["left_on"] else "")
        self._unsent.set(_("To send"), icon="cloud-upload")
        self._unsent.setVisible(card.unsent)
        at = (card.account or {}).get("name") or ""
        self._what.setText("  ·  ".join(part for part in (contact["job"] or contact["role"], at) if part))
        self.call_button.setEnabled(self.can_call)
        self.write_button.setEnabled(self.can_write)
        self.account_button.setEnabled(card.account is not None)
        self._show_reach(contact)
        self._show_account(card)
        self.know.show_notes(contact["notes"] or "")
        entries = timeline(card.events, None, formats.now())
        if self._to_customer:
            entries = for_customer(entries)
        self.timeline.show_entries(entries, keep_place=same)
        self.timeline.setVisible(bool(entries))
        self._empty.setVisible(not entries)

    def _show_reach(self, contact: dict[str, object]) -> None:
        clear(self._reach.column)
        self._reach.column.addWidget(Label(_("To reach them"), "h3"))
        for name in _REACHED:
            if not contact[name]:
                continue
            declared = field("contact", name)
            text = KINDS[declared.kind].display(contact[name], declared)
            copy = Button("", "ghost", "copy", _copier(text), _("Copy {what}", what=declared.label))
            words = vbox(Label(declared.label, "cap"), ElidingLabel(text), gap=0)
            add(self._reach.column, hbox((words, 1), copy))
        if not any(contact[name] for name in _REACHED):
            self._reach.column.addWidget(Label(_("No number and no address yet."), "sub", wrap=True))

    def _show_account(self, card: ContactCard) -> None:
        clear(self._at.column)
        self._at.setVisible(card.account is not None)
        if card.account is None:
            return
        name = link(str(card.account["name"]), self.open_account)
        self._at.column.addWidget(Label(_("At the same account"), "h3"))
        add(self._at.column, hbox(name, None))
        for id, person, job in card.colleagues:
            go = link(person, self._opener(id))
            words = vbox(hbox(go, None), ElidingLabel(job, "muted"), gap=0) if job else vbox(hbox(go, None))
            add(self._at.column, hbox(Avatar(person, 30, 15), (words, 1), gap=10))

    def _opener(self, id: str) -> Callable[[], object]:
        return lambda: self._shell.go("contacts", id)

    def show_to_customer(self, on: bool) -> None:
        """Keep to what this person may read of themselves."""
        if on == self._to_customer:
            return
        self._to_customer = on
        self.know.setVisible(not on)
        if self.card is not None:
            self.show_card(self.card)

    def flush(self) -> None:
        """Nothing is typed here."""

    # Acting

    @property
    def account(self) -> str | None:
        """The account's id, where it is on this laptop."""
        return None if self.card is None or self.card.account is None else str(self.card.account["id"])

    @property
    def can_call(self) -> bool:
        """Whether there is a number."""
        return self.card is not None and bool(self.card.phone)

    @property
    def can_write(self) -> bool:
        """Whether there is an address."""
        return self.card is not None and bool(self.card.contact["email"])

    def first_button(self) -> Button:
        """What comes first with this person."""
        return (
            self.call_button
            if self.can_call
            else self.write_button
            if self.can_write
            else self.account_button
        )

    def call(self) -> None:
        """Ask the system's telephone to call."""
        if self.card is not None and self.card.phone:
            call(self.card.phone)

    def write(self) -> None:
        """Ask the system's mail program for a letter."""
        if self.card is not None and self.card.contact["email"]:
            write(self.card.contact["email"])

    def open_account(self) -> None:
        """Show the account."""
        if self.account is not None:
            self._shell.go("accounts", self.account)


def _choice(name: str, contact: dict[str, object]) -> str:
    value = contact[name]
    return field("contact", name).choice_label(str(value)) if value else ""


def _say(pill: Pill, text: str) -> None:
    pill.set(text)
    pill.setVisible(bool(text))


def _copier(text: str) -> Callable[[], object]:
    return lambda: QGuiApplication.clipboard().setText(text)
