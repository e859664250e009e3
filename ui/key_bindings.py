"""The keys of the window: each goes to the first of the commands that claim it and are enabled."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from ui.commands import Commands


class KeyBindings:
    """Qt's shortcuts for the commands of a registry, made anew whenever these changed."""

    def __init__(self, window: QWidget, commands: Commands) -> None:
        self._window, self._commands = window, commands
        self._shortcuts: list[QShortcut] = []

    def renew(self) -> None:
        """Bind the keys of the commands that there are now."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        self._shortcuts = [self._bind(keys, claiming) for keys, claiming in self._claims().items()]

    def _claims(self) -> dict[str, list[str]]:
        """The commands of each key. A page's, added last, wins over the shell's while it is enabled."""
        claims: dict[str, list[str]] = {}
        for command in reversed(self._commands.all()):
            for keys in command.shortcuts if command.bound else ():
                claims.setdefault(keys, []).append(command.key)
        return claims

    def _bind(self, keys: str, claiming: list[str]) -> QShortcut:
        shortcut = QShortcut(QKeySequence(keys), self._window)
        shortcut.activated.connect(lambda: self._commands.run_first(claiming))
        return shortcut
