"""The files and photos of a record: small pictures in rows, a button, a drop, a paste that adds more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QFileDialog, QGridLayout

from app import attachments, fetching, formats
from app.attachments import File, Prepared
from app.errors import UserError
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from ui import errors
from ui.attachments.incoming import Item, holds_something, of_mime, prepare
from ui.attachments.tile import SIZE, Tile, fitting
from ui.attachments.viewer import Viewer
from ui.page import Shell
from ui.tasks import Token
from ui.theme import theme
from ui.widgets import Button, Card, Label, announce, clear, hbox, vbox

Shown = list[tuple[File, QImage | None]]
Find = Callable[[Any], list[File]]
COLUMNS = 4


class FilesCard(Card):
    """Shows what `find(session)` gives, and adds to one record."""

    changed = Signal()
    """Files were added or removed here."""

    def __init__(self, shell: Shell, title: str = "", most: int = 24) -> None:
        super().__init__(gap=8)
        self._shell, self._most = shell, most
        self._find: Find | None = None
        self._target: tuple[str, str, str | None] = ("", "", None)
        self._asked = 0
        self.files: list[File] = []
        self.tiles: list[Tile] = []
        self.add_button = Button("", "ghost", "image-plus", self.choose, tip=_("Add photos or files"))
        self._more = Label("", "muted")
        self._hint = Label(_("Drop a photo here, or paste one."), "muted", wrap=True)
        self._grid = QGridLayout()
        self._grid.setSpacing(theme.px(6))
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(COLUMNS, 1)
        self._refused = Label("", "bad", wrap=True)
        self._refused.hide()
        head = hbox(Label(title or _("Photos and files"), "h3"), None, self.add_button)
        self.column.addLayout(vbox(head, self._grid, self._hint, self._more, self._refused, gap=8))
        self.setAcceptDrops(True)
        self._show([])

    # Showing

    def show_files(self, find: Find, kind: str, record: str, account: str | None = None) -> None:
        """Show what `find` gives from now on; what is added belongs to the record named."""
        if (kind, record, account) != self._target:
            self._show([])
            self._refused.hide()
        self._find, self._target = find, (kind, record, account)
        self.reload()

    def reload(self) -> None:
        """Read again what there is."""
        find = self._find
        if find is None:
            return
        self._asked += 1
        asked, side, most = self._asked, 2 * theme.px(SIZE), self._most

        def work(session: Any) -> tuple[list[File], Shown]:
            files = find(session)
            return files, [
                (file, fitting(attachments.thumbnail(session, file.id), side) if file.is_picture else None)
                for file in files[:most]
            ]

        self._shell.tasks.read(self, work, then=lambda found: self._take(asked, *found))

    def refresh(self, changes: Any) -> None:
        """Read again where a commit changed attachments."""
        if "attachment" in changes.kinds:
            self.reload()

    def _take(self, asked: int, files: list[File], shown: Shown) -> None:
        if asked == self._asked:
            self.files = files
            self._show(shown)

    def _show(self, shown: Shown) -> None:
        focused = next((tile.file.id for tile in self.tiles if tile.hasFocus()), None)
        clear(self._grid)
        self.tiles = []
        for place, (file, picture) in enumerate(shown):
            tile = Tile(file, picture)
            tile.opened.connect(self.open)
            tile.removed.connect(self.remove)
            tile.saved.connect(self.save_as)
            self._grid.addWidget(tile, place // COLUMNS, place % COLUMNS)
            self.tiles.append(tile)
            if file.id == focused:
                tile.setFocus()
        left = len(self.files) - len(shown) if shown else 0
        self._more.setText(_n("{n} more file", "{n} more files", left))
        self._more.setVisible(left > 0)
        self._hint.setVisible(not shown)

    # Adding

    def choose(self) -> None:
        """Ask for files."""
        names, _filter = QFileDialog.getOpenFileNames(self, _("Add photos or files"))
        self.add([Path(name) for name in names])

    def paste(self) -> bool:
        """Add what lies on the clipboard; False where it is neither a picture nor a file."""
        items = of_mime(QApplication.clipboard().mimeData())
        self.add(items)
        return bool(items)

    def add(self, items: Sequence[Item]) -> None:
        """Add files and pictures: sealed in the background, then all rows in one action.

        One that cannot be taken keeps none of the others out: the card says why, and what to do.
        """
        if not items or self._find is None:
            return
        folder, name = attachments_folder(self._shell.workspace), _photo_name()
        target = self._target
        self.add_button.setEnabled(False)

        def work(token: Token) -> tuple[list[Prepared], list[str]]:
            prepared: list[Prepared] = []
            refused = []
            for item in items:
                token.check()
                try:
                    prepared.append(prepare(folder, item, name))
                except UserError as reason:
                    refused.append(str(reason))
                except OSError as problem:
                    file, why = getattr(item, "name", name), problem.strerror or str(problem)
                    refused.append(_("“{file}” cannot be read or written: {reason}.", file=file, reason=why))
            return prepared, refused

        self._shell.tasks.background(
            self, work, then=lambda done: self._keep(target, *done), failed=self._not_added
        )

    def _keep(
        self, target: tuple[str, str, str | None], prepared: list[Prepared], refused: list[str]
    ) -> None:
        kind, record, account = target
        self._refused.setText("\n".join(refused))
        self._refused.setVisible(bool(refused))
        if refused:
            announce(self, self._refused.text())
        if not prepared:
            self.add_button.setEnabled(True)
            return

        def work(session: Any) -> None:
            for one in prepared:
                attachments.add(session, one, kind, record, account=account)

        said = _n("{n} file added", "{n} files added", len(prepared))
        self._shell.tasks.write(
            self, work, then=lambda _done: self._done(said), failed=self._not_added, label=_("Add files")
        )

    def _done(self, said: str) -> None:
        self.add_button.setEnabled(True)
        self._shell.done(said)
        self.changed.emit()

    def _not_added(self, error: Exception) -> None:
        self.add_button.setEnabled(True)
        errors.report(error, self)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if holds_something(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        items = of_mime(event.mimeData())
        if items:
            event.acceptProposedAction()
            self.add(items)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not (event.matches(QKeySequence.StandardKey.Paste) and self.paste()):
            super().keyPressEvent(event)

    # One file

    def open(self, id: str) -> None:
        """Show a picture large; another file is offered to be saved."""
        file = next((file for file in self.files if file.id == id), None)
        if file is None:
            return
        pictures = [other for other in self.files if other.is_picture]
        if file.is_picture:
            viewer = Viewer(self._shell, pictures, file, self)
            viewer.save_wanted.connect(self.save_as)
            viewer.open()
        else:
            self.save_as(id)

    def remove(self, id: str) -> None:
        """Remove a file, with the way back."""
        self._shell.tasks.write(
            self,
            lambda session: attachments.remove(session, id),
            then=lambda _done: self._done(_("File removed")),
            label=_("Remove a file"),
        )

    def save_as(self, id: str) -> None:
        """Ask for a place and write the file there, fetched first where it is not here."""
        file = next((file for file in self.files if file.id == id), None)
        if file is None:
            return
        name, _filter = QFileDialog.getSaveFileName(self, _("Save as…"), file.name)
        if name:
            self.save_to(id, Path(name))

    def save_to(self, id: str, target: Path) -> None:
        """Write the file there."""
        workspace = self._shell.workspace
        self._shell.tasks.background(
            self,
            lambda _token: fetching.save_as(workspace, id, target),
            then=lambda _size: self._shell.toast(_("Saved in “{file}”", file=target)),
        )


def attachments_folder(workspace: Any) -> Path:
    """Where the open file keeps bytes."""
    return Path(workspace.folder) / attachments.FOLDER


def _photo_name() -> str:
    """Of a picture that has none."""
    return _("Photo {when}", when=f"{formats.now():%Y-%m-%d %H.%M.%S}")
