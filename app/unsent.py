"""Which records hold work that the server has not received yet."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

_ENTRIES = text("SELECT DISTINCT id FROM sync_entry WHERE kind = :kind AND id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)


def unsent(session: Session, kind: str, ids: Collection[str]) -> frozenset[str]:
    """Those of `ids` that have entries to send; none on a laptop that works alone, which sends to nobody."""
    if not ids or not has_server(session):
        return frozenset()
    return frozenset(session.scalars(_ENTRIES, {"kind": kind, "ids": list(ids)}))


def has_server(session: Session) -> bool:
    """Whether this laptop is enrolled with a server."""
    return session.scalar(text("SELECT value FROM sync_state WHERE name = 'server'")) is not None
