"""The field that adds lines: « bob 450 x 24 », with the products that fit while typing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QAction, QFocusEvent, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QWidget

from app import formats
from app.i18n import translate as _
from app.quotes.adding import read_sign
from app.quotes.suggesting import Suggestion
from ui.quotes.line_menu import added_menu
from ui.table import ListRow, RecordList
from ui.tasks import Tasks, Token
from ui.theme import theme
from ui.widgets import announce, shadow, vbox

Find = Callable[[Any, str], list[Suggestion]]
SHOWN_AT_ONCE = 5
ROW = 62


class EntryField(QLineEdit):
    """Enter takes the best product; nothing typed, nothing added."""

    taken = Signal(object)
    """A `Suggestion`."""
    added = Signal(str, str)
    """A line that is no product: its kind, and the text behind its sign."""
    pasted = Signal(str)
    """Rows of a spreadsheet."""
    left = Signal()
    """Up in the empty field: back to the lines."""
    missed = Signal(str)
    """Enter found no product for this text."""

    def __init__(self, tasks: Tasks, find: Find) -> None:
        super().__init__()
        self._tasks, self._find = tasks, find
        self._asked: Token | None = None
        self._found_for = self._taken_for = ""
        self._found: list[Suggestion] = []
        self._wants_best = False
        self.popup: SuggestionList | None = None
        self.customer_mode = False
        """Hide why prices are what they are."""
        self.setProperty("kind", "entry")
        self.setPlaceholderText(
            _("Add a product: ref., name or barcode, then × quantity   (e.g. “bob 450 × 24”)")
        )
        self.setAccessibleName(_("Add a product"))
        self._plus = QAction(self)
        self._plus.setToolTip(_("Other lines: section, free text, comment, subtotal, page break (↓)"))
        self._plus.triggered.connect(lambda *_on: self.show_menu())
        self.addAction(self._plus, QLineEdit.ActionPosition.LeadingPosition)
        self.textEdited.connect(self._on_typed)
        self._dress()
        theme.changed.connect(self._dress)

    def _dress(self) -> None:
        self._plus.setIcon(theme.icon("plus", "accent", 16))

    def _on_typed(self, text: str) -> None:
        self._wants_best = False
        if self._asked is not None:
            self._asked.cancel()
        if not text.strip() or read_sign(text) is not None:
            self._show(text, [])
            return
        self._asked = self._tasks.read(
            self, lambda session: self._find(session, text), then=lambda found: self._show(text, found)
        )

    def _show(self, text: str, found: list[Suggestion]) -> None:
        self._found_for, self._found = text, found
        if self._wants_best:
            self._wants_best = False
            self._take_best()
        elif found and self.hasFocus():
            self._popup().show_for(self, found, self.customer_mode)
            announce(self, f"{len(found)}. {found[0].title}")
        else:
            self.close_popup()

    def _popup(self) -> SuggestionList:
        if self.popup is None:
            self.popup = SuggestionList(self.window(), self._tasks)
            self.popup.picked.connect(self._take)
        return self.popup

    def close_popup(self) -> None:
        """Hide the suggestions."""
        if self.popup is not None:
            self.popup.hide()

    def _take_best(self) -> None:
        if self._found:
            shown = self.popup if self.popup is not None and self.popup.isVisible() else None
            self._take((shown.current if shown else None) or self._found[0])
        else:
            self.missed.emit(self.text().strip())

    def _take(self, suggestion: Suggestion) -> None:
        self.close_popup()
        self._taken_for = self.text()
        self.clear()
        self._found, self._found_for = [], ""
        self.taken.emit(suggestion)

    def give_back(self) -> None:
        """Write again what was typed last: what it named could not be added."""
        if not self.text():
            self.setText(self._taken_for)

    def _enter(self) -> None:
        text = self.text()
        if not text.strip():
            return
        if (signed := read_sign(text)) is not None:
            self.added.emit(*signed)
        elif self._found_for == text:
            self._take_best()
        else:
            self._wants_best = True
            if self._asked is None or self._asked.cancelled:
                self._on_typed(text)
                self._wants_best = True

    def begin(self, sign: str) -> None:
        """Write a sign; what needs no words is added at once."""
        self.setFocus()
        self.setText(f"{sign} ")
        if sign in ("=", "---"):
            self._enter()

    def show_menu(self) -> None:
        """Offer the lines that are no product."""
        self.menu = added_menu(self)
        self.menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def event(self, event: QEvent) -> bool:
        # In the empty field Ctrl+Z means the quote's last step, not the field's own history.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and not self.text()
            and event.modifiers() & Qt.KeyboardModifier.ControlModifier
            and event.key() in (Qt.Key.Key_Z, Qt.Key.Key_Y)
        ):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, open_ = event.key(), self.popup is not None and self.popup.isVisible()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        elif open_ and self.popup is not None and key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.popup.step(1 if key == Qt.Key.Key_Down else -1)
        elif key == Qt.Key.Key_Down and not self.text():
            self.show_menu()
        elif event.matches(QKeySequence.StandardKey.Paste) and _is_table(QGuiApplication.clipboard().text()):
            self.pasted.emit(QGuiApplication.clipboard().text())
        elif key == Qt.Key.Key_Up and not self.text():
            self.left.emit()
        elif key == Qt.Key.Key_Escape and open_:
            self.close_popup()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Its place is reckoned when it opens: another window's size has another one.
        self.close_popup()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.close_popup()


def _is_table(text: str) -> bool:
    """Whether a copied text is rows and not words."""
    return "\t" in text or "\n" in text.strip()


class SuggestionList(QFrame):
    """The products that fit, floating at the field; the focus stays in the field."""

    picked = Signal(object)

    def __init__(self, parent: QWidget, tasks: Tasks) -> None:
        super().__init__(parent)
        self.setObjectName("popup")
        self._suggestions: list[Suggestion] = []
        self.list = RecordList(tasks, _("Products that fit"), row=_as_row)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.clicked.connect(lambda index: self.picked.emit(self._suggestions[index.row()]))
        self.setLayout(vbox(self.list, gap=0, margins=(2, 6, 2, 6)))
        shadow(self, 30, 8)
        self.hide()

    @property
    def current(self) -> Suggestion | None:
        """The one that Enter takes."""
        row = self.list.currentIndex().row()
        return self._suggestions[row] if 0 <= row < len(self._suggestions) else None

    def show_for(self, field: QWidget, suggestions: list[Suggestion], discreet: bool = False) -> None:
        """Show suggestions under the field, or above it where there is more room."""
        self._suggestions = suggestions
        # A product may stand here twice: one unit of a size, and so many of it.
        rows = [
            {"id": f"{number} {each.product['id']}", "suggestion": each, "discreet": discreet}
            for number, each in enumerate(suggestions)
        ]
        self.list.show_rows(rows)
        self.list.setCurrentIndex(self.list.rows.index(0))
        height = theme.px(ROW) * min(len(suggestions), SHOWN_AT_ONCE) + 16
        top = field.mapTo(self.parentWidget(), QPoint(0, 0))
        below = self.parentWidget().height() - top.y() - field.height() - 12
        y = top.y() + field.height() + 4 if below >= height else max(8, top.y() - height - 4)
        self.setGeometry(QRect(top.x(), y, field.width(), height))
        self.show()
        self.raise_()

    def step(self, by: int) -> None:
        """Go to another suggestion."""
        row = max(0, min(len(self._suggestions) - 1, self.list.currentIndex().row() + by))
        self.list.setCurrentIndex(self.list.rows.index(row))


def _as_row(row: dict[str, Any]) -> ListRow:
    each: Suggestion = row["suggestion"]
    product = each.product
    replaces = _("replaces {name}", name=each.replaces) if each.replaces else ""
    detail = " · ".join(part for part in (product["sku"], replaces, product["family"]) if part)
    quantity = formats.format_number(each.quantity)
    price = formats.format_money(each.price.unit_price, each.book.currency)
    return ListRow(
        each.title,
        detail,
        f"{quantity} × {price}" if each.quantity != 1 else price,
        "" if row["discreet"] else each.price.explanation,
        avatar="",
        icon="package",
        badge=_("Obsolete") if product["status"] == "obsolete" else "",
        badge_tone="warn",
    )
