"""Of what goes to a restored server again: the life that it lost, and up to where this laptop had seen it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from itertools import zip_longest

import msgspec
from sqlalchemy import Connection

from sync import state
from sync.protocol import Hello, Transaction, hash_of

Fork = tuple[str, str, str]
"""(table, old id, new id)"""
Forks = Mapping[str, list[Fork]]
Said = tuple[str, int, bool, list[Fork], list[str]]
"""(epoch, revision, rescued, forks, stated) of one transaction"""
REMAINS = "remains"
"""The outcome of an acknowledged or parked transaction that tells of some of its records no more."""
_NAME, _LIVES = "lost", "lost_lives"
_MOST_LIVES = 8
_FIELDS = ("epoch", "seen", "rescued", "forks", "stated")


def note(
    connection: Connection,
    seen: Mapping[str, int],
    *,
    rescued: bool = False,
    made: Forks | None = None,
    stated: Mapping[str, list[str]] | None = None,
) -> None:
    """Remember of transactions, by uuid, the revision of the present epoch that they had, or that was seen.

    `made` are the forks that they made there, `stated` the rows of documents that come whole. Of what was noted
    already the server was lost once more before this laptop had seen its new life: it stays as it is.
    """
    epoch = state.get(connection, "epoch")
    if epoch and seen:
        made, stated, before = made or {}, stated or {}, _read(connection)
        kept: dict[str, Said] = {
            uuid: (epoch, rev, rescued, made.get(uuid, []), stated.get(uuid, []))
            for uuid, rev in seen.items()
        }
        again = {uuid: said for uuid, said in before.items() if said[0] == epoch}
        _write(connection, before | kept | again, before)


def parted_at(connection: Connection, hello: Hello) -> int:
    """The last revision that the server's present life has in common with the one that this laptop knows."""
    ours = [tuple(one) for one in json.loads(state.get(connection, "lives") or "[]")]
    pairs = zip_longest(ours, hello.lives)
    first = next(((mine, theirs) for mine, theirs in pairs if mine != theirs), (None, None))
    return min((int(one[1]) for one in first if one is not None), default=0)


def leave_life(connection: Connection, hello: Hello) -> None:
    """The life that this laptop knows is lost: how far it was given it, and what is left of it."""
    epoch = state.get(connection, "epoch")
    if epoch:
        lives = {one: said for one, said in lives_left(connection).items() if one != epoch}
        lives[epoch] = (state.get(connection, "cursor") or "", parted_at(connection, hello))
        state.put(connection, _LIVES, json.dumps(dict(list(lives.items())[-_MOST_LIVES:])))


def lives_left(connection: Connection) -> dict[str, tuple[str, int]]:
    """The lost lives that this laptop has known: its last cursor there, and where the present one parted from it."""
    kept = json.loads(state.get(connection, _LIVES) or "{}")
    return {epoch: (cursor, rev) for epoch, (cursor, rev) in kept.items()}


def forget_answered(connection: Connection) -> None:
    """Of what the server has nothing is remembered; what waits, here or there, may have to go once more.

    Of others' work that was brought to it nothing is left to send: it comes with the server's rows.
    """
    known = _read(connection)
    if not known or state.get(connection, "recovered") != state.get(connection, "epoch"):
        return  # until this laptop has seen the new life, that one may be lost as well
    waiting = "SELECT uuid FROM sync_transaction WHERE state IN ('sealed', 'parked', 'withdrawing')"
    kept = set(connection.exec_driver_sql(waiting).scalars())
    brought = [uuid for uuid, said in known.items() if said[2] and uuid not in kept]
    if brought:
        connection.exec_driver_sql(
            "UPDATE sync_transaction SET body = ?, hash = ?, outcome = ? WHERE uuid = ? AND state = 'acknowledged'",
            [(b"[]", hash_of([]), REMAINS, uuid) for uuid in brought],
        )
    _write(connection, {uuid: said for uuid, said in known.items() if uuid in kept}, known)


def forget_records(connection: Connection, ids: Collection[str]) -> None:
    """Of rows that left our scopes nothing is remembered."""
    known = _read(connection) if ids else {}
    if known:
        kept = {
            uuid: (
                epoch,
                rev,
                rescued,
                [one for one in made if one[1] not in ids and one[2] not in ids],
                [id for id in stated if id not in ids],
            )
            for uuid, (epoch, rev, rescued, made, stated) in known.items()
        }
        _write(connection, kept, known)


def names(connection: Connection, *, rescued: bool | None = None) -> Collection[str]:
    """The transactions of which something was noted; only those that bring others' work, or the others."""
    return {uuid for uuid, said in _read(connection).items() if rescued is None or said[2] == rescued}


def revs(connection: Connection) -> dict[str, int]:
    """The revision that each had, or that was seen."""
    return {uuid: said[1] for uuid, said in _read(connection).items()}


def left_to_statements(connection: Connection) -> set[str]:
    """The rows of documents of which our own work goes without its effect: statements are to bring it."""
    return {
        id
        for _epoch, _rev, rescued, _made, stated in _read(connection).values()
        if not rescued
        for id in stated
    }


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
        uuid: (epoch, rev, rescued, [tuple(one) for one in made], stated)
        for uuid, (epoch, rev, rescued, made, stated) in kept.items()
    }
    return found


def _write(connection: Connection, said: Mapping[str, Said], before: Mapping[str, Said]) -> None:
    if said != before:
        state.put(connection, _NAME, json.dumps(said) if said else None)
