"""Attachments carried by file: what a laptop and its server do with one, for the tests."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from app import attachments, by_file
from tests.sync.office import Laptop, Office

LARGE = 3_000_000
"""Of a file that comes to nobody who does not ask for it."""


def noise(folder: Path, size: int, seed: int = 1) -> Path:
    file = folder / f"plan-{seed}.bin"
    file.write_bytes(random.Random(seed).randbytes(size))
    return file


def attach(laptop: Laptop, record: str, file: Path, kind: str = "account") -> str:
    return attachments.attach(laptop.workspace, kind, record, file)


def bytes_of(laptop: Laptop, id: str) -> bytes | None:
    with laptop.workspace.read() as session:
        return attachments.picture(session, id)


def want(laptop: Laptop, id: str) -> None:
    """As somebody does who opens it where no network is."""
    with laptop.workspace.transaction() as session:
        attachments.want(session, id)


def there(laptop: Laptop, folder: Path) -> dict[str, Any]:
    """Write the file to carry."""
    return by_file.write_to(laptop.workspace, folder / "request")


def answered(office: Office, folder: Path, name: str = "answer") -> dict[str, Any]:
    """The server takes it in."""
    return by_file.exchange(office.folder / "server", folder / "request", folder / name)


def back(laptop: Laptop, folder: Path, name: str = "answer") -> dict[str, Any]:
    """The laptop reads the answer: what became of files."""
    found = by_file.take_from(laptop.workspace, folder / name)["files"]
    assert found["problem"] == ""
    return dict(found)


def there_and_back(laptop: Laptop, office: Office, folder: Path) -> dict[str, Any]:
    there(laptop, folder)
    answered(office, folder)
    return back(laptop, folder)


def kept(office: Office) -> list[Path]:
    """The files of bytes at the server, begun ones too."""
    assert office.store.blobs is not None
    return [path for path in office.store.blobs.rglob("*") if path.is_file()]


def sealed(laptop: Laptop) -> list[Path]:
    return [path for path in (laptop.workspace.folder / "blobs").rglob("*") if path.is_file()]
