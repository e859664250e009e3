"""The list of 100,000 accounts: first rows, ids, first paint, a step of the wheel: `python -m tests.bench.lists`."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from app import lists, quick_start
from app.workspace import Workspace
from tests.bench.company import Company, report, seconds, workspace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

FIRST_ROWS_MS = 60
WINDOW_MS = 10
IDS_MS = 1_000
QUICK_START_MS = 500
FIRST_PAINT_MS = 60
WHEEL_MS = 4
WHEEL_STEPS = 200


def main(accounts: int = 100_000) -> None:
    """Print each figure beside its limit."""
    with workspace() as laptop:
        Company(accounts).fill(laptop)
        with laptop.read() as session:
            pairs = [(f, s) for f in lists.LISTS["account"].filters for s in lists.LISTS["account"].sorts]
            report(
                "first rows",
                [seconds(lambda p=p: lists.first(session, "account", *p)) for p in pairs],
                FIRST_ROWS_MS,
            )
            report("all ids", [seconds(lambda p=p: lists.ids(session, "account", *p)) for p in pairs], IDS_MS)
            ids = lists.ids(session, "account")
            starts = range(0, len(ids) - 40, max(1, len(ids) // 50))
            report(
                "a window of 40",
                [seconds(lambda a=a: lists.rows(session, "account", ids[a : a + 40])) for a in starts],
                WINDOW_MS,
            )
        on_screen(laptop)
        report(
            "quick start with the key from a passphrase",
            [seconds(lambda: quick_start.first_rows(laptop.folder))],
            QUICK_START_MS,
        )


def on_screen(laptop: Workspace) -> None:
    """The page of accounts on the real window: CPU time to the first painted rows, and of one step of the wheel."""
    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    from ui.pages import PAGES
    from ui.preferences import Preferences
    from ui.tasks import Tasks
    from ui.theme import theme
    from ui.window import MainWindow

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.apply(app, "light", 100)
    tasks = Tasks()
    shown = [page for page in PAGES if page.key in ("today", "accounts")]
    window = MainWindow(tasks, Preferences(laptop.folder / "bench.ini"), shown)
    window.attach(laptop)
    window.resize(1366, 768)
    window.show()
    window.go("accounts")  # builds the page
    tasks.wait_until_idle()
    panel = window.page.accounts  # type: ignore[union-attr]

    def first_paint() -> float:
        panel.list.rows.show_rows([])
        app.processEvents()
        began = time.process_time()
        painted: list[float] = []

        def paint() -> None:
            panel.list.viewport().repaint()
            painted.append((time.process_time() - began) * 1000)

        panel.list.rows.modelReset.connect(paint)
        panel.reload()
        tasks.wait_until_idle(60)
        panel.list.rows.modelReset.disconnect(paint)
        return painted[0]

    def step(view: Any) -> float:
        at = QPointF(100, 100)
        wheel = QWheelEvent(at, QPointF(view.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, -120),
                            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
                            Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
        began = time.process_time()
        QApplication.sendEvent(view, wheel)
        app.processEvents()  # the paint of what came into sight
        return (time.process_time() - began) * 1000

    limits = (("first paint", FIRST_PAINT_MS), ("a step of the wheel", WHEEL_MS))
    painted = sorted(first_paint() for _turn in range(9))
    view = panel.list.viewport()
    steps = sorted(step(view) for _turn in range(WHEEL_STEPS))
    for (name, limit), found in zip(limits, (painted, steps), strict=True):
        middle, high = found[len(found) // 2], found[int(len(found) * 0.95)]
        print(f"{name:<45} {middle:8.1f} ms CPU, p95 {high:.1f}   limit {limit} ms")
    tasks.close()
    window.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
