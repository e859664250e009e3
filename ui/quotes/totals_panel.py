"""The amounts under the lines, and the margin that only the salesperson sees."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from app import formats
from app.i18n import translate as _
from app.quotes import editing
from app.quotes.totals import Totals
from ui.quotes.draft import Draft
from ui.quotes.extras_panel import share_text
from ui.quotes.inline_field import InlineLine
from ui.theme import theme
from ui.widgets import Label, Line, Pill, hbox, panel, vbox

MOST_RATES = 4


class Amount(Label):
    """An amount at the right, in figures of equal width."""

    def __init__(self, size: int = 14, weight: int = 400) -> None:
        super().__init__("", right=True)
        self._size, self._weight = size, weight
        self._dress()
        theme.changed.connect(self._dress)

    def _dress(self) -> None:
        self.setFont(theme.font(self._size, self._weight, True))


class TotalsPanel(QWidget):
    """Total, global discount, VAT by rate, what is to pay."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self.discount = InlineLine(_("Global discount"), self._keep_discount, "0 %", right=True)
        # Amounts of nine digits beside it are whole; at rest its own text is cut where there is no room.
        self.discount.setMinimumWidth(theme.px(48))
        self.discount.setMaximumWidth(theme.px(92))
        self.discount.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.amounts: dict[str, Amount] = {}
        self._labels: dict[str, Label] = {}
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(0, 1)
        self._grid = grid
        self._row("lines", _("Lines excl. VAT"))
        self._discount_row()
        self._row("charges", _("Charges"))
        self._row("ht", _("Total excl. VAT"))
        for number in range(MOST_RATES):
            self._row(f"vat{number}", "")
        grid.addWidget(Line(), grid.rowCount(), 0, 1, 3)
        self._row("ttc", _("Total incl. VAT"), "h3", Amount(17, 600))
        self._row("deposit", _("Deposit"))
        self.setLayout(grid)
        self.setFixedWidth(theme.px(286))
        draft.opened.connect(self._show_typed)
        draft.changed.connect(self._show_typed)
        draft.summed.connect(self.show_totals)

    def _row(self, name: str, text: str, role: str = "sub", amount: Amount | None = None) -> None:
        at = self._grid.rowCount()
        self._labels[name] = Label(text, role)  # type: ignore[arg-type]
        self.amounts[name] = amount or Amount()
        self._grid.addWidget(self._labels[name], at, 0)
        self._grid.addWidget(self.amounts[name], at, 1, 1, 2)

    def _discount_row(self) -> None:
        at = self._grid.rowCount()
        label = Label(_("Global discount"), "sub")
        label.setBuddy(self.discount)
        self.amounts["discount"] = Amount()
        self._grid.addWidget(label, at, 0)
        self._grid.addWidget(self.amounts["discount"], at, 1)
        self._grid.addWidget(self.discount, at, 2)

    def _keep_discount(self, text: str) -> str:
        return self._draft.act(lambda sheet: editing.set_field(sheet, "discount", text))

    def _show_typed(self) -> None:
        sheet = self._draft.sheet
        if sheet is not None:
            self.discount.setReadOnly(sheet.locked)
            self.discount.show_text(share_text(sheet, "discount"))

    def show_totals(self, totals: Totals) -> None:
        """Show these amounts."""
        sheet = self._draft.sheet
        if sheet is None:
            return
        currency = sheet.quote["currency"] or "EUR"
        texts = {
            "ht": totals.total.ht,
            "ttc": totals.total.ttc,
            "lines": totals.sum_lines_net if totals.discount or totals.charges else None,
            "discount": -totals.discount if totals.discount else None,
            "charges": totals.charges or None,
            "deposit": totals.deposit.ttc if totals.deposit and totals.deposit.ttc else None,
        }
        rates = list(totals.vat_breakdown)[:MOST_RATES]
        for number in range(MOST_RATES):
            each = rates[number] if number < len(rates) else None
            texts[f"vat{number}"] = each.vat if each else None
            if each:
                self._labels[f"vat{number}"].setText(
                    _("VAT {rate}", rate=formats.format_percentage(each.rate))
                )
        arrhes = sheet.quote["deposit_kind"] == "arrhes"
        self._labels["deposit"].setText(_("Forfeitable") if arrhes else _("Down payment"))
        for name, value in texts.items():
            self.amounts[name].setText("" if value is None else formats.format_money(value, currency))
            self.amounts[name].setVisible(value is not None)
            if name in self._labels:
                self._labels[name].setVisible(value is not None)


class MarginPanel(QWidget):
    """What is earned; hidden in customer mode and never printed."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self.percent = Label("", "h2")
        self.pill = Pill("", "ok")
        self.amount = Label("", "muted", wrap=True)
        self.note = Label(_("Seen by you alone. Never printed."), "muted", wrap=True)
        self._body = panel(
            vbox(
                Label(_("Margin"), "cap"),
                hbox(self.percent, self.pill, None),
                self.amount,
                self.note,
                gap=3,
            )
        )
        # Who reads this may be the customer: not a word of what is out of sight.
        self.hidden_note = Label(_("Customer mode. F8 leaves it."), "muted", wrap=True)
        self.hidden_note.hide()
        self.setLayout(vbox(self._body, self.hidden_note, None, gap=0))
        draft.summed.connect(self.show_totals)

    def set_low(self, low: bool) -> None:
        """Where the window is low the figures keep their room, and what they are for shows under the pointer."""
        self.note.setVisible(not low)
        self.percent.setToolTip(self.note.text() if low else "")

    def set_customer_mode(self, on: bool) -> None:
        """Hide the margin, or show it again."""
        self._body.setVisible(not on)
        self.hidden_note.setVisible(on)

    def show_totals(self, totals: Totals) -> None:
        """Show the margin of these amounts."""
        sheet = self._draft.sheet
        found = editing.margin(sheet, totals) if sheet is not None and len(sheet.lines) else None
        if found is None:
            self.percent.setText("—")
            self.pill.hide()
            self.amount.setText("")
            return
        self.percent.setText(formats.format_percentage(round(found.percent, 1)))
        self.pill.set(
            _("above the floor") if found.enough else _("below the floor"), "ok" if found.enough else "warn"
        )
        self.pill.show()
        amount = formats.format_money(found.amount, (sheet and sheet.quote["currency"]) or "EUR")
        self.amount.setText(amount if found.complete else _("{amount}, where costs are known", amount=amount))
