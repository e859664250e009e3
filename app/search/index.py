"""The full-text index: made, kept true in the transaction that changes a record, built anew after a bulk load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from app import account_summary, changed, lists
from app.local import search_rows
from app.search import expressions, segments
from app.search.sources import PER_KIND, SOURCES, WEIGHT, Source, watches
from sync import state

PENDING = "search_todo"
"""The name in `sync_state` under which a build notes how far it is."""
# Each length costs a tenth of an index. A longer beginning is gathered from the words that begin with it: with four
# lengths “garage va” among half a million records takes twice the time, and a first sync a tenth less.
_LAYOUT = (
    " USING fts5(words, content='', contentless_delete=1, detail=none, prefix='1 2 3 4 5 6 7',"
    " tokenize='unicode61 remove_diacritics 0')"
)
_TEXT = f"CREATE VIRTUAL TABLE search_text{_LAYOUT}"
# In memory, as all temporary tables of an encrypted file.
_STAGE = (
    "CREATE TEMP TABLE IF NOT EXISTS search_stage"
    " (n INTEGER PRIMARY KEY, id TEXT, title TEXT, subtitle TEXT, words TEXT, folded TEXT, row INTEGER)"
)
_TEXTS = "CREATE TEMP TABLE IF NOT EXISTS search_words (row INTEGER PRIMARY KEY, words TEXT)"
_MADE = f"CREATE VIRTUAL TABLE temp.search_made{_LAYOUT}"
_BATCH = 20_000
MANY = 100
"""Records renewed at once, whose parts of the index are merged later: see `merge_some`."""
_HALF = PER_KIND // 2
"""Entries made in bulk are numbered from the start of their kind's range, those kept one by one from here."""
_LATER = "renewed:"
"""Stands before the kind of a record that was renewed while a build was under way: the build passes it over."""


def create(connection: Connection) -> None:
    """The full-text table of an empty file, or of an older one, whose entries are made anew if they must be."""
    made = _declared(connection)
    if made is None:
        connection.exec_driver_sql(_TEXT)
    elif made != _TEXT:
        rebuild(connection)


def is_older(connection: Connection) -> bool:
    """Whether an older release made the full-text table otherwise: what is made now does not fit into it."""
    return _declared(connection) != _TEXT


def _declared(connection: Connection) -> str | None:
    found: str | None = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE name = 'search_text'"
    ).scalar()
    return found


def install(connection: Connection) -> None:
    """The triggers that note which records changed, whatever writes them, and the indexes of the lists."""
    lists.install(connection)
    account_summary.install(connection)
    for name, table, columns, kind, query, new_and_gone in watches():
        changed.watch(connection, name, table, columns, [(kind, query)], new_and_gone=new_and_gone)


def refresh(connection: Connection) -> None:
    """Renew the entries and summaries of the records that changed in this transaction."""
    account_summary.renew_aged(connection)
    dirty = (
        connection.exec_driver_sql(f"SELECT DISTINCT kind FROM search_dirty WHERE kind NOT LIKE '{_LATER}%'")
        .scalars()
        .all()
    )
    if not dirty:
        return
    account_summary.refresh(connection)
    expressions.teach(connection)
    connection.exec_driver_sql(_TEXTS)
    for source in SOURCES:
        if source.kind in dirty:
            _renew(connection, source)
    _renew_texts(connection)
    if is_pending(connection):
        connection.exec_driver_sql(
            f"INSERT INTO search_dirty (kind, id) SELECT '{_LATER}' || kind, id FROM search_dirty"
            f" WHERE kind NOT LIKE '{_LATER}%' ON CONFLICT (kind, id) DO NOTHING"
        )
    connection.exec_driver_sql(f"DELETE FROM search_dirty WHERE kind NOT LIKE '{_LATER}%'")


def is_pending(connection: Connection) -> bool:
    """Whether entries are still to be made."""
    return state.get(connection, PENDING) is not None


def rebuild(connection: Connection, progress: Callable[[int, int], None] | None = None) -> None:
    """Build all entries and summaries anew in the caller's transaction; `progress(done, all)` is told."""
    state.put(connection, PENDING, None)
    account_summary.rebuild(connection)
    clear(connection)
    drop_record_index(connection)
    every, done = count(connection), 0
    for source in SOURCES:
        after: str | None = ""
        while after is not None:
            after, added = add_some(connection, source, after, _BATCH)
            done += added
            if progress is not None:
                progress(done, every)
    # The pages that this gives back are taken by the indexes that follow.
    connection.exec_driver_sql("INSERT INTO search_text (search_text) VALUES ('optimize')")
    finish(connection)
    connection.exec_driver_sql("DELETE FROM search_dirty")


def clear(connection: Connection) -> None:
    """No entries, and an index that takes many at once."""
    connection.exec_driver_sql("DELETE FROM search_row")
    connection.exec_driver_sql("DELETE FROM search_dirty")
    _record, folded = sorted(search_rows.indexes, key=lambda index: index.unique, reverse=True)
    folded.drop(connection, checkfirst=True)
    # A fresh table is the quickest way to empty one that cannot read its own content.
    connection.exec_driver_sql("DROP TABLE IF EXISTS search_text")
    connection.exec_driver_sql(_TEXT)
    # Larger batches in memory mean fewer segments; they are merged when all are there.
    _hoard(connection, "search_text")


def drop_record_index(connection: Connection) -> None:
    """For a build that nobody interrupts with an edit."""
    for index in search_rows.indexes:
        index.drop(connection, checkfirst=True)


def finish(connection: Connection) -> None:
    """All entries are there: the indexes of their titles, and the settings of everyday."""
    for index in search_rows.indexes:
        index.create(connection, checkfirst=True)
    _save(connection)
    connection.exec_driver_sql(f"DELETE FROM search_dirty WHERE kind LIKE '{_LATER}%'")


def merge_some(connection: Connection, pages: int) -> bool:
    """Merge some of the index's segments, as FTS5 does after many writes; whether more is to be merged."""
    raw: Any = connection.connection.dbapi_connection
    before = raw.total_changes
    _configure(connection, "search_text", "merge", pages)
    # Documented by FTS5: fewer than two changes mean that there was nothing to do.
    return bool(raw.total_changes - before >= 2)


def count(connection: Connection) -> int:
    """How many records there are to find."""
    counts = " UNION ALL ".join(
        f'SELECT count(*) AS n FROM "{source.kind}" WHERE deleted_at IS NULL' for source in SOURCES
    )
    return int(connection.exec_driver_sql(f"SELECT sum(n) FROM ({counts})").scalar_one())


def add_some(connection: Connection, source: Source, after: str, limit: int) -> tuple[str | None, int]:
    """Add the next entries of a kind after an id; the last one's, None when there are no more, and how many."""
    last, rows = end_of(connection, source, after, limit)
    if last is None:
        return None, 0
    stage(connection, source, after, last, next_row(connection, source))
    _keep(connection, source)
    return last, rows


def end_of(connection: Connection, source: Source, after: str, limit: int) -> tuple[str | None, int]:
    """The last id of the next records of a kind after an id, None where there are none, and how many they are."""
    last, rows = connection.exec_driver_sql(
        f'SELECT max(id), count(*) FROM (SELECT id FROM "{source.kind}" WHERE id > ? ORDER BY id LIMIT ?)',
        (after, limit),
    ).one()
    return last, rows


def next_row(connection: Connection, source: Source) -> int:
    """The first free number for entries made in bulk."""
    return _last_row(connection, WEIGHT[source.kind] * PER_KIND) + 1


def stage(connection: Connection, source: Source, after: str, last: str, first_row: int) -> None:
    """Gather the entries of a kind's records after an id and up to another, in the connection's memory."""
    expressions.teach(connection)
    query = source.query("t.id > :a AND t.id <= :b", "account > :a AND account <= :b")
    _stage(connection, query, "NULL", "", {"a": after, "b": last})
    connection.exec_driver_sql("UPDATE temp.search_stage SET row = ? + n - 1", (first_row,))


def index_staged(connection: Connection, source: Source) -> None:
    """Make the full text of what is staged beside it, in the connection's memory."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS temp.search_made")
    connection.exec_driver_sql(_MADE)
    _hoard(connection, "search_made")
    connection.exec_driver_sql(f"INSERT INTO temp.search_made (rowid, words) {_texts(source)}")


def publish(connection: Connection, source: Source) -> int:
    """Give the file what is staged and indexed in memory, but for records renewed meanwhile; how many there were."""
    segments.move(connection, "search_made", "search_text")
    renewed = connection.exec_driver_sql(
        "SELECT s.row FROM search_dirty AS d JOIN temp.search_stage AS s ON s.id = d.id WHERE d.kind = ?",
        (f"{_LATER}{source.kind}",),
    ).all()
    if renewed:
        rows = [tuple(row) for row in renewed]
        connection.exec_driver_sql("DELETE FROM search_text WHERE rowid = ?", rows)
        connection.exec_driver_sql("DELETE FROM temp.search_stage WHERE row = ?", rows)
    return _list_staged(connection, source)


def forget_staged(connection: Connection) -> None:
    """Give the memory of what was staged back, outside any transaction."""
    raw: Any = connection.connection.dbapi_connection
    for name in ("search_made", "search_stage"):
        raw.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _renew(connection: Connection, source: Source) -> None:
    """Replace what the lists show of a kind's changed records; those that are gone go. Their texts are gathered."""
    run, kind = connection.exec_driver_sql, source.kind
    noted = f"(SELECT id FROM search_dirty WHERE kind = '{kind}')"
    _stage(
        connection,
        source.query(f"t.id IN {noted}", f"account IN {noted}"),
        "k.row",
        f" LEFT JOIN search_row AS k ON k.id = e.id AND k.kind = '{kind}'",
    )
    run(
        f"INSERT INTO temp.search_words (row) SELECT row FROM search_row WHERE kind = '{kind}' AND id IN {noted}"
    )
    run(
        f"DELETE FROM search_row WHERE kind = '{kind}' AND id IN {noted}"
        " AND id NOT IN (SELECT id FROM temp.search_stage)"
    )
    # Only what differs is written: each page of an encrypted file costs more than its rows.
    for columns in (("title", "folded"), ("subtitle",)):
        ours, new = (", ".join(f"{table}.{name}" for name in columns) for table in ("r", "s"))
        sets = ", ".join(f"{name} = s.{name}" for name in columns)
        run(
            f"UPDATE search_row AS r SET {sets} FROM temp.search_stage AS s"
            f" WHERE r.row = s.row AND ({ours}) IS NOT ({new})"
        )
    last = run("SELECT coalesce(max(row), 0) FROM temp.search_stage").scalar_one()
    last = max(last, _last_row(connection, WEIGHT[kind] * PER_KIND + _HALF))
    run("UPDATE temp.search_stage SET row = ? + n WHERE row IS NULL", (last,))
    _list_staged(connection, source)
    run(f"INSERT OR REPLACE INTO temp.search_words (row, words) {_texts(source)}")
    run("DELETE FROM temp.search_stage")


def _renew_texts(connection: Connection) -> None:
    """Give the full text what was gathered, all kinds at once: each flush of it leaves a segment."""
    run = connection.exec_driver_sql
    many = run("SELECT count(*) FROM temp.search_words").scalar_one() > MANY
    if many:
        _hoard(connection, "search_text")
    run("DELETE FROM search_text WHERE rowid IN (SELECT row FROM temp.search_words)")
    run(
        "INSERT INTO search_text (rowid, words)"
        " SELECT row, words FROM temp.search_words WHERE words IS NOT NULL ORDER BY row"
    )
    if many:
        _save(connection)
    run("DELETE FROM temp.search_words")


def _stage(
    connection: Connection, entries: str, row: str, join: str, values: dict[str, str] | None = None
) -> None:
    connection.exec_driver_sql(_STAGE)
    connection.exec_driver_sql("DELETE FROM temp.search_stage")
    connection.exec_driver_sql(
        f"WITH e (id, title, subtitle, words) AS ({entries})"
        " INSERT INTO temp.search_stage (id, title, subtitle, words, folded, row)"
        f" SELECT e.*, {expressions.folded('e.title')}, {row} FROM e{join}",
        values or {},
    )


def _last_row(connection: Connection, first: int) -> int:
    """The highest number of entries in the half of a kind's range that begins there."""
    return int(
        connection.exec_driver_sql(
            "SELECT coalesce(max(row), ?) FROM search_row WHERE row BETWEEN ? AND ?",
            (first, first, first + _HALF - 1),
        ).scalar_one()
    )


def _keep(connection: Connection, source: Source) -> None:
    _list_staged(connection, source)
    connection.exec_driver_sql(f"INSERT INTO search_text (rowid, words) {_texts(source)}")
    connection.exec_driver_sql("DELETE FROM temp.search_stage")


def _list_staged(connection: Connection, source: Source) -> int:
    kept = connection.exec_driver_sql(
        "INSERT INTO search_row (row, kind, id, title, subtitle, folded)"
        f" SELECT row, '{source.kind}', id, title, subtitle, folded FROM temp.search_stage WHERE true ORDER BY n"
        " ON CONFLICT (row) DO NOTHING"
    )
    return kept.rowcount


def _texts(source: Source) -> str:
    marked = f" || ' ' || {expressions.marked('folded')}" if source.title else ""
    return f"SELECT row, words{marked} FROM temp.search_stage ORDER BY row"


def _hoard(connection: Connection, table: str) -> None:
    for name, value in (("hashsize", 33_554_432), ("automerge", 0), ("crisismerge", 1_999)):
        _configure(connection, table, name, value)


def _save(connection: Connection) -> None:
    """The settings of everyday, when a record or a few change at a time."""
    for name, value in (("hashsize", 1_048_576), ("automerge", 4), ("crisismerge", 16)):
        _configure(connection, "search_text", name, value)


def _configure(connection: Connection, table: str, name: str, value: int) -> None:
    connection.exec_driver_sql(f"INSERT INTO {table} ({table}, rank) VALUES ('{name}', {value})")
