"""Files that are written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.errors import room


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """A path beside `file` to write to, which takes its place on leaving and goes away on an error.

    Raises DiskFull, and OSError about `file` itself: nobody chose the name beside it.
    """
    partial = file.with_name(file.name + ".new")
    with suppress(OSError):
        partial.unlink()  # of a program that was killed
    try:
        with room():
            yield partial
            partial.replace(file)
    except OSError as problem:
        if problem.filename == str(partial):
            problem.filename, problem.filename2 = str(file), None
        raise
    finally:
        with suppress(OSError):
            partial.unlink()


def write_whole(file: Path, content: bytes) -> Path:
    """Write bytes whole or not at all; returns the file. Raises DiskFull, OSError."""
    with whole(file) as partial:
        partial.write_bytes(content)
    return file
