"""What is asked beside the lines: charges, and the deposit with its kind, each typed in place."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app import formats
from app.i18n import translate as _
from app.quotes import charging, editing
from app.quotes.sheet import Sheet, with_quote
from ui.quotes.draft import Draft
from ui.quotes.inline_field import InlineField
from ui.theme import theme
from ui.widgets import Button, hbox, vbox


class ExtrasPanel(QWidget):
    """« Port 12,50 » and « 30 % », beside the totals that they change."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        charges = InlineField(_("Charges"), self._keep_charges, _("Carriage 0"))
        deposit = InlineField(_("Deposit"), self._keep_deposit, "0 %")
        self.charges, self.deposit = charges.line, deposit.line
        self.kind = Button("", "link", on_click=self._turn_kind, tip=_("Change the kind of deposit"))
        self.setLayout(vbox(charges, deposit, hbox(self.kind, None), None, gap=2))
        self.setFixedWidth(theme.px(136))
        draft.opened.connect(self._show)
        draft.changed.connect(self._show)

    def _keep_deposit(self, text: str) -> str:
        return self._draft.act(lambda sheet: editing.set_field(sheet, "deposit", text))

    def _keep_charges(self, text: str) -> str:
        return self._draft.act(lambda sheet: charging.set_charges(sheet, text))

    def _turn_kind(self) -> None:
        """A down payment becomes a forfeitable deposit, and back."""

        def turned(sheet: Sheet) -> Sheet:
            other = "acompte" if sheet.quote["deposit_kind"] == "arrhes" else "arrhes"
            return with_quote(sheet, {"deposit_kind": other})

        self._draft.act(turned)

    def _show(self) -> None:
        sheet = self._draft.sheet
        if sheet is None:
            return
        shown = {self.deposit: share_text(sheet, "deposit"), self.charges: charging.charges_text(sheet)}
        for field, text in shown.items():
            field.setReadOnly(sheet.locked)
            field.show_text(text)
        arrhes = sheet.quote["deposit_kind"] == "arrhes"
        words = _("Forfeitable deposit (frees both)") if arrhes else _("Down payment (binds both)")
        self.kind.setText(_("Forfeitable") if arrhes else _("Down payment"))
        self.kind.setToolTip(words)
        self.kind.setAccessibleName(words)
        self.kind.setVisible(bool(sheet.quote["deposit_value"]))
        self.kind.setEnabled(not sheet.locked)


def share_text(sheet: Sheet, name: str) -> str:
    """A share of the whole as it is typed: « 10 % » or « 50,00 € »."""
    value = sheet.quote[f"{name}_value"]
    if not value:
        return ""
    if sheet.quote[f"{name}_type"] == "amount":
        return formats.format_money(value, sheet.quote["currency"] or "EUR")
    return formats.format_percentage(value)
