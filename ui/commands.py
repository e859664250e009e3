"""The registry of actions: one entry gives the palette line, the menu entry and the shortcut."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtGui import QKeySequence

from app.folding import fold
from app.i18n import translate

_FRENCH_KEYS = {
    "Shift": "Maj",
    "Del": "Suppr",
    "Return": "Entrée",
    "Enter": "Entrée",
    "Esc": "Échap",
    "Left": "←",
    "Right": "→",
    "Up": "↑",
    "Down": "↓",
    "Space": "Espace",
}
_ENGLISH_KEYS = {"Return": "Enter", "Left": "←", "Right": "→", "Up": "↑", "Down": "↓"}


def _yes() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Command:
    """An action by name. `label` is English, marked for translation with `app.i18n.mark`."""

    key: str
    label: str
    run: Callable[[], object]
    icon: str = "sparkles"
    shortcuts: tuple[str, ...] = ()
    """Portable text (`Ctrl+Shift+R`); the first is shown, Qt maps Ctrl to ⌘ on a Mac."""
    new: bool = False
    """Listed under the New button."""
    enabled: Callable[[], bool] = _yes
    detail: Callable[[], str] | None = None
    """A few words beside the label, already translated (“for Boulangerie Morel”)."""
    group: str = ""
    """Heading on the shortcuts sheet, English."""
    in_palette: bool = True
    bound: bool = True
    """Whether the window listens to the keys; not where the widget that has the focus does: then they are told."""

    @property
    def text(self) -> str:
        """The label in the current language."""
        return translate(self.label)


@dataclass(frozen=True, slots=True)
class Found:
    """A record that the palette found: Enter goes to `page` with `record`."""

    icon: str
    title: str
    detail: str
    page: str
    record: str
    options: tuple[tuple[str, object], ...] = ()


class Commands:
    """Every command of the program, in the order in which they were added."""

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {}

    def add(self, *commands: Command) -> None:
        """Add or replace commands by their key."""
        for command in commands:
            self._commands[command.key] = command

    def remove(self, keys: Iterable[str]) -> None:
        """Forget commands."""
        for key in keys:
            self._commands.pop(key, None)

    def get(self, key: str) -> Command:
        """The command of that key; KeyError when there is none."""
        return self._commands[key]

    def all(self) -> list[Command]:
        """Every command."""
        return list(self._commands.values())

    def run(self, key: str) -> None:
        """Do it, when it is enabled."""
        command = self._commands.get(key)
        if command is not None and command.enabled():
            command.run()

    def run_first(self, keys: Iterable[str]) -> None:
        """Do the first of these commands that is enabled."""
        for key in keys:
            command = self._commands.get(key)
            if command is not None and command.enabled():
                command.run()
                return

    def find(self, text: str) -> list[Command]:
        """Palette commands whose label holds every word of `text`, whatever the accents and case."""
        words = fold(text).split()
        return [
            command
            for command in self._commands.values()
            if command.in_palette and command.enabled() and all(word in fold(command.text) for word in words)
        ]


def key_names(shortcut: str, french: bool) -> list[str]:
    """The keys of a shortcut as written on the keyboard: `Ctrl+Shift+R` gives Ctrl, Maj, R."""
    native = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.PortableText)
    names = _FRENCH_KEYS if french else _ENGLISH_KEYS
    return [names.get(part, part) for part in native.replace("++", "+Plus").split("+")]
