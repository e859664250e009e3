"""The commands of the shell itself, with their keys on French and English keyboards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.i18n import language
from app.i18n import mark as m_
from ui.commands import Command
from ui.theme import theme

if TYPE_CHECKING:
    from ui.pages import Registration
    from ui.window import MainWindow

AZERTY_DIGITS = ("&", "É", '"', "'", "(", "-", "È", "_", "Ç")
"""What the digit row gives on a French keyboard; a Mac types § and ! for 6 and 8."""
MAC_DIGITS = {6: "§", 8: "!"}


def own_commands(window: MainWindow) -> list[Command]:
    """What every window can do, whatever its pages are."""
    found = [_going(window, page) for page in window.registered if page.key != "report"]
    go = m_("Go to")
    general = m_("General")
    return [
        *found,
        Command("palette", m_("Search or run a command"), window.open_palette, "search", ("Ctrl+K",),
                group=general, in_palette=False),
        Command("back", m_("Back"), window.back, "arrow-left", ("Alt+Left", "Ctrl+["), group=go, in_palette=False),
        Command("forward", m_("Forward"), window.forward, "arrow-right", ("Alt+Right", "Ctrl+]"), group=go,
                in_palette=False),
        Command("filter", m_("Filter this page"), window.focus_filter, "list-filter", ("Ctrl+F",),
                group=general, in_palette=False),
        Command("pane", m_("Next pane"), lambda: window.walk_panes(1), "layers", ("F6",), group=general,
                in_palette=False),
        Command("pane.back", m_("Previous pane"), lambda: window.walk_panes(-1), "layers", ("Shift+F6",),
                group=general, in_palette=False),
        Command("sync.now", m_("Sync now"), window.sync_now, "refresh-cw", ("F9", "Ctrl+Shift+Y"),
                group=general, enabled=lambda: window.on_sync is not None),
        Command("theme.dark", m_("Use the dark theme"), lambda: window.set_theme("dark"), "moon",
                enabled=lambda: not theme.dark),
        Command("theme.light", m_("Use the light theme"), lambda: window.set_theme("light"), "sun",
                enabled=lambda: theme.dark),
        Command("theme.contrast", m_("Strong contrast, for sunlight"), window.toggle_contrast, "contrast",
                ("F7",), group=general),
        Command("language.fr", "Passer en français", lambda: window.set_language("fr"), "languages",
                enabled=lambda: language() != "fr"),
        Command("language.en", "Switch to English", lambda: window.set_language("en"), "languages",
                enabled=lambda: language() != "en"),
        Command("shortcuts", m_("Keyboard shortcuts"), window.open_shortcuts, "keyboard", ("F1",), group=general),
    ]  # fmt: skip


def _going(window: MainWindow, page: Registration) -> Command:
    """The command that goes to a page: Ctrl and its number, or what the digit row types without Shift."""
    keys: tuple[str, ...] = ("Ctrl+,",) if page.key == "settings" else ()
    number = window.number_of(page.key)
    if number is not None:
        keys = (f"Ctrl+{number}", f"Ctrl+{AZERTY_DIGITS[number - 1]}")
    if number in MAC_DIGITS:
        keys += (f"Ctrl+{MAC_DIGITS[number]}",)
    return Command(
        f"go.{page.key}", page.label, lambda: window.go(page.key), page.icon, keys, group=m_("Go to")
    )
