"""What can be begun from every screen: a report, a task, an account."""

from __future__ import annotations

from app.i18n import mark as m_
from ui.commands import Command
from ui.window import MainWindow


def connect(window: MainWindow) -> None:
    """Add the commands; a screen that knows what they are about (`open_report`, `open_new_task`) does them."""

    def report() -> None:
        act = getattr(window.page, "open_report", None)
        if act is not None:
            act()
        else:
            window.go("report")

    def task() -> None:
        act = getattr(window.page, "open_new_task", None)
        if act is not None:
            act()
        else:
            window.go("today", None, new="task")

    group = m_("General")
    window.add_commands(
        Command("new.report", m_("New visit report"), report, "clipboard-pen", ("Ctrl+Shift+R",), True, group=group),
        Command("new.task", m_("New task"), task, "circle-check-big", ("Ctrl+Shift+T",), True, group=group),
        Command("new.account", m_("New account"), lambda: window.go("accounts", None, new=True), "building-2",
                new=True, group=group),
    )  # fmt: skip
