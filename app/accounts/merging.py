"""Two accounts that are one: the second is merged into the first, with everything that hangs on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, Text, select, type_coerce, update
from sqlalchemy.orm import Session

from app import records
from app.entity import entity, fields, kinds
from app.errors import Invalid, NotAllowed
from app.i18n import translate as _
from sync.held_ids import led_within

KEPT_APART = frozenset({"merged_into", "owner", "custom", "territory", "parent", "name"})
"""Fields that the survivor keeps as they are, empty or not."""


def merge(session: Session, account: str, into: str) -> dict[str, int]:
    """Merge an account into another, which survives; how many records of each kind moved.

    The survivor's empty fields are filled, tags united, notes joined. The merged account is deleted, names its
    survivor, and what anybody still writes to it goes there. One user action, which can be undone.
    Raises NotFound, and NotAllowed for an account and itself. What is merged already stays so.
    """
    into = records.standing(session, "account", into)
    if account == into:
        raise NotAllowed(_("An account cannot be merged into itself."))
    if records.standing(session, "account", account) == into:
        return {}
    gone, stays = records.get(session, "account", account), records.get(session, "account", into)
    filled = _filled(gone, stays)
    if filled:
        records.save(session, "account", into, filled)
    moved = {kind: count for kind, name in _links() if (count := _move(session, kind, name, account, into))}
    for kind in kinds():
        _lead_structures(session, kind, account, into)
    _bury(session, account, into)
    return moved


def unmerge(session: Session, account: str) -> None:
    """Have a merged account stand for itself again; what was moved stays with its survivor. Raises Invalid."""
    table = _table("account")
    row = session.execute(select(table.c.merged_into).where(table.c.id == account)).first()
    if row is None or row[0] is None:
        raise Invalid({"merged_into": _("This account was not merged into another.")})
    records.restore(session, "account", account)
    session.execute(update(table).where(table.c.id == account).values(merged_into=None))


def _filled(gone: dict[str, Any], stays: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in fields("account").items():
        mine, theirs = stays[name], gone[name]
        if name in KEPT_APART or theirs in (None, "", []):
            continue
        if field.policy == "union":
            found[name] = list(dict.fromkeys([*(mine or []), *theirs]))
        elif field.kind == "long_text" and mine and theirs not in mine:
            found[name] = f"{mine}\n{theirs}"
        elif mine in (None, "", []):
            found[name] = theirs
    own = {**(gone["custom"] or {}), **(stays["custom"] or {})}
    if own != (stays["custom"] or {}):
        found["custom"] = own
    return found


def _links() -> list[tuple[str, str]]:
    """(kind, field) of every link to an account, but the one that says where a merged one went."""
    return [
        (kind, name)
        for kind in kinds()
        for name, field in fields(kind).items()
        if field.link == "account" and name != "merged_into"
    ]


def _move(session: Session, kind: str, name: str, account: str, into: str) -> int:
    """Written past the validation: issued quotes move too, since where they hang is not their content."""
    table = _table(kind)
    now, me = datetime.now(UTC), session.info["user"]
    here = (table.c[name] == account) & (table.c.id != into)
    result = session.execute(
        update(table).where(here).values({name: into, "updated_at": now, "updated_by": me})
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def _lead_structures(session: Session, kind: str, account: str, into: str) -> None:
    """Where the account stands in structured data, such as a contact's further accounts, its survivor does."""
    table = _table(kind)
    for name in (name for name, field in fields(kind).items() if field.ids_of == "account"):
        written = type_coerce(table.c[name], Text).contains(account, autoescape=True)
        for row in session.execute(select(table.c.id, table.c[name]).where(written)).all():
            value = led_within(row[1], lambda id: into if id == account else id)
            if value != row[1]:
                values = {name: value, "updated_at": datetime.now(UTC), "updated_by": session.info["user"]}
                session.execute(update(table).where(table.c.id == row[0]).values(values))


def _bury(session: Session, account: str, into: str) -> None:
    table = _table("account")
    now, me = datetime.now(UTC), session.info["user"]
    values = {"merged_into": into, "deleted_at": now, "updated_at": now, "updated_by": me}
    session.execute(update(table).where(table.c.id == account).values(values))


def _table(kind: str) -> Table:
    return entity(kind).__table__  # type: ignore[return-value]
