"""What the sync screens show: where things stand, what is to send, and past runs."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app import __version__, formats, syncing
from app.errors import NotFound
from app.features import sync_schema
from app.i18n import mark as m_
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.titles import field_of, kind_label, shown_stored, title_of
from app.whereabouts import Place, place_of
from sync import blobs, errors, outbox, state

SHOWN_ACTIONS = 100
SHOWN_RUNS = 30
_MAIN = (
    "quote",
    "visit_report",
    "account",
    "contact",
    "opportunity",
    "appointment",
    "task",
    "call",
    "product",
)
"""Which record names an action that touched several, the first that is there."""
_SILENT = ("owner", "record", "record_kind", "sha256", "position")
"""Fields that tell a person nothing in the detail of an action."""
_RECOVERING = ("offline", "server_busy", "protocol")
"""Causes that pass by themselves: nothing for the user to do."""
_TITLES = {
    "offline": m_("Interrupted: connection lost"),
    "sign_in_needed": m_("Refused: sign in again"),
    "update_needed": m_("Refused: update needed"),
    "server_busy": m_("Postponed: the server was busy"),
    "protocol": m_("Interrupted: damaged answer"),
    "certificate": m_("Refused: certificate not trusted"),
    "not_found": m_("Refused: unknown organisation"),
    "cloned": m_("Refused: this profile is a copy"),
    "removal": m_("Stopped: too much was to be removed"),
}


@dataclass(frozen=True, slots=True)
class Overview:
    """Where the sync of this laptop stands."""

    server: str | None
    user: str | None
    last_sync: datetime | None
    to_send: int
    conflicts: int
    """Records with a field to decide."""
    parked: int
    last_code: str | None
    """Why the last run failed; None when it succeeded or there was none."""
    files: int = 0
    """Of `to_send`: files whose rows went, and whose bytes still have to."""

    @property
    def alone(self) -> bool:
        """Whether this laptop has no server."""
        return not self.server

    @property
    def needs_attention(self) -> bool:
        """Whether the user has to do something before sync can go on."""
        return self.parked > 0 or (self.last_code is not None and self.last_code not in _RECOVERING)


@dataclass(frozen=True, slots=True)
class Action:
    """One user action that waits to be sent."""

    id: str
    kind: str
    title: str
    details: str
    at: datetime
    place: Place | None = None
    """The record whose screen shows it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of an action's detail."""

    record: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Run:
    """One past sync."""

    id: int
    at: datetime
    seconds: float
    outcome: str
    code: str | None
    pushed: int
    pulled: int
    removed: int
    conflicts: int
    parked: int

    @property
    def title(self) -> str:
        """How it went, with the cause in plain words."""
        if self.outcome == "done":
            return _("Succeeded")
        if self.outcome == "interrupted":
            return _("Paused")
        if self.code in _TITLES:
            return _(_TITLES[self.code])
        return _("Refused by the server ({code})", code=self.code or "?")

    @property
    def text(self) -> str:
        """The counts of a run that succeeded, else what is safe."""
        if self.outcome != "done":
            return _("Nothing was lost; the next sync goes on from there")
        parts = [
            _n("{n} received", "{n} received", self.pulled),
            _n("{n} sent", "{n} sent", self.pushed),
            _n("{n} conflict", "{n} conflicts", self.conflicts),
            duration(self.seconds),
        ]
        return ", ".join(parts)

    @property
    def explanation(self) -> str:
        """The whole sentence for a run that failed."""
        return explain(self.code) if self.code else ""


@dataclass(frozen=True, slots=True)
class Board:
    """All that the sync page shows at once."""

    overview: Overview
    actions: tuple[Action, ...]
    runs: tuple[Run, ...]


def overview(session: Session) -> Overview:
    """Where the sync stands, from the file alone."""
    connection = session.connection()
    last = connection.exec_driver_sql(
        "SELECT outcome, code FROM sync_history ORDER BY seq DESC LIMIT 1"
    ).first()
    failed = last is not None and last.outcome not in ("done", "interrupted")
    name = connection.exec_driver_sql(
        'SELECT name FROM "user" WHERE id = ?', (state.get(connection, "user"),)
    ).scalar()
    files = blobs.left_behind(connection, sync_schema())
    return Overview(
        server=state.get(connection, "server"),
        user=name,
        last_sync=_moment(state.get(connection, "last_sync")),
        to_send=outbox.to_send(connection) + files,
        files=files,
        conflicts=count_conflicts(connection),
        parked=int(
            connection.exec_driver_sql(
                "SELECT count(*) FROM sync_transaction WHERE state = 'parked'"
            ).scalar_one()
        ),
        last_code=(last.code or "?") if last is not None and failed else None,
    )


def count_conflicts(connection: Connection) -> int:
    """How many records on this laptop have a field to decide."""
    rows = connection.exec_driver_sql(
        "SELECT record_kind, record FROM conflict WHERE state = 'open' AND deleted_at IS NULL"
        " GROUP BY record_kind, record"
    ).all()
    known = sync_schema().tables
    return sum(
        connection.exec_driver_sql(f'SELECT 1 FROM "{kind}" WHERE id = ?', (id,)).first() is not None
        for kind, id in rows
        if kind in known
    )


def board(session: Session, most_actions: int = SHOWN_ACTIONS) -> Board:
    """What the sync page shows; of what is to send so many actions at most."""
    return Board(overview(session), find_actions(session, most_actions), find_runs(session))


def find_actions(session: Session, limit: int = SHOWN_ACTIONS) -> tuple[Action, ...]:
    """What is to send, the latest first."""
    connection = session.connection()
    rows = connection.exec_driver_sql(
        "SELECT uuid, at FROM sync_transaction WHERE state = 'sealed' ORDER BY n DESC LIMIT ?", (limit,)
    ).all()
    return tuple(_action(connection, uuid, at) for uuid, at in rows)


def find_runs(session: Session, limit: int = SHOWN_RUNS) -> tuple[Run, ...]:
    """Past syncs, the latest first."""
    rows = session.connection().exec_driver_sql(
        "SELECT seq, started_at, seconds, outcome, code, pushed, pulled, removed, conflicts, parked"
        " FROM sync_history ORDER BY seq DESC LIMIT ?",
        (limit,),
    )
    return tuple(
        Run(seq, _moment(at) or datetime.now(UTC), (ms or 0) / 1000, outcome, code, *counts)
        for seq, at, ms, outcome, code, *counts in rows
    )


def find_changes(session: Session, action: str) -> list[Change]:
    """What an action changed, field by field, as a person reads it."""
    connection = session.connection()
    rows = connection.exec_driver_sql(
        "SELECT kind, id, op, field, base, new FROM sync_entry WHERE tx = ? ORDER BY seq", (action,)
    ).all()
    found = []
    for kind, id, op, name, base, new in rows:
        record = _named(connection, kind, id)
        if name is None:
            if op != "create":
                found.append(Change(record, _("Deleted") if op == "delete" else _("Restored"), "", ""))
            continue
        if name in _SILENT:
            continue
        try:
            field = field_of(connection, kind, name)
        except NotFound:
            continue
        before, after = (shown_stored(connection, field, value) for value in (base, new))
        if before or after:
            found.append(Change(record, field.label, before, after))
    return found


def note_pause(connection: Connection, started: datetime) -> None:
    """Keep in the history that the user paused a run."""
    connection.exec_driver_sql(
        "INSERT INTO sync_history (started_at, seconds, outcome) VALUES (?, ?, 'interrupted')",
        (
            started.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            round((datetime.now(UTC) - started).total_seconds() * 1000),
        ),
    )


def diagnostic(session: Session) -> str:
    """Facts for support: versions, counts and codes; no name, address or value of a record."""
    connection, found = session.connection(), overview(session)
    kinds = connection.exec_driver_sql(
        "SELECT e.kind, e.op, count(*) FROM sync_entry e JOIN sync_transaction t ON t.uuid = e.tx"
        " WHERE t.state = 'sealed' GROUP BY e.kind, e.op ORDER BY 1, 2"
    )
    reasons = connection.exec_driver_sql(
        "SELECT n, reason FROM sync_transaction WHERE state = 'parked' ORDER BY n"
    )
    lines = [
        f"Terrain {__version__} · Python {platform.python_version()} · {platform.platform()}",
        f"server {'yes' if found.server else 'no'} · series {state.get(connection, 'series') or '-'}"
        f" · head {state.get(connection, 'head') or 0} · differing {state.get(connection, 'differing') or '-'}",
        f"to send {found.to_send} · conflicts {found.conflicts} · parked {found.parked}",
        *(f"  outbox {kind} {op} {count}" for kind, op, count in kinds),
        *(f"  parked {n} {(reason or '').partition(':')[0]}" for n, reason in reasons),
        *(
            f"  run {run.at.isoformat(timespec='seconds')} {run.outcome} {run.code or '-'} pushed {run.pushed}"
            f" pulled {run.pulled} removed {run.removed} conflicts {run.conflicts} parked {run.parked}"
            f" {run.seconds:.1f} s"
            for run in find_runs(session, 10)
        ),
    ]
    return "\n".join(lines)


def explain(code: str) -> str:
    """The sentence of `app.syncing`, or of a sync by file, for the code of a failure."""
    from app import by_file

    if by_file.sentence_of(code):
        return by_file.sentence_of(code)
    known: dict[str, errors.SyncError] = {
        "offline": errors.Offline(),
        "sign_in_needed": errors.SignInNeeded(),
        "update_needed": errors.UpdateNeeded(),
        "server_busy": errors.ServerBusy(),
        "protocol": errors.Protocol(),
    }
    return syncing.sentence(known.get(code) or errors.Refused(code))


def sign_in_facts(session: Session) -> tuple[str, str]:
    """Server and e-mail of this laptop's user, as far as they are known here: what a new sign-in starts from."""
    connection = session.connection()
    email = connection.exec_driver_sql(
        'SELECT email FROM "user" WHERE id = ?', (state.get(connection, "user"),)
    ).scalar()
    return state.get(connection, "server") or "", email or ""


def server_address(typed: str) -> str:
    """The address of a server as somebody types it, made whole: `crm.morel.fr/demo` gains its `https://`."""
    text = typed.strip().rstrip("/")
    if not text or "://" in text:
        return text
    host = text.partition("/")[0].partition(":")[0]
    return f"{'http' if host in ('localhost', '127.0.0.1') else 'https'}://{text}"


def spoken_at(moment: datetime, with_today: bool = False) -> str:
    """`10:58` today (`aujourd’hui 10:58` in a sentence), `hier 18:04`, `19 nov. 08:11`."""
    here, today = formats.local(moment), formats.now().date()
    time = formats.format_time(moment)
    if here.date() == today:
        return _("today {time}", time=time) if with_today else time
    if here.date() == today - timedelta(days=1):
        return _("yesterday {time}", time=time)
    day = formats.format_date(here.date(), "weekday").partition(" ")[2]
    if here.year != today.year:
        day = formats.format_date(here.date())
    return f"{day} {time}"


def duration(seconds: float) -> str:
    """`18 s`, `2 min`; under a second it says so."""
    if seconds < 1:
        return _("under 1 s")
    if seconds < 90:
        return _("{n} s", n=round(seconds))
    return formats.format_duration(round(seconds / 60))


def _action(connection: Connection, uuid: str, at: str) -> Action:
    rows = connection.exec_driver_sql(
        "SELECT kind, id, op, field FROM sync_entry WHERE tx = ? ORDER BY seq", (uuid,)
    ).all()
    moment = _moment(at) or datetime.now(UTC)
    if not rows:
        return Action(uuid, "", _("A change"), "", moment)
    records = list(dict.fromkeys((kind, id) for kind, id, _op, _field in rows))
    kind, id = min(records, key=lambda r: _MAIN.index(r[0]) if r[0] in _MAIN else len(_MAIN))
    own = [(op, name) for k, i, op, name in rows if (k, i) == (kind, id)]
    parts = [
        _what(connection, kind, own),
        *_beside(connection, [r for r in records if r != (kind, id)], rows),
    ]
    place = place_of(connection, kind, id)
    return Action(uuid, kind, _named(connection, kind, id), ", ".join(parts), moment, place)


def _named(connection: Connection, kind: str, id: str) -> str:
    title = title_of(connection, kind, id)
    if kind == "account" and title:
        return title
    return f"{kind_label(kind)}, {title}" if title else kind_label(kind)


def _what(connection: Connection, kind: str, own: list[tuple[str, Any]]) -> str:
    operations = {op for op, _name in own}
    if "create" in operations:
        return _("New")
    if "delete" in operations:
        return _("Deleted")
    if "restore" in operations:
        return _("Restored")
    labels = list(dict.fromkeys(field_of(connection, kind, name).label for _op, name in own if name))
    if len(labels) > 3:
        return _n("{n} field changed", "{n} fields changed", len(labels))
    return _("Changed: {fields}", fields=", ".join(labels))


def _beside(connection: Connection, others: list[tuple[str, str]], rows: Any) -> list[str]:
    """What travels with the main record: lines of a quote, photos with their size, anything else."""
    lines = sum(kind == "quote_line" for kind, _id in others)
    files = [id for kind, id in others if kind == "attachment"]
    rest = len(others) - lines - len(files)
    found = [_n("{n} line", "{n} lines", lines)] if lines else []
    if files:
        marks = ", ".join("?" * len(files))
        size = connection.exec_driver_sql(
            f"SELECT sum(size) FROM attachment WHERE id IN ({marks})", tuple(files)
        ).scalar()
        found.append(_n("{n} file", "{n} files", len(files)))
        if size:
            found.append(
                _("{n} MB", n=formats.format_number(max(Decimal(int(size)) / 1_000_000, Decimal("0.1")), 1))
            )
    if rest:
        found.append(_n("{n} more record", "{n} more records", rest))
    return found


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None
