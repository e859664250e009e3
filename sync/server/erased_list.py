"""The list of what was erased, outside the organisation's own tables: a restored copy does not forget it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Protocol

from sqlalchemy import text

from sync.server.past import Key
from sync.server.store import Store


class ErasedList(Protocol):
    """Where the ids are kept; nothing else of a record is."""

    def read(self) -> dict[Key, str]:
        """(table, id) -> when."""
        ...

    def add(self, keys: list[Key], at: str) -> None: ...


def erased_list(store: Store) -> ErasedList:
    """The list of an organisation: a file beside its own, or a schema beside its own."""
    if store.pg_schema is not None:
        return _InSchema(store, f"erased_{store.pg_schema.removeprefix('org_')}")
    return _InFile(Path(str(store.engine.url.database)).with_suffix(".erased"))


class _InFile:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[Key, str]:
        if not self._path.exists():
            return {}
        lines = self._path.read_text(encoding="utf-8").splitlines()
        # A line that a crash cut short belongs to an erasure that was not done.
        whole = (json.loads(line) for line in lines if line.endswith("]"))
        return {(table, id): at for table, id, at in whole}

    def add(self, keys: list[Key], at: str) -> None:
        lines = "".join(f"\n{json.dumps([table, id, at])}" for table, id in keys)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())


class _InSchema:
    def __init__(self, store: Store, schema: str) -> None:
        self._engine, self._schema = store.engine, schema

    def read(self) -> dict[Key, str]:
        with self._engine.begin() as connection:
            known = text("SELECT 1 FROM pg_namespace WHERE nspname = :name")
            if connection.execute(known, {"name": self._schema}).first() is None:
                return {}
            rows = connection.execute(text(f'SELECT table_name, id, at FROM "{self._schema}".erased'))
            return {(table, id): at for table, id, at in rows}

    def add(self, keys: list[Key], at: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{self._schema}"'))
            columns = "(id TEXT PRIMARY KEY, table_name TEXT, at TEXT)"
            connection.execute(text(f'CREATE TABLE IF NOT EXISTS "{self._schema}".erased {columns}'))
            statement = text(
                f'INSERT INTO "{self._schema}".erased (id, table_name, at) VALUES (:id, :table, :at)'
                " ON CONFLICT (id) DO NOTHING"
            )
            if keys:
                connection.execute(statement, [{"id": id, "table": table, "at": at} for table, id in keys])
