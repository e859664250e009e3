"""Records by kind: read, add, save, delete, with the one validation that forms, import and scripts share."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from app import custom_fields
from app.entity import children, entity, fields
from app.errors import Invalid, NotAllowed, NotFound
from app.fields import Field
from app.i18n import translate as _
from app.identity import new_id
from app.kinds import KINDS
from sync import forks, state
from sync.held_ids import led_within
from sync.outbox import Bases

Record = dict[str, Any]


def begin(session: Session) -> None:
    """Prepare a session for one user action."""
    session.info.update(bases={}, links=set(), user=state.user(session.connection()))


def bases(session: Session) -> Bases:
    """What the forms saved in this session were loaded with."""
    found: Bases = session.info["bases"]
    return found


def get(session: Session, kind: str, id: str) -> Record:
    """One record as a dict of Python values; raises NotFound, for a deleted one too."""
    row = session.execute(_query(_table(kind), (("id", False),), "id", None), {"id": id}).mappings().first()
    if row is None:
        raise NotFound(
            _("No {kind} with the id {id} is on this laptop.", kind=_(entity(kind).label).lower(), id=id)
        )
    return dict(row)


def find_rows(
    session: Session,
    kind: str,
    where: Mapping[str, Any] | None = None,
    order: str | None = None,
    limit: int | None = None,
) -> list[Record]:
    """The records of a kind whose fields equal `where`; `order` is a field, `-field` for descending."""
    where = where or {}
    names = tuple((name, value is None) for name, value in where.items())
    query = _query(_table(kind), names, order or "id", limit)
    values = {name: value for name, value in where.items() if value is not None}
    return [dict(row) for row in session.execute(query, values).mappings()]


@lru_cache(maxsize=512)
def _query(table: Table, names: tuple[tuple[str, bool], ...], order: str, limit: int | None) -> Select[Any]:
    """The rows in which the named fields are empty (True) or equal the parameter of their name.

    Kept, since making a statement takes as long as executing it.
    """
    query: Select[Any] = select(table).where(table.c.deleted_at.is_(None))
    for name, empty in names:
        if name not in table.c:
            raise Invalid({name: _("There is no such field.")})
        query = query.where(table.c[name].is_(None) if empty else table.c[name] == bindparam(name))
    column = table.c[order.lstrip("-")]
    query = query.order_by(column.desc() if order.startswith("-") else column, table.c.id)
    return query if limit is None else query.limit(limit)


def count(session: Session, kind: str) -> int:
    """How many records of a kind there are."""
    table = _table(kind)
    return session.scalar(select(func.count()).select_from(table).where(table.c.deleted_at.is_(None))) or 0


def first(session: Session, kind: str, where: Mapping[str, Any]) -> Record:
    """The first record that fits, an empty one where none does."""
    found = find_rows(session, kind, where, limit=1)
    return found[0] if found else {}


def known(session: Session, kind: str, id: str | None) -> Record:
    """The record where this laptop has it; an empty one where it has not, or for no id."""
    return first(session, kind, {"id": id}) if id else {}


def add(session: Session, kind: str, values: Mapping[str, Any], id: str | None = None) -> str:
    """A new record; its id. `values` may be typed text or Python values. Raises Invalid."""
    if id is None:
        return _insert(session, kind, {new_id(): values})[0]
    return add_all(session, kind, {id: values})[0]


def add_all(session: Session, kind: str, rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """New records as a set of rows, by the ids that they are to have; these ids. Raises Invalid."""
    table = _table(kind)
    if session.execute(select(table.c.id).where(table.c.id.in_(list(rows)))).first():
        raise Invalid({"id": _("A record with this id is there already.")})
    return _insert(session, kind, rows)


def _insert(session: Session, kind: str, rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    now, user = datetime.now(UTC), session.info["user"]
    made = {"created_at": now, "updated_at": now, "created_by": user, "updated_by": user}
    clean = [{**validate(session, kind, values), **made, "id": id} for id, values in rows.items()]
    home = home_territory(session.connection(), user) if "territory" in fields(kind) else None
    for row, values in zip(clean, rows.values(), strict=True):
        _require(kind, row)
        if row.get("owner") is None:
            row["owner"] = user
        if home is not None and "territory" not in values:
            row["territory"] = home
    _refuse_under_frozen(session, kind, clean)
    for _names, alike in itertools.groupby(clean, key=dict.keys):
        session.execute(insert(_table(kind)), list(alike))
    return list(rows)


def save(
    session: Session, kind: str, id: str, values: Mapping[str, Any], loaded: Mapping[str, Any] | None = None
) -> bool:
    """Change fields of a record; whether anything changed. Raises Invalid, NotFound, NotAllowed.

    `loaded` is the record as the form showed it: a field that the person left as it was is not
    written, and one that was changed carries what the person saw as the base of the merge.
    """
    id = standing(session, kind, id)
    if loaded is not None and loaded.get("rev") is not None:
        # Opened before the document forked: what is typed belongs to that version.
        id = forks.follow(session.connection(), kind, id, loaded["rev"])
    current = get(session, kind, id)
    clean = validate(session, kind, values)
    seen = current if loaded is None else {**current, **loaded}
    changed = {name: value for name, value in clean.items() if name != "custom" and value != seen.get(name)}
    changed = _with_groups(kind, changed, clean, seen)
    _keep_bases(session, kind, id, changed, seen, current)
    if "custom" in clean:
        custom = _merged_custom(session, kind, id, clean["custom"] or {}, seen, current)
        if custom != (current.get("custom") or {}):
            changed["custom"] = custom
    if not changed:
        return False
    _require(kind, {**current, **changed})
    _refuse_frozen(kind, current, changed)
    _refuse_under_frozen(session, kind, [current])
    changed.update(updated_at=datetime.now(UTC), updated_by=session.info["user"])
    session.execute(update(_table(kind)).where(_table(kind).c.id == id).values(**changed))
    return True


def delete(session: Session, kind: str, id: str) -> None:
    """Delete a record with all that hangs under it, as tombstones. Raises NotFound, NotAllowed."""
    _delete(session, kind, [get(session, kind, id)])


def delete_all(session: Session, kind: str, ids: Sequence[str]) -> None:
    """As `delete`, for many at once; those that are gone already are left alone. Raises NotAllowed."""
    table = _table(kind)
    query = select(table).where(table.c.id.in_(ids), table.c.deleted_at.is_(None))
    _delete(session, kind, [dict(row) for row in session.execute(query).mappings()])


def _delete(session: Session, kind: str, rows: Sequence[Record]) -> None:
    for row in rows:
        _refuse_frozen(kind, row, {"deleted_at": True})
    _refuse_under_frozen(session, kind, rows)
    if rows:
        _bury(session, kind, [row["id"] for row in rows], datetime.now(UTC))


def restore(session: Session, kind: str, id: str) -> None:
    """Take back the deletion of a record, and of what was deleted with it."""
    if not restore_all(session, kind, [id]):
        raise NotFound(_("No such record is on this laptop."))


def restore_all(session: Session, kind: str, ids: Sequence[str]) -> list[str]:
    """As `restore`, for many at once; those of them that are there."""
    table = _table(kind)
    found = session.execute(select(table.c.id, table.c.deleted_at).where(table.c.id.in_(ids))).all()
    for since in {row.deleted_at for row in found} - {None}:
        _unbury(session, kind, [row.id for row in found if row.deleted_at == since], since)
    return [row.id for row in found]


def validate(session: Session, kind: str, values: Mapping[str, Any]) -> Record:
    """Parsed values; raises Invalid with one sentence per field. Links are checked at the end of the transaction."""
    declared = fields(kind)
    clean: Record = {}
    problems: dict[str, str] = {}
    own = {name: value for name, value in values.items() if name.startswith("custom.")}
    for name, value in values.items():
        if name in own:
            continue
        field = declared.get(name)
        if field is None:
            problems[name] = _("There is no such field.")
            continue
        try:
            clean[name] = KINDS[field.kind].parse(value, field)
        except ValueError as problem:
            problems[name] = str(problem)
            continue
        if field.link and clean[name] is not None and name != "merged_into":
            clean[name] = standing(session, field.link, clean[name])
        if field.ids_of:
            clean[name] = led_within(clean[name], partial(standing, session, field.ids_of))
        _note_links(session, field, clean[name])
    given = {**(clean.get("custom") or {}), **{name[7:]: value for name, value in own.items()}}
    if given:
        clean["custom"], more = custom_fields.validate(session, kind, given)
        problems.update(more)
    if problems:
        raise Invalid(problems)
    return clean


def check_links(session: Session) -> None:
    """Refuse links to records that are not on this laptop; order inside a transaction means nothing."""
    for kind, id, name in session.info["links"]:
        if session.execute(select(_table(kind).c.id).where(_table(kind).c.id == id)).first() is None:
            raise Invalid(
                {
                    name: _(
                        "No {kind} with the id {id} is on this laptop.",
                        kind=_(entity(kind).label).lower(),
                        id=id,
                    )
                }
            )


def _table(kind: str) -> Table:
    return entity(kind).__table__  # type: ignore[return-value]


def home_territory(connection: Connection, user: str | None) -> str | None:
    """The first territory of who works here: what a rep adds there, his manager sees too."""
    found = connection.exec_driver_sql(
        "SELECT json_extract(territories, '$[0]') FROM \"user\" WHERE id = ?", (user,)
    ).first()
    return None if found is None else found[0]


def _note_links(session: Session, field: Field, value: Any) -> None:
    if field.link and value is not None:
        session.info.setdefault("links", set()).add((field.link, value, field.name))


def standing(session: Session, kind: str, id: str) -> str:
    """The record that stands for this one: its survivor where it was merged into another under an open form."""
    if "merged_into" not in fields(kind):
        return id
    table, seen = _table(kind), {id}
    while True:
        row = session.execute(
            select(table.c.merged_into).where(table.c.id == id, table.c.deleted_at.is_not(None))
        ).first()
        if row is None or row[0] is None or row[0] in seen:
            return id
        id = str(row[0])
        seen.add(id)


def _require(kind: str, record: Record) -> None:
    missing = {
        field.name: _("This field is required.")
        for field in fields(kind).values()
        if field.required and record.get(field.name) in (None, "", [])
    }
    if missing:
        raise Invalid(missing)


def _with_groups(kind: str, changed: Record, clean: Record, seen: Record) -> Record:
    """A change in a coupled group writes the whole group as the form showed it."""
    declared = fields(kind)
    groups = {declared[name].group for name in changed} - {None}
    members = {f.name: clean.get(f.name, seen.get(f.name)) for f in declared.values() if f.group in groups}
    return {**members, **changed}


def _keep_bases(session: Session, kind: str, id: str, changed: Record, seen: Record, current: Record) -> None:
    declared = fields(kind)
    for name in changed:
        if seen.get(name) != current.get(name):
            field = declared[name]
            base = seen.get(name)
            stored = None if base is None else KINDS[field.kind].to_stored(base, field)
            session.info["bases"][kind, id, name] = stored


def _merged_custom(
    session: Session, kind: str, id: str, given: Record, seen: Record, current: Record
) -> Record:
    """The own fields with the keys that the person changed; a key given as None goes away."""
    before, now = seen.get("custom") or {}, dict(current.get("custom") or {})
    for key, value in given.items():
        if value == before.get(key):
            continue
        if before.get(key) != now.get(key):
            base = None if key not in before else custom_fields.to_stored(before[key])
            session.info["bases"][kind, id, f"custom.{key}"] = base
        if value is None:
            now.pop(key, None)
        else:
            now[key] = value
    return now


def _refuse_frozen(kind: str, current: Record, changed: Record) -> None:
    travel = entity(kind).travel
    if travel.frozen_when is None:
        return
    name, values = travel.frozen_when
    if current.get(name) in values and set(changed) - travel.unfrozen:
        raise NotAllowed(_("This quote was issued and can no longer be changed. Make a revision instead."))


def _refuse_under_frozen(session: Session, kind: str, rows: Sequence[Record]) -> None:
    """The lines of an issued document are as immutable as the document."""
    link = entity(kind).travel.aggregate
    if link is None:
        return
    parent_kind = fields(kind)[link].link
    assert parent_kind is not None
    frozen = entity(parent_kind).travel.frozen_when
    if frozen is None:
        return
    parent = _table(parent_kind)
    for id in {row[link] for row in rows if row.get(link) is not None}:
        if session.scalar(select(parent.c[frozen[0]]).where(parent.c.id == id)) in frozen[1]:
            raise NotAllowed(
                _("This quote was issued and can no longer be changed. Make a revision instead.")
            )


def _refuse_burying(session: Session, kind: str, ids: list[str]) -> None:
    """What was issued is kept, and so is what it hangs under."""
    frozen = entity(kind).travel.frozen_when
    if frozen is None:
        return
    table = _table(kind)
    issued = table.c.id.in_(ids) & table.c[frozen[0]].in_(frozen[1])
    if session.execute(select(table.c.id).where(issued).limit(1)).first() is not None:
        raise NotAllowed(
            _(
                "Quotes that were issued hang under this record and must be kept. Close it instead of deleting it."
            )
        )


def _bury(session: Session, kind: str, ids: list[str], now: datetime) -> None:
    for child, link in children(kind):
        below = list(
            session.scalars(
                select(_table(child).c.id).where(
                    _table(child).c[link].in_(ids), _table(child).c.deleted_at.is_(None)
                )
            )
        )
        if below:
            _refuse_burying(session, child, below)
            _bury(session, child, below, now)
    table = _table(kind)
    session.execute(update(table).where(table.c.id.in_(ids)).values(deleted_at=now))


def _unbury(session: Session, kind: str, ids: list[str], since: datetime) -> None:
    table = _table(kind)
    session.execute(update(table).where(table.c.id.in_(ids)).values(deleted_at=None))
    for child, link in children(kind):
        below = list(
            session.scalars(
                select(_table(child).c.id).where(
                    _table(child).c[link].in_(ids), _table(child).c.deleted_at == since
                )
            )
        )
        if below:
            _unbury(session, child, below, since)
