"""Stops a removal of many rows that no exit and no tombstone announced, until verify has looked at each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sync import errors
from sync.protocol import SyncProtocol, VerifyRequest

MOST = 200
"""So many rows may always go, and so may `SHARE` of what the laptop holds."""
SHARE = 0.05

Key = tuple[str, str]
"""(table, id)"""


class TooManyRemovals(Exception):
    """Raised inside the applying transaction, which is thereby undone; `doomed` tells the scope of each row."""

    def __init__(self, doomed: Mapping[Key, str]) -> None:
        self.doomed = dict(doomed)
        super().__init__(f"{len(doomed)} rows would go")


def require_few(doomed: Mapping[Key, str], held: int, confirmed: Collection[Key]) -> None:
    """Raise TooManyRemovals where too much of the `held` rows would go unannounced and unconfirmed."""
    if len(doomed) <= max(MOST, held * SHARE):
        return
    unconfirmed = {key: scope for key, scope in doomed.items() if key not in confirmed}
    if unconfirmed:
        raise TooManyRemovals(unconfirmed)


def confirm(remote: SyncProtocol, doomed: Mapping[Key, str]) -> None:
    """Ask the server by another way; raises `errors.Refused("removal")` where it still has one of the rows."""
    places: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (table, id), scope in doomed.items():
        places[scope, table].add(id)
    for (scope, table), ids in sorted(places.items()):
        found = _find(remote, scope, table, ids)
        if found:
            raise errors.Refused("removal", f"{len(found)} of {len(ids)} {table} in {scope}")


def _find(remote: SyncProtocol, scope: str, table: str, ids: Collection[str], prefix: str = "") -> set[str]:
    """Which of `ids` the server has live in the scope; none where the scope is not ours any more."""
    try:
        answer = remote.verify(VerifyRequest(scope, table, prefix))
    except errors.Refused as refusal:
        if refusal.code in ("not_allowed", "unknown_table"):
            return set()
        raise
    found = {id for id, _rev in answer.rows} & set(ids)
    for part, _count, _total in answer.parts:
        below = [id for id in ids if id.startswith(part)]
        if below and len(part) > len(prefix):
            found |= _find(remote, scope, table, below, part)
    return found
