"""One transaction being applied: its author, its clock, who edited last, and the conflicts it leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from sync import conflicts
from sync.clock import corrected
from sync.merge import Value, canonical
from sync.protocol import Op, Outcome
from sync.schema import SyncTable
from sync.server import scopes
from sync.server.past import Edit
from sync.server.scopes import Grants
from sync.server.working import Row, Working

BIRTH = ""
"""`Edit.field` of the creation of a row, which stands for all fields not edited since."""


class Parked(Exception):
    """The transaction cannot be applied: `reason` says why, `waits_for` the id that would change it."""

    def __init__(self, reason: str, waits_for: str | None = None) -> None:
        self.reason, self.waits_for = reason, waits_for
        super().__init__(reason)


@dataclass(frozen=True)
class Held:
    """The scopes that a device had at a revision, by a cursor that it got from here."""

    scopes: frozenset[str]
    rev: int


@dataclass(frozen=True)
class Author:
    """Who pushes: the device, its user, and what he may write now or could at the device's last cursors."""

    user: str
    device: str
    grants: Grants
    held: tuple[Held, ...] = ()
    """At the last cursor that the device presented, and at the one that it was given since."""
    rev_presented: int = 0
    is_server: bool = False
    """The administrator at the server itself, who may write everything."""

    @cached_property
    def writable(self) -> frozenset[str]:
        return self.grants.scopes.union(*(held.scopes for held in self.held))


@dataclass(slots=True)
class Change:
    """The application of one transaction."""

    working: Working
    author: Author
    uuid: str
    now: str
    device_now: str
    outcome: Outcome = "applied"
    map: list[tuple[str, str, str]] = field(default_factory=list)
    born: list[tuple[str, str]] = field(default_factory=list)
    forks_again: dict[str, str] = field(default_factory=dict)
    """Of documents that became two before the server was restored, and their lines: old id -> new id."""
    placed: list[tuple[str, str, str]] = field(default_factory=list)
    """Of documents that stand just as their bringer had them: (table, id by which he writes to it, id of the row)."""
    opened: set[str] = field(default_factory=set)
    """The conflicts in which it left a value."""
    may_be_cut: bool = False
    """Whether it was sent in a life that the server lost: of what left its laptop since it says nothing any more."""
    is_stated: bool = False
    """Whether it brings others' work after a restore: compared as a whole with what has come since."""

    def at(self, op: Op) -> str:
        """When the user did it, by the server's clock."""
        return corrected(op.at, self.device_now, self.now)

    def mark(self, outcome: Outcome) -> None:
        """Let the graver outcome stand."""
        if self.outcome != "conflict":
            self.outcome = outcome

    def table(self, name: str) -> SyncTable:
        """The declaration of a table; parks where this server has none."""
        found = self.working.store.schema.tables.get(name)
        if found is None:
            raise Parked("unknown_table")
        return found

    def log(self, op: Op, name: str, old: str | None = None, at: str = "") -> None:
        """Remember that this author set a field."""
        author = self.author
        self.working.log(
            Edit(op.table, op.id, name, at or self.at(op), author.user, author.device, self.uuid, old)
        )


def last_edit(working: Working, row: Row, table: str, name: str) -> Edit:
    """Who set the field last; for one untouched since its birth, who made the row."""
    for edit in reversed(working.edits_of(table, row["id"])):
        if edit.field in (name, BIRTH):
            return edit
    kept = working.past.last_edits([(table, row["id"], name), (table, row["id"], BIRTH)])
    found = [edit for edit in kept if edit is not None]
    if not found:
        return Edit(table, row["id"], name, row["created_at"] or "", row["created_by"] or "", "", "")
    return max(found, key=lambda edit: edit.rev)


def add_conflict(
    change: Change,
    table: str,
    id: str,
    name: str,
    base: Value,
    candidate: conflicts.Candidate,
    replaced: conflicts.Candidate | None = None,
) -> None:
    """Keep a value that did not win in the one conflict of its field; opens it again where it was closed.

    `replaced` is the version that the author of the change had before him.
    """
    working, kind = change.working, change.working.store.schema.conflict
    erased = working.past.erased([base, candidate["value"], *candidate["group"].values()])
    if erased - {base}:
        # Nobody can choose it.
        return
    change.mark("conflict")
    if kind not in working.store.schema.tables:
        return
    key = conflicts.conflict_id(table, id, name)
    change.opened.add(key)
    author, left = change.author, conflicts.mark_of(candidate)
    working.log(Edit(kind, key, left, change.now, author.user, author.device, change.uuid))
    row = working.get(kind, key)
    is_open = row is not None and row["state"] == "open" and row["deleted_at"] is None
    standing = row["candidates"] if row is not None and is_open else None
    values: dict[str, Value] = {
        "record_kind": table,
        "record": id,
        "field": name,
        "state": "open",
        "deleted_at": None,
        "candidates": conflicts.with_candidate(standing, candidate, replaced),
        "updated_at": change.now,
        "updated_by": candidate["user"],
    }
    if row is None:
        values |= {"created_at": change.now, "created_by": candidate["user"]}
    if not is_open:
        values |= {
            "base": None if base in erased else canonical(base),
            "resolution": None,
            "resolved_by": None,
            "resolved_at": None,
        }
    working.put(kind, key, values)
    scopes.settle(working, [(kind, key)])
