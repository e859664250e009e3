"""One row per account with what its list shows: town, last visit, when the next is due, revenue of twelve months."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from app import changed, formats
from app.folding import fold
from app.local import account_summaries
from sync import driver

KIND = "account_summary"
"""The kind under which `search_dirty` notes accounts whose summary is to be renewed."""

VISIT_INTERVAL = {"A": 30, "B": 60, "C": 120}
"""Days between visits by potential, where the account names none."""

_DEFAULT_INTERVAL = 90
_OF_ACCOUNT = "SELECT {row}.account AS id WHERE "
_WATCHED = (
    ("account", ("name", "type", "potential", "visit_interval", "deleted_at"), "SELECT {row}.id AS id"),
    ("site", ("account", "kind", "town", "deleted_at"), _OF_ACCOUNT + "{row}.town <> ''"),
    ("visit_report", ("account", "start", "deleted_at"), _OF_ACCOUNT + "{row}.start IS NOT NULL"),
    (
        "appointment",
        ("account", "kind", "start", "state", "deleted_at"),
        _OF_ACCOUNT + "{row}.kind = 'visit' AND {row}.state = 'done'",
    ),
    (
        "quote",
        ("account", "status", "total_ht", "decided_on", "issued_on", "deleted_at"),
        _OF_ACCOUNT + "{row}.status = 'accepted'",
    ),
)
"""(table, columns, query): a row that counts in no summary, as a draft, renews none."""
_DECIDED = "coalesce(decided_on, issued_on)"
_COLUMNS = (
    ("name", "sort_name", "town", "potential"),
    ("type", "visit_due", "last_visit", "revenue", "stale_on"),
)
"""What is renewed apart: a new name leaves the indexes of visits and revenue alone."""
_NEW = "account_summary_new"
_NAMES = ", ".join(column.name for column in account_summaries.columns)
# In memory, as all temporary tables of an encrypted file.
_STAGE = f"CREATE TEMP TABLE IF NOT EXISTS {_NEW} ({_NAMES}, PRIMARY KEY (account)) WITHOUT ROWID"


def install(connection: Connection) -> None:
    """The triggers that note accounts whose summary is to be renewed."""
    for table, columns, query in _WATCHED:
        changed.watch(connection, f"summary_{table}", table, columns, [(KIND, query)])


def renew_aged(connection: Connection) -> None:
    """Note the accounts of which a quote has left the twelve months since their summary was made."""
    driver.write(
        connection,
        "INSERT INTO search_dirty (kind, id) SELECT ?, account FROM account_summary"
        " WHERE stale_on IS NOT NULL AND stale_on <= ? ON CONFLICT (kind, id) DO NOTHING",
        (KIND, _today().isoformat()),
    )


def refresh(connection: Connection) -> None:
    """Renew the noted summaries; the caller forgets the notes."""
    noted = f"{{id}} IN (SELECT id FROM search_dirty WHERE kind = '{KIND}')"
    run = connection.exec_driver_sql
    run(_STAGE)
    run(f"DELETE FROM temp.{_NEW}")
    _write(connection, noted, into=f"temp.{_NEW}")
    gone = run(
        f"DELETE FROM account_summary WHERE {noted.format(id='account')}"
        f" AND account NOT IN (SELECT account FROM temp.{_NEW})"
    )
    # Only what differs is written: each page of an encrypted file costs more than its rows.
    for columns in _COLUMNS:
        ours, new = (", ".join(f"{table}.{name}" for name in columns) for table in ("s", "n"))
        sets = ", ".join(f"{name} = n.{name}" for name in columns)
        run(
            f"UPDATE account_summary AS s SET {sets} FROM temp.{_NEW} AS n"
            f" WHERE s.account = n.account AND ({ours}) IS NOT ({new})"
        )
    added = run(
        f"INSERT INTO account_summary ({_NAMES}) SELECT {_NAMES} FROM temp.{_NEW} WHERE true"
        " ON CONFLICT (account) DO NOTHING"
    )
    _count(connection, added.rowcount - gone.rowcount)


def rebuild(connection: Connection) -> None:
    """Gather all summaries anew."""
    clear(connection)
    for index in account_summaries.indexes:
        index.drop(connection, checkfirst=True)
    _count(connection, _write(connection, "1"))
    for index in account_summaries.indexes:
        index.create(connection)


def clear(connection: Connection) -> None:
    """No summaries."""
    connection.exec_driver_sql("DELETE FROM account_summary")
    connection.exec_driver_sql("DELETE FROM list_count WHERE kind = 'account'")


def add_some(connection: Connection, after: str, limit: int) -> tuple[str | None, int]:
    """Add the next summaries after an id, but for accounts that have one; the last id, None at the end."""
    last = connection.exec_driver_sql(
        "SELECT max(id) FROM (SELECT id FROM account WHERE id > ? ORDER BY id LIMIT ?)", (after, limit)
    ).scalar()
    if last is None:
        return None, 0
    added = _write(connection, "{id} > :a AND {id} <= :b", {"a": after, "b": last})
    _count(connection, added)
    return last, added


def _count(connection: Connection, more: int) -> None:
    if more:
        connection.exec_driver_sql(
            "INSERT INTO list_count (kind, n) VALUES ('account', ?)"
            " ON CONFLICT (kind) DO UPDATE SET n = n + excluded.n",
            (more,),
        )


def _write(
    connection: Connection, which: str, values: dict[str, str] | None = None, into: str = "account_summary"
) -> int:
    """Write the summaries of the accounts whose `{id}` is among them, from one pass over each table."""
    raw: Any = connection.connection.dbapi_connection
    raw.create_function("sort_fold", 1, fold, deterministic=True)
    written = connection.exec_driver_sql(
        f"INSERT INTO {into}"
        " (account, sort_name, name, town, potential, type, revenue, last_visit, visit_due, stale_on)"
        f" {_summaries(which)} ON CONFLICT (account) DO NOTHING",
        {"year_ago": _a_year_before(_today()).isoformat(), **(values or {})},
    )
    return written.rowcount


def _summaries(which: str) -> str:
    """(account, …) of the accounts; dates are worked out in SQL, a call into Python costs more than a row."""
    account = f"deleted_at IS NULL AND {which.format(id='account')}"
    # What most names are made of is folded by lower() alone.
    plain = "t.name NOT GLOB '*[^ -~]*' AND instr(t.name, '  ') = 0 AND trim(t.name) = t.name"
    days = "CASE t.potential " + " ".join(f"WHEN '{k}' THEN {n}" for k, n in VISIT_INTERVAL.items())
    days = f"coalesce(nullif(t.visit_interval, 0), {days} ELSE {_DEFAULT_INTERVAL} END)"
    end = "CASE substr(q.oldest, 5, 6) WHEN '-02-29' THEN '-02-28' ELSE substr(q.oldest, 5, 6) END"
    first = "min((kind IS NULL) || ' ' || coalesce(kind, '') || ' ' || id)"
    seen = (
        f"SELECT account, substr(max(start), 1, 10) AS day FROM visit_report WHERE {account} GROUP BY account"
    )
    done = (
        f"SELECT account, substr(max(start), 1, 10) FROM appointment WHERE {account}"
        " AND kind = 'visit' AND state = 'done' GROUP BY account"
    )
    return (
        f"SELECT t.id, CASE WHEN t.name IS NULL THEN '' WHEN {plain} THEN lower(t.name) ELSE sort_fold(t.name) END,"
        " coalesce(t.name, ''), coalesce(p.town, ''), nullif(t.potential, ''), nullif(t.type, ''),"
        f" coalesce(q.revenue, 0), v.day, coalesce(date(v.day, '+' || {days} || ' days'), ''),"
        f" (substr(q.oldest, 1, 4) + 1) || {end}"
        " FROM account AS t"
        f" LEFT JOIN (SELECT account, town, {first} FROM site WHERE {account} AND town <> '' GROUP BY account) AS p"
        " ON p.account = t.id"
        f" LEFT JOIN (SELECT account, max(day) AS day FROM ({seen} UNION ALL {done}) GROUP BY account) AS v"
        " ON v.account = t.id"
        f" LEFT JOIN (SELECT account, sum(total_ht) AS revenue, min({_DECIDED}) AS oldest FROM quote"
        f" WHERE {account} AND status = 'accepted' AND {_DECIDED} > :year_ago GROUP BY account) AS q"
        f" ON q.account = t.id WHERE t.deleted_at IS NULL AND {which.format(id='t.id')} ORDER BY t.id"
    )


def _today() -> date:
    return formats.now().date()


def _a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
