"""What others changed, field by field, for “while you were away”."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection

from sync.schema import SyncTable


def write(
    connection: Connection,
    table: SyncTable,
    rows: Sequence[Sequence[Any]],
    before: dict[Any, Sequence[Any]],
    me: str,
    written: Collection[Any] = (),
) -> None:
    """Note of rows that came what is new about them, but for what `me` did; `before` is how they stood.

    Rows of the ids `written` were changed here since the last sync: they come back as mine, and yet what differs in
    them from how they stood here is somebody else's. Of whom the row does not say.
    """
    columns = table.columns()
    by_at, when_at, gone_at = (columns.index(name) for name in ("updated_by", "updated_at", "deleted_at"))
    told = [name in table.fields or name == "deleted_at" for name in columns]
    new: list[tuple[Any, ...]] = []
    changed: list[tuple[Any, ...]] = []
    for row in rows:
        old = before.get(row[0])
        is_mine = row[by_at] == me
        if (is_mine and row[0] not in written) or (old is None and row[gone_at] is not None):
            continue
        author = ("" if is_mine else row[by_at], row[when_at] or "")
        if old is None:
            new.append((table.name, row[0], *author))
            continue
        changed += [
            (table.name, row[0], name, was, now, *author)
            for name, was, now, is_told in zip(columns, old, row, told, strict=True)
            if was != now and is_told
        ]
    # Without the empty columns: the driver looks for an adapter for each None that it binds.
    for names, noted in (("kind, id, by, at", new), ("kind, id, field, old, new, by, at", changed)):
        if noted:
            marks = ", ".join("?" * len(noted[0]))
            connection.exec_driver_sql(f"INSERT INTO sync_news ({names}) VALUES ({marks})", noted)
