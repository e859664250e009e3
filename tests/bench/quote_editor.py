"""From a keystroke in a quote's cell to its new totals, at 300 lines: `python -m tests.bench.quote_editor [LINES]`."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_SCALE_FACTOR", "1")

import keyring
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from app.i18n import set_language
from app.quotes import editing
from app.quotes.sheet import duplicate_line
from tests.conftest import MemoryKeyring
from tests.shop import open_shop
from ui.pages import PAGES
from ui.preferences import Preferences
from ui.quotes.lines_model import QUANTITY
from ui.quotes.page import QuotesPage
from ui.tasks import Tasks
from ui.theme import theme
from ui.window import MainWindow

BUDGET_MS = 16.0
KEYSTROKES = 60


def main(arguments: list[str]) -> int:
    """Print the median and the worst of one in twenty, with their share of one frame."""
    lines = int(arguments[0]) if arguments else 300
    keyring.set_keyring(MemoryKeyring())
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    set_language("fr")
    theme.apply(app, "light", 100)
    with tempfile.TemporaryDirectory() as folder:
        shop = open_shop(Path(folder) / "profile")
        quote = shop.quote("bob 450 x 24", "dsi 600 x 6", "savon x 3")
        with shop.workspace.transaction() as session:
            before = sheet = editing.open_sheet(session, quote)
            while len(sheet.lines) < lines:
                sheet = duplicate_line(sheet, len(sheet.lines) % 3)
            editing.save(session, before, sheet)
        tasks = Tasks()
        window = MainWindow(
            tasks, Preferences(Path(folder) / "desktop.ini"), [page for page in PAGES if page.key == "quotes"]
        )
        window.attach(shop.workspace)
        window.resize(1366, 768)
        window.show()
        window.activateWindow()
        window.go("quotes", quote)
        tasks.wait_until_idle()
        page = window.page
        assert isinstance(page, QuotesPage)
        times = _type(page)
        tasks.wait_until_idle()
        window.close()
        tasks.close()
        shop.workspace.close()
    median, worst = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    print(f"quote editor, {lines} lines, keystroke to totals on the Qt thread:")
    print(f"  median {median:5.1f} ms = {median / BUDGET_MS:.2f} of {BUDGET_MS:.0f} ms")
    print(f"  p95    {worst:5.1f} ms = {worst / BUDGET_MS:.2f} of {BUDGET_MS:.0f} ms")
    return 0


def _type(page: QuotesPage) -> list[float]:
    """Type digits into a quantity; milliseconds from each key to the painted total."""
    table = page.editor.table
    table.setFocus()
    table.choose(5, QUANTITY)
    QTest.keyClicks(table, "1")
    editor = table.viewport().findChildren(QLineEdit)[-1]
    times = []
    for number in range(KEYSTROKES):
        editor.selectAll()
        start = time.perf_counter()
        QTest.keyClicks(editor, str(1 + number % 9))
        times.append((time.perf_counter() - start) * 1000)
    return times


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
