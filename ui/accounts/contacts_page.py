"""The contacts: call someone, with what was said before in sight."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from app.accounts import contacts
from app.entity import field
from app.i18n import mark as m_
from app.i18n import translate as _
from ui.accounts.contact_record import ContactRecord
from ui.accounts.list_panel import Listed
from ui.accounts.records_page import RecordsPage
from ui.commands import Command
from ui.page import Shell
from ui.table import ListRow
from ui.widgets import EmptyState


class ContactsPage(RecordsPage):
    """Finds a person and shows how to reach them."""

    key = "contacts"
    kind = "contact"
    shown_kinds = frozenset({"contact", "account", "appointment", "visit_report", "call", "task"})
    listed_kinds = frozenset({"contact", "account"})

    def __init__(self, shell: Shell) -> None:
        nothing = EmptyState(
            "users", _("Choose a contact"), _("How to reach them and what was said appear here.")
        )
        super().__init__(shell, _listed(), ContactRecord(shell), nothing)

    def read(self, session: Any, id: str) -> contacts.ContactCard:
        return contacts.contact_card(session, id)

    def name(self) -> str:
        return str(self.record.card.name)

    def first_action(self) -> QWidget:
        button: QWidget = self.record.first_button()
        return button

    def given(self, kind: str) -> dict[str, Any]:
        """A colleague of the one shown, else somebody of an account to choose."""
        card = self.record.card
        return {"account": card.contact["account"]} if card is not None and self._id else {}

    def commands(self) -> list[Command]:
        def showing() -> bool:
            return self.showing

        return [
            Command("contact.new", m_("New contact"), self.new_record, "user-plus", ("Ctrl+N",), True),
            Command("contact.edit", m_("Edit the contact"), self.edit, "pencil", ("F2",), enabled=showing),
            Command("contact.call", m_("Make a call"), self.record.call, "phone",
                    enabled=lambda: showing() and self.record.can_call),
            Command("contact.write", m_("Write"), self.record.write, "mail",
                    enabled=lambda: showing() and self.record.can_write),
            Command("contact.account", m_("Open the account"), self.record.open_account, "building-2",
                    enabled=lambda: showing() and self.record.account is not None),
            Command("contact.save", m_("Save and close"), self.editor.save, "check",
                    ("Ctrl+Return", "Ctrl+Enter"), enabled=lambda: self.editing),
            Command("contact.delete", m_("Delete the contact"), self.delete, "trash-2", enabled=showing),
        ]  # fmt: skip

    def open_quote(self) -> None:
        """A quote for the account of the one shown, else for one to choose."""
        account = self.record.account if self.showing else None
        self.shell.go("quotes", None, **({"account": account} if account is not None else {"new": True}))

    def open_report(self) -> None:
        """The report on the account of the one shown, else of one to choose."""
        if self.showing and self.record.account is not None:
            self.shell.go("report", None, account=self.record.account)
        else:
            self.shell.go("report")


def _listed() -> Listed:
    return Listed(
        kind="contact",
        title=_("Contacts"),
        name=_("List of contacts"),
        icon="users",
        filter=_("Filter the contacts"),
        filter_many=_("Filter {n} contacts"),
        new=_("New contact"),
        none_yet=(_("No contact yet"), _("The people at your accounts appear here. Write the first.")),
        none_found=_("No contact matches"),
        find_ids=contacts.find_ids,
        first_rows=contacts.first_rows,
        rows=contacts.rows,
        count=contacts.count,
        as_row=_as_row,
    )


def _as_row(row: contacts.Row) -> ListRow:
    roles = field("contact", "decision_role")
    return ListRow(
        row.name,
        "  ·  ".join(part for part in (row.job, row.account) if part),
        roles.choice_label(row.decision_role) if row.decision_role else "",
        _("Has left") if row.left else "" if row.reachable else _("no number"),
        tone="warn" if row.left else "",
        pending=row.unsent,
    )
