"""Opening the profile that a word works on."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app import i18n
from app.errors import KeyMissing, NotAllowed, NotFound
from app.i18n import translate as _

if TYPE_CHECKING:
    from app.workspace import Workspace

PASSWORD_VARIABLE = "TERRAIN_PASSWORD"


def folder_of(options: argparse.Namespace) -> Path:
    """The folder of `--profile`, else the platform's."""
    from app.profile import default_folder

    return Path(options.profile) if options.profile else default_folder()


@contextlib.contextmanager
def opened(options: argparse.Namespace) -> Iterator[Workspace]:
    """The open workspace, in its own language; a refusal says how to make one where there is none."""
    from app.workspace import Workspace

    folder = folder_of(options)
    if not Workspace.exists(folder):
        raise NotFound(
            _(
                "There is no Terrain profile in “{folder}”. Make one with `terrain init`, or connect to a"
                " server with `terrain enrol`.",
                folder=folder,
            )
        )
    workspace = Workspace.open(folder)
    try:
        use_language_of(workspace)
        yield workspace
    finally:
        workspace.close()


def use_language_of(workspace: Workspace) -> None:
    """Speak the language that the profile's user chose; the terminal's where nothing was chosen."""
    with workspace.read() as session:
        chosen = (
            session.connection()
            .exec_driver_sql("SELECT value FROM local_setting WHERE name = 'language'")
            .scalar()
        )
    if chosen is not None:
        i18n.set_language(str(chosen).strip('"'))


def password(question: str) -> str:
    """From `TERRAIN_PASSWORD`, else asked on a terminal; a script is refused instead of blocked."""
    given = os.environ.get(PASSWORD_VARIABLE)
    if given:
        return given
    if not _can_ask():
        raise NotAllowed(_("A password is needed: set TERRAIN_PASSWORD, or run this on a terminal."))
    return _asked(question)


def passphrase(question: str) -> str:
    """Asked on a terminal, where neither keyring nor `TERRAIN_PASSPHRASE` gave the key."""
    if not _can_ask():
        raise KeyMissing(
            _(
                "A passphrase is needed: set TERRAIN_PASSPHRASE to the recovery passphrase, or run this on a terminal."
            )
        )
    return _asked(question)


def _can_ask() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _asked(question: str) -> str:
    try:
        return getpass.getpass(question + " ")
    except EOFError:
        raise KeyboardInterrupt from None
