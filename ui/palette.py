"""Ctrl K: one field that finds records and runs actions, over the screen where you are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.i18n import language
from app.i18n import translate as _
from ui.commands import Found, key_names
from ui.theme import theme
from ui.widgets.fields import SearchField
from ui.widgets.labels import Keycap, Label
from ui.widgets.layout import Line, hbox, shadow, vbox
from ui.widgets.painting import draw_icon, draw_row_ground, draw_text, text_width

if TYPE_CHECKING:
    from ui.tasks import Token
    from ui.window import MainWindow

WIDTH = 620
_ACTIONS_SHOWN = 8
_RECENT: list[Found] = []
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the palette; without `run` it is a heading."""

    title: str
    detail: str = ""
    icon: str = ""
    keys: tuple[str, ...] = ()
    run: Callable[[], object] | None = None
    found: Found | None = field(default=None, compare=False)


class EntryModel(QAbstractListModel):
    """Headings and lines."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def show(self, entries: list[Entry]) -> None:
        """Show other lines."""
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.title}, {entry.detail}" if entry.detail else entry.title
        return entry if role == Qt.ItemDataRole.UserRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        enabled = Qt.ItemFlag.ItemIsEnabled
        return enabled | Qt.ItemFlag.ItemIsSelectable if self.entries[index.row()].run else enabled


class EntryDelegate(QStyledItemDelegate):
    """Paints a line: icon, title, detail, keys."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        entry = index.data(Qt.ItemDataRole.UserRole)
        return QSize(100, theme.px(34 if entry.run else 30))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect)
        if entry.run is None:
            draw_text(painter, rect.adjusted(19, 6, 0, 0), entry.title, theme.font(12, 600), "text3")
        else:
            selected = bool(option.state & QStyle.StateFlag.State_Selected)
            self._paint_line(painter, rect.adjusted(9, 0, -9, 0), entry, selected)
        painter.restore()

    def _paint_line(self, painter: QPainter, rect: QRectF, entry: Entry, selected: bool) -> None:
        draw_row_ground(painter, rect, selected, False, False)
        draw_icon(
            painter, rect.left() + 10, rect.center().y() - 9, entry.icon, "accent" if selected else "text2"
        )
        keys = ("↵",) if selected and not entry.keys else entry.keys
        right = self._paint_keys(painter, rect, keys)
        body, small = theme.font(14), theme.font(13)
        left, width = rect.left() + 39, right - rect.left() - 51
        title = min(text_width(entry.title, body) + 2, int(width))
        draw_text(painter, QRectF(left, rect.top(), title, rect.height()), entry.title, body)
        rest = QRectF(left + title + 10, rect.top(), width - title - 10, rect.height())
        if rest.width() > 20:
            draw_text(painter, rest, entry.detail, small, "text3")

    def _paint_keys(self, painter: QPainter, rect: QRectF, keys: tuple[str, ...]) -> float:
        font, right = theme.font(12), rect.right() - 10
        for key in reversed(keys):
            width = text_width(key, font) + 18
            cap = QRectF(right - width, rect.center().y() - theme.px(9), width, theme.px(18))
            painter.setPen(theme.color("border"))
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(cap.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.setFont(font)
            painter.setPen(theme.color("text2"))
            painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key)
            right -= width + 8
        return right


class Palette(QFrame):
    """The scrim with the box in it. Esc returns exactly where you were."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window.root)
        self.setObjectName("scrim")
        self._window = window
        self._root = window.root
        self._before = QApplication.focusWidget()
        self._asked: Token | None = None
        self.field = SearchField(_("Search or run a command"), _("Search or run a command"), kind="palette")
        self._answered = True
        """Whether the lines are those of what is typed; else Enter waits for them."""
        self._enter: Callable[[], object] | None = None
        self.field.textEdited.connect(self._on_typed)
        self.field.searched.connect(self._look)
        self.field.installEventFilter(self)
        self._model = EntryModel(self)
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setItemDelegate(EntryDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName(_("Results"))
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.entered.connect(self.list.setCurrentIndex)
        self.list.clicked.connect(lambda index: self._run(index.row()))
        french = language() == "fr"
        names = {key: Keycap(key_names(key, french)[0]) for key in ("Up", "Down", "Esc")}
        self._hints = hbox(
            names["Up"], names["Down"], Label(_("choose"), "muted"),
            Keycap("↵"), Label(_("open"), "muted"),
            Keycap("Ctrl ↵"), Label(_("visit report"), "muted"), None, names["Esc"],
            gap=6, margins=(18, 8, 18, 10),
        )  # fmt: skip
        self.box = QFrame(self)
        self.box.setObjectName("popup")
        self.box.setFixedWidth(theme.px(WIDTH))
        field_row = hbox(self.field, margins=(8, 2, 8, 2))
        self.box.setLayout(vbox(field_row, Line(), self.list, Line(), self._hints, gap=0))
        shadow(self.box, 60, 20)
        window.root.installEventFilter(self)
        self._show([])

    def open(self) -> None:
        """Show the palette and take the keyboard."""
        for other in self._root.findChildren(Palette):
            if other is not self and not other.isHidden():
                other.close_palette()
        self._place()
        self.show()
        self.raise_()
        self.field.setFocus()
        QTimer.singleShot(0, self.field.setFocus)

    def close_palette(self) -> None:
        """Go away and give the keyboard back."""
        if self._asked is not None:
            self._asked.cancel()
        self._root.removeEventFilter(self)
        self.hide()
        if self._before is not None:
            try:
                self._before.setFocus()
            except RuntimeError:  # the widget is gone
                pass
        self.deleteLater()

    def _on_typed(self, _text: str) -> None:
        self._answered, self._enter = False, None
        self._show([])

    def _on_enter(self, act: Callable[[], object]) -> None:
        """Act on the chosen line, when it is one of what is typed: the line of a moment ago is another record."""
        if self._answered:
            act()
        else:
            self._enter = act
            self.field.search_now()

    def _answer(self, found: list[Found]) -> None:
        self._answered = True
        self._show(found)
        enter, self._enter = self._enter, None
        if enter is not None:
            enter()

    def _look(self, text: str) -> None:
        if self._asked is not None:
            self._asked.cancel()
        search = self._window.search
        mode = self._window.customer_mode
        if (
            (mode is not None and mode.on)
            or not text.strip()
            or search is None
            or self._window.tasks.workspace is None
        ):
            self._answer([])
            return
        self._asked = self._window.tasks.read(self, lambda session: search(session, text), then=self._answer)

    def _show(self, found: list[Found]) -> None:
        text = self.field.text().strip()
        entries: list[Entry] = []
        mode = self._window.customer_mode
        recent = [] if mode is not None and mode.on else _RECENT[:5]
        records = found if text else recent
        if records:
            entries.append(Entry(_("Records") if text else _("Recent")))
            entries += [self._record_entry(record) for record in records]
        actions = self._window.commands.find(text)[:_ACTIONS_SHOWN]
        if actions:
            entries.append(Entry(_("Actions")))
        french = language() == "fr"
        for command in actions:
            keys = tuple(key_names(command.shortcuts[0], french)) if command.shortcuts else ()
            detail = command.detail() if command.detail else ""
            entries.append(Entry(command.text, detail, command.icon, keys, command.run))
        if not entries:
            entries.append(Entry(_("Nothing matches “{text}”.", text=text)))
        self._model.show(entries)
        self._choose(0, 1)
        self._place()

    def _record_entry(self, found: Found) -> Entry:
        return Entry(found.title, found.detail, found.icon, run=lambda: self._go(found), found=found)

    def _go(self, found: Found) -> None:
        if found in _RECENT:
            _RECENT.remove(found)
        _RECENT.insert(0, found)
        del _RECENT[20:]
        self._window.go(found.page, found.record, **dict(found.options))

    def _choose(self, row: int, step: int) -> None:
        count = self._model.rowCount()
        for _turn in range(count):
            if self._model.entries[row % count].run is not None:
                self.list.setCurrentIndex(self._model.index(row % count))
                return
            row += step

    def _run(self, row: int) -> None:
        if 0 <= row < self._model.rowCount() and (run := self._model.entries[row].run):
            self.close_palette()
            run()  # after the keyboard went back: an action that needs it elsewhere takes it there

    def _report(self) -> None:
        row = self.list.currentIndex().row()
        found = self._model.entries[row].found if row >= 0 else None
        if found is not None and found.page == "accounts":
            self._before = None
            self.close_palette()
            self._window.go("report", None, account=found.record)

    def _place(self) -> None:
        root = self._root
        self.setGeometry(root.rect())
        hints = self.list.sizeHintForRow
        height = sum(hints(row) for row in range(self._model.rowCount())) + 10
        self.list.setFixedHeight(max(theme.px(40), min(height, root.height() - 300)))
        self.box.adjustSize()
        self.box.move((root.width() - self.box.width()) // 2, 96)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._root and event.type() == QEvent.Type.Resize:
            self._place()
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._on_key(event)
        return False

    def _on_key(self, event: QKeyEvent) -> bool:
        key, row = event.key(), self.list.currentIndex().row()
        if key == Qt.Key.Key_Escape:
            self.close_palette()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Tab):
            self._choose(row + 1, 1)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Backtab):
            self._choose(row - 1, -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self._on_enter(self._report)
            else:
                self._on_enter(lambda: self._run(self.list.currentIndex().row()))
        else:
            return False
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.box.geometry().contains(event.position().toPoint()):
            self.close_palette()


def remember(found: Found) -> None:
    """List a record first among the recent ones."""
    if found not in _RECENT:
        _RECENT.insert(0, found)


def forget_recent() -> None:
    """Empty the recent list, when another profile opens."""
    _RECENT.clear()


def hosts(widget: QWidget) -> bool:
    """Whether a palette is open over `widget`'s window."""
    return any(not p.isHidden() for p in widget.window().findChildren(Palette))
