"""An organisation that each test finds as it was founded: a copied file, or a schema that is set back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, create_engine, insert, select, text

from sync.schema import SyncSchema
from sync.server.store import Organisations, Store

Founding = Callable[[Store], object]


@dataclass(frozen=True)
class OnFile:
    """A SQLite file that nobody opens."""

    file: Path

    def give(self, folder: Path, slug: str) -> None:
        """A copy of it in `folder`."""
        shutil.copy(self.file, folder / f"{slug}.sqlite")


@dataclass
class OnPostgres:
    """A schema that goes from test to test: making its tables takes longer than most tests do."""

    engine: Engine
    tables: list[Table]
    rows: dict[str, list[dict[str, Any]]]
    resting: str
    """Its name between two tests: no organisation's, so that no server finds it."""
    slug: str

    @property
    def name(self) -> str:
        return f"org_{self.slug}"

    def rest(self) -> None:
        """The test has ended."""
        with self.engine.begin() as connection:
            connection.execute(text(f'ALTER SCHEMA "{self.name}" RENAME TO "{self.resting}"'))

    def give(self, slug: str) -> None:
        """Put its rows back as they were, under a name that no test has had."""
        with self.engine.begin() as connection:
            self.slug = slug
            connection.execute(text(f'ALTER SCHEMA "{self.resting}" RENAME TO "{self.name}"'))
            connection.execute(text(f'SET LOCAL search_path TO "{self.name}"'))
            some = " UNION ALL ".join(
                f"SELECT '{table.name}' WHERE EXISTS (SELECT 1 FROM \"{table.name}\")"
                for table in self.tables
            )
            names = ", ".join(f'"{name}"' for name in connection.scalars(text(some)))
            connection.execute(text(f"TRUNCATE {names}"))
            for table in self.tables:
                if rows := self.rows[table.name]:
                    connection.execute(insert(table), rows)


def found_on_file(folder: Path, schema: SyncSchema, founding: Founding) -> OnFile:
    """Found it once for a process."""
    known = Organisations(folder, schema)
    founding(known.create("founded"))
    known.close()
    return OnFile(known.path("founded"))


@contextmanager
def founded_on_postgres(url: str, slug: str, schema: SyncSchema, founding: Founding) -> Iterator[OnPostgres]:
    """The same in a schema that goes away at the end."""
    known = Organisations(url, schema)
    store = known.create(slug)
    founding(store)
    tables = list(store.tables.metadata.sorted_tables)
    with store.read() as connection:
        rows = {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in tables
        }
    known.close()
    engine = create_engine(re.sub("^postgresql://", "postgresql+psycopg://", url))
    kept = OnPostgres(engine, tables, rows, f"resting_{slug}", slug)
    kept.rest()
    yield kept
    with engine.begin() as connection:
        connection.execute(text(f'DROP SCHEMA "{kept.resting}" CASCADE'))
    engine.dispose()
