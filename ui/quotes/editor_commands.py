"""What can be done with an open quote, by key and from the palette."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app.i18n import mark as m_
from ui.commands import Command

if TYPE_CHECKING:
    from ui.quotes.editor import QuoteEditor
    from ui.quotes.lines_table import LinesTable

GROUP, LINES = m_("Quote"), m_("Lines of the quote")


def quote_commands(editor: QuoteEditor, here: Callable[[], bool]) -> list[Command]:
    """The commands of one editor, each enabled while the editor is `here`."""

    def draft() -> bool:
        return here() and not editor.draft.locked

    def command(key: str, label: str, run: Any, icon: str, *keys: str, when: Any = here) -> Command:
        return Command(f"quote.{key}", label, run, icon, keys, enabled=when, group=GROUP)

    return [
        command("print", m_("Print the quote"), editor.desk.print, "printer", "Ctrl+P"),
        command("pdf", m_("Open the PDF"), editor.desk.open_pdf, "external-link", "Ctrl+Shift+P"),
        command("save", m_("Save the PDF as"), editor.desk.save_pdf, "download"),
        command("issue", m_("Issue the quote"), editor.decisions.issue, "file-check", when=draft),
        command("sign", m_("Have the quote signed"), editor.decisions.sign, "signature", "Ctrl+Shift+G"),
        command("mail", m_("Send the quote by e-mail"), editor.decisions.send, "mail", "Ctrl+Shift+M",
                when=lambda: here() and editor.draft.locked),
        command("revise", m_("Revise the quote"), editor.decisions.revise, "file-plus-2",
                when=lambda: here() and editor.draft.locked),
        command("duplicate", m_("Duplicate the quote"), editor.decisions.duplicate, "copy"),
        command("steps", m_("Next steps of the quote"), editor.show_steps, "ellipsis", "Ctrl+Shift+N"),
        command("details", m_("Details of the quote"), editor.show_details, "pencil", "Ctrl+Shift+E"),
        command("points", m_("Points to check before issuing"), editor.points_button.show_menu, "triangle-alert",
                when=lambda: here() and bool(editor.points_button.points)),
        command("replace", m_("Replace an obsolete product"), editor.obsolete.replace, "refresh-cw", "Ctrl+R",
                when=lambda: draft() and editor.obsolete.row >= 0),
        command("undo", m_("Undo"), editor.undo, "undo-2", "Ctrl+Z", when=draft),
        command("redo", m_("Redo"), editor.draft.redo, "redo-2", "Ctrl+Y", "Ctrl+Shift+Z", when=draft),
        *_line_commands(editor.table, here),
        command("full", m_("Show the quote full window"), editor.desk.show_full, "maximize-2"),
    ]  # fmt: skip


def _line_commands(table: LinesTable, here: Callable[[], bool]) -> list[Command]:
    """What the lines do at a key; the table hears it itself, as the same key means something else elsewhere."""

    def command(key: str, label: str, run: Callable[[], object], icon: str, keys: str) -> Command:
        return Command(f"quote.line.{key}", label, run, icon, (keys,), group=LINES, bound=False,
                       enabled=lambda: here() and table.on_line)  # fmt: skip

    def copy() -> None:
        table.duplicate(table.currentIndex().row())

    return [
        command("copy", m_("Duplicate the line"), copy, "copy", "Ctrl+D"),
        command("up", m_("Move the line up"), lambda: table.move_current(-1), "arrow-up", "Alt+Up"),
        command("down", m_("Move the line down"), lambda: table.move_current(1), "arrow-down", "Alt+Down"),
        command("remove", m_("Remove the line"), table.remove_current, "trash-2", "Del"),
        command("menu", m_("Menu of the line: option, alternative"), table.show_menu, "ellipsis", "Shift+F10"),
    ]  # fmt: skip
