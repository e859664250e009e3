"""Whether a window can be shown at all: Qt itself would end the program with a dump of its memory."""

from __future__ import annotations

import ctypes
import os
import sys

from app.i18n import set_language
from app.i18n import translate as _

_X11_LIBRARY = ("libxcb-cursor.so.0", "libxcb-cursor0")
"""What Qt needs since 6.5 and many a system lacks; and the package that has it."""


def what_is_missing() -> str | None:
    """One sentence in the terminal's language where Linux has no screen or cannot draw on it; else None."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return None
    library, package = _X11_LIBRARY
    has_x11, has_wayland = (bool(os.environ.get(name)) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if has_wayland or (has_x11 and _loads(library)):
        return None
    from app.cli.main import language_of_the_terminal

    set_language(language_of_the_terminal())
    if has_x11:
        return _("Terrain cannot draw its window without {library}: install the package {package}.",
                 library=library, package=package)  # fmt: skip
    return _(
        "There is no screen here: open Terrain in a desktop session, or use its commands (terrain --help)."
    )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
