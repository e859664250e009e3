"""Versions in question that name what was erased: nobody can choose one, and its id is not to be told."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

import msgspec
from sqlalchemy import select

from sync import conflicts
from sync.merge import Value, canonical
from sync.protocol import Op
from sync.server.working import Row, Working


def take_out(working: Working, erased: AbstractSet[str], now: str) -> None:
    """Of every conflict the versions that name something erased; one that has no other asks no more."""
    kind = working.store.schema.conflict
    if kind not in working.store.schema.tables:
        return
    table = working.store.tables.synced[kind]
    names = ("candidates", "base", "resolution")
    told = select(table.c.id, *(table.c[name] for name in names))
    wanted = [row.id for row in working.connection.execute(told) if any(id in str(row[1:]) for id in erased)]
    working.load(kind, wanted)
    for id in wanted:
        row = working.get(kind, id)
        if row is not None:
            working.put(kind, id, {**_left(row, erased, now), "updated_at": now})


def without(op: Op, erased: AbstractSet[str]) -> Op | None:
    """An operation on a question without such versions; None for a question that would come with no other."""
    base, new = op.fields.get("candidates", (None, None))
    candidates = conflicts.candidates_of(new)
    left = [one for one in candidates if not _names(one, erased)]
    if len(left) == len(candidates):
        return op
    if not left and op.kind == "create":
        return None
    return msgspec.structs.replace(op, fields=op.fields | {"candidates": (base, canonical(left))})


def _names(candidate: Any, erased: AbstractSet[str]) -> bool:
    """Whether a version is of something erased; what a faulty program made of one is none of it."""
    if not isinstance(candidate, dict):
        return False
    group = candidate.get("group")
    values = [candidate.get("value"), *(group.values() if isinstance(group, dict) else ())]
    return any(isinstance(value, str) and value in erased for value in values)


def _left(row: Row, erased: AbstractSet[str], now: str) -> dict[str, Value]:
    candidates = conflicts.candidates_of(row["candidates"])
    left = [one for one in candidates if not _names(one, erased)]
    values: dict[str, Value] = {"candidates": canonical(left)}
    for name in ("base", "resolution"):
        values[name] = None if conflicts.base_of(row[name]) in erased else row[name]
    if row["state"] == "open" and not left:
        values |= {"state": "resolved", "resolved_at": now}
    return values
