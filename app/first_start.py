"""The first start: a profile for a laptop alone, for one with a server, or for the demonstration company."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app import alone, sync_view, syncing
from app.i18n import translate as _
from app.store import keys
from app.workspace import FILE, Workspace

DEMO_ACCOUNTS = 1200
PASSPHRASE_LENGTH = 8
_PROBE = "probe"


def needs_passphrase() -> bool:
    """Whether this computer has no keyring that would keep the key, and no passphrase was given yet."""
    return not os.environ.get(keys.PASSPHRASE_VARIABLE) and not _has_keyring()


def use_passphrase(passphrase: str) -> None:
    """Open and make profiles with this passphrase, in this process and until it ends."""
    os.environ[keys.PASSPHRASE_VARIABLE] = passphrase


def passphrase_problem(passphrase: str, again: str) -> str:
    """What is wrong with a passphrase typed twice; empty when it will do."""
    if len(passphrase) < PASSPHRASE_LENGTH:
        return _("Choose at least {n} signs.", n=PASSPHRASE_LENGTH)
    if passphrase != again:
        return _("The two passphrases differ.")
    return ""


def make_alone(folder: Path, person: str, company: Mapping[str, Any]) -> tuple[Workspace, str]:
    """A new profile for a laptop that works alone, and its recovery passphrase. Raises Invalid."""
    with _whole_or_nothing(folder):
        workspace, recovery = Workspace.create(folder)
        try:
            alone.introduce(workspace, person, company)
        except BaseException:
            workspace.close()
            raise
    return workspace, recovery


def connect(folder: Path, server: str, email: str, password: str, code: str = "") -> tuple[Workspace, str]:
    """A new profile that is a device of the server, and its recovery passphrase. Raises SyncProblem."""
    address = sync_view.server_address(server)
    with _whole_or_nothing(folder):
        found = syncing.enrol(folder, address, email.strip(), password, code=code)
        return Workspace.open(folder), found.get("recovery") or ""


def make_demo(
    folder: Path, progress: Callable[[int, int], None], accounts: int = DEMO_ACCOUNTS
) -> tuple[Workspace, str]:
    """A profile filled with an invented company, without a server; nothing is left of one that was stopped."""
    from app.demo.tour import build_alone

    if Workspace.exists(folder):  # made meanwhile by another process: not ours to clear away
        raise FileExistsError(folder)
    with _whole_or_nothing(folder):
        return build_alone(folder, accounts, progress=progress)


@contextmanager
def _whole_or_nothing(folder: Path) -> Iterator[None]:
    """What fails half way leaves no profile: its recovery passphrase was shown to nobody, and a second try would
    find the place taken."""
    was_there = Workspace.exists(folder)
    try:
        yield
    except FileExistsError:
        raise  # another process made it meanwhile: it is not ours to clear away
    except BaseException:
        if not was_there and Workspace.exists(folder):
            for name in (keys.ENVELOPE, FILE, f"{FILE}-wal", f"{FILE}-shm"):
                (folder / name).unlink(missing_ok=True)
        raise


def can_unlock(folder: Path) -> bool:
    """Whether a passphrase could open the profile: the keyring gives no key for it."""
    return Workspace.exists(folder) and not keys.is_in_keyring(keys.read_envelope(folder))


def unlock(folder: Path, passphrase: str) -> Workspace:
    """The profile, opened with its passphrase or the recovery passphrase; raises WrongKey."""
    key = keys.unwrap(keys.read_envelope(folder), passphrase)
    use_passphrase(passphrase)
    return Workspace.open(folder, key)


def _has_keyring() -> bool:
    """Whether what is put into the keyring can be read back: some backends swallow it."""
    import keyring
    from keyring.errors import KeyringError

    word = secrets.token_hex(8)
    try:
        keyring.set_password(keys.SERVICE, _PROBE, word)
        kept = keyring.get_password(keys.SERVICE, _PROBE) == word
        keyring.delete_password(keys.SERVICE, _PROBE)
    except (KeyringError, OSError):
        return False
    return kept
