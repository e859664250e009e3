"""An office whose people have enrolled and synchronised: made once, copied for each test."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import keyring
from sqlalchemy import select

from app import syncing
from app.serve import grants, organisations
from app.workspace import Workspace
from sync.server.service import Service
from tests.blank import forget_place
from tests.conftest import MemoryKeyring
from tests.sync.office import Laptop, Office, an_office

HEAD = "head"
"""The file with the last revision that the prepared laptops have seen."""


@dataclass(frozen=True)
class _Prepared:
    """The folder of a company that nobody opens, its people's ids, and what lies in the keyring."""

    folder: Path
    ids: dict[str, str]
    secrets: dict[tuple[str, str], str]


Filling = Callable[[Office], None]


@contextmanager
def a_prepared_office(
    folder: Path, names: tuple[str, ...] = (), filling: Filling | None = None
) -> Iterator[Office]:
    """A company in which those of `names` have a laptop already, to be taken with `take`.

    `filling` has done its work there before they came.
    """
    with _copy(_made_once(names, filling), folder, keyring.get_keyring()) as office:
        yield office


def take(office: Office, name: str) -> Laptop:
    """The first laptop of a user, freshly synchronised."""
    place = _place(office, name)
    if not place.exists():
        laptop = office.enrol(name)
        laptop.sync()
        return laptop
    workspace = Workspace.open(place)
    with workspace.read() as session:
        token = syncing.token_of(place, session.connection())
    laptop = Laptop(workspace, office.service.connect(token), office.ids[name])
    office.laptops.append(laptop)
    if _head(office) != int((office.folder / HEAD).read_text()):
        laptop.sync()
    return laptop


@functools.cache
def _made_once(names: tuple[str, ...], filling: Filling | None = None) -> _Prepared:
    folder = Path(tempfile.mkdtemp(prefix="terrain-office-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    before, ours = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(ours)
    try:
        if not names:
            with an_office(folder) as office:
                if filling is not None:
                    filling(office)
                (folder / HEAD).write_text(str(_head(office)))
                return _Prepared(folder, office.ids, {})
        with _copy(_made_once(names[:-1], filling), folder, ours) as office:
            laptop = office.enrol(names[-1], _place(office, names[-1]).name)
            laptop.sync()
            forget_place(laptop.workspace)
            (folder / HEAD).write_text(str(_head(office)))
        return _Prepared(folder, office.ids, dict(ours.entries))
    finally:
        keyring.set_keyring(before)


@contextmanager
def _copy(made: _Prepared, folder: Path, ring: keyring.backend.KeyringBackend) -> Iterator[Office]:
    shutil.copytree(made.folder, folder, dirs_exist_ok=True)
    for (service, username), secret in made.secrets.items():
        ring.set_password(service, username, secret)
    known = organisations(folder / "server")
    store = known.find("demo")
    assert store is not None
    office = Office(folder, Service(store, grants, "demo"), made.ids)
    yield office
    for laptop in office.laptops:
        laptop.workspace.close()
    known.close()


def _head(office: Office) -> int:
    with office.store.read() as connection:
        return int(connection.scalar(select(office.store.tables["sync_head"].c.rev)) or 0)


def _place(office: Office, name: str) -> Path:
    return office.folder / f"first-{name}"
