"""What this computer remembers for its user: language, theme, text size, the last place and window."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QByteArray, QLocale, QSettings

from app.i18n import LANGUAGES
from ui.place import Place
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
    def last_place(self) -> Place | None:
        """Where the user was, as far as it was kept."""
        try:
            return Place.from_json(json.loads(str(self._settings.value("place", ""))))
        except (ValueError, KeyError, TypeError):
            return None

    def remember_place(self, place: Place) -> None:
        """Keep where the user is, for the next start or after a power cut."""
        self._settings.setValue("place", json.dumps(place.to_json(), default=str))

    def remember_window(self, geometry: bytes) -> None:
        """Keep the window's size and place on the screens."""
        self._settings.setValue("window", QByteArray(geometry))
        self._settings.sync()

    def begin(self) -> datetime | None:
        """The program starts; since when the last one ran, if it never came to its end."""
        kept = str(self._settings.value("running", ""))
        self._settings.setValue("running", datetime.now(UTC).isoformat())
        self._settings.sync()
        try:
            return datetime.fromisoformat(kept)
        except ValueError:
            return None

    def end(self) -> None:
        """The program ends as it should."""
        self._settings.remove("running")
        self._settings.sync()
