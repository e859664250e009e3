"""What the declarations say about links, looked up once instead of once per operation."""

from __future__ import annotations

import functools

from sync.schema import SyncSchema, SyncTable
from sync.server.tables import RECORD_RULES, dependency_links, server_tables, structures_that_move


class Shape:
    """The links between the synced tables."""

    def __init__(self, schema: SyncSchema) -> None:
        tables = schema.tables
        self.dependencies = {name: sorted(dependency_links(synced)) for name, synced in tables.items()}
        """The columns of each table by which its rows hang on another one."""
        self.parents = {name: _parents(synced) for name, synced in tables.items()}
        """(column, table) of the records of whose subtree a row is part, or whose scope it takes."""
        self.scope_parents = {name: _scope_parents(synced) for name, synced in tables.items()}
        """(column, table) of those alone whose scope a row takes."""
        self.follows_record = frozenset(name for name, synced in tables.items() if _follows_record(synced))
        """The tables whose rows travel with the record that they name by kind and id."""
        self.lines = [synced for synced in tables.values() if synced.aggregate]
        """The tables of lines of a document."""
        self.documents = frozenset(synced.document for synced in self.lines)
        self.merged_into = {name: synced.merged_into for name, synced in tables.items() if synced.merged_into}
        """The tables whose rows can be merged into another, with the column that says into which."""
        self.moving = {
            name: tuple(
                (f, str(one.link)) for f, one in synced.fields.items() if one.link in self.merged_into
            )
            for name, synced in tables.items()
        }
        """By table: (column, table) of its links to such rows."""
        self.holding = {name: structures_that_move(schema, synced) for name, synced in tables.items()}
        """By table: the columns of structured data with ids of such rows, and the table of these."""
        self.names = {name: _names(schema, synced) for name, synced in tables.items()}
        """By table: the columns that hold ids, or by which rows are found: an index takes no long text."""
        self.owner = {
            name: rule.field for name, synced in tables.items() for rule in synced.scope
            if rule.prefix == "user" and rule.field
        }  # fmt: skip
        """By table: the column that names whose a row is."""
        self._links = {
            (name, target): tuple(f for f, declared in synced.fields.items() if declared.link == target)
            for name, synced in tables.items()
            for target in tables
        }

    def links(self, table: str, target: str) -> tuple[str, ...]:
        """The columns of `table` that hold ids of `target`."""
        return self._links[table, target]


@functools.lru_cache(maxsize=4)
def shape_of(schema: SyncSchema) -> Shape:
    """The links of `schema`; the same for all organisations of a process."""
    return Shape(schema)


def _names(schema: SyncSchema, synced: SyncTable) -> frozenset[str]:
    indexes = server_tables(schema).synced[synced.name].indexes
    found = {column.name for index in indexes for column in index.columns}
    found |= {name for name, declared in synced.fields.items() if declared.link}
    return frozenset(found.union(rule.field for rule in synced.scope if rule.field))


def _parents(synced: SyncTable) -> tuple[tuple[str, str], ...]:
    links = [link for link in (synced.parent, synced.aggregate) if link]
    links += [rule.parent for rule in synced.scope if rule.parent]
    return tuple((link, str(synced.fields[link].link)) for link in dict.fromkeys(links))


def _scope_parents(synced: SyncTable) -> tuple[tuple[str, str], ...]:
    links = [rule.parent for rule in synced.scope if rule.parent]
    return tuple((link, str(synced.fields[link].link)) for link in links if synced.fields[link].link)


def _follows_record(synced: SyncTable) -> bool:
    return any(rule.fixed in RECORD_RULES for rule in synced.scope)
