"""The printed page of the quote in the editor: drawn again at each pause, printed, opened, saved."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.i18n import mark as m_
from app.quotes import checking, life, notices, paper
from ui.autosave import PAUSE_MS
from ui.page import Shell
from ui.printing import Printing
from ui.quotes.draft import Draft
from ui.quotes.preview import Preview
from ui.quotes.words import quote_title
from ui.tasks import Token


class PaperDesk(QObject):
    """Preview, print and file are the same bytes, made of what is stored."""

    looked_at = Signal(list)
    """The points (`app.quotes.checking.Point`) to look at before the quote is issued."""
    noticed = Signal(list)
    """The notices (`app.quotes.notices.Notice`) that stand above the quote."""

    def __init__(self, shell: Shell, draft: Draft, preview: Preview, parent: QObject) -> None:
        super().__init__(parent)
        self._tasks, self._draft, self._preview = shell.tasks, draft, preview
        self.printing = Printing(shell, self)
        preview.full_wanted.connect(self.show_full)
        self._drawing: Token | None = None
        self._of_file: dict[str, list[notices.Notice]] = {}
        """By quote what was said of its file."""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.draw)
        draft.saved.connect(self._pause.start)

    def draw(self) -> None:
        """Draw the page of what is stored, and look at what is to check."""
        self._pause.stop()
        sheet = self._draft.sheet
        if sheet is None:
            return
        if self._drawing is not None:
            self._drawing.cancel()
        id = sheet.id
        self._drawing = self._tasks.read(
            self,
            lambda session: (
                paper.open_paper(session, id),
                checking.points(session, id),
                notices.find_notices(session, id),
            ),
            then=lambda found: self._render(id, *found),
        )

    def _render(
        self, quote: str, page: paper.Paper, points: list[checking.Point], said: list[notices.Notice]
    ) -> None:
        self.looked_at.emit(points)
        # What was said of its file last time stands until it is drawn: no bar flickers.
        self.noticed.emit([*said, *self._of_file.get(quote, ())])

        def draw() -> tuple[bytes, list[notices.Notice]]:
            content = page.render()
            return content, notices.look_at_drawn(page, content)

        def show(drawn: tuple[bytes, list[notices.Notice]]) -> None:
            content, self._of_file[quote] = drawn
            self._preview.show_pdf(content)
            self.noticed.emit([*said, *self._of_file[quote]])

        self._drawing = self._tasks.background(self, lambda _token: draw(), then=show)

    def _with_pdf(self, use: Callable[[bytes, str], object]) -> None:
        """Make the PDF of what is stored, after storing what is not, and use it under the quote's name."""
        sheet = self._draft.sheet
        if sheet is None:
            return
        id, name = sheet.id, quote_title(sheet.quote)

        def make(found: paper.Paper) -> None:
            self._tasks.background(
                self, lambda _token: found.render(), then=lambda content: use(content, name)
            )

        self._draft.flush(
            lambda: self._tasks.read(self, lambda session: paper.open_paper(session, id), then=make)
        )

    def show_full(self) -> None:
        """Show the pages as large as the window, with what was typed just now."""

        def show(content: bytes, _name: str) -> None:
            self._preview.show_pdf(content)
            self._preview.open_full()

        self._with_pdf(show)

    def print(self) -> None:
        """Print what is stored; of an issued quote it is noted when."""
        sheet = self._draft.sheet
        if sheet is None:
            return
        id, issued = sheet.id, sheet.locked
        noted = (lambda: self._note_printed(id)) if issued else None
        self._with_pdf(lambda content, name: self.printing.print(content, name, noted))

    def _note_printed(self, id: str) -> None:
        self._tasks.write(self, lambda session: life.note_printed(session, id), label=m_("Print the quote"))

    def open_pdf(self) -> None:
        """Show the PDF in the system's program."""
        self._with_pdf(self.printing.open)

    def save_pdf(self) -> None:
        """Write the PDF where the user says."""
        self._with_pdf(self.printing.save_as)
