"""The quote editor: head, lines, totals at the left; the printed page and what to do with it at the right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app import formats
from app.i18n import translate as _
from app.quotes import editing, prospects, signing
from app.quotes.prospects import Prospects
from ui.commands import Command
from ui.page import Shell, page_layout
from ui.quotes import in_hand
from ui.quotes.approvals import Approvals
from ui.quotes.decisions import Decisions
from ui.quotes.details import ask_details
from ui.quotes.draft import Draft
from ui.quotes.editor_commands import quote_commands
from ui.quotes.extras_panel import ExtrasPanel
from ui.quotes.header_fields import HeaderFields
from ui.quotes.inline_field import InlineLine
from ui.quotes.line_adder import LineAdder
from ui.quotes.lines_table import LinesTable
from ui.quotes.next_steps import next_steps, steps_menu
from ui.quotes.notice_bars import NoticeBars
from ui.quotes.obsolete_bar import ObsoleteBar
from ui.quotes.open_fields import OpenFields
from ui.quotes.paper_desk import PaperDesk
from ui.quotes.photo_drop import PhotoDrop
from ui.quotes.points_button import PointsButton
from ui.quotes.preview import Preview
from ui.quotes.totals_panel import MarginPanel, TotalsPanel
from ui.quotes.words import decision_words, quote_title, status_label, status_tone
from ui.theme import theme
from ui.widgets import Button, Card, ElidingLabel, InfoBar, Keycap, Label, Line, Pill, hbox, panel, vbox

PREVIEW_WIDTH = 352
NARROW_BELOW, CRAMPED_BELOW = 1180, 860
"""Widths of the window at the usual size of letters: the page hides, then buttons that have a sign lose their word."""
LOW_BELOW = 560
KEYS_FROM = 800
"""In a window as wide as this, at the usual size of letters, the keys have their room at the foot."""


class LinesArea(QWidget):
    """The room of the lines; says when it changes."""

    def __init__(self, resized: Callable[[], object]) -> None:
        super().__init__()
        self._resized = resized

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._resized()


class QuoteEditor(QWidget):
    """One quote."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.draft = Draft(shell.tasks, self)
        self.preview = Preview(shell.tasks)
        self.desk = PaperDesk(shell, self.draft, self.preview, self)
        self.printing = self.desk.printing
        self.decisions = Decisions(shell, self.draft, self.printing, self)
        self.approvals = Approvals(shell, self.decisions, self)
        self.customer_mode = False
        self._wanted: str | None = None
        """The quote that was asked for and is still being read."""
        self._narrow = False
        self._shows_page = False
        self._build()
        self.draft.opened.connect(self._on_opened)
        self.draft.changed.connect(self._on_changed)
        self.draft.saved.connect(self._on_saved)
        self.draft.troubled.connect(self._say)
        self.open_fields = OpenFields(self, self._inline_lines(), self.table, self.entry, self.draft)
        self.decisions.unadded = self._unadded
        self.open_fields.came_back.connect(shell.toast)
        self.desk.looked_at.connect(self.points_button.show_points)
        self.desk.noticed.connect(self.notices.show_notices)
        self.decisions.said.connect(self._say)
        self.decisions.moved.connect(self._read_again)
        self.decisions.wanted.connect(lambda id: shell.go("quotes", id))
        PhotoDrop(self, self.draft, self.decisions)

    # Building

    def _build(self) -> None:
        self.title = ElidingLabel("", "h1")
        self.subject = InlineLine(_("Subject"), self._keep_subject, _("Subject of the quote"))
        self.status = Pill("", "flat")
        self.undo_button = Button("", "ghost", "undo-2", self.draft.undo, tip=_("Undo"))
        self.redo_button = Button("", "ghost", "redo-2", self.draft.redo, tip=_("Redo"))
        self.copy_button = Button(_("Duplicate"), "ghost", "copy", self.decisions.duplicate)
        self.open_button = Button(_("Open the PDF"), "ghost", "external-link", self.desk.open_pdf)
        self.save_button = Button("", "ghost", "download", self.desk.save_pdf, tip=_("Save the PDF as"))
        self.steps_button = Button(_("Next steps"), "ghost", "ellipsis", self.show_steps)
        self.points_button = PointsButton(
            {
                "details": self.show_details,
                "approval": self.show_steps,
                "company": lambda: self._shell.go("settings"),
                "customer": self._show_customer,
            }
        )
        self.view_button = Button(_("Preview"), "secondary", "eye", self._toggle_page, checkable=True)
        self.narrow_print = Button(_("Print"), "secondary", "printer", self.desk.print)
        self.issue_button = Button(_("Issue"), "secondary", "file-check", self.decisions.issue)
        self.narrow_sign = Button(_("Have it signed"), "primary", "signature", self.decisions.sign)
        self._narrow_buttons = (self.view_button, self.narrow_print, self.narrow_sign)
        self.banner = InfoBar("", "info", _("Make a revision"), self.decisions.revise, closable=False)
        self.banner.hide()
        self.notices = NoticeBars()
        self.notices.wanted.connect(lambda id: self._shell.go("quotes", id))
        self._build_left()
        self._build_right()
        buttons = (self.status, self.undo_button, self.redo_button, self.copy_button, self.open_button)
        buttons = (*buttons, self.save_button, self.steps_button, self.issue_button)
        body = hbox((self.left, 1), self.right, gap=16)
        self.setLayout(
            page_layout(
                self.title,
                self.subject,
                [*buttons, *self._narrow_buttons],
                self.banner,
                self.notices,
                self.obsolete,
                (body, 1),
                margins=(24, 14, 24, 18),
            )
        )
        self._arrange(False)

    def _build_left(self) -> None:
        self.head = HeaderFields(self.draft, self._read)
        self.head.account_wanted.connect(lambda account: self._shell.go("accounts", account))
        self.head.said.connect(self._say)
        self.head.details_wanted.connect(self.show_details)
        self.table = LinesTable(self.draft)
        self.obsolete = ObsoleteBar(self.draft, self.table)
        self.adder = LineAdder(self._shell, self.draft, self.table)
        self.adder.said.connect(self._say)
        self.entry = self.adder.entry
        self.totals = TotalsPanel(self.draft)
        self.extras = ExtrasPanel(self.draft)
        for field in (self.totals.discount, self.extras.charges, self.extras.deposit):
            field.problem.connect(self._say)
        self.margin = MarginPanel(self.draft)
        self.table.left_at_end.connect(self.entry.setFocus)
        self.table.left_at_start.connect(self.head.fields["delivery_terms"].line.setFocus)
        self.table.said.connect(self._say)
        self.entry.left.connect(self._to_last_line)
        self.draft.opened.connect(self._fit_table)
        self.draft.changed.connect(self._fit_table)
        self.saved_label = Label("", "muted")
        self.problem = Label("", "bad")
        self.problem.hide()
        points = hbox(self.points_button, None)
        earned = panel(vbox(self.margin, points, None, gap=6))
        self._lines_area = LinesArea(self._fit_table)
        self._lines_area.setLayout(vbox((self.table, 0), self.entry, None, gap=10))
        self.lines_card = Card(
            self.head,
            Line(),
            (self._lines_area, 1),
            hbox((earned, 1), self.extras, self.totals, gap=16),
            Line(),
            self._footer(),
            gap=10,
            margins=(16, 10, 16, 12),
        )
        self.left = self.lines_card

    def _footer(self) -> QWidget:
        self._keys = QWidget()
        row = hbox(gap=6)
        pairs = (
            (_("Enter"), _("next line")),
            (_("Tab"), _("cell")),
            ("Ctrl D", _("duplicate")),
            (_("Del"), _("remove")),
        )
        for key, what in pairs:
            row.addWidget(Keycap(key))
            row.addWidget(Label(what, "muted"))
        self._keys.setLayout(row)
        return panel(hbox(self._keys, (self.problem, 1), None, self.saved_label, gap=6))

    def _build_right(self) -> None:
        self.print_button = Button(_("Print"), "secondary", "printer", self.desk.print)
        self.sign_button = Button(_("Have it signed"), "primary", "signature", self.decisions.sign)
        self._right_buttons = panel(hbox((self.print_button, 1), (self.sign_button, 1)))
        self.right = Card((self.preview, 1), self._right_buttons, gap=10, margins=(14, 8, 14, 14))

    # Where the parts stand

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.margin.set_low(self.window().height() < theme.px(LOW_BELOW))
        self._show_keys()
        self._arrange(self.window().width() < theme.px(NARROW_BELOW))

    def _arrange(self, narrow: bool) -> None:
        self._narrow = narrow
        for button in self._narrow_buttons:
            button.setVisible(narrow)
        self._right_buttons.setVisible(not narrow)
        self.save_button.setVisible(not narrow)
        cramped = self.window().width() < theme.px(CRAMPED_BELOW)
        for button, word, is_shown in (
            (self.open_button, _("Open the PDF"), not narrow),
            (self.copy_button, _("Duplicate"), not narrow),
            (self.steps_button, _("Next steps"), not narrow),
            (self.view_button, _("Preview"), not cramped),
            (self.narrow_print, _("Print"), not cramped),
        ):
            button.setText(word if is_shown else "")
            button.setAccessibleName(word)
            button.setToolTip("" if is_shown else word)
        self.left.setVisible(not narrow or not self._shows_page)
        self.right.setVisible(not narrow or self._shows_page)
        if narrow:
            self.right.setMinimumWidth(0)
            self.right.setMaximumWidth(16_777_215)
        else:
            self.right.setFixedWidth(theme.px(PREVIEW_WIDTH))
        self._show_issue_buttons()

    def _toggle_page(self) -> None:
        self._shows_page = self.view_button.isChecked()
        self._arrange(self._narrow)

    def _fit_table(self) -> None:
        """As high as its lines, as long as the entry field keeps its place under them."""
        below = 0 if self.draft.locked else self.entry.sizeHint().height() + 12
        room = self._lines_area.height() - below
        wanted = self.table.height_of_lines()
        self.table.setFixedHeight(max(theme.px(80), min(wanted, room)) if room > 0 else wanted)

    def _show_issue_buttons(self) -> None:
        locked = self.draft.locked
        self.issue_button.setText(_("Revise") if locked else _("Issue"))
        self.issue_button.set_icon("file-plus-2" if locked else "file-check")
        status = self.draft.sheet.quote["status"] if self.draft.sheet else "draft"
        # The title of a draft says so already.
        self.status.setVisible(not self._narrow or status not in (None, "draft"))
        for button in (self.sign_button, self.narrow_sign):
            button.setEnabled(status in (None, "draft", *signing.SIGNABLE))

    def _inline_lines(self) -> dict[str, InlineLine]:
        head = {name: field.line for name, field in self.head.fields.items()}
        extras = {"charges": self.extras.charges, "deposit": self.extras.deposit}
        return {"subject": self.subject, **head, **extras, "discount": self.totals.discount}

    # What is shown

    def open(self, quote_id: str) -> None:
        """Show a quote; the one already open keeps its steps."""
        if self.draft.sheet is None or self.draft.sheet.id != quote_id:
            self._wanted = quote_id
            self.draft.open(quote_id)

    def title_text(self) -> str:
        """The quote's name for the window and the history."""
        return quote_title(self.draft.sheet.quote) if self.draft.sheet else _("Quote")

    def primary_focus(self) -> QWidget:
        """The entry field of a draft; the lines of an issued quote."""
        return self.table if self.draft.sheet is not None and self.draft.locked else self.entry

    def panes(self) -> list[QWidget]:
        """Where F6 goes."""
        return [self.head.customer, self.table, self.entry, self.preview.view]

    def _on_opened(self) -> None:
        sheet = self.draft.sheet
        if sheet is None:
            return
        quote = sheet.quote
        in_hand.keep(self._shell.window, self)
        self.title.setText(quote_title(quote))
        self.status.set(status_label(quote["status"]), status_tone(quote["status"]))
        if sheet.locked and self.entry.hasFocus():
            self.table.setFocus()
        self.entry.setVisible(not sheet.locked)
        self._go_to_entry()
        self._show_keys()
        self.banner.setVisible(sheet.locked)
        if sheet.locked:
            day = formats.format_date(quote["issued_on"], "long") if quote["issued_on"] else ""
            words = _("Issued on {day}. Its content can no longer change.", day=day)
            if quote["decided_on"]:
                decided = {
                    "day": formats.format_date(quote["decided_on"]),
                    "note": quote["decision_note"] or "",
                }
                words = f"{words} {decision_words(quote['status'], **decided)}".strip()
            self.banner.say(words, "info")
        self._show_subject()
        self._show_issue_buttons()
        self._show_steps()
        self._show_saved()
        self.desk.draw()
        self._shell.window.setWindowTitle(f"{self.title_text()} · Terrain")

    def _go_to_entry(self) -> None:
        """In a draft just opened one types at once: the field was out of sight where an issued quote stood here."""
        if self.draft.sheet is None or self.draft.sheet.id != self._wanted:
            return
        self._wanted = None
        if not self.draft.locked and self.window().focusWidget() in (self.table, None):
            self.entry.setFocus()

    def _on_changed(self) -> None:
        self._show_subject()
        self._show_steps()
        self.saved_label.setText(_("Saving…"))

    def _on_saved(self) -> None:
        self._show_saved()

    def _show_subject(self) -> None:
        sheet = self.draft.sheet
        if sheet is not None:
            self.subject.setReadOnly(sheet.locked)
            self.subject.show_text(sheet.quote["subject"] or "")

    def _show_steps(self) -> None:
        self.undo_button.setVisible(not self.draft.locked)
        self.redo_button.setVisible(not self.draft.locked)
        self.undo_button.setEnabled(self.draft.can_undo)
        self.redo_button.setEnabled(self.draft.can_redo)

    def _show_saved(self) -> None:
        at = self.draft.saved_at
        if at is None:
            self.saved_label.setText("")
        elif formats.local(at).date() == formats.now().date():
            self.saved_label.setText(_("Saved on this computer at {time}", time=formats.format_time(at)))
        else:
            self.saved_label.setText(_("Saved on this computer on {day}", day=formats.format_date(at)))

    def _say(self, problem: str) -> None:
        """What is wrong stands at the foot of the lines, in the place of the keys."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self._show_keys()

    def _show_keys(self) -> None:
        room = self.window().width() >= theme.px(KEYS_FROM)
        self._keys.setVisible(room and not self.problem.text() and not self.draft.locked)

    def _keep_subject(self, text: str) -> str:
        return self.draft.act(lambda sheet: editing.set_field(sheet, "subject", text))

    # Lines

    def _read(self, work: Callable[[Any], Any], then: Callable[[Any], object]) -> None:
        self._shell.tasks.read(self, work, then=then)

    def add_product(self, product_id: str) -> None:
        """Add one unit of a product: « Ajouter au devis en cours »."""
        self.adder.add_product(product_id)

    def _to_last_line(self) -> None:
        row = self.table.lines.rowCount() - 1
        if row >= 0:
            self.table.setFocus()
            self.table.choose(row)

    def _unadded(self) -> bool:
        """Whether something stands in the entry field that is no line yet; says so, and goes there."""
        text = self.open_fields.unadded()
        if text:
            self._say(_("“{text}” is not in the quote yet: Enter adds it, or empty the field.", text=text))
            self.entry.setFocus()
        return bool(text)

    def undo(self) -> None:
        """Go back one step; where nothing was done here yet, take back what was done last: the revision itself."""
        if self.draft.can_undo or self.draft.can_redo:
            self.draft.undo()
        elif self._shell.window.undoing is not None:
            self._shell.window.undoing.undo()

    # What comes next

    def _read_again(self) -> None:
        if self.draft.sheet is not None:
            self.draft.open(self.draft.sheet.id)

    def show_details(self) -> None:
        """The facts that the head has no room for."""
        ask_details(self._shell, self.draft)

    def _show_customer(self) -> None:
        if self.draft.sheet is not None:
            self._shell.go("accounts", self.draft.sheet.quote["account"])

    def show_steps(self) -> None:
        """What may be done next with the quote, as it is stored."""
        sheet = self.draft.sheet
        if sheet is None:
            return
        id = sheet.id

        def show(found: Prospects) -> None:
            self.steps = next_steps(found, self.decisions, self.approvals)
            self.menu = steps_menu(self, self.steps)
            self.menu.popup(self.steps_button.mapToGlobal(self.steps_button.rect().bottomLeft()))

        self.draft.flush(lambda: self._read(lambda session: prospects.look(session, id), show))

    # Customer mode

    def show_customer_mode(self, on: bool) -> None:
        """Hide what the customer must not see, or show it again."""
        self.customer_mode = on
        self.margin.set_customer_mode(on)
        self.table.set_customer_mode(on)
        self.entry.customer_mode = on
        self.points_button.set_customer_mode(on)
        self.notices.set_customer_mode(on)
        self.obsolete.set_customer_mode(on)

    def leave(self) -> None:
        """Store what is not stored yet."""
        self.entry.close_popup()
        self.draft.flush()

    def commands(self, here: Callable[[], bool]) -> list[Command]:
        """What can be done with the quote, by key and from the palette."""
        return quote_commands(self, here)
