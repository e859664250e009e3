"""Today, accounts and the report: every stop of the keyboard has a name, no word is cut without “…”."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QScrollBar, QWidget

from app.i18n import set_language
from ui.widgets.labels import fits

SHOWN = (("today", {}), ("accounts", {"record": "morel"}), ("report", {"appointment": "visit"}))


def show(desk, key, options):
    record = getattr(desk.company, options["record"]) if "record" in options else None
    more = {"appointment": desk.company.visit} if "appointment" in options else {}
    return desk.go(key, record, **more)


@pytest.mark.parametrize(("key", "options"), SHOWN)
def test_every_stop_of_the_keyboard_has_a_name(desk, key, options):
    page = show(desk, key, options)
    unnamed = [
        widget
        for widget in page.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisible()
        and not isinstance(widget, QScrollBar)
        and not widget.accessibleName()
        and not widget.focusProxy()
    ]
    assert unnamed == []


@pytest.mark.parametrize(("key", "options"), SHOWN)
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("size", [(1366, 768), (1100, 680)])
def test_no_word_is_cut_without_saying_so(desk, key, options, language, size):
    set_language(language)
    desk.window.resize(*size)
    page = show(desk, key, options)
    cut = [label.text() for label in page.findChildren(QLabel) if label.isVisible() and not fits(label)]
    assert cut == []
