"""Find any record while its name is typed: folded full text over the searched fields of each kind.

To find needs no more than a connection; what makes the index is loaded when somebody asks for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from app.search.find import Hit, find, find_by

if TYPE_CHECKING:
    from app.search.ahead import Lane, Lanes
    from app.search.build import begin, is_pending, run
    from app.search.index import create, install, rebuild, refresh

__all__ = [
    "Hit",
    "Lane",
    "Lanes",
    "begin",
    "create",
    "find",
    "find_by",
    "install",
    "is_pending",
    "rebuild",
    "refresh",
    "run",
]

_LATER = {
    "ahead": ("Lane", "Lanes"),
    "build": ("begin", "is_pending", "run"),
    "index": ("create", "install", "rebuild", "refresh"),
}
"""The modules that load the entities, with what they give."""


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            return getattr(importlib.import_module(f"app.search.{module}"), name)
    raise AttributeError(name)
