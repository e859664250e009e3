"""One row per account with what its list shows: town, last visit, when the next is due, revenue of twelve months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from app import changed
from app.folding import fold
from app.local import account_summaries

KIND = "account_summary"
"""The kind under which `search_dirty` notes accounts whose summary is to be renewed."""

VISIT_INTERVAL = {"A": 30, "B": 60, "C": 120}
"""Days between visits by potential, where the account names none."""

_DEFAULT_INTERVAL = 90
_OF_ACCOUNT = "SELECT {row}.account AS id"
_WATCHED = (
    ("account", ("name", "type", "potential", "visit_interval", "deleted_at"), "SELECT {row}.id AS id"),
    ("site", ("account", "kind", "town", "deleted_at"), _OF_ACCOUNT),
    ("visit_report", ("account", "start", "outcome", "deleted_at"), _OF_ACCOUNT),
    ("appointment", ("account", "kind", "start", "state", "deleted_at"), _OF_ACCOUNT),
    ("quote", ("account", "status", "total_ht", "decided_on", "issued_on", "deleted_at"), _OF_ACCOUNT),
)
_DECIDED = "coalesce(decided_on, issued_on)"
_KEEP = (
    "INSERT INTO account_summary"
    " (account, sort_name, name, town, potential, type, revenue, last_visit, visit_due, stale_on)"
    # Empty texts become NULL here: the driver takes six times longer to bind a NULL.
    " VALUES (?, ?, ?, ?, nullif(?, ''), nullif(?, ''), ?, nullif(?, ''), ?, nullif(?, ''))"
)


def install(connection: Connection) -> None:
    """The triggers that note accounts whose summary is to be renewed."""
    for table, columns, query in _WATCHED:
        changed.watch(connection, f"summary_{table}", table, columns, [(KIND, query)])


def renew_aged(connection: Connection) -> None:
    """Note the accounts of which a quote has left the twelve months since their summary was made."""
    connection.exec_driver_sql(
        "INSERT INTO search_dirty (kind, id) SELECT ?, account FROM account_summary"
        " WHERE stale_on IS NOT NULL AND stale_on <= ? ON CONFLICT (kind, id) DO NOTHING",
        (KIND, _today().isoformat()),
    )


def refresh(connection: Connection) -> None:
    """Renew the noted summaries; the caller forgets the notes."""
    gone = connection.exec_driver_sql(f"DELETE FROM account_summary WHERE account IN {_noted(KIND)}")
    _count(connection, _write(connection, KIND) - gone.rowcount)


def rebuild(connection: Connection) -> None:
    """Gather all summaries anew."""
    connection.exec_driver_sql("DELETE FROM account_summary")
    connection.exec_driver_sql("DELETE FROM list_count WHERE kind = 'account'")
    for index in account_summaries.indexes:
        index.drop(connection, checkfirst=True)
    _count(connection, _write(connection, None))
    for index in account_summaries.indexes:
        index.create(connection)


def sites(
    connection: Connection, noted_as: str | None
) -> Iterator[tuple[str, str | None, str | None, str | None]]:
    """(account, town, postcode, phone) of each site, the one to show first: billing, delivery, visit, other.

    Of all accounts, or of those that `search_dirty` notes under the kind `noted_as`.
    """
    raw: Any = connection.connection.dbapi_connection
    # The driver's own rows: wrapped ones cost more than what is done with them.
    yield from raw.execute(
        f"SELECT account, town, postcode, phone FROM site WHERE {_where(noted_as)}"
        " ORDER BY account, kind IS NULL, kind, id"
    )


def _noted(kind: str) -> str:
    return f"(SELECT id FROM search_dirty WHERE kind = '{kind}')"


def _where(noted_as: str | None, id: str = "account") -> str:
    return "deleted_at IS NULL" + (f" AND {id} IN {_noted(noted_as)}" if noted_as else "")


def _count(connection: Connection, more: int) -> None:
    if more:
        connection.exec_driver_sql(
            "INSERT INTO list_count (kind, n) VALUES ('account', ?)"
            " ON CONFLICT (kind) DO UPDATE SET n = n + excluded.n",
            (more,),
        )


def _write(connection: Connection, noted_as: str | None) -> int:
    rows = list(_rows(connection, noted_as))
    if rows:
        connection.exec_driver_sql(_KEEP, rows)
    return len(rows)


def _rows(connection: Connection, noted_as: str | None) -> Iterator[tuple[Any, ...]]:
    """The summaries, from one pass over each table that they gather."""
    towns: dict[str, str] = {}
    for account, town, _postcode, _phone in sites(connection, noted_as):
        if town:
            towns.setdefault(account, town)
    visits = _last_visits(connection, noted_as)
    revenues = _revenues(connection, noted_as)
    for id, name, type, potential, interval in connection.exec_driver_sql(
        "SELECT id, name, type, potential, visit_interval FROM account"
        f" WHERE {_where(noted_as, 'id')} ORDER BY id"
    ):
        visited = visits.get(id, "")
        days = interval or VISIT_INTERVAL.get(potential or "", _DEFAULT_INTERVAL)
        due = (date.fromisoformat(visited) + timedelta(days=days)).isoformat() if visited else ""
        revenue, oldest = revenues.get(id, (0, None))
        stale_on = _a_year_after(date.fromisoformat(oldest)).isoformat() if oldest else ""
        yield (
            id, fold(name or ""), name or "", towns.get(id, ""), potential or "", type or "", revenue, visited,
            due, stale_on,
        )  # fmt: skip


def _last_visits(connection: Connection, noted_as: str | None) -> dict[str, str]:
    """The day of the last visit by account: what a report tells, or a visit that was marked as done."""
    found: dict[str, str] = {}
    for query in (
        f"SELECT account, max(start) FROM visit_report WHERE {_where(noted_as)} GROUP BY account",
        f"SELECT account, max(start) FROM appointment WHERE {_where(noted_as)}"
        " AND kind = 'visit' AND state = 'done' GROUP BY account",
    ):
        for account, start in connection.exec_driver_sql(query):
            if account and start:
                found[account] = max(found.get(account, ""), start[:10])
    return found


def _revenues(connection: Connection, noted_as: str | None) -> dict[str, tuple[int, str]]:
    """Cents and the day of the oldest counted quote by account: accepted quotes of twelve months."""
    rows = connection.exec_driver_sql(
        f"SELECT account, sum(total_ht), min({_DECIDED}) FROM quote WHERE {_where(noted_as)}"
        f" AND status = 'accepted' AND {_DECIDED} > ? GROUP BY account",
        (_a_year_before(_today()).isoformat(),),
    )
    return {account: (revenue or 0, oldest) for account, revenue, oldest in rows}


def _today() -> date:
    return date.today()


def _a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _a_year_after(day: date) -> date:
    return day.replace(year=day.year + 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
