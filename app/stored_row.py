"""A record as it is stored, for undo: field by field, with the keys of JSON fields as fields of their own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features import sync_schema


class Row:
    """One stored row. `set` and `deleted` are written by `write_row`."""

    def __init__(self, kind: str, id: str, stored: dict[str, Any]) -> None:
        self.kind, self.id = kind, id
        self._stored = stored
        self._changed: dict[str, Any] = {}

    @property
    def deleted(self) -> bool:
        """Whether it is a tombstone."""
        return self._stored["deleted_at"] is not None

    @deleted.setter
    def deleted(self, gone: bool) -> None:
        self._put("deleted_at", _now() if gone else None)

    def value(self, name: str) -> Any:
        """The stored value of a field; of `custom.<key>` the JSON text of that key, None without it."""
        column, _dot, key = name.partition(".")
        if not key:
            return self._stored[column]
        held = json.loads(self._stored[column] or "{}")
        return _json(held[key]) if key in held else None

    def set(self, name: str, value: Any) -> None:
        """Change a field."""
        column, _dot, key = name.partition(".")
        if not key:
            self._put(column, value)
            return
        held = json.loads(self._stored[column] or "{}")
        held.pop(key, None)
        if value is not None:
            held[key] = json.loads(value)
        self._put(column, _json(held) if held else None)

    def written(self) -> dict[str, Any]:
        """Every synced field that holds something."""
        found: dict[str, Any] = {}
        for field in sync_schema().tables[self.kind].fields.values():
            names = [field.name]
            if field.by_key:
                names = [f"{field.name}.{key}" for key in json.loads(self._stored[field.name] or "{}")]
            found |= {name: self.value(name) for name in names}
        return {name: value for name, value in found.items() if value is not None}

    def _put(self, column: str, value: Any) -> None:
        self._stored[column] = self._changed[column] = value

    @property
    def changed(self) -> dict[str, Any]:
        """The columns to write."""
        return self._changed


def read_row(session: Session, kind: str, id: str) -> Row | None:
    """The stored row of a record, a tombstone too; None when it is not on this laptop."""
    found = session.execute(text(f'SELECT * FROM "{kind}" WHERE id = :id'), {"id": id}).mappings().first()
    return None if found is None else Row(kind, id, dict(found))


def write_row(session: Session, row: Row) -> None:
    """Write what was set; the record was changed now, by the user of this laptop."""
    if not row.changed:
        return
    values = row.changed | {"updated_at": _now(), "updated_by": session.info["user"]}
    sets = ", ".join(f'"{name}" = :{name}' for name in values)
    session.execute(text(f'UPDATE "{row.kind}" SET {sets} WHERE id = :id'), values | {"id": row.id})


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
