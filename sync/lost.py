"""Of what goes to a restored server again: the life that it lost, and up to where this laptop had seen it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy import Connection

from sync import state
from sync.protocol import Transaction

Fork = tuple[str, str, str]
"""(table, old id, new id)"""
Forks = Mapping[str, list[Fork]]
Said = tuple[str, int, bool, list[Fork]]
"""(epoch, revision, rescued, forks) of one transaction"""
_NAME = "lost"
_FIELDS = ("epoch", "seen", "rescued", "forks")


def note(
    connection: Connection, seen: Mapping[str, int], *, rescued: bool = False, made: Forks | None = None
) -> None:
    """Remember of transactions, by uuid, the revision of the present epoch that they had, or that was seen.

    `made` are the forks that they made there.
    """
    epoch = state.get(connection, "epoch")
    if epoch and seen:
        kept = {uuid: (epoch, rev, rescued, (made or {}).get(uuid, [])) for uuid, rev in seen.items()}
        before = _read(connection)
        _write(connection, before | kept, before)


def forget_answered(connection: Connection) -> None:
    """Of what the server has nothing is remembered; what waits, here or there, may have to go once more."""
    known = _read(connection)
    if not known:
        return
    waiting = "SELECT uuid FROM sync_transaction WHERE state IN ('sealed', 'parked', 'withdrawing')"
    kept = set(connection.exec_driver_sql(waiting).scalars())
    _write(connection, {uuid: said for uuid, said in known.items() if uuid in kept}, known)


def forget_records(connection: Connection, ids: Collection[str]) -> None:
    """Of rows that left our scopes nothing is remembered."""
    known = _read(connection) if ids else {}
    if known:
        kept = {
            uuid: (epoch, rev, rescued, [one for one in made if one[1] not in ids and one[2] not in ids])
            for uuid, (epoch, rev, rescued, made) in known.items()
        }
        _write(connection, kept, known)


def names(connection: Connection) -> Collection[str]:
    """The transactions of which something was noted."""
    return _read(connection).keys()


def marked(connection: Connection, transactions: list[Transaction]) -> list[Transaction]:
    """The transactions with what was noted of them."""
    known = _read(connection) if transactions else {}
    if not known:
        return transactions
    return [
        msgspec.structs.replace(one, **dict(zip(_FIELDS, known[one.uuid], strict=True)))
        if one.uuid in known
        else one
        for one in transactions
    ]


def _read(connection: Connection) -> dict[str, Said]:
    kept = json.loads(state.get(connection, _NAME) or "{}")
    found: dict[str, Said] = {
        uuid: (epoch, rev, rescued, [tuple(one) for one in forks])
        for uuid, (epoch, rev, rescued, forks) in kept.items()
    }
    return found


def _write(connection: Connection, said: Mapping[str, Said], before: Mapping[str, Said]) -> None:
    if said != before:
        state.put(connection, _NAME, json.dumps(said) if said else None)
