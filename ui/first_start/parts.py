"""Parts of the first start: a big card to choose, and the page that shows the recovery passphrase."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QPen, QTextDocument
from PySide6.QtWidgets import QCheckBox, QDialog, QLineEdit, QPushButton, QWidget

from app.i18n import translate as _
from ui.theme import repolish, theme
from ui.widgets import Button, Label, hbox, vbox
from ui.widgets.painting import draw_icon, draw_text


class ChoiceCard(QPushButton):
    """A big card that is a button: icon, title, and what follows from choosing it."""

    def __init__(self, icon: str, title: str, text: str, on_click: Callable[[], object]) -> None:
        super().__init__(title)
        self._icon, self._text = icon, text
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumHeight(theme.px(88))
        self.clicked.connect(lambda _on: on_click())

    def sizeHint(self) -> QSize:
        return QSize(theme.px(560), theme.px(88))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        focused, hovered = bool(self.property("kf")), self.underMouse()
        painter.setBrush(theme.color("hover" if hovered else "surface"))
        edge = "accent" if focused else "border_strong" if hovered else "border"
        painter.setPen(QPen(theme.color(edge), 2 if focused else 1))
        painter.drawRoundedRect(rect, 10, 10)
        disc = QRectF(rect.left() + 18, rect.center().y() - 22, 44, 44)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("info_bg"))
        painter.drawEllipse(disc)
        draw_icon(painter, disc.center().x() - 11, disc.center().y() - 11, self._icon, "info", 22)
        self._draw_words(painter, rect.adjusted(80, 0, -40, 0))
        draw_icon(painter, rect.right() - 30, rect.center().y() - 9, "chevron-right", "text3")

    def _draw_words(self, painter: QPainter, room: QRectF) -> None:
        """Title and text one below the other, in the middle of the card's height as the icon is."""
        flags = Qt.AlignmentFlag.AlignLeft.value | Qt.TextFlag.TextWordWrap.value
        painter.setFont(theme.font(13))
        title = theme.px(22)
        below = painter.fontMetrics().boundingRect(room.toRect(), flags, self._text).height()
        top = room.center().y() - (title + below) / 2
        painter.setPen(theme.color("text2"))
        painter.drawText(QRectF(room.left(), top + title, room.width(), below), flags, self._text)
        draw_text(
            painter, QRectF(room.left(), top, room.width(), theme.px(20)), self.text(), theme.font(14, 600)
        )


class PassphraseFields(QWidget):
    """A passphrase typed twice, with its problem below."""

    def __init__(self, on_enter: Callable[[], object]) -> None:
        super().__init__()
        self.first, self.again = self._field(_("Passphrase")), self._field(_("The same once more"))
        self._problem = Label("", "bad", wrap=True)
        self._problem.hide()
        column = vbox(gap=4)
        for field in (self.first, self.again):
            label = Label(field.accessibleName(), "h3")
            label.setBuddy(field)
            column.addWidget(label)
            column.addWidget(field)
            column.addSpacing(6)
        column.addWidget(self._problem)
        self.setLayout(column)
        self.again.returnPressed.connect(on_enter)

    def _field(self, name: str) -> QLineEdit:
        field = QLineEdit()
        field.setEchoMode(QLineEdit.EchoMode.Password)
        field.setAccessibleName(name)
        return field

    @property
    def problem(self) -> str:
        """What is said to be wrong; empty when nothing is."""
        return "" if self._problem.isHidden() else self._problem.text()

    def show_problem(self, sentence: str) -> None:
        """Say what is wrong; nothing for an empty sentence."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))
        target = self.first if len(self.first.text()) < 8 else self.again
        target.setProperty("state", "error" if sentence else "")
        repolish(target)
        if sentence:
            target.setFocus()


class RecoveryStep(QWidget):
    """Shows the recovery passphrase, this once; going on needs the tick."""

    def __init__(self, recovery: str, on_done: Callable[[], object]) -> None:
        super().__init__()
        self._recovery = recovery
        self.words = QLineEdit(recovery)
        self.words.setReadOnly(True)
        self.words.setFont(theme.font(17, 600, tnum=True))
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setAccessibleName(_("Recovery passphrase"))
        self.copied = Label("", "ok")
        copy = Button(_("Copy"), "secondary", "copy", self.copy)
        self.print_button = Button(_("Print…"), "secondary", "printer", self.print_out)
        self.tick = QCheckBox(_("I have noted it"))
        self.done = Button(_("Start working"), "primary", "check", on_done)
        self.done.setEnabled(False)
        self.tick.toggled.connect(self.done.setEnabled)
        text = Label(
            _(
                "It opens your data and their copies if this computer is lost or its keyring fails. It is shown"
                " this once: nobody, not even your office, can find it again. Keep it away from the computer."
            ),
            "sub",
            wrap=True,
        )
        self.setLayout(
            vbox(
                Label(_("Your recovery passphrase"), "h1"), text, 4, self.words,
                hbox(copy, self.print_button, self.copied, None), None, self.tick, hbox(None, self.done), gap=10,
            )
        )  # fmt: skip

    def copy(self) -> None:
        """Put the passphrase on the clipboard."""
        QGuiApplication.clipboard().setText(self._recovery)
        self.copied.setText(_("Copied."))

    def print_out(self) -> None:
        """Print the passphrase on the printer that the user chooses."""
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self)
        dialog.accepted.connect(lambda: self.sheet().print_(printer))
        QDialog.open(dialog)  # its own `open` wants a receiver

    def sheet(self) -> QTextDocument:
        """The sheet of paper to keep."""
        document = QTextDocument()
        title, why = _("Terrain: recovery passphrase"), _("Keep this sheet away from the computer.")
        document.setHtml(f"<h2>{title}</h2><p style='font-size:16pt'><b>{self._recovery}</b></p><p>{why}</p>")
        return document
