"""A connection on which something happens to scopes' files, and what a loaded laptop has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync import first_load, scope_file, state
from sync.file_messages import FileAnswer, FileContent, FileGet, FileRequest
from tests.sync.office import Laptop, Office

SECRET = "Quincaillerie-des-Brotteaux"


@dataclass
class Between:
    """A connection on which something happens to scopes' files."""

    honest: Any
    on_file: Callable[[FileAnswer], FileAnswer] = lambda answer: answer
    on_bytes: Callable[[FileGet, Iterator[bytes]], Iterator[bytes]] = lambda _request, pieces: pieces
    asked: list[FileGet] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.honest, name)

    def files(self, request: Any) -> Any:
        return self.honest.files(request)

    def file(self, request: FileRequest) -> FileAnswer:
        self.scopes.append(request.scope)
        return self.on_file(self.honest.file(request))

    def get_file(self, request: FileGet) -> FileContent:
        self.asked.append(request)
        content = self.honest.get_file(request)
        return FileContent(content.size, self.on_bytes(request, content.pieces))


def forget_where_it_stood(laptop: Laptop) -> None:
    """As a file does that gets another identity: everything is loaded again, under what is unsent."""
    with laptop.workspace.exclusive() as connection:
        state.put(connection, "cursor", None)


def leftovers(laptop: Laptop) -> list[Path]:
    return list(laptop.workspace.folder.glob(f"{scope_file.PREFIX}*"))


def is_complete(laptop: Laptop, office: Office, scopes: set[str]) -> bool:
    """Whether the laptop has exactly the server's rows, knows so by its sums, and left no file behind."""
    return laptop.content() == office.content(scopes) and laptop.differing() is None and not leftovers(laptop)


def scopes_of(laptop: Laptop) -> set[str]:
    (scopes,) = laptop.sql("SELECT value FROM sync_state WHERE name = 'scopes'")[0]
    return set(msgspec.json.decode(scopes))


def stop_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The laptop dies after so many slices."""
    copy, done = first_load.FirstLoad._copy, []

    def dying(load: Any, *arguments: Any) -> Any:
        if len(done) == count:
            raise KeyboardInterrupt
        done.append(arguments)
        return copy(load, *arguments)

    monkeypatch.setattr(first_load.FirstLoad, "_copy", dying)
