"""The quote editor: head, lines, totals at the left; the printed page and what to do with it at the right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app import formats
from app.i18n import mark as m_
from app.i18n import translate as _
from app.quotes import adding, editing, issuing, paper, signing, suggesting
from app.quotes.suggesting import Suggestion
from ui.commands import Command
from ui.page import Shell, page_layout
from ui.printing import Printing
from ui.quotes import in_hand
from ui.quotes.draft import Draft
from ui.quotes.editor_commands import quote_commands
from ui.quotes.entry import EntryField
from ui.quotes.header_fields import HeaderFields
from ui.quotes.inline_field import InlineLine
from ui.quotes.lines_table import LinesTable
from ui.quotes.preview import Preview
from ui.quotes.sign import SignScreen
from ui.quotes.totals_panel import MarginPanel, TotalsPanel
from ui.quotes.words import quote_title, status_label, status_tone
from ui.tasks import Token
from ui.theme import theme
from ui.widgets import Button, Card, InfoBar, Keycap, Label, Line, Pill, hbox, panel, vbox

PREVIEW_PAUSE_MS = 400
PREVIEW_WIDTH = 352
NARROW_BELOW = 1180


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
        self.printing = Printing(shell, self)
        self.customer_mode = False
        self._wanted: str | None = None
        self._narrow = False
        self._shows_page = False
        self._drawing: Token | None = None
        self._preview_pause = QTimer(self)
        self._preview_pause.setSingleShot(True)
        self._preview_pause.setInterval(PREVIEW_PAUSE_MS)
        self._preview_pause.timeout.connect(self._draw_preview)
        self._build()
        self.draft.opened.connect(self._on_opened)
        self.draft.changed.connect(self._on_changed)
        self.draft.saved.connect(self._on_saved)
        self.draft.troubled.connect(self._say)

    # Building

    def _build(self) -> None:
        self.title = Label("", "h1")
        self.subject = InlineLine(_("Subject"), self._keep_subject, _("Subject of the quote"))
        self.status = Pill("", "flat")
        self.undo_button = Button("", "ghost", "undo-2", self.draft.undo, tip=_("Undo"))
        self.redo_button = Button("", "ghost", "redo-2", self.draft.redo, tip=_("Redo"))
        self.copy_button = Button(_("Duplicate"), "ghost", "copy", self.duplicate)
        self.open_button = Button(_("Open the PDF"), "ghost", "external-link", self.open_pdf)
        self.save_button = Button("", "ghost", "download", self.save_pdf, tip=_("Save the PDF as"))
        self.view_button = Button(_("Preview"), "secondary", "eye", self._toggle_page, checkable=True)
        self.narrow_print = Button(_("Print"), "secondary", "printer", self.print)
        self.issue_button = Button(_("Issue"), "secondary", "file-check", self.issue)
        self.narrow_sign = Button(_("Have it signed"), "primary", "signature", self.sign)
        self._narrow_buttons = (self.view_button, self.narrow_print, self.narrow_sign)
        self.banner = InfoBar("", "info", _("Make a revision"), self.revise, closable=False)
        self.banner.hide()
        self._build_left()
        self._build_right()
        buttons = (self.status, self.undo_button, self.redo_button, self.copy_button, self.open_button)
        buttons = (*buttons, self.save_button, self.issue_button)
        body = hbox((self.left, 1), self.right, gap=16)
        self.setLayout(
            page_layout(
                self.title,
                self.subject,
                [*buttons, *self._narrow_buttons],
                self.banner,
                (body, 1),
                margins=(24, 14, 24, 18),
            )
        )
        self._arrange(False)

    def _build_left(self) -> None:
        self.head = HeaderFields(self.draft, self._read)
        self.head.account_wanted.connect(lambda account: self._shell.go("accounts", account))
        self.head.said.connect(self._say)
        self.table = LinesTable(self.draft)
        self.entry = EntryField(self._shell.tasks, self._find)
        self.totals = TotalsPanel(self.draft)
        self.totals.discount.problem.connect(self._say)
        self.margin = MarginPanel(self.draft)
        self.table.left_at_end.connect(self.entry.setFocus)
        self.table.left_at_start.connect(self.head.fields["delivery_terms"].line.setFocus)
        self.table.said.connect(self._say)
        self.entry.left.connect(self._to_last_line)
        self.entry.taken.connect(self._add)
        self.entry.section.connect(lambda title: self.draft.act(lambda s: adding.add_section(s, title)))
        self.entry.missed.connect(
            lambda text: self._say(_("No product fits “{text}”. Your text is still there.", text=text))
        )
        self.draft.opened.connect(self._fit_table)
        self.draft.changed.connect(self._fit_table)
        self.saved_label = Label("", "muted")
        self.problem = Label("", "bad")
        self.problem.hide()
        self._lines_area = LinesArea(self._fit_table)
        self._lines_area.setLayout(vbox((self.table, 0), self.entry, None, gap=10))
        self.lines_card = Card(
            self.head,
            Line(),
            (self._lines_area, 1),
            hbox((self.margin, 1), self.totals, gap=16),
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
        self.preview = Preview(self._shell.tasks)
        self.print_button = Button(_("Print"), "secondary", "printer", self.print)
        self.sign_button = Button(_("Have it signed"), "primary", "signature", self.sign)
        self._right_buttons = panel(hbox((self.print_button, 1), (self.sign_button, 1)))
        self.right = Card((self.preview, 1), self._right_buttons, gap=10, margins=(14, 8, 14, 14))

    # Where the parts stand

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(self.window().width() < theme.px(NARROW_BELOW))

    def _arrange(self, narrow: bool) -> None:
        self._narrow = narrow
        for button in self._narrow_buttons:
            button.setVisible(narrow)
        self._right_buttons.setVisible(not narrow)
        self.save_button.setVisible(not narrow)
        self.open_button.setText("" if narrow else _("Open the PDF"))
        self.open_button.setAccessibleName(_("Open the PDF"))
        self.open_button.setToolTip(_("Open the PDF") if narrow else "")
        self.copy_button.setText("" if narrow else _("Duplicate"))
        self.copy_button.setAccessibleName(_("Duplicate"))
        self.copy_button.setToolTip(_("Duplicate") if narrow else "")
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
        for button in (self.sign_button, self.narrow_sign):
            button.setEnabled(status in (None, "draft", *signing.SIGNABLE))

    # What is shown

    def open(self, quote_id: str) -> None:
        """Show a quote; the one already open keeps its steps."""
        self._wanted = quote_id
        if self.draft.sheet is None or self.draft.sheet.id != quote_id:
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
        self._keys.setVisible(not sheet.locked)
        self.banner.setVisible(sheet.locked)
        if sheet.locked:
            day = formats.format_date(quote["issued_on"], "long") if quote["issued_on"] else ""
            words = _("Issued on {day}. Its content can no longer change.", day=day)
            self.banner.say(words, "info")
        self._show_subject()
        self._show_issue_buttons()
        self._show_steps()
        self._show_saved()
        self._preview_pause.stop()
        self._draw_preview()
        self._shell.window.setWindowTitle(f"{self.title_text()} · Terrain")

    def _on_changed(self) -> None:
        self._show_subject()
        self._show_steps()
        self.saved_label.setText(_("Saving…"))

    def _on_saved(self) -> None:
        self._show_saved()
        self._preview_pause.start()

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
        self._keys.setVisible(not problem and not self.draft.locked)

    def _keep_subject(self, text: str) -> str:
        return self.draft.act(lambda sheet: editing.set_field(sheet, "subject", text))

    # Lines

    def _read(self, work: Callable[[Any], Any], then: Callable[[Any], object]) -> None:
        self._shell.tasks.read(self, work, then=then)

    def _find(self, session: Any, text: str) -> list[Suggestion]:
        sheet = self.draft.sheet
        assert sheet is not None
        return suggesting.suggest(session, text, sheet.quote["account"], sheet.quote["price_list"])

    def _add(self, suggestion: Suggestion) -> None:
        self._say(self.draft.act(lambda sheet: editing.add_product(sheet, suggestion)))
        row = self.table.lines.rowCount() - 1
        if row >= 0:
            self.table.choose(row)

    def add_product(self, product_id: str) -> None:
        """Add one unit of a product: « Ajouter au devis en cours »."""
        sheet = self.draft.sheet
        if sheet is None or sheet.locked:
            return
        account, price_list = sheet.quote["account"], sheet.quote["price_list"]
        self._read(lambda s: suggesting.of_product(s, product_id, account, price_list), self._add)

    def _to_last_line(self) -> None:
        row = self.table.lines.rowCount() - 1
        if row >= 0:
            self.table.setFocus()
            self.table.choose(row)

    # The printed page

    def _draw_preview(self) -> None:
        sheet = self.draft.sheet
        if sheet is None:
            return
        if self._drawing is not None:
            self._drawing.cancel()
        id = sheet.id
        self._drawing = self._shell.tasks.read(
            self, lambda session: paper.open_paper(session, id), then=self._render
        )

    def _render(self, found: paper.Paper) -> None:
        self._drawing = self._shell.tasks.background(
            self, lambda _token: found.render(), then=self.preview.show_pdf
        )

    def _with_pdf(self, use: Callable[[bytes, str], object]) -> None:
        """Make the PDF of what is stored, after storing what is not, and use it under the quote's name."""
        sheet = self.draft.sheet
        if sheet is None:
            return
        id, name = sheet.id, self.title_text()
        work = self._shell.tasks

        def make(found: paper.Paper) -> None:
            work.background(self, lambda _t: found.render(), then=lambda content: use(content, name))

        self.draft.flush(lambda: work.read(self, lambda s: paper.open_paper(s, id), then=make))

    def print(self) -> None:
        """Print what is stored."""
        self._with_pdf(self.printing.print)

    def open_pdf(self) -> None:
        """Show the PDF in the system's program."""
        self._with_pdf(self.printing.open)

    def save_pdf(self) -> None:
        """Write the PDF where the user says."""
        self._with_pdf(self.printing.save_as)

    # The quote's life

    def issue(self) -> None:
        """Draw the number and freeze the quote; of an issued one, make a revision."""
        if self.draft.locked:
            self.revise()
            return
        self._write_then_open(issuing.issue, self._on_issued, m_("Issue the quote"))

    def _on_issued(self, number: str) -> None:
        self._shell.toast(_("Quote {number} issued.", number=number))
        if self.draft.sheet is not None:
            self.draft.open(self.draft.sheet.id)

    def sign(self) -> None:
        """Turn the screen to the customer; a draft is issued first, since only a numbered quote is signed."""
        if self.draft.locked:
            label = m_("Have the quote signed")
        else:
            label = m_("Issue the quote")
        vault = self._shell.workspace.vault
        self._write_then_open(
            lambda session, id: signing.issue_and_open(session, id, vault), self._show_sign_screen, label
        )

    def _show_sign_screen(self, quote: signing.Signing) -> None:
        self.draft.open(quote.quote["id"])
        self.sign_screen = SignScreen(self._shell, quote, self._on_signed)

    def _on_signed(self, _signature: str) -> None:
        self._shell.toast(_("Signed and sealed."))
        if self.draft.sheet is not None:
            self.draft.open(self.draft.sheet.id)

    def revise(self) -> None:
        """A draft that will supersede this quote."""
        self._write_then_open(issuing.revise, self._go_to, m_("Revise the quote"))

    def duplicate(self) -> None:
        """A draft with the same content."""
        self._write_then_open(issuing.duplicate, self._go_to, m_("Duplicate the quote"))

    def _go_to(self, quote_id: str) -> None:
        self._shell.go("quotes", quote_id)

    def _write_then_open(
        self, write: Callable[[Any, str], Any], then: Callable[[Any], object], label: str
    ) -> None:
        sheet = self.draft.sheet
        if sheet is None:
            return
        id = sheet.id
        work = self._shell.tasks
        self.draft.flush(
            lambda: work.write(
                self,
                lambda session: write(session, id),
                then=then,
                failed=lambda error: self._say(str(error)),
                label=label,
            )
        )

    # Customer mode

    def show_customer_mode(self, on: bool) -> None:
        """Hide what the customer must not see, or show it again."""
        self.customer_mode = on
        self.margin.set_customer_mode(on)
        self.table.set_customer_mode(on)
        self.entry.customer_mode = on

    def leave(self) -> None:
        """Store what is not stored yet."""
        focus = self.window().focusWidget()
        if isinstance(focus, InlineLine):
            focus.keep()
        self.entry.close_popup()
        self.draft.flush()

    def commands(self, here: Callable[[], bool]) -> list[Command]:
        """What can be done with the quote, by key and from the palette."""
        return quote_commands(self, here)
