"""The head of a quote: customer and contact, validity, payment, delivery, all changed in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app import formats, records
from app.i18n import translate as _
from app.quotes import editing
from app.quotes.sheet import Sheet
from ui.quotes.draft import Draft
from ui.quotes.inline_field import InlineField
from ui.widgets import Button, Label, hbox, literal, vbox

FIELDS = ("valid_until", "payment_terms", "delivery_terms")


class CustomerButton(Button):
    """Says for whom the quote is; a click chooses the person, or goes to the account."""

    def __init__(self) -> None:
        super().__init__("", "inline", tip=_("Customer"))  # type: ignore[arg-type]
        self._full = ""

    def show_name(self, name: str) -> None:
        """Show the customer and the person; cut with “…” where there is no room."""
        self._full = name
        self._cut()
        self.setAccessibleName(_("Customer: {name}", name=name))

    def _cut(self) -> None:
        room = max(60, self.width() - 10)
        self.setText(literal(self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, room)))
        self.setToolTip(self._full)
        self.setAccessibleName(_("Customer: {name}", name=self._full))

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._cut()


class HeaderFields(QWidget):
    """The four facts under the title."""

    account_wanted = Signal(str)
    said = Signal(str)
    details_wanted = Signal()

    def __init__(self, draft: Draft, read: Callable[..., Any]) -> None:
        """`read(work, then)` reads in a reading lane."""
        super().__init__()
        self._draft, self._read = draft, read
        self.customer = CustomerButton()
        self.customer.setMinimumWidth(80)
        self.customer.clicked.connect(lambda *_on: self._offer_contacts())
        caption = Label(_("Customer"), "cap")
        caption.setBuddy(self.customer)
        caption.setContentsMargins(4, 0, 0, 0)
        self.fields = {
            "valid_until": InlineField(_("Validity"), self._keep("valid_until"), "+30"),
            "payment_terms": InlineField(_("Payment"), self._keep("payment_terms"), _("30 days")),
            "delivery_terms": InlineField(_("Delivery"), self._keep("delivery_terms"), _("Not said")),
        }
        row = hbox((vbox(caption, self.customer, gap=0), 6), gap=8)
        for name, stretch in zip(FIELDS, (3, 4, 4), strict=True):
            row.addWidget(self.fields[name], stretch)
            self.fields[name].line.problem.connect(self.said)
        self.details = Button(
            "", "ghost", "ellipsis", self.details_wanted.emit, tip=_("Details of the quote")
        )
        row.addWidget(self.details)
        self.setLayout(row)
        draft.opened.connect(self._show)
        draft.changed.connect(self._show)

    def _keep(self, name: str) -> Callable[[str], str]:
        return lambda text: self._draft.act(lambda sheet: editing.set_field(sheet, name, text))

    def _show(self) -> None:
        sheet = self._draft.sheet
        if sheet is None:
            return
        self.customer.show_name(customer_name(sheet))
        until = sheet.quote["valid_until"]
        texts = {
            "valid_until": formats.format_date(until) if until else "",
            "payment_terms": sheet.quote["payment_terms"] or "",
            "delivery_terms": sheet.quote["delivery_terms"] or "",
        }
        for name, field in self.fields.items():
            field.line.setReadOnly(sheet.locked)
            field.line.show_text(texts[name])

    def _offer_contacts(self) -> None:
        sheet = self._draft.sheet
        if sheet is None:
            return
        account = sheet.quote["account"]
        self._read(
            lambda session: records.find_rows(session, "contact", {"account": account}, order="last_name"),
            self._open_menu,
        )

    def _open_menu(self, contacts: list[dict[str, Any]]) -> None:
        sheet = self._draft.sheet
        if sheet is None:
            return
        menu = QMenu(self)
        if not sheet.locked:
            for contact in contacts:
                action = menu.addAction(literal(person_name(contact)))
                action.setCheckable(True)
                action.setChecked(contact["id"] == sheet.quote["contact"])
                action.triggered.connect(lambda _on, chosen=contact: self._choose(chosen))
            menu.addSeparator()
        menu.addAction(_("Open the account")).triggered.connect(
            lambda: self.account_wanted.emit(sheet.quote["account"])
        )
        menu.popup(self.customer.mapToGlobal(self.customer.rect().bottomLeft()))

    def _choose(self, contact: dict[str, Any]) -> None:
        self.said.emit(self._draft.act(lambda sheet: editing.set_contact(sheet, contact)))


def person_name(contact: dict[str, Any]) -> str:
    """« Mme Morel » where the civility is known, else first and last name."""
    if contact.get("civility") in ("mr", "mrs") and contact.get("last_name"):
        title = _("Mr") if contact["civility"] == "mr" else _("Mrs")
        return f"{title} {contact['last_name']}"
    return " ".join(part for part in (contact.get("first_name"), contact.get("last_name")) if part)


def customer_name(sheet: Sheet) -> str:
    """The account, and the person to whom the quote is addressed."""
    parts = (str(sheet.account.get("name") or ""), person_name(sheet.contact) if sheet.contact else "")
    return ", ".join(part for part in parts if part)
