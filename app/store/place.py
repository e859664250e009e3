"""Where a laptop's file lies: one that was copied, moved or put back must not draw the original's numbers."""

from __future__ import annotations

import importlib
import json
import platform
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from sync import state

_NAME = "place"


def of(file: Path) -> str:
    """The machine, the path and the inode of a file, as one text."""
    return json.dumps([_machine(), str(file.resolve()), file.stat().st_ino], separators=(",", ":"))


def is_known(connection: Connection, file: Path) -> bool:
    """Whether the file lies where it says that it lies."""
    return bool(state.get(connection, _NAME) == of(file))


def settle(connection: Connection, file: Path) -> bool:
    """Note where the file lies; whether it said that it lay elsewhere, and is therefore a copy.

    A copy of a device's file draws numbers with letters of its own until the server has made it a device
    of its own; that of a laptop alone gets other letters.
    """
    before, now = state.get(connection, _NAME), of(file)
    if before == now:
        return False
    state.put(connection, _NAME, now)
    if before is None:
        return False
    state.put(connection, "number_letters", None)
    if state.get(connection, "device"):
        state.put(connection, "restored", 1)
    return True


def _machine() -> str:
    """What names this computer and no copy of its disk's files elsewhere; its name where there is no better."""
    if platform.system() == "Windows":
        return _windows_machine() or platform.node()
    for place in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            return Path(place).read_text(encoding="ascii").strip() or platform.node()
        except (OSError, ValueError):
            continue
    return platform.node()


def _windows_machine() -> str:
    # By name: the module is there on Windows alone, and so the type checker sees it nowhere else.
    winreg: Any = importlib.import_module("winreg")
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    except OSError:
        return ""
