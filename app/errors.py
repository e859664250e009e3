"""What can go wrong, sorted by who can mend it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from app.i18n import mark
from app.i18n import translate as _

NO_ROOM = mark("The disk is full. Nothing was changed: free some space, then try again.")


class TerrainError(Exception):
    """A failure with one sentence for the user, in the user's language."""

    @property
    def message(self) -> str:
        return str(self)


class UserError(TerrainError):
    """The user can correct it here and now; never logged."""


class Invalid(UserError):
    """Values that cannot be kept: `problems` maps a field's name to one sentence."""

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__(" ".join(f"{name}: {problem}" for name, problem in problems.items()))


class NotFound(UserError):
    """No such record, kind or field here."""


class Duplicate(UserError):
    """The record stands already."""


class NotAllowed(UserError):
    """This user may not do that, or the record's state forbids it."""


class SystemProblem(TerrainError):
    """The machine or the file stands in the way; the sentence says the next step. Logged."""


class WrongKey(SystemProblem):
    """The key does not open the file."""


class KeyMissing(SystemProblem):
    """Neither keyring nor passphrase gives a key."""


class DiskFull(SystemProblem):
    """No room left; nothing was changed."""


class Locked(SystemProblem):
    """Another program holds the file."""


class ReadOnly(SystemProblem):
    """The folder or the file cannot be written."""


class Damaged(SystemProblem):
    """The file's content is broken."""


class FileTooNew(SystemProblem):
    """A newer Terrain wrote the file."""


class Cancelled(Exception):
    """The user stopped it; nothing to say."""


@contextmanager
def room() -> Iterator[None]:
    """A full disk met inside is DiskFull, whoever writes; other refusals of the system pass through."""
    try:
        yield
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
        raise DiskFull(_(NO_ROOM)) from problem


def no_such_kind(kind: str) -> NotFound:
    """The error for an unknown kind of record, with the next step."""
    return NotFound(_("There is no kind of record called “{kind}”. `terrain fields` lists them.", kind=kind))
