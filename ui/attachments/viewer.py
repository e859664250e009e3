"""A picture as large as the window allows; arrow keys go on to the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QDialog, QSizePolicy, QWidget

from app import attachments, fetching, formats
from app.attachments import File
from app.i18n import translate as _
from ui.page import Shell
from ui.theme import theme
from ui.widgets import Button, ElidingLabel, Label, hbox, vbox
from ui.widgets.painting import CENTER, draw_icon, draw_text


class _Picture(QWidget):
    """The picture, fitted; a stand-in with a sentence while its bytes are not here."""

    def __init__(self) -> None:
        super().__init__()
        self._pixmap = QPixmap()
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        # On a button the arrow keys would go from button to button.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_image(self, image: QImage | None, words: str) -> None:
        self._pixmap = QPixmap() if image is None else QPixmap.fromImage(image)
        self._words = words
        self.setAccessibleDescription(words)
        self.update()

    @property
    def shown(self) -> bool:
        return not self._pixmap.isNull()

    @property
    def words(self) -> str:
        return self._words

    def sizeHint(self) -> QSize:
        return QSize(theme.px(960), theme.px(600))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rect = QRectF(self.rect())
        painter.fillRect(rect, theme.color("sunken"))
        if not self._pixmap.isNull():
            size = self._pixmap.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            if size.width() > self._pixmap.width():
                size = self._pixmap.size()
            target = QRectF(0, 0, size.width(), size.height())
            target.moveCenter(rect.center())
            painter.drawPixmap(target, self._pixmap, QRectF(self._pixmap.rect()))
            return
        side = theme.px(44)
        draw_icon(painter, rect.center().x() - side / 2, rect.center().y() - side, "image", "text3", side)
        below = QRectF(rect.left() + 20, rect.center().y() + 14, rect.width() - 40, theme.px(24))
        draw_text(painter, below, self._words, theme.font(14), "text2", CENTER)


class Viewer(QDialog):
    """Pictures of a record, one at a time."""

    save_wanted = Signal(str)

    def __init__(self, shell: Shell, files: Sequence[File], first: File, parent: QWidget) -> None:
        super().__init__(parent.window())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._shell, self._files = shell, list(files)
        self._at = next((at for at, file in enumerate(self._files) if file.id == first.id), 0)
        self._asked = 0
        self.picture = _Picture()
        self._name, self._about = ElidingLabel("", "h3"), Label("", "muted")
        self._back = Button("", "ghost", "chevron-left", lambda: self.step(-1), tip=_("Picture before"))
        self._on = Button("", "ghost", "chevron-right", lambda: self.step(1), tip=_("Next picture"))
        save = Button(_("Save as…"), "secondary", "download", self._save)
        close = Button(_("Close"), "primary", on_click=self.close)
        foot = hbox(self._back, self._on, (vbox(self._name, self._about, gap=0), 1), save, close, gap=8)
        self.setLayout(vbox((self.picture, 1), foot, gap=10, margins=(12, 12, 12, 12)))
        window = parent.window().size()
        self.resize(int(window.width() * 0.86), int(window.height() * 0.9))
        self.picture.setFocus()
        self._load()

    @property
    def file(self) -> File:
        """The one that is shown."""
        return self._files[self._at]

    def step(self, by: int) -> None:
        """Go on to another picture."""
        self._at = (self._at + by) % len(self._files)
        self._load()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.step(step)

    def _load(self) -> None:
        file = self.file
        self._asked += 1
        asked = self._asked
        several = len(self._files) > 1
        self._back.setVisible(several)
        self._on.setVisible(several)
        self._name.setText(file.caption or file.name)
        added = formats.format_moment(file.added_at) if file.added_at else ""
        self._about.setText("  ·  ".join(part for part in (added, formats.format_size(file.size)) if part))
        self.setWindowTitle(file.name)
        self.picture.setAccessibleName(file.name)
        self.picture.show_image(None, _("Loading…"))
        if file.where == "here":
            self._shell.tasks.read(
                self,
                lambda session: QImage.fromData(attachments.picture(session, file.id) or b""),
                then=lambda image: self._take(asked, image),
            )
        else:
            self._fetch(asked, file)

    def _fetch(self, asked: int, file: File) -> None:
        """From the server now; where that cannot be, the sentence says when."""
        workspace = self._shell.workspace

        def work(_token: Any) -> QImage:
            fetching.bring(workspace, file.id)
            with workspace.read() as session:
                return QImage.fromData(attachments.picture(session, file.id) or b"")

        self._shell.tasks.background(
            self,
            work,
            then=lambda image: self._take(asked, image),
            failed=lambda error: self._say(asked, str(error)),
        )

    def _take(self, asked: int, image: QImage) -> None:
        if asked != self._asked:
            return
        if image.isNull():
            self._say(asked, _("The picture cannot be read."))
        else:
            self.picture.show_image(image, "")

    def _say(self, asked: int, words: str) -> None:
        if asked == self._asked:
            self.picture.show_image(None, words)

    def _save(self) -> None:
        self.save_wanted.emit(self.file.id)
