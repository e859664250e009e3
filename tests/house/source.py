"""Our own source files, for the rules that look at all of them."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("app", "sync", "ui", "resources", "installer", "tests")


@functools.cache
def files() -> tuple[Path, ...]:
    """Every Python file of the project."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return (ROOT / "dev.py", *sorted(found))


def name(path: Path) -> str:
    """The path as the project says it: with forward slashes, from its root."""
    return path.relative_to(ROOT).as_posix()


@functools.cache
def text(path: Path) -> str:
    """The content of a file."""
    return path.read_text(encoding="utf-8")


@functools.cache
def tree(path: Path) -> ast.Module:
    """The syntax of a file."""
    return ast.parse(text(path))


def floor(*names: str) -> Iterator[Path]:
    """The files of some top-level folders."""
    return (path for path in files() if path.relative_to(ROOT).parts[0] in names)
