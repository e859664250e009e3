"""The printed page beside the quote: pictures of the PDF, made in the background."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QDialog, QScrollArea, QSizePolicy, QWidget

from app.i18n import translate as _
from ui.printing import Pages, page_images
from ui.tasks import Tasks, Token
from ui.theme import theme
from ui.widgets import Button, Label, hbox, vbox

GAP = 10
SHARPNESS = 2
SHARP_PAGES = 40
"""Of a longer paper every page is shown all the same, each in fewer points: they are all kept at once."""
MOST_PAGES = 1000
LARGEST_WIDTH = 2400
SETTLE_MS = 150


class Sheets(QWidget):
    """The pages one below the other."""

    def __init__(self) -> None:
        super().__init__()
        self._images: list[QImage] = []
        self._width = 200
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_images(self, images: list[QImage], width: int) -> None:
        """Show pages at a width in pixels."""
        self._images = images
        self.set_width(width)

    def set_width(self, width: int) -> None:
        """Show the same pages at another width until sharper ones come."""
        self._width = max(60, width)
        self.setFixedSize(self._width + 2 * GAP, sum(self._heights()) + GAP * (len(self._images) + 1))
        self.update()

    @property
    def count(self) -> int:
        """How many pages are shown."""
        return len(self._images)

    def _heights(self) -> list[int]:
        return [round(self._width * image.height() / max(1, image.width())) for image in self._images]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        y = float(GAP)
        for image, height in zip(self._images, self._heights(), strict=True):
            rect = QRectF(GAP, y, self._width, height)
            if rect.toAlignedRect().intersects(event.rect()):
                painter.drawImage(rect, image)
                painter.setPen(QPen(theme.color("border"), 1))
                painter.drawRect(rect)
            y += height + GAP


class PdfView(QScrollArea):
    """A PDF fitted to the width, or larger."""

    shown = Signal()

    def __init__(self, tasks: Tasks, name: str) -> None:
        super().__init__()
        self._tasks = tasks
        self._content = b""
        self._token: Token | None = None
        self.zoom = 1.0
        self.pages = Sheets()
        self.setWidget(self.pages)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setAccessibleName(name)
        self.setProperty("well", "true")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._draw)

    def show_pdf(self, content: bytes) -> None:
        """Show another PDF at the same place of the page."""
        self._content = content
        self._draw()

    def set_zoom(self, zoom: float) -> None:
        """1 fits the width."""
        self.zoom = max(0.5, min(4.0, zoom))
        self.pages.set_width(self._page_width())
        self._settle.start()

    def _page_width(self) -> int:
        bar = self.verticalScrollBar().sizeHint().width()
        return round((self.width() - 2 * GAP - bar) * self.zoom)

    def _draw(self) -> None:
        if not self._content or self.width() < 80:
            return
        if self._token is not None:
            self._token.cancel()
        content, width = self._content, self._page_width()
        self._token = self._tasks.background(
            self,
            lambda token: _pictures(content, width, token),
            then=lambda images: self._show(images, width),
        )

    def _show(self, images: list[QImage], width: int) -> None:
        at = self.verticalScrollBar().value()
        self.pages.show_images(images, width)
        self.verticalScrollBar().setValue(at)
        self.shown.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width() and self.pages.count:
            self.pages.set_width(self._page_width())
        self._settle.start()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self.zoom * (1.15 if event.angleDelta().y() > 0 else 1 / 1.15))
            return
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.set_zoom(self.zoom * 1.25)
        elif event.key() == Qt.Key.Key_Minus:
            self.set_zoom(self.zoom / 1.25)
        elif event.key() == Qt.Key.Key_0:
            self.set_zoom(1.0)
        else:
            super().keyPressEvent(event)


def _pictures(content: bytes, width: int, token: Token) -> list[QImage]:
    with Pages(content) as pages:
        count = len(pages)
    points = min(float(SHARPNESS), max(0.5, 2.0 * SHARP_PAGES / max(1, count)))
    return page_images(content, min(LARGEST_WIDTH, round(width * points)), MOST_PAGES, token)


class Preview(QWidget):
    """The page with its title, zoom and full window."""

    full_wanted = Signal()

    def __init__(self, tasks: Tasks) -> None:
        super().__init__()
        self._tasks = tasks
        self.content = b""
        self.view = PdfView(tasks, _("Preview of the printed quote"))
        self.zoom = Button("", "ghost", "zoom-in", self._toggle_zoom, tip=_("Enlarge"))
        full = Button("", "ghost", "maximize-2", self.full_wanted.emit, tip=_("Full window"))
        self.setLayout(vbox(hbox(Label(_("Preview"), "h3"), None, self.zoom, full), (self.view, 1), gap=6))

    def show_pdf(self, content: bytes) -> None:
        """Show these bytes, which the printer will get."""
        self.content = content
        self.view.show_pdf(content)

    def _toggle_zoom(self) -> None:
        larger = self.view.zoom <= 1.0
        self.view.set_zoom(1.9 if larger else 1.0)
        self.zoom.set_icon("zoom-out" if larger else "zoom-in")
        tip = _("Fit the width") if larger else _("Enlarge")
        self.zoom.setToolTip(tip)
        self.zoom.setAccessibleName(tip)

    def open_full(self) -> None:
        """Show the pages in a window of their own; Esc closes it."""
        if self.content:
            window = FullPreview(self.window(), self._tasks, self.content)
            window.open()


class FullPreview(QDialog):
    """The printed quote as large as the window, to show to the customer."""

    def __init__(self, parent: QWidget, tasks: Tasks, content: bytes) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Preview"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.view = PdfView(tasks, _("Preview of the printed quote"))
        close = Button(_("Close"), icon="x", on_click=self.accept)
        row = hbox(Label(_("Preview"), "h2"), None, close)
        self.setLayout(vbox(row, (self.view, 1), gap=10, margins=(16, 12, 16, 16)))
        self.resize(self._fitting(parent))
        self.view.show_pdf(content)
        self.view.setFocus()

    def _fitting(self, parent: QWidget) -> QSize:
        return QSize(min(parent.width() - 40, 980), parent.height() - 20)

    def showEvent(self, event: QEvent) -> None:  # type: ignore[override]
        super().showEvent(event)  # type: ignore[arg-type]
        self.view._settle.start()
