"""What this computer remembers for its user: language, theme, text size, the last place and window."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QByteArray, QLocale, QSettings

from app.i18n import LANGUAGES
from ui.history import Route
from ui.theme import MODES, Mode


class Preferences:
    """Kept in an INI file of its own, so that the first window needs no database."""

    def __init__(self, file: Path) -> None:
        self._settings = QSettings(str(file), QSettings.Format.IniFormat)

    @property
    def language(self) -> str:
        """`fr` or `en`; at first the system's."""
        system = "fr" if QLocale.system().language() == QLocale.Language.French else "en"
        found = str(self._settings.value("language", system))
        return found if found in LANGUAGES else "en"

    @language.setter
    def language(self, code: str) -> None:
        self._settings.setValue("language", code)

    @property
    def theme(self) -> Mode:
        """Which theme to wear."""
        found = self._settings.value("theme", "system")
        return next((mode for mode in MODES if mode == found), "system")

    @theme.setter
    def theme(self, mode: Mode) -> None:
        self._settings.setValue("theme", mode)

    @property
    def scale(self) -> int:
        """Text size in percent."""
        return int(str(self._settings.value("scale", 100)))

    @scale.setter
    def scale(self, percent: int) -> None:
        self._settings.setValue("scale", percent)

    @property
    def motion(self) -> bool:
        """Whether things may move."""
        return str(self._settings.value("motion", "true")).lower() == "true"

    @motion.setter
    def motion(self, on: bool) -> None:
        self._settings.setValue("motion", on)

    @property
    def geometry(self) -> bytes:
        """The window's size and place as Qt saved it, or nothing."""
        found = self._settings.value("window", QByteArray())
        return bytes(found.data()) if isinstance(found, QByteArray) else b""

    @property
    def last_route(self) -> Route | None:
        """Where the user was when the window closed."""
        try:
            page, record = json.loads(str(self._settings.value("route", "")))
        except ValueError:
            return None
        return Route(str(page), record)

    def remember_window(self, geometry: bytes, route: Route | None) -> None:
        """Keep the window's place and where the user is."""
        self._settings.setValue("window", QByteArray(geometry))
        if route is not None:
            self._settings.setValue("route", json.dumps([route.page, route.record]))
        self._settings.sync()
