"""The tables, fields, policies and scopes that sync is handed as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import MetaData, Table

Policy = Literal["review", "text", "union", "max", "min", "sum"]
Storage = Literal["text", "integer", "json"]
"""How a value is stored and travels: str, int, or canonical JSON as str. None is always allowed."""
INTEGERS = range(-(1 << 63), 1 << 63)
"""What a column of integers can hold."""

COMPANY = "company"
OFFICE = "office"

AS_RECORD = "as_record"
"""`ScopeRule.fixed` of rows that travel exactly as the record that `record_kind` and `record` name."""

SYSTEM_COLUMNS = (
    "id",
    "rev",
    "scope",
    "deleted_at",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "extra",
)
"""Columns of every synced table that are neither captured nor merged (`deleted_at` becomes delete and restore)."""


@dataclass(frozen=True, slots=True)
class SyncField:
    """One column that is captured and merged."""

    name: str
    storage: Storage = "text"
    policy: Policy = "review"
    group: str | None = None
    """Fields of one group travel and clash together (an address, an amount with its currency)."""
    link: str | None = None
    """The table whose id this field holds."""
    ids_of: str | None = None
    """The table of whose rows ids stand somewhere in this JSON."""
    by_key: bool = False
    """A JSON object whose keys are captured and merged one by one, as `name.key`."""
    check: Callable[[Any], object] | None = field(default=None, compare=False)
    """Raises ValueError, TypeError or OverflowError for a stored value that no laptop could show; None: it shows all.
    """

    def can_be_shown(self, value: Any) -> bool:
        """Whether a stored value is one that laptops can show."""
        if self.check is None or value is None:
            return True
        try:
            self.check(value)
        except (ValueError, TypeError, OverflowError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """Where a row travels: the first rule that yields a scope wins.

    `fixed` is a scope's name. `field` holds the id in `prefix:<id>`. `parent` is a link field of
    this table: the row has the scope of the row that it names. With none of them known the row goes
    to `office`.
    """

    fixed: str | None = None
    field: str | None = None
    prefix: str = "territory"
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class SyncTable:
    """One synced table, with what the server needs to know to merge and to route its rows."""

    name: str
    table: Table
    fields: dict[str, SyncField]
    scope: tuple[ScopeRule, ...]
    writers: Literal["all", "office", "nobody"] = "all"
    """Who may write: everyone who reads it, office and admins only, or the server alone."""
    parent: str | None = None
    """The link field that names the record of whose subtree this row is part."""
    aggregate: str | None = None
    """For lines of a document: the link field that names it. Such a document never merges, it forks."""
    frozen_when: tuple[str, tuple[str, ...]] | None = None
    """(field, values): a row whose field has one of these values is immutable but for `unfrozen`."""
    unfrozen: frozenset[str] = frozenset()
    papers: tuple[str, ...] = ()
    """Fields that together name an immutable record on paper: of two with the same the office is told."""
    merged_into: str | None = None
    """The link field that names the row of this table into which one was merged."""
    retained_when: tuple[str, tuple[str, ...]] | None = None
    """(field, values): such a row outlives the erasure of what it hangs under, as the law asks, at the office."""
    _columns: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Asked for with every block of rows that travels.
        object.__setattr__(self, "_columns", tuple(str(column.name) for column in self.table.columns))

    @property
    def document(self) -> str:
        """The table of the document of which a row is a line; of other tables their own name."""
        return self.name if self.aggregate is None else str(self.fields[self.aggregate].link)

    def columns(self) -> tuple[str, ...]:
        """All stored columns in declaration order, system columns included."""
        return self._columns

    def servers_columns(self) -> frozenset[str]:
        """Columns that the server alone writes, beside those of every table."""
        return frozenset(self._columns) - self.fields.keys() - frozenset(SYSTEM_COLUMNS)


@dataclass(frozen=True, eq=False)
class SyncSchema:
    """Everything that sync knows about the program on top of it; equal to itself alone."""

    version: int
    metadata: MetaData
    tables: dict[str, SyncTable] = field(default_factory=dict)
    conflict: str = "conflict"
    """The synced table of conflicts; `sync.conflicts` lists the columns that it must have."""
    parked: str = "parked"
    """The synced table of parked transactions; `sync.server.parking` lists the columns that it must have."""
    blob: str = "attachment"
    """The synced table whose rows name bytes, by `sha256`, `size`, `thumbnail` and `arrived`; it may be missing."""

    def children(self, table: str) -> list[tuple[SyncTable, str]]:
        """The tables whose rows hang under `table`, with the link field that says so."""
        found = []
        for child in self.tables.values():
            for name in {child.parent, child.aggregate} - {None}:
                assert name is not None
                if child.fields[name].link == table:
                    found.append((child, name))
        return found
