"""The accounts: the list at the left, the record or a form at the right."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from app import formats
from app.accounts import card
from app.entity import field
from app.i18n import mark as m_
from app.i18n import translate as _
from ui.accounts.list_panel import Listed
from ui.accounts.record import AccountRecord
from ui.accounts.records_page import RecordsPage
from ui.commands import Command
from ui.page import Shell
from ui.table import ListRow
from ui.widgets import EmptyState
from ui.words import amount


class AccountsPage(RecordsPage):
    """Finds an account and shows it."""

    key = "accounts"
    kind = "account"
    shown_kinds = frozenset(
        {
            "account", "attachment", "site", "contact", "opportunity", "stage", "appointment", "visit_report", "call",
            "quote", "task", "conflict",
        }
    )  # fmt: skip
    listed_kinds = frozenset({"account", "site", "appointment", "visit_report", "quote"})

    def __init__(self, shell: Shell) -> None:
        nothing = EmptyState(
            "building-2", _("Choose an account"), _("Its history and its people appear here.")
        )
        super().__init__(shell, _listed(), AccountRecord(shell), nothing)
        self.accounts = self.panel
        self.record.contact_wanted.connect(self.edit_contact)
        self.record.task_wanted.connect(self.open_new_task)

    def read(self, session: Any, id: str) -> card.Card:
        return card.card(session, id, formats.now().date())

    def name(self) -> str:
        return str(self.record.card.account["name"])

    def first_action(self) -> QWidget:
        button: QWidget = self.record.report_button
        return button

    def given(self, kind: str) -> dict[str, Any]:
        if kind == "account":
            return {"type": "prospect", "status": "active"}
        if kind == "contact":
            return {"account": self._id}
        return {"account": self._id, "due": formats.now().date(), "status": "open", "priority": "normal"}

    def commands(self) -> list[Command]:
        def has_account() -> bool:
            return self._id is not None

        return [
            Command("account.new", m_("New account"), self.new_record, "building-2", ("Ctrl+N",), in_palette=False),
            Command("account.edit", m_("Edit the account"), self.edit, "pencil", ("F2",), enabled=lambda: self.showing),
            Command("account.contact", m_("New contact"), lambda: self.edit_contact(None), "user-plus",
                    enabled=has_account, new=True),
            Command("account.save", m_("Save and close"), self.editor.save, "check",
                    ("Ctrl+Return", "Ctrl+Enter"), enabled=lambda: self.editing),
            Command("account.delete", m_("Delete the account"), self.delete, "trash-2", enabled=lambda: self.showing),
        ]  # fmt: skip

    def edit_contact(self, id: object) -> None:
        """Open the form of a contact of the account shown, of a new one without an id."""
        if self._id is not None:
            self.open_form("contact", None if id is None else str(id))

    def open_new_task(self) -> None:
        """Open the form of a task for the account shown."""
        if self._id is not None:
            self.open_form("task", None)

    def open_quote(self) -> None:
        """A quote for the account shown, else for one to choose."""
        self.shell.go("quotes", None, **({"account": self._id} if self._id is not None else {"new": True}))

    def open_report(self) -> None:
        """The report of the account shown, else of one to choose."""
        if self._id is not None:
            self.shell.go("report", None, account=self._id)
        else:
            self.shell.go("report")


def _listed() -> Listed:
    return Listed(
        kind="account",
        title=_("Accounts"),
        name=_("List of accounts"),
        icon="building-2",
        filter=_("Filter the accounts"),
        filter_many=_("Filter {n} accounts"),
        new=_("New account"),
        none_yet=(
            _("No account yet"),
            _("Customers and prospects appear here. Write the first."),
        ),
        none_found=_("No account matches"),
        find_ids=card.find_ids,
        first_rows=card.first_rows,
        rows=card.rows,
        count=card.count,
        as_row=_as_row,
    )


def _as_row(row: card.Row) -> ListRow:
    today = formats.now().date()
    types = field("account", "type")
    customer = row.type == "customer" or row.revenue
    top = amount(row.revenue) if customer else types.choice_label(row.type) if row.type else ""
    last = formats.relative_days(row.last_visit, today) if row.last_visit else _("never")
    return ListRow(
        row.name,
        "  ·  ".join(part for part in (row.town, row.potential) if part),
        top,
        last,
        tone="bad" if row.due and row.last_visit else "",
        pending=row.unsent,
        top_tone="" if customer else "text3",
    )
