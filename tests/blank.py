"""A new profile for a test: a copy of one that is made once, since making keys and tables takes a while."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from app.store import keys
from app.workspace import Workspace
from sync import state

Answer = TypeVar("Answer")


def blank_workspace(folder: Path) -> Workspace:
    """An open profile in `folder` with nothing in it, its key in the keyring."""
    return _copy(*_made_once(), folder)


def prepared_workspace(folder: Path, prepare: Callable[[Workspace], Answer]) -> tuple[Workspace, Answer]:
    """An open profile in `folder` on which `prepare` has worked, once for all tests, and what that answered."""
    made, key, answer = _prepared_once(prepare)
    return _copy(made, key, folder), answer


def _copy(made: Path, key: bytes, folder: Path) -> Workspace:
    assert not Workspace.exists(folder)
    shutil.copytree(made, folder, dirs_exist_ok=True)  # a disk that is mounted there, for one
    envelope = keys.read_envelope(made) | {"profile": str(uuid4())}  # two profiles share no secret
    keys.write_envelope(folder, envelope)
    assert keys.keep_key(envelope, key)
    return Workspace.open(folder, key)


@functools.cache
def _made_once() -> tuple[Path, bytes]:
    """The folder of a profile that nobody opens, and its key."""
    folder = _folder()
    workspace, recovery = Workspace.create(folder)
    workspace.close()
    return folder, keys.unwrap(keys.read_envelope(folder), recovery)


@functools.cache
def _prepared_once(prepare: Callable[[Workspace], Answer]) -> tuple[Path, bytes, Answer]:
    """The same with something in it."""
    folder = _folder()
    workspace = blank_workspace(folder)
    answer = prepare(workspace)
    forget_place(workspace)
    workspace.close()
    return folder, _made_once()[1], answer


def forget_place(workspace: Workspace) -> None:
    """A file that says where it lies would know of each copy that it is one."""
    with workspace.exclusive() as connection:
        state.put(connection, "place", None)


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="terrain-blank-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder / "profile"
