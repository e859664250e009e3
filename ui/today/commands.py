"""What can be begun from every screen: a report, a quote, a task, an account."""

from __future__ import annotations

from app.i18n import mark as m_
from ui.commands import Command
from ui.window import MainWindow


def connect(window: MainWindow) -> None:
    """Add the commands; what one is about, the screen may know: `open_report`, `open_quote`, `open_new_task`."""

    def report() -> None:
        act = getattr(window.page, "open_report", None)
        if act is not None:
            act()
        else:
            window.go("report")

    def quote() -> None:
        act = getattr(window.page, "open_quote", None)
        if act is not None:
            act()
        else:
            window.go("quotes", None, new=True)

    def task() -> None:
        act = getattr(window.page, "open_new_task", None)
        if act is not None:
            act()
        else:
            window.go("today", None, new="task")

    group = m_("General")
    window.add_commands(
        Command("new.report", m_("New visit report"), report, "clipboard-pen", ("Ctrl+Shift+R",), True, group=group),
        Command("new.quote", m_("New quote"), quote, "file-plus-2", ("Ctrl+Shift+D",), True, group=group,
                enabled=lambda: window.has_page("quotes")),
        Command("new.task", m_("New task"), task, "circle-check-big", ("Ctrl+Shift+T",), True, group=group),
        Command("new.account", m_("New account"), lambda: window.go("accounts", None, new=True), "building-2",
                new=True, group=group),
    )  # fmt: skip
