"""The company's logo and its terms of sale as a PDF: chosen, shown, taken away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPainter, QPixmap
from PySide6.QtWidgets import QFileDialog, QWidget

from app import company
from app.company import CompanyFile
from app.errors import Invalid
from app.i18n import mark as m_
from app.i18n import translate as _
from ui import errors
from ui.page import Shell
from ui.theme import theme
from ui.widgets import Button, ElidingLabel, Label, hbox, vbox

WORDS = {
    "logo": (m_("Logo"), m_("A PNG or a JPEG; it stands at the head of each quote.")),
    "terms_file": (m_("Terms of sale, as a PDF"), m_("Its pages follow each quote's own.")),
}
PATTERNS = {"logo": "*.png *.jpg *.jpeg *.webp", "terms_file": "*.pdf"}
_SHOWN = (120, 34)


class CompanyFileRow(QWidget):
    """One of the two files; applies at once. A file may be dropped here too."""

    changed = Signal()
    """Another file is kept, or none."""

    def __init__(self, shell: Shell, name: str) -> None:
        super().__init__()
        self._shell, self.name = shell, name
        title, text = (_(words) for words in WORDS[name])
        self.picture = Label("")
        self.picture.setFixedHeight(theme.px(_SHOWN[1]))
        self.file = ElidingLabel("", "sub")
        self.problem = Label("", "bad", wrap=True)
        self.problem.hide()
        self.choose_button = Button(_("Choose…"), "secondary", "upload", self.choose)
        self.choose_button.setAccessibleName(_("Choose: {what}", what=title))
        self.remove_button = Button(
            "", "ghost", "trash-2", self.remove, tip=_("Take away: {what}", what=title)
        )
        words = vbox(Label(title, "h3"), Label(text, "muted", wrap=True), gap=2)
        kept = hbox(self.picture, (self.file, 1), self.remove_button, self.choose_button, gap=8)
        self.setLayout(vbox(hbox((words, 3), (kept, 4), gap=16), self.problem, gap=4))
        self.setAcceptDrops(True)
        self._show(None)

    def reload(self) -> None:
        """Show what is kept."""
        self._shell.tasks.read(self, lambda session: company.file_of(session, self.name), then=self._show)

    def _show(self, found: CompanyFile | None) -> None:
        self.file.setText(found.name if found else _("None yet"))
        self.remove_button.setVisible(found is not None)
        picture = QPixmap()
        if found and found.content and self.name == "logo":
            picture.loadFromData(found.content)
        self.picture.setVisible(not picture.isNull())
        if not picture.isNull():
            self.picture.setPixmap(_on_paper(picture))

    def choose(self) -> None:
        """Ask for a file."""
        title, _text = WORDS[self.name]
        filters = f"{_(title)} ({PATTERNS[self.name]})"
        chosen, _filter = QFileDialog.getOpenFileName(self, _(title), "", filters)
        if chosen:
            self.take(Path(chosen))

    def take(self, file: Path) -> None:
        """Keep this file."""
        workspace, name = self._shell.workspace, self.name
        self._do(lambda _token: company.keep_file(workspace, name, file))

    def remove(self) -> None:
        """Go without."""
        workspace, name = self._shell.workspace, self.name
        self._do(lambda _token: company.take_file_away(workspace, name))

    def _do(self, work: Any) -> None:
        self.problem.hide()
        self._shell.tasks.background(self, work, then=self._done, failed=self._failed)

    def _done(self, stripped: bool | None) -> None:
        if stripped:
            words = _(
                "Saved. Scripts, forms, notes and files inside this PDF were left out: quotes carry its pages."
            )
        else:
            words = _("Saved. New quotes carry it.")
        self._shell.toast(words)
        self.reload()
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        if isinstance(error, Invalid):
            self.problem.setText(next(iter(error.problems.values())))
            self.problem.show()
        else:
            errors.report(error, self)

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _file_of(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        file = _file_of(event)
        if file is not None:
            event.acceptProposedAction()
            self.take(file)


def _on_paper(picture: QPixmap) -> QPixmap:
    """The picture as small as it is shown, on white as a quote prints it, in a dark theme too."""
    wide, high = (theme.px(side) for side in _SHOWN)
    room = theme.px(4)
    small = picture.scaled(
        wide - 2 * room,
        high - 2 * room,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    paper = QPixmap(small.width() + 2 * room, small.height() + 2 * room)
    paper.fill(Qt.GlobalColor.white)
    painter = QPainter(paper)
    painter.drawPixmap(room, room, small)
    painter.end()
    return paper


def _file_of(event: QDropEvent) -> Path | None:
    urls = event.mimeData().urls()
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
