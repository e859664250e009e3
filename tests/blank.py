"""A new profile for a test: a copy of one that is made once, since making keys and tables takes a while."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from uuid import uuid4

from app.store import keys
from app.workspace import Workspace


def blank_workspace(folder: Path) -> Workspace:
    """An open profile in `folder` with nothing in it, its key in the keyring."""
    made, key = _made_once()
    assert not Workspace.exists(folder)
    shutil.copytree(made, folder, dirs_exist_ok=True)  # a disk that is mounted there, for one
    envelope = keys.read_envelope(made) | {"profile": str(uuid4())}  # two profiles share no secret
    keys.write_envelope(folder, envelope)
    assert keys.keep_key(envelope, key)
    return Workspace.open(folder, key)


@functools.cache
def _made_once() -> tuple[Path, bytes]:
    """The folder of a profile that nobody opens, and its key."""
    folder = Path(tempfile.mkdtemp(prefix="terrain-blank-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    workspace, recovery = Workspace.create(folder / "profile")
    workspace.close()
    return folder / "profile", keys.unwrap(keys.read_envelope(folder / "profile"), recovery)
