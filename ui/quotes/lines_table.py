"""The table in which lines are typed: Tab walks the cells, Enter the lines, and no key submits anything."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.i18n import translate as _
from app.quotes import adding, editing
from app.quotes.product_line import replace_product
from app.quotes.sheet import Sheet, duplicate_line, end_of, move_line, remove_line
from ui.quotes.draft import Draft
from ui.quotes.line_menu import line_menu
from ui.quotes.line_painting import Index, LinePainter
from ui.quotes.lines_model import COLUMNS, QUANTITY, LinesModel
from ui.theme import repolish, theme
from ui.widgets.painting import LEFT, RIGHT, text_width

ROW_HEIGHT = 44
HEADER_HEIGHT = 34
CELL_MARGIN = 9
LEAST_WORDS = 130
"""What the designation keeps while columns of figures grow; then the figures get smaller."""
_NEXT_LINE = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class LineDelegate(LinePainter):
    """Paints a cell, and opens it to be typed in."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setProperty("kind", "cell")
        column = COLUMNS[index.column()]
        editor.setAlignment(RIGHT if column.figures else LEFT)
        editor.setAccessibleName(str(index.model().headerData(index.column(), Qt.Orientation.Horizontal)))
        view = self.parent()
        if isinstance(view, LinesTable):
            view.watch(editor, index)
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        # A repaint of the totals must not put the old text back under the fingers.
        if isinstance(editor, QLineEdit) and not editor.isModified():
            editor.setText(index.data(Qt.ItemDataRole.EditRole))

    def setModelData(self, editor: QWidget, model: Any, index: Index) -> None:
        if isinstance(editor, QLineEdit) and editor.isModified():
            model.setData(index, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        editor.setGeometry(option.rect)

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            view = self.parent()
            if isinstance(view, LinesTable) and isinstance(editor, QLineEdit):
                step = _step_of(event)
                if step:
                    view.finish_cell(editor, step)
                    return True
        if event.type() == QEvent.Type.FocusOut and isinstance(editor, QLineEdit):
            view = self.parent()
            if isinstance(view, LinesTable) and not view.can_take(editor):
                return False  # what cannot be taken stays open, to be corrected
        return super().eventFilter(editor, event)


class LinesTable(QTableView):
    """The lines of a draft."""

    copies_itself = True
    """Ctrl C takes the line with its figures."""

    left_at_end = Signal()
    """Enter or Tab behind the last cell: the entry field takes over."""
    left_at_start = Signal()
    said = Signal(str)
    """What is wrong with what is being typed; empty when nothing is."""
    pasted = Signal(str, int)
    """Text was pasted onto the lines: the text, and before which line it goes."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self.lines = LinesModel(draft, self)
        self._current: tuple[str, int] | None = None
        self._open: QLineEdit | None = None
        self._open_name = ""
        self.setModel(self.lines)
        self.setItemDelegate(LineDelegate(self))
        self.setAccessibleName(_("Lines of the quote"))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.AnyKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(theme.px(ROW_HEIGHT))
        self.verticalHeader().setDefaultSectionSize(theme.px(ROW_HEIGHT))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setFixedHeight(theme.px(HEADER_HEIGHT))
        for at, column in enumerate(COLUMNS):
            if column.width is None:
                header.setSectionResizeMode(at, QHeaderView.ResizeMode.Stretch)
            else:
                self.setColumnWidth(at, theme.px(column.width))
        self.lines.modelAboutToBeReset.connect(self._remember)
        self.lines.modelReset.connect(self._find_again)
        draft.summed.connect(self._fit_columns)

    @property
    def sheet(self) -> Sheet | None:
        """The quote whose lines stand here."""
        return self._draft.sheet

    def height_of_lines(self) -> int:
        """How high the table is with all its lines, in pixels."""
        return theme.px(HEADER_HEIGHT) + theme.px(ROW_HEIGHT) * self.lines.rowCount() + 2

    def _fit_columns(self) -> None:
        """Columns of figures as wide as their longest one, as long as the designation keeps some room."""
        font, fixed, more = theme.font(14, 600, True), 0, {}
        for at, column in enumerate(COLUMNS):
            if column.width is not None:
                fixed += theme.px(column.width)
                wanted = text_width(self.lines.longest(at), font) if column.figures else 0
                more[at] = max(0, wanted + theme.px(2 * CELL_MARGIN) - theme.px(column.width))
        # While a window is made narrower there is less than no room for a moment.
        room = max(0, self.viewport().width() - fixed - theme.px(LEAST_WORDS))
        asked = sum(more.values())
        share = 1 if asked <= room else room / asked
        for at, extra in more.items():
            self.setColumnWidth(at, theme.px(COLUMNS[at].width or 0) + int(extra * share))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Not at once: a width that changes while the view lays itself out has it begin again, for ever.
        QTimer.singleShot(0, self, self._fit_columns)

    def set_customer_mode(self, on: bool) -> None:
        """Hide why prices are what they are."""
        self.lines.customer_mode = on
        self.viewport().update()

    # Where we are

    def choose(self, row: int, column: int = QUANTITY) -> None:
        """Go to a cell."""
        self.setCurrentIndex(self.lines.index(row, column))
        self.scrollTo(self.currentIndex())

    def _remember(self) -> None:
        index = self.currentIndex()
        ids = self.lines._ids
        self._current = (ids[index.row()], index.row()) if 0 <= index.row() < len(ids) else None
        self._column = index.column() if index.isValid() else QUANTITY

    def _find_again(self) -> None:
        count = self.lines.rowCount()
        if self._current is None or not count:
            return
        row = self.lines.row_of(self._current[0])
        self.choose(row if row >= 0 else min(self._current[1], count - 1), self._column)

    def step(self, rows: int, cells: int) -> None:
        """Go to another line, or to the next cell that takes text."""
        index = self.currentIndex()
        if not index.isValid():
            if self.lines.rowCount():
                self.choose(0)
            return
        if rows:
            row = index.row() + rows
            if row >= self.lines.rowCount():
                self.left_at_end.emit()
            elif row >= 0:
                self.choose(row, index.column())
            return
        at = index.row() * len(COLUMNS) + index.column() + cells
        while 0 <= at < self.lines.rowCount() * len(COLUMNS):
            row, column = divmod(at, len(COLUMNS))
            if self.lines.can_type(row, column):
                self.choose(row, column)
                return
            at += cells
        (self.left_at_end if cells > 0 else self.left_at_start).emit()

    # Typing

    def watch(self, editor: QLineEdit, index: Index) -> None:
        """Follow what is typed into a cell."""
        row, name = index.row(), COLUMNS[index.column()].name
        self._draft.typing = True
        self._open, self._open_name = editor, f"{self.lines.lines[row]['id']}/{name}"
        editor.textEdited.connect(lambda text: self._on_typed(editor, row, name, text))
        editor.destroyed.connect(lambda *_gone: self._on_closed(editor))

    def _on_typed(self, editor: QLineEdit, row: int, name: str, text: str) -> None:
        self._draft.typed.note(self._open_name, text)
        problem = self._draft.try_typing(lambda sheet: editing.set_cell(sheet, row, name, text))
        if not problem:
            self._show_state(editor, "")

    def _on_closed(self, editor: QLineEdit) -> None:
        if self._open is editor:
            self._open = None
            self._draft.typing = False

    def open_with(self, line: str, name: str, text: str) -> bool:
        """Open a cell again with what was being typed in it; whether it is still there to be typed in."""
        row = self.lines.row_of(line)
        column = next((at for at, each in enumerate(COLUMNS) if each.name == name), -1)
        if not self.lines.can_type(row, column):
            return False
        self.choose(row, column)
        self.edit(self.currentIndex())
        if (editor := self._open) is None:
            return False
        editor.setText(text)
        editor.setModified(True)
        self._on_typed(editor, row, name, text)
        return True

    def take_open_cell(self) -> bool:
        """Make a step of what stands in the open cell; False, with the reason said, where it cannot be."""
        editor = self._open
        if editor is None:
            return True
        if not self._take(editor):
            editor.setFocus()
            return False
        self.closeEditor(editor, QStyledItemDelegate.EndEditHint.NoHint)
        return True

    def can_take(self, editor: QLineEdit) -> bool:
        """Whether the text of a cell could become a step; says why not."""
        if not editor.isModified():
            return True
        row, name = self.currentIndex().row(), COLUMNS[self.currentIndex().column()].name
        problem = self._draft.try_typing(lambda sheet: editing.set_cell(sheet, row, name, editor.text()))
        if problem:
            self._show_state(editor, problem)
        return not problem

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click elsewhere takes the open cell over first; what cannot be taken stays there to be corrected."""
        if self.take_open_cell():
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.take_open_cell():
            super().mouseDoubleClickEvent(event)

    def _take(self, editor: QLineEdit) -> bool:
        if editor.isModified() and not self.lines.setData(self.currentIndex(), editor.text()):
            problem, self.lines.last_problem = self.lines.last_problem, ""
            self._show_state(editor, problem)
            return False
        editor.setModified(False)
        self.said.emit("")
        return True

    def closeEditor(self, editor: QWidget, hint: Any) -> None:
        super().closeEditor(editor, hint)
        if self._open is editor:
            self._open = None
            self._draft.stop_typing(self._open_name)
        self._draft.sum_up()
        if self.lines.last_problem:
            self.said.emit(self.lines.last_problem)
            self.lines.last_problem = ""

    def finish_cell(self, editor: QLineEdit, step: tuple[int, int]) -> None:
        """Take what was typed and go on; what cannot be taken stays to be corrected."""
        if not self._take(editor):
            return
        self.closeEditor(editor, QStyledItemDelegate.EndEditHint.NoHint)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.step(*step)

    def _show_state(self, editor: QLineEdit, problem: str) -> None:
        if bool(problem) != (editor.property("state") == "error"):
            editor.setProperty("state", "error" if problem else "")
            repolish(editor)
        self.said.emit(problem)

    # Keys

    def focusNextPrevChild(self, forward: bool) -> bool:
        if not self.currentIndex().isValid() and self.lines.rowCount():
            self.choose(0)
            return True
        self.step(0, 1 if forward else -1)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, keys, key = self.currentIndex().row(), event.modifiers(), event.key()
        ctrl = keys == Qt.KeyboardModifier.ControlModifier
        alt = bool(keys & Qt.KeyboardModifier.AltModifier)
        if step := _step_of(event):
            self.step(*step)
        elif row >= 0 and ctrl and key == Qt.Key.Key_D:
            self.duplicate(row)
        elif key == Qt.Key.Key_F10 and keys == Qt.KeyboardModifier.ShiftModifier:
            # Many a laptop has no menu key, and not every system makes one of these two.
            self.show_menu()
        elif row >= 0 and alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.move_current(-1 if key == Qt.Key.Key_Up else 1)
        elif ctrl and key == Qt.Key.Key_V and not self._draft.locked:
            self.pasted.emit(QGuiApplication.clipboard().text(), row + 1)
        elif row >= 0 and key == Qt.Key.Key_Space and self._is_choice(row):
            self.change(lambda sheet: adding.choose(sheet, row), row)
        elif row >= 0 and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_current()
        elif row >= 0 and ctrl and key == Qt.Key.Key_C:
            cells = [self.lines.index(row, at).data() for at in range(len(COLUMNS))]
            QGuiApplication.clipboard().setText("\t".join(cell for cell in cells if cell))
        elif alt and event.text():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _is_choice(self, row: int) -> bool:
        return self.lines.lines[row]["choice_kind"] in ("option", "alternate")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The right button, or the menu key: what can be done with the line."""
        if event.reason() != QContextMenuEvent.Reason.Mouse:
            self.show_menu()
            return
        row = self.indexAt(self.viewport().mapFrom(self, event.pos())).row()
        if row < 0 or self._draft.locked:
            event.ignore()
            return
        self.choose(row, max(0, self.currentIndex().column()))
        line_menu(self, row).popup(event.globalPos())

    def show_menu(self) -> None:
        """What can be done with the current line, under its cell."""
        if self.on_line:
            at = self.visualRect(self.currentIndex()).bottomLeft()
            line_menu(self, self.currentIndex().row()).popup(self.viewport().mapToGlobal(at))

    @property
    def on_line(self) -> bool:
        """Whether there is a current line that can be changed."""
        return self.currentIndex().isValid() and not self._draft.locked

    def duplicate(self, row: int) -> None:
        """Copy the line and go to the copy, under what goes with the line."""
        sheet = self._draft.sheet
        if sheet is not None:
            self.change(lambda sheet: duplicate_line(sheet, row), end_of(sheet, row))

    def move_current(self, by: int) -> None:
        """Move the current line up or down, and go with it."""
        row = self.currentIndex().row()
        if row >= 0:
            self.change(lambda sheet: move_line(sheet, row, by), row + by)

    def remove_current(self) -> None:
        """Take the current line out; Ctrl+Z brings it back."""
        row = self.currentIndex().row()
        if row >= 0:
            self.change(lambda sheet: remove_line(sheet, row), min(row, self.lines.rowCount() - 2))

    def put(self, product: dict[str, Any], row: int) -> None:
        """Put another product on the line."""
        self.change(lambda sheet: replace_product(sheet, row, product), row)

    def change(self, change: Any, go_to: int) -> None:
        """Do one step with the lines, and go to a row."""
        column = self.currentIndex().column()
        if problem := self._draft.act(change):
            self.said.emit(problem)
        elif 0 <= go_to < self.lines.rowCount():
            self.choose(go_to, column)


def _step_of(event: QKeyEvent) -> tuple[int, int] | None:
    """(lines, cells) that a key goes: Enter down, Shift+Enter up, Tab and Shift+Tab along the cells."""
    if event.key() in _NEXT_LINE and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        return (-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1), 0
    if event.key() == Qt.Key.Key_Tab:
        return 0, 1
    if event.key() == Qt.Key.Key_Backtab:
        return 0, -1
    return None
