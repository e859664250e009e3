"""What a person did lately on this laptop, each action with what it found and what it wrote, to be taken back.

An action is taken back by another transaction. It restores a field only while it still holds what the
action wrote; whatever was changed since, here or by a sync, stays and is counted. The memory is bounded,
never leaves the laptop, and forgets the actions on records that leave it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app import attachments, drafts, records
from app.entity import children, entity, fields, kinds
from app.errors import NotAllowed
from app.i18n import translate as _
from app.stored_row import Row, read_row, write_row
from app.visits.model import FORM_FIELDS

STEPS_KEPT = 100
CHANGES_AT_MOST = 2000
"""An action that changed more, such as an import, has its own way back."""
TEXT_KEPT = {"visit_report": FORM_FIELDS}
"""Kinds whose text becomes a draft again when their creation is taken back, and the fields that it keeps."""
_LIFE = ("create", "delete", "restore")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one record: its beginning or end, or a field's stored values before and after."""

    kind: str
    id: str
    op: str
    field: str | None = None
    base: Any = None
    new: Any = None


@dataclass(frozen=True, slots=True)
class Step:
    """One action of the person."""

    step: int
    label: str
    changes: tuple[Change, ...]

    @property
    def records(self) -> tuple[tuple[str, str], ...]:
        """(kind, id) of the records that it touched, in order."""
        return tuple(dict.fromkeys((change.kind, change.id) for change in self.changes))


@dataclass(slots=True)
class Outcome:
    """What taking back or doing again came to."""

    step: Step
    moved: int = 0
    """Records and fields that are as they were."""
    kept: list[tuple[str, str, str | None]] = field(default_factory=list)
    """(kind, id, field) of what has changed since and stayed; without a field the whole record."""


def install(connection: Connection) -> None:
    """Make or renew the triggers that forget actions on a record when its row leaves the laptop."""
    for kind in kinds():
        connection.exec_driver_sql(f'DROP TRIGGER IF EXISTS "undo_{kind}_gone"')
        touching = f"SELECT step FROM undo_change WHERE kind = '{kind}' AND id = OLD.id"
        connection.exec_driver_sql(
            f'CREATE TRIGGER "undo_{kind}_gone" AFTER DELETE ON "{kind}" WHEN EXISTS ({touching}) BEGIN'
            f" DELETE FROM undo_step WHERE step IN ({touching});"
            " DELETE FROM undo_change WHERE step NOT IN (SELECT step FROM undo_step); END"
        )


# Remembering


def remember(connection: Connection, label: str) -> int | None:
    """Keep the transaction's unsealed entries as one step; its number, or None when it cannot be taken back."""
    rows = connection.exec_driver_sql(
        "SELECT kind, id, op, field, base, new FROM sync_entry WHERE tx IS NULL ORDER BY seq"
    ).all()
    changes = _folded(rows)
    if not changes:
        return None
    # What is done now cannot be followed by what was undone before.
    connection.exec_driver_sql("DELETE FROM undo_step WHERE undone IS NOT NULL")
    step = None
    if len(changes) <= CHANGES_AT_MOST and not any(_is_final(change) for change in changes):
        step = _keep(connection, label, changes)
    connection.exec_driver_sql(
        "DELETE FROM undo_step WHERE step <= (SELECT max(step) FROM undo_step) - ?", (STEPS_KEPT,)
    )
    connection.exec_driver_sql("DELETE FROM undo_change WHERE step NOT IN (SELECT step FROM undo_step)")
    return step


def _folded(rows: Iterable[Any]) -> list[Change]:
    """One change per field, from the first base to the last value; what is back where it was goes away."""
    life: dict[tuple[str, str], list[str]] = defaultdict(list)
    values: dict[tuple[str, str, str], list[Any]] = {}
    for kind, id, op, name, base, new in rows:
        if name is None:
            life[kind, id].append(op)
        else:
            values.setdefault((kind, id, name), [base, None])[1] = new
    changes = []
    gone = set()
    for (kind, id), ops in life.items():
        if ops[0] == "create" and ops[-1] == "delete":
            gone.add((kind, id))
        elif ops[0] == "create" or len(ops) % 2:
            changes.append(Change(kind, id, ops[0]))
    changes += [
        Change(kind, id, "update", name, base, new)
        for (kind, id, name), (base, new) in values.items()
        if base != new and (kind, id) not in gone
    ]
    return changes


def _is_final(change: Change) -> bool:
    """Whether it froze a document: an issued number cannot be given back."""
    frozen = entity(change.kind).travel.frozen_when
    return (
        frozen is not None
        and change.field == frozen[0]
        and change.new in frozen[1]
        and change.base not in frozen[1]
    )


def _keep(connection: Connection, label: str, changes: Sequence[Change]) -> int:
    at = connection.exec_driver_sql(
        "INSERT INTO undo_step (label, at) VALUES (?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) RETURNING step",
        (label,),
    )
    step = int(at.scalar_one())
    connection.exec_driver_sql(
        "INSERT INTO undo_change (step, kind, id, op, field, base, new) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(step, c.kind, c.id, c.op, c.field, c.base, c.new) for c in changes],
    )
    return step


# Looking


def last(session: Session) -> Step | None:
    """The action that undo would take back."""
    return _find(session, "undone IS NULL ORDER BY step DESC")


def next_again(session: Session) -> Step | None:
    """The action that redo would do again: the one taken back last."""
    return _find(session, "undone IS NOT NULL ORDER BY undone DESC")


def _find(session: Session, where: str, **values: Any) -> Step | None:
    row = session.execute(text(f"SELECT step, label FROM undo_step WHERE {where} LIMIT 1"), values).first()
    if row is None:
        return None
    changes = session.execute(
        text("SELECT kind, id, op, field, base, new FROM undo_change WHERE step = :step"), {"step": row[0]}
    )
    return Step(row[0], row[1], tuple(Change(*change) for change in changes))


# Going back and forth


def take_back(session: Session, step: int | None = None) -> Outcome | None:
    """Take back an action, the last one without a number; None when there is none. Raises NotAllowed."""
    found = last(session) if step is None else _find(session, "step = :step AND undone IS NULL", step=step)
    if found is None:
        return None
    outcome = _apply(session, found, back=True)
    session.execute(
        text(
            "UPDATE undo_step SET undone = (SELECT coalesce(max(undone), 0) + 1 FROM undo_step)"
            " WHERE step = :step"
        ),
        {"step": found.step},
    )
    return outcome


def do_again(session: Session) -> Outcome | None:
    """Do again what was taken back last; None when there is nothing. Raises NotAllowed."""
    found = next_again(session)
    if found is None:
        return None
    outcome = _apply(session, found, back=False)
    session.execute(text("UPDATE undo_step SET undone = NULL WHERE step = :step"), {"step": found.step})
    return outcome


def _apply(session: Session, step: Step, back: bool) -> Outcome:
    outcome = Outcome(step)
    by_record: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in step.changes:
        by_record[change.kind, change.id].append(change)
    coming = {key for key, changes in by_record.items() if _comes(changes, back)}
    for (kind, id), changes in by_record.items():
        row = read_row(session, kind, id)
        if row is None:
            outcome.kept.append((kind, id, None))
            continue
        _refuse_frozen(session, row, {str(change.field) for change in changes if change.field})
        life = next((change for change in changes if change.op in _LIFE), None)
        if life is not None and life.op == "create":
            _create(session, row, changes, back, set(by_record), coming, outcome)
            continue
        if life is not None:
            _end_or_begin(session, row, (life.op == "delete") == back, coming, outcome)
        _restore_fields(row, [change for change in changes if change.op == "update"], back, outcome)
        write_row(session, row)
    return outcome


def _comes(changes: Sequence[Change], back: bool) -> bool:
    """Whether the record of these changes is alive afterwards though it was not before."""
    ops = {change.op for change in changes}
    return bool(ops & ({"delete"} if back else {"create", "restore"}))


def _create(
    session: Session,
    row: Row,
    changes: Sequence[Change],
    back: bool,
    mine: set[tuple[str, str]],
    coming: set[tuple[str, str]],
    outcome: Outcome,
) -> None:
    """Take a creation back, unless somebody has gone on with the record, or bring it about again."""
    if not back:
        _end_or_begin(session, row, True, coming, outcome)
        drafts.discard(session, row.kind, drafts.after_undo(row.id))
        attachments.move(session, row.kind, drafts.after_undo(row.id), row.id)
    elif row.deleted:
        return
    elif row.written() != {c.field: c.new for c in changes if c.op == "update"} or _has_others(
        session, row, mine
    ):
        outcome.kept.append((row.kind, row.id, None))
        return
    else:
        _keep_text(session, row)
        row.deleted = True
        outcome.moved += 1
    write_row(session, row)


def _has_others(session: Session, row: Row, mine: set[tuple[str, str]]) -> bool:
    """Whether records that this action did not make hang under the record."""
    for kind, link in children(row.kind):
        found = session.execute(
            text(f'SELECT id FROM "{kind}" WHERE "{link}" = :id AND deleted_at IS NULL'), {"id": row.id}
        )
        if any((kind, id) not in mine for id in found.scalars()):
            return True
    return False


def _keep_text(session: Session, row: Row) -> None:
    """What was written by hand is not lost with the record: it becomes a draft again."""
    names = TEXT_KEPT.get(row.kind)
    if names is None:
        return
    record = records.get(session, row.kind, row.id)
    values = {name: record[name] for name in names}
    drafts.keep(session, row.kind, drafts.after_undo(row.id), values, values)
    attachments.move(session, row.kind, row.id, drafts.after_undo(row.id))


def _end_or_begin(
    session: Session, row: Row, alive: bool, coming: set[tuple[str, str]], outcome: Outcome
) -> None:
    if row.deleted != alive:
        return
    if alive and _hangs_in_the_air(session, row, coming):
        outcome.kept.append((row.kind, row.id, None))
        return
    row.deleted = not alive
    outcome.moved += 1


def _hangs_in_the_air(session: Session, row: Row, coming: set[tuple[str, str]]) -> bool:
    """Whether what the record belongs to is deleted, and does not come back with it."""
    travel = entity(row.kind).travel
    for link in {travel.parent, travel.aggregate} - {None}:
        kind, id = fields(row.kind)[str(link)].link, row.value(str(link))
        if kind is None or id is None or (kind, id) in coming:
            continue
        above = read_row(session, kind, str(id))
        if above is not None and above.deleted:
            return True
    return False


def _restore_fields(row: Row, changes: Sequence[Change], back: bool, outcome: Outcome) -> None:
    """Set each field that still holds what was written; of a coupled group all or none."""
    declared = fields(row.kind)
    pairs = {str(c.field): (c.new, c.base) if back else (c.base, c.new) for c in changes}
    moved_on = {name for name, (held, _to) in pairs.items() if row.value(name) != held}
    groups = {declared[name].group for name in moved_on if name in declared} - {None}
    for name, (_held, to) in pairs.items():
        if name in moved_on or (name in declared and declared[name].group in groups):
            outcome.kept.append((row.kind, row.id, name))
        else:
            row.set(name, to)
            outcome.moved += 1


def _refuse_frozen(session: Session, row: Row, names: set[str]) -> None:
    """A document that was issued since, and its lines, stay as they are but for what may always change."""
    travel = entity(row.kind).travel
    if not names:
        return
    frozen, document = travel.frozen_when, row
    if travel.aggregate is not None:
        kind, id = fields(row.kind)[travel.aggregate].link, row.value(travel.aggregate)
        found = read_row(session, str(kind), str(id))
        if found is None:
            return
        frozen, document = entity(found.kind).travel.frozen_when, found
    elif names <= travel.unfrozen:
        return
    if frozen is not None and document.value(frozen[0]) in frozen[1]:
        raise NotAllowed(_("This quote was issued and can no longer be changed. Make a revision instead."))
