"""“While you were away”: what others changed on this laptop's customers, record by record, until it was seen."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.entity import fields
from app.errors import NotFound
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.titles import field_of, kind_label, shown_stored, title_of
from app.whereabouts import Place, place_of, place_of_deleted
from sync import state

KINDS = ("account", "site", "contact", "opportunity", "appointment", "task", "call", "visit_report",
         "quote", "quote_line", "attachment")  # fmt: skip
"""Records of customers. The catalogue and the settings change for everybody, and are no news."""
KEPT_DAYS = 90
_READ = 4_000
_SILENT = ("owner", "record", "record_kind", "sha256", "position", "thumbnail", "state_bytes", "document_hash",
           "pdf_hash", "snapshot", "stage_history", "label_at_issue")  # fmt: skip
"""Fields that tell a person nothing."""
_SEEN, _SEEN_PLACES = "news_seen", "news_seen_places"


@dataclass(frozen=True, slots=True)
class Detail:
    """One field that somebody changed, or what else happened to a record."""

    record: str
    """The record's name where it is not the group's own."""
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class News:
    """What happened to one record and what hangs under it."""

    place: Place
    title: str
    what: str
    """In a few words."""
    by: str
    """Who, where this laptop knows."""
    at: datetime
    details: tuple[Detail, ...]
    is_deleted: bool = False
    """Whether there is no screen to look at any more; it can be restored."""


def find_news(session: Session, limit: int = 30, most_details: int = 12) -> tuple[tuple[News, ...], int]:
    """The latest first, and how many records there are in all."""
    connection = session.connection()
    groups = _grouped(connection)
    found = [
        _news(connection, place, rows, most_details) for place, rows in list(groups.items())[: max(0, limit)]
    ]
    return tuple(found), len(groups)


def dismiss(connection: Connection, place: Place | None = None) -> None:
    """Nothing of a record, or of all, is news any more. Older rows go: they served to name authors."""
    newest = connection.exec_driver_sql("SELECT coalesce(max(seq), 0) FROM sync_news").scalar_one()
    if place is None:
        state.put(connection, _SEEN, newest)
        state.put(connection, _SEEN_PLACES, None)
    else:
        seen = _seen_places(connection)
        seen["/".join(place)] = newest
        state.put(connection, _SEEN_PLACES, json.dumps(seen))
    since = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
    oldest = since.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    connection.exec_driver_sql("DELETE FROM sync_news WHERE at < ? AND at <> ''", (oldest,))


def _grouped(connection: Connection) -> dict[Place, list[Any]]:
    marks = ", ".join("?" * len(KINDS))
    rows = connection.exec_driver_sql(
        "SELECT seq, kind, id, field, old, new, by, at FROM sync_news"
        f" WHERE seq > ? AND kind IN ({marks}) ORDER BY seq DESC LIMIT {_READ}",
        (state.get(connection, _SEEN) or 0, *KINDS),
    ).all()
    places: dict[tuple[str, str], Place | None] = {}
    seen = _seen_places(connection)
    groups: dict[Place, list[Any]] = {}
    for row in rows:
        record = (row.kind, row.id)
        if record not in places:
            places[record] = place_of(connection, *record) or place_of_deleted(connection, *record)
        place = places[record]
        if place is not None and row.field not in _SILENT and row.seq > seen.get("/".join(place), 0):
            groups.setdefault(place, []).append(row)
    return groups


def _news(connection: Connection, place: Place, rows: list[Any], most: int) -> News:
    names = dict.fromkeys(_user(connection, row.by) for row in rows)
    title = title_of(connection, *place)
    if place[0] != "account":
        title = f"{kind_label(place[0])}, {title}" if title else kind_label(place[0])
    return News(
        place=place,
        title=title or kind_label("account"),
        what=_what(connection, place, rows),
        by=", ".join(name for name in names if name),
        at=max(_moment(row.at) for row in rows),
        details=tuple(_details(connection, place, rows))[:most],
        is_deleted=place_of(connection, *place) is None,
    )


def _what(connection: Connection, place: Place, rows: list[Any]) -> str:
    """`New`, or the record's changed fields, then what happened beside it: `Telephone, 2 contacts, 1 task`."""
    own = [row for row in rows if (row.kind, row.id) == place]
    parts = []
    if any(row.field is None for row in own):
        parts.append(_("New"))
    else:
        labels = list(dict.fromkeys(_label(connection, row) for row in reversed(own)))
        if len(labels) > 3:
            parts.append(_n("{n} field changed", "{n} fields changed", len(labels)))
        elif labels:
            parts.append(", ".join(labels))
    others: dict[str, set[str]] = {}
    for row in rows:
        if (row.kind, row.id) != place:
            others.setdefault(row.kind, set()).add(row.id)
    parts += [f"{kind_label(kind)} ({len(ids)})" if len(ids) > 1 else kind_label(kind)
              for kind, ids in others.items()]  # fmt: skip
    return ", ".join(parts)


def _details(connection: Connection, place: Place, rows: list[Any]) -> Iterable[Detail]:
    told: set[tuple[str, str, str | None]] = set()
    for row in rows:
        key = (row.kind, row.id, row.field)
        if key in told or (row.field is not None and (row.kind, row.id, None) in told):
            continue
        told.add(key)
        beside = (row.kind, row.id) != place
        name = title_of(connection, row.kind, row.id) if beside else ""
        record = f"{kind_label(row.kind)}, {name}" if name else kind_label(row.kind) if beside else ""
        if row.field is None:
            yield Detail(record, _("New"), "", "")
            continue
        # The oldest value that was told here is the one that the user knew.
        first = next(r for r in reversed(rows) if (r.kind, r.id, r.field) == key)
        field = field_of(connection, row.kind, row.field)
        before, after = (shown_stored(connection, field, value) for value in (first.old, row.new))
        yield Detail(record, _label(connection, row), before, after)


def _label(connection: Connection, row: Any) -> str:
    if row.field == "deleted_at":
        return _("Deleted") if row.new else _("Restored")
    try:
        known = row.field in fields(row.kind)
    except NotFound:
        known = False
    return field_of(connection, row.kind, row.field).label if known else str(row.field)


def _seen_places(connection: Connection) -> dict[str, int]:
    kept = state.get(connection, _SEEN_PLACES)
    return json.loads(kept) if kept else {}


def _user(connection: Connection, id: str | None) -> str:
    found = connection.exec_driver_sql('SELECT name FROM "user" WHERE id = ?', (id,)).scalar()
    return str(found or "")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text) if text else datetime.now(UTC)
