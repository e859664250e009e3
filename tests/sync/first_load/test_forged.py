"""A file that is not what the server said, or in which there is anything but rows, changes nothing."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlcipher3.dbapi2 as sqlcipher

from app.syncing import SyncProblem
from sync.file_messages import PRAGMAS, FileAnswer, FileContent, FileGet
from tests.sync.first_load.between import Between, is_complete, scopes_of
from tests.sync.office import Office


def _with_sha(answer: FileAnswer, **changes: Any) -> FileAnswer:
    return msgspec.structs.replace(answer, **changes)


HOSTILE = [
    "CREATE VIEW evil AS SELECT 1",
    "CREATE TRIGGER evil AFTER INSERT ON account BEGIN SELECT 1; END",
    "CREATE INDEX evil ON account (name)",
    "CREATE TABLE evil (a)",
    "ALTER TABLE account ADD COLUMN evil TEXT AS (upper(name))",
    "ALTER TABLE account ADD COLUMN evil TEXT DEFAULT 'x'",
    "ALTER TABLE account RENAME COLUMN scope TO place",
    "UPDATE account SET scope = 'office'",
    "UPDATE account SET rev = 9000000",
    "UPDATE account SET rev = -1",
    "UPDATE account SET id = ''",
    "DELETE FROM account",
]


@pytest.mark.parametrize(
    "forged",
    [
        {"sha256": "0" * 64},
        {"size": 5_000},
        {"size": 1 << 60},
        {"size": 0},
        {"rows": 1},
        {"rev": 1},
        {"key": "ab" * 32},
        {"key": "x' --"},
        {"name": "../../escaped"},
        {"scope": "territory:other"},
    ],
    ids=str,
)
def test_a_file_that_is_not_what_was_said_changes_nothing(filled: Office, forged: dict[str, Any]) -> None:
    rey = filled.enrol("rey")
    honest = rey.remote
    rey.remote = Between(honest, on_file=lambda answer: _with_sha(answer, **forged))
    with pytest.raises(SyncProblem) as problem:
        rey.sync()
    assert problem.value.code == "protocol"
    assert not any(rey.content().values())
    rey.remote = honest
    rey.sync()
    assert is_complete(rey, filled, scopes_of(rey))


@pytest.mark.parametrize("statement", HOSTILE)
def test_a_file_with_anything_else_in_it_changes_nothing(
    filled: Office, statement: str, tmp_path: Path
) -> None:
    """The server itself lies, so that size and SHA-256 are right."""
    bodies: dict[str, bytes] = {}
    rey = filled.enrol("rey")
    honest = rey.remote

    def forge(answer: FileAnswer) -> FileAnswer:
        if not answer.scope.startswith("territory:"):
            return answer
        file = tmp_path / answer.name
        file.write_bytes(b"".join(honest.get_file(FileGet(answer.name)).pieces))
        with closing(sqlcipher.connect(str(file), isolation_level=None)) as opened:
            opened.execute(f"PRAGMA key = \"x'{answer.key}'\"")
            for pragma in PRAGMAS:
                opened.execute(f"PRAGMA {pragma}")
            opened.execute(statement)
        bodies[answer.name] = body = file.read_bytes()
        return _with_sha(answer, size=len(body), sha256=hashlib.sha256(body).hexdigest())

    class Forging(Between):
        def get_file(self, request: FileGet) -> FileContent:
            body = bodies.get(request.name)
            if body is None:
                return super().get_file(request)
            return FileContent(len(body), iter([body[request.offset :]]))

    rey.remote = Forging(honest, on_file=forge)
    with pytest.raises(SyncProblem) as problem:
        rey.sync()
    assert problem.value.code == "protocol"
    assert not rey.rows("account") and not rey.rows("contact")
