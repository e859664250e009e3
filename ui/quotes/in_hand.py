"""The draft quote that is open in this window, so that the catalogue can show its prices and add to it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from ui.quotes.editor import QuoteEditor

_editors: WeakKeyDictionary[QWidget, QuoteEditor] = WeakKeyDictionary()


def keep(window: QWidget, editor: QuoteEditor) -> None:
    """This editor holds the window's open quote."""
    _editors[window] = editor


def editor_in(window: QWidget) -> QuoteEditor | None:
    """The editor whose draft can take products, or None."""
    from shiboken6 import isValid

    editor = _editors.get(window)
    if editor is None or not isValid(editor) or editor.draft.locked:
        return None
    return editor
