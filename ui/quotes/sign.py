"""The sign screen: the whole window turned to the customer, the quote at the left, his signature at the right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QWidget

from app.errors import Invalid
from app.i18n import mark as m_
from app.i18n import speaking
from app.i18n import translate as _
from app.quotes import life, signing
from app.quotes.pdf_words import Words
from app.quotes.signing import Consent, Signed, Signing
from ui.page import Shell
from ui.printing import Printing
from ui.quotes.covering import CoveringScreen
from ui.quotes.pad import SignaturePad
from ui.quotes.pin_gate import PinGate
from ui.quotes.preview import FullPreview
from ui.quotes.words import quote_title
from ui.theme import theme
from ui.widgets import (
    Button,
    Card,
    Keycap,
    Label,
    Line,
    Pill,
    Role,
    Scroll,
    announce,
    hbox,
    literal,
    panel,
    vbox,
)

TARGET = 44
"""A finger's width: what is touched on this screen is at least so high."""
LINES_SHOWN = 60
DUE = ("discount", "ht", "vat", "ttc", "deposit")
"""The amounts that follow what is ticked."""


class SignScreen(CoveringScreen):
    """Covers the window, in the customer's language; Esc or Back leaves it with nothing changed.

    Where the settings ask for a PIN, nobody leaves it without, signed or not.
    """

    def __init__(
        self, shell: Shell, quote: Signing, printing: Printing, done: Callable[[str], object]
    ) -> None:
        super().__init__(shell.window)
        self._shell, self._signing, self._printing, self._done = shell, quote, printing, done
        self._words = Words(quote.language, quote.paper.document.currency)
        self.choices: dict[str, QCheckBox] = {}
        with speaking(quote.language):
            self.setAccessibleName(_("Signature of the quote"))
            self._build()
        self.cover()
        (self.name if not self.name.text() else self.agreed).setFocus()

    # Building

    def _build(self) -> None:
        document = self._signing.paper.document
        top = hbox(
            Label(document.seller.get("name", ""), "h2"),
            None,
            Pill(_("Customer's screen"), "info"),
            Keycap(_("Esc")),
            Label(_("go back"), "muted"),
        )
        signature = self._signature_card()  # first: it says what is wrong with the totals
        body = hbox((self._quote_card(), 9), (signature, 11), gap=16)
        self.gate = PinGate(self._shell)
        self.gate.opened.connect(self.uncover)
        self.setLayout(vbox(top, self.gate, (body, 1), gap=14, margins=(24, 16, 24, 18)))

    def _quote_card(self) -> QWidget:
        document, words = self._signing.paper.document, self._words
        buyer = ", ".join((document.buyer.name, *document.buyer.address))
        lines = vbox(gap=8)
        # What he chooses stands below, with its tick.
        fixed = [line for line in document.lines if line.choice not in ("option", "alternate")]
        shown = [line for line in fixed if line.kind == "item" and line.in_total]
        for line in shown[:LINES_SHOWN]:
            quantity = Label(f"× {words.number(line.quantity)}", "muted")
            amount = Label(words.money(line.amount), "h3")
            lines.addLayout(hbox((Label(line.description, wrap=True), 1), quantity, amount, gap=12))
        if len(shown) > LINES_SHOWN:
            lines.addWidget(Label(_("and {n} more lines", n=len(shown) - LINES_SHOWN), "muted"))
        self._add_choices(lines)
        lines.addStretch(1)
        self.read = Button(_("Read the whole quote"), "secondary", "file-text", self._read)
        self.read.setProperty("touch", "true")
        return Card(
            Label(_("Your quote {number}", number=document.number), "h3"),
            Label(buyer, "muted", wrap=True),
            Line(),
            (Scroll(panel(lines)), 1),
            Line(),
            self._totals(),
            self.read,
            gap=10,
            margins=(24, 18, 24, 20),
        )

    def _add_choices(self, lines: Any) -> None:
        if not self._signing.choices:
            return
        lines.addWidget(Label(_("Options: tick what you take"), "h3"))
        for choice in self._signing.choices:
            text = str(choice["description"] or choice["sku"] or "")
            box = _Tick(f"{text}  {self._words.money(self._signing.net_of(choice))}")
            box.setChecked(bool(choice["selected"]))
            box.toggled.connect(lambda on, chosen=choice: self._only_one(chosen, on))
            self.choices[choice["id"]] = box
            lines.addWidget(box)

    def _only_one(self, chosen: Any, on: bool) -> None:
        """Of an alternative group one is taken: ticking it unticks the others, and the last one stays."""
        group = chosen["option_group"]
        others = [
            self.choices[other["id"]]
            for other in self._signing.choices
            if group and other["option_group"] == group and other["id"] != chosen["id"]
        ]
        if on:
            for box in others:
                box.setChecked(False)
        elif others and not any(box.isChecked() for box in others):
            self.choices[chosen["id"]].setChecked(True)
        self._show_totals()

    def _totals(self) -> QWidget:
        document, words = self._signing.paper.document, self._words
        amounts, whole = document.amounts, "net_due" if document.without_vat else "total_ttc"
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        # Above the totals what makes them: the lines alone would not come to them.
        labels = {"discount": words("discount")} if amounts.discount else {}
        charges = {f"charge{number}": each for number, each in enumerate(amounts.charges)}
        labels |= {name: label for name, (label, _amount) in charges.items()}
        labels |= {"ht": words("total_ht"), "vat": words("total_vat"), "ttc": words(whole)}
        if self._signing.quote["deposit_value"]:
            labels["deposit"] = words(amounts.deposit_kind or "acompte")
        self.amounts = {name: Label("", "kpi" if name == "ttc" else "body") for name in labels}
        for name, (_label, amount) in charges.items():
            self.amounts[name].setText(words.money(amount))
        for row, (name, label) in enumerate(labels.items()):
            grid.addWidget(Label(label, "h3" if name == "ttc" else "muted"), row, 0)
            grid.addWidget(self.amounts[name], row, 1, Qt.AlignmentFlag.AlignRight)
        self._show_totals()
        found = QWidget()
        found.setLayout(grid)
        return found

    def _show_totals(self) -> None:
        """What he signs for, with the options that are ticked; where they make no total, why."""
        try:
            with speaking(self._signing.language):
                found = self._signing.agreed(self._chosen())
        except Invalid as problem:
            for name in DUE:
                if name in self.amounts:
                    self.amounts[name].setText("—")
            self._say(" ".join(problem.problems.values()))
            return
        self._say("")
        deposit = found.deposit.ttc if found.deposit else 0
        due = (-found.discount_entered, found.total.ht, found.total.vat, found.total.ttc, deposit)
        for name, amount in zip(DUE, due, strict=True):
            if name in self.amounts:
                self.amounts[name].setText(self._words.money(str(amount)))

    def _chosen(self) -> tuple[str, ...]:
        return tuple(id for id, box in self.choices.items() if box.isChecked())

    def _signature_card(self) -> QWidget:
        self.name = _field(_("Signer's name"), self._signing.signer)
        self.role = _field(_("Job"), self._signing.role)
        self.agreed = _Tick(_("Bon pour accord: I accept this quote."))
        document = self._signing.paper.document
        # Nobody confirms to have read what was not before him.
        annexed = document.terms.strip() or document.terms_file
        terms = _("I have read and accept the terms of sale.")
        self.terms = _Tick(terms if annexed else _("I have read and accept the terms of this quote."))
        self.pad = SignaturePad()
        self.problem = Label("", "bad", wrap=True)
        self.problem.hide()
        self.erase = Button(_("Erase"), "ghost", "eraser", self.pad.erase)
        self.back = Button(_("Back"), "ghost", on_click=self.leave)
        self.printed = Button(_("Print"), "secondary", "printer", self._print)
        self.confirm = Button(_("Confirm the signature"), "primary", "check", self._confirm)
        for button in (self.erase, self.back, self.printed, self.confirm):
            button.setProperty("touch", "true")
        self.pad.drawn.connect(lambda _drawn: self._show_totals())
        fields = hbox(
            (_labelled(_("Signer's name"), self.name), 1), (_labelled(_("Job"), self.role), 1), gap=12
        )
        notices = [Label(text, "muted", wrap=True) for text in document.certifications]
        # In a small window, or with large letters, this scrolls: nothing covers what is signed.
        signed = vbox(
            Label(_("Signature"), "h3"),
            fields,
            self.agreed,
            self.terms,
            *notices,
            (self.pad, 1),
            hbox(Label(_("Sign with your finger, a pen or the mouse"), "muted"), None, self.erase),
            gap=8,
        )
        return Card(
            (_WholeAcross(signed), 1),
            self.problem,
            Line(),
            hbox(self.back, None, self.printed, self.confirm, gap=8),
            gap=8,
            margins=(24, 18, 24, 16),
        )

    # What can be done

    def consent(self) -> Consent:
        """What is on the screen now."""
        return Consent(
            self.name.text(),
            self.role.text(),
            self._signing.email,
            self.agreed.isChecked(),
            self.terms.isChecked(),
            self._chosen(),
            tuple(tuple(stroke) for stroke in self.pad.strokes),
        )

    def _read(self) -> None:
        """The very pages that will be sealed."""
        with speaking(self._signing.language):
            FullPreview(self._shell.window, self._shell.tasks, self._signing.content).open()

    def _print(self) -> None:
        """The same pages on paper, for who would rather sign there."""
        id = self._signing.quote["id"]
        with speaking(self._signing.language):
            title = quote_title(self._signing.quote)
        self._printing.print(
            self._signing.content,
            title,
            lambda: self._shell.tasks.write(
                self._printing, lambda session: life.note_printed(session, id), label=m_("Print the quote")
            ),
            self._say_printing,
        )

    def _say_printing(self, text: str, tone: str, **values: object) -> None:
        """What becomes of the paper, here and in his language: the window's bars stand behind this screen."""
        with speaking(self._signing.language):
            self._say(_(text, **values), "warn" if tone else "muted")

    def _confirm(self) -> None:
        self.confirm.setEnabled(False)
        consent, language = self.consent(), self._signing.language

        def sign(_token: object) -> Signed:
            with speaking(language):
                return signing.sign(self._signing, consent)

        self._shell.tasks.background(self, sign, then=self._keep, failed=self._refused)

    def _keep(self, signed: Signed) -> None:
        language = self._signing.language

        def keep(session: Any) -> str:
            with speaking(language):
                return signing.keep_signature(session, signed)

        self._shell.tasks.write(
            self,
            keep,
            then=self._kept,
            failed=self._refused,
            label=m_("Have the quote signed"),
        )

    def _kept(self, signature: str) -> None:
        self.leave()
        self._done(signature)

    def _refused(self, problem: Exception) -> None:
        self.confirm.setEnabled(True)
        problems = list(problem.problems.values()) if isinstance(problem, Invalid) else [str(problem)]
        self._say(" ".join(problems))

    def _say(self, problem: str, role: Role = "bad") -> None:
        self.problem.set_role(role)
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        if problem:
            announce(self, problem)

    def leave(self) -> None:
        """Back to the quote, with the focus where it was; first the PIN, where one is asked for."""
        if self.gate.needed:
            self.gate.ask()
        else:
            self.uncover()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.gate.isVisible():
                self.gate.hide()
            else:
                self.leave()
            return
        # Nothing of the program answers behind the customer's screen.
        event.accept()


def _field(name: str, text: str) -> QLineEdit:
    field = QLineEdit(text)
    field.setAccessibleName(name)
    field.setProperty("kind", "touch")
    return field


class _Tick(QCheckBox):
    """A box that is ticked wherever its row is touched."""

    def __init__(self, text: str) -> None:
        super().__init__(literal(text))
        self.setAccessibleName(text)
        self.setMinimumHeight(theme.px(TARGET))

    def hitButton(self, place: QPoint) -> bool:
        return self.rect().contains(place)


class _WholeAcross(Scroll):
    """Scrolls down, and is as wide as what it holds: with large letters a part of the frame was out of sight."""

    def minimumSizeHint(self) -> QSize:
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self.widget().minimumSizeHint().width() + bar, super().minimumSizeHint().height())


def _labelled(text: str, field: QLineEdit) -> Any:
    label = Label(text, "cap")
    label.setBuddy(field)
    return vbox(label, field, gap=4)
