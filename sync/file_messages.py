"""What is said about a first load by files, and `FileCarrier`, which the client and the server implement.

A scope travels as one SQLCipher file: pages of 16 KiB, a raw key of 256 bits, no HMAC, since the answer
that names it carries its SHA-256. It holds one STRICT table per synced table that has rows in the scope,
with the columns of that table, `id`, `rev` and `scope` NOT NULL, its rows in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import msgspec

from sync.protocol import Hello

PAGE_SIZE = 16_384
CIPHER = (("use_hmac", "OFF"), ("page_size", str(PAGE_SIZE)))
"""What differs from SQLCipher's defaults, (name, value) of `cipher_…`. The SHA-256 does the HMAC's work once."""
PRAGMAS = tuple(f"cipher_{name} = {value}" for name, value in CIPHER)
"""The same as pragmas, to be said after the key."""
REQUIRED = ("id", "rev", "scope")


class FilesRequest(msgspec.Struct, omit_defaults=True):
    """A first load asks which scopes it may take as a file."""

    now: str = ""
    version: str = ""
    whole: str = ""
    """What the file of a laptop that has nothing yet is made of: one that is made so may be taken whole."""


class FileAnswer(msgspec.Struct, omit_defaults=True):
    """A scope as it stood at `rev`: a file with the raw `key` in hexadecimal, to be fetched under `name`.

    Keep `cursor` in the transaction that ends its application: the pull from the last one brings the rest.
    Of a whole file `scope` names all of its scopes, one on each line.
    """

    hello: Hello
    scope: str
    name: str
    key: str
    size: int
    sha256: str
    rows: int
    rev: int
    cursor: str


class FilesAnswer(msgspec.Struct, omit_defaults=True):
    """Scopes large enough for a file, with how many rows they have, in the order in which to load them.

    What is not named here comes with the pull that follows.
    """

    hello: Hello
    scopes: list[tuple[str, int]] = []
    whole: FileAnswer | None = None
    """A laptop's file with all of these scopes, ready-made, for a laptop that has nothing yet."""


class FileRequest(msgspec.Struct, omit_defaults=True):
    """Asks for the file of one scope; `cursor` is that of the file before, empty for the first."""

    scope: str
    cursor: str = ""


class FileGet(msgspec.Struct, frozen=True):
    """Asks for the bytes of a file from `offset` on."""

    name: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class FileContent:
    """Bytes on their way: the size of the whole, and what follows the offset that was asked for."""

    size: int
    pieces: Iterator[bytes]


@runtime_checkable
class FileCarrier(Protocol):
    """Hands over scopes as files; raises `errors.SyncError`."""

    def files(self, request: FilesRequest) -> FilesAnswer:
        """Which scopes come as a file."""

    def file(self, request: FileRequest) -> FileAnswer:
        """The file of a scope; `errors.ServerBusy` while it is being made, `not_allowed` outside one's scopes."""

    def get_file(self, request: FileGet) -> FileContent:
        """Its bytes, piece by piece; `not_found` once the file is dead or the scope out of reach."""


def create_table(name: str, columns: Sequence[tuple[str, bool]]) -> str:
    """The one statement that makes a table of such a file; a column is (name, whether it holds integers)."""
    listed = ", ".join(
        f'"{column}" {"INTEGER" if whole else "TEXT"}{" NOT NULL" if column in REQUIRED else ""}'
        for column, whole in columns
    )
    return f'CREATE TABLE "{name}" ({listed}) STRICT'
