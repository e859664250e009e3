"""The button for a server that cannot be reached: write the file to carry, read the answer."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog, QMenu

from app.errors import TerrainError
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from ui import errors
from ui.sync.running import ended_text
from ui.theme import theme
from ui.widgets import Button

if TYPE_CHECKING:
    from ui.page import Shell

SUFFIX = ".terrain-sync"


class ByFileButton(Button):
    """A menu of two; a refusal is one sentence in a bar."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(_("By file"), "ghost", "save")
        self._shell = shell
        self.setToolTip(_("When the server cannot be reached: somebody carries a file there and back."))
        menu = QMenu(self)
        self.write_action = menu.addAction(theme.icon("upload"), _("Write the file to carry…"))
        self.write_action.triggered.connect(self._choose_target)
        self.read_action = menu.addAction(theme.icon("download"), _("Read the answer…"))
        self.read_action.triggered.connect(self._choose_source)
        self.setMenu(menu)

    def _choose_target(self) -> None:
        name = f"terrain-{date.today():%Y-%m-%d}{SUFFIX}"
        file, _filter = QFileDialog.getSaveFileName(self, _("File for the server"), name)
        if file:
            self.write(Path(file))

    def _choose_source(self) -> None:
        file, _filter = QFileDialog.getOpenFileName(self, _("Answer of the server"))
        if file:
            self.read(Path(file))

    def write(self, file: Path) -> None:
        """Write what is to send."""
        from app import by_file

        workspace = self._shell.workspace
        self._work(lambda _token: by_file.write_to(workspace, file), self._written)

    def read(self, file: Path) -> None:
        """Take the answer in."""
        from app import by_file

        workspace = self._shell.workspace
        self._work(lambda _token: by_file.take_from(workspace, file), self._taken)

    def _work(self, work: Any, then: Any) -> None:
        self.setEnabled(False)
        self._shell.tasks.background(self, work, then=then, failed=self._failed)

    def _written(self, found: dict[str, Any]) -> None:
        self.setEnabled(True)
        text = _n(
            "File written with {n} action: carry it to the server.",
            "File written with {n} actions: carry it to the server.",
            found["transactions"],
        )
        self._say(text, found)

    def _taken(self, report: dict[str, Any]) -> None:
        self.setEnabled(True)
        self._say(ended_text(report), report)

    def _say(self, text: str, found: dict[str, Any]) -> None:
        from app import by_file

        self._shell.toast(" ".join([text, *by_file.what_travels(found)]))
        if stays := by_file.what_stays(found):
            self._shell.info(" ".join(stays))

    def _failed(self, error: Exception) -> None:
        self.setEnabled(True)
        if isinstance(error, TerrainError):
            self._shell.info(str(error), "warn")
        elif isinstance(error, OSError):
            self._shell.info(
                _("The file cannot be read or written: {reason}.", reason=error.strerror), "warn"
            )
        else:
            errors.report(error, self)
