"""The accounts: the list at the left, the record or a form at the right."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QStackedWidget, QWidget

from app import drafts, formats, records
from app.accounts.card import Card, card
from app.errors import NotFound
from app.i18n import mark as m_
from app.i18n import translate as _
from ui import errors
from ui.accounts.editor import RecordEditor
from ui.accounts.list_panel import AccountList
from ui.accounts.record import AccountRecord
from ui.commands import Command
from ui.page import Page, Shell
from ui.widgets import EmptyState, Line, hbox

RECORD, FORM, NOTHING = 0, 1, 2
SHOWN_KINDS = frozenset(
    {
        "account",
        "site",
        "contact",
        "opportunity",
        "stage",
        "appointment",
        "visit_report",
        "call",
        "quote",
        "task",
        "conflict",
    }
)
LISTED_KINDS = frozenset({"account", "site", "appointment", "visit_report", "quote"})


class AccountsPage(Page):
    """Finds an account and shows it; edits, adds, deletes."""

    key = "accounts"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._id: str | None = None
        self._asked = 0
        self._listed = False
        self.accounts = AccountList(shell)
        self.record = AccountRecord(shell)
        self.editor = RecordEditor(shell)
        self._nothing = EmptyState(
            "building-2", _("Choose an account"), _("Its history and its people appear here.")
        )
        self.right = QStackedWidget()
        for widget in (self.record, self.editor, self._nothing):
            self.right.addWidget(widget)
        self.right.setCurrentIndex(NOTHING)
        self.accounts.chosen.connect(self._on_chosen)
        self.accounts.opened.connect(lambda _id: self.record.report_button.setFocus())
        self.accounts.new_wanted.connect(self.new_account)
        self.record.edit_wanted.connect(self.edit)
        self.record.delete_wanted.connect(self.delete)
        self.record.contact_wanted.connect(self._edit_contact)
        self.record.task_wanted.connect(self.open_new_task)
        self.editor.saved.connect(self._on_saved)
        self.editor.closed.connect(self._show_record)
        self.setLayout(hbox(self.accounts, Line(upright=True), (self.right, 1), gap=0))

    # The page

    def title(self) -> str:
        shown = self.record.card
        return str(shown.account["name"]) if shown is not None and self._id else _("Accounts")

    def open(self, record_id: str | None = None, **options: object) -> None:
        if not self._listed:
            self._listed = True
            self.accounts.reload()
        if options.get("new"):
            self.new_account()
            return
        if "form" in options:
            self._id = record_id
            self._open_form(str(options["form"]), None if options["id"] == drafts.NEW else str(options["id"]))
            self.shell.replace("accounts", record_id)
            return
        if record_id is not None:
            self._load(record_id)
            self.accounts.choose(record_id)
        elif self._id is not None:
            self._load(self._id)

    def leave(self) -> None:
        self.editor.flush()

    def primary_focus(self) -> QWidget:
        return self.accounts.list if self._id else self.accounts.search

    def filter_field(self) -> QWidget:
        return self.accounts.search

    def panes(self) -> list[QWidget]:
        if self.right.currentIndex() == RECORD:
            return [self.accounts.list, self.record.report_button, self.record.timeline]
        return [self.accounts.list]

    def commands(self) -> list[Command]:
        def has_account() -> bool:
            return self._id is not None

        def editing() -> bool:
            return self.right.currentIndex() == FORM

        def showing() -> bool:
            return has_account() and not editing()

        return [
            Command("account.new", m_("New account"), self.new_account, "building-2", ("Ctrl+N",), in_palette=False),
            Command("account.edit", m_("Edit the account"), self.edit, "pencil", ("F2",), enabled=showing),
            Command("account.contact", m_("New contact"), lambda: self._edit_contact(None), "user-plus",
                    enabled=has_account, new=True),
            Command("account.save", m_("Save and close"), self.editor.save, "check",
                    ("Ctrl+Return", "Ctrl+Enter"), enabled=editing),
            Command("account.delete", m_("Delete the account"), self.delete, "trash-2", enabled=showing),
        ]  # fmt: skip

    def refresh(self, changes: Any) -> None:
        if not self._listed:
            return
        if changes.kinds & LISTED_KINDS:
            self.accounts.refresh(changes.origin)
        if self._id is None or not changes.kinds & SHOWN_KINDS:
            return
        if self.right.currentIndex() == FORM:
            self._refresh_form(changes)
        else:
            self._load(self._id, quietly=True)

    def _refresh_form(self, changes: Any) -> None:
        opened = self.editor.opened
        if opened is None or opened.id is None or opened.id not in changes.ids:
            return
        kind, id = opened.kind, opened.id
        self.shell.tasks.read(
            self,
            lambda session: records.get(session, kind, id),
            then=self.editor.take,
            failed=lambda _error: None,
        )

    # The record

    def _on_chosen(self, id: object) -> None:
        if id is not None and str(id) != self._id:
            self.editor.flush()
            self._load(str(id))
            self.shell.replace("accounts", str(id))

    def _load(self, id: str, quietly: bool = False) -> None:
        self._id = id
        self._asked += 1
        asked = self._asked
        self.shell.tasks.read(
            self,
            lambda session: card(session, id, formats.now().date()),
            then=lambda found: self._show(asked, found, quietly),
            failed=lambda error: self._gone(asked, error),
        )

    def _show(self, asked: int, found: Card, quietly: bool) -> None:
        if asked != self._asked:
            return
        self.record.show_card(found)
        # A refresh may overtake the first look; only a form stays before the record.
        if not quietly or self.right.currentIndex() == NOTHING:
            self.right.setCurrentIndex(RECORD)
            self.shell.replace("accounts", self._id)

    def _gone(self, asked: int, error: Exception) -> None:
        if asked != self._asked:
            return
        if isinstance(error, NotFound):
            self._id = None
            self.right.setCurrentIndex(NOTHING)
        else:
            errors.report(error, self)

    def _show_record(self) -> None:
        if self._id is None:
            self.right.setCurrentIndex(NOTHING)
            return
        self.right.setCurrentIndex(RECORD)
        self._load(self._id)
        self.record.report_button.setFocus()

    # Forms

    def _open_form(self, kind: str, id: str | None) -> None:
        """Open the form of a record, or of a new one for the account shown."""
        given: dict[str, dict[str, object]] = {
            "account": {"type": "prospect", "status": "active"},
            "contact": {"account": self._id},
            "task": {
                "account": self._id, "due": formats.now().date(), "status": "open", "priority": "normal",
            },
        }  # fmt: skip
        self.right.setCurrentIndex(FORM)
        self.editor.edit(kind, id, given[kind] if id is None else None)

    def new_account(self) -> None:
        """Open the form of a new account."""
        self._open_form("account", None)

    def edit(self) -> None:
        """Open the form of the account shown."""
        if self._id is not None:
            self._open_form("account", self._id)

    def _edit_contact(self, id: object) -> None:
        if self._id is not None:
            self._open_form("contact", None if id is None else str(id))

    def open_new_task(self) -> None:
        """Open the form of a task for the account shown."""
        if self._id is not None:
            self._open_form("task", None)

    def open_report(self) -> None:
        """The report of the account shown, else of one to choose."""
        if self._id is not None:
            self.shell.go("report", None, account=self._id)
        else:
            self.shell.go("report")

    def _on_saved(self, kind: str, id: str) -> None:
        if kind == "account":
            if id != self._id:
                self.accounts.reload()
                self.accounts.choose(id)
            self._id = id
        self._show_record()
        self.shell.done(_("Saved on this computer at {time}", time=formats.format_time(formats.now())))

    def delete(self) -> None:
        """Delete the account shown, with a way back."""
        shown, id = self.record.card, self._id
        if shown is None or id is None:
            return
        name = str(shown.account["name"])
        self.shell.tasks.write(
            self,
            lambda session: records.delete(session, "account", id),
            then=lambda _none: self._deleted(name),
            label=_("Deletion of {name}", name=name),
        )

    def _deleted(self, name: str) -> None:
        self._id = None
        self.right.setCurrentIndex(NOTHING)
        self.shell.done(_("“{name}” deleted", name=name))
