"""The full-text index: made, kept true in the transaction that changes a record, built anew after a bulk load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from app import account_summary, changed, lists
from app.local import search_rows
from app.search import expressions
from app.search.sources import PER_KIND, SOURCES, WEIGHT, Source, watches

# A prefix of another length is merged from all words that begin with it: with four lengths instead of seven the
# index is made a fifth faster, and “garage va” takes three times longer to find.
_TEXT = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_text USING fts5("
    "words, content='', contentless_delete=1, detail=none, prefix='1 2 3 4 5 6 7',"
    " tokenize='unicode61 remove_diacritics 0')"
)
# In memory, as all temporary tables of an encrypted file.
_STAGE = (
    "CREATE TEMP TABLE IF NOT EXISTS search_stage"
    " (n INTEGER PRIMARY KEY, id TEXT, title TEXT, subtitle TEXT, words TEXT, row INTEGER)"
)
_BATCH = 20_000


def create(connection: Connection) -> None:
    """The full-text table of an empty file, or of an older one, whose entries are made anew if they must be."""
    made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'search_text'").scalar()
    connection.exec_driver_sql(_TEXT)
    if made is not None and made != _TEXT.replace("IF NOT EXISTS ", ""):
        rebuild(connection)


def install(connection: Connection) -> None:
    """The triggers that note which records changed, whatever writes them, and the indexes of the lists."""
    lists.install(connection)
    account_summary.install(connection)
    for name, table, columns, kind, query, new_and_gone in watches():
        changed.watch(connection, name, table, columns, [(kind, query)], new_and_gone=new_and_gone)


def refresh(connection: Connection) -> None:
    """Renew the entries and summaries of the records that changed in this transaction."""
    account_summary.renew_aged(connection)
    dirty = connection.exec_driver_sql("SELECT DISTINCT kind FROM search_dirty").scalars().all()
    if not dirty:
        return
    account_summary.refresh(connection)
    expressions.teach(connection)
    for source in SOURCES:
        if source.kind in dirty:
            _renew(connection, source)
    connection.exec_driver_sql("DELETE FROM search_dirty")


def rebuild(connection: Connection, progress: Callable[[int, int], None] | None = None) -> None:
    """Build all entries and summaries anew in the caller's transaction; `progress(done, all)` is told."""
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
    finish(connection)
    connection.exec_driver_sql("INSERT INTO search_text (search_text) VALUES ('optimize')")
    connection.exec_driver_sql("DELETE FROM search_dirty")


def clear(connection: Connection) -> None:
    """No entries, and an index that takes many at once."""
    connection.exec_driver_sql("DELETE FROM search_row")
    _record, folded = sorted(search_rows.indexes, key=lambda index: index.unique, reverse=True)
    folded.drop(connection, checkfirst=True)
    # A fresh table is the quickest way to empty one that cannot read its own content.
    connection.exec_driver_sql("DROP TABLE IF EXISTS search_text")
    create(connection)
    # Larger batches in memory mean fewer segments; they are merged when all are there.
    for name, value in (("hashsize", 33_554_432), ("automerge", 0), ("crisismerge", 1_999)):
        _configure(connection, name, value)


def drop_record_index(connection: Connection) -> None:
    """For a build that nobody interrupts with an edit."""
    for index in search_rows.indexes:
        index.drop(connection, checkfirst=True)


def finish(connection: Connection) -> None:
    """All entries are there: the indexes of their titles, and the settings of everyday."""
    for index in search_rows.indexes:
        index.create(connection, checkfirst=True)
    for name, value in (("hashsize", 1_048_576), ("automerge", 4), ("crisismerge", 16)):
        _configure(connection, name, value)


def merge_some(connection: Connection, pages: int) -> bool:
    """Merge some of the index's segments, as FTS5 does after many writes; whether more is to be merged."""
    raw: Any = connection.connection.dbapi_connection
    before = raw.total_changes
    _configure(connection, "merge", pages)
    # Documented by FTS5: fewer than two changes mean that there was nothing to do.
    return bool(raw.total_changes - before >= 2)


def count(connection: Connection) -> int:
    """How many records there are to find."""
    counts = " UNION ALL ".join(
        f'SELECT count(*) AS n FROM "{source.kind}" WHERE deleted_at IS NULL' for source in SOURCES
    )
    return int(connection.exec_driver_sql(f"SELECT sum(n) FROM ({counts})").scalar_one())


def add_some(
    connection: Connection, source: Source, after: str, limit: int, new_only: bool = False
) -> tuple[str | None, int]:
    """Add the next entries of a kind after an id; the last one's, None when there are no more, and how many.

    `new_only` leaves out records that have one already, since they were edited meanwhile.
    """
    last = connection.exec_driver_sql(
        f'SELECT max(id) FROM (SELECT id FROM "{source.kind}" WHERE id > ? ORDER BY id LIMIT ?)',
        (after, limit),
    ).scalar()
    if last is None:
        return None, 0
    expressions.teach(connection)
    known = (
        f" AND t.id NOT IN (SELECT id FROM search_row WHERE kind = '{source.kind}' AND id > :a AND id <= :b)"
    )
    where = f"t.id > :a AND t.id <= :b{known if new_only else ''}"
    query = source.query(where, "account > :a AND account <= :b")
    added = _stage(connection, f"SELECT e.*, NULL FROM ({query}) AS e", {"a": after, "b": last})
    _keep(connection, source)
    return last, added


def _renew(connection: Connection, source: Source) -> None:
    """Replace the entries of a kind's changed records; those that are gone lose theirs."""
    noted = f"(SELECT id FROM search_dirty WHERE kind = '{source.kind}')"
    entries = source.query(f"t.id IN {noted}", f"account IN {noted}")
    _stage(
        connection,
        f"SELECT e.*, k.row FROM ({entries}) AS e LEFT JOIN search_row AS k"
        f" ON k.id = e.id AND k.kind = '{source.kind}'",
    )
    rows = connection.exec_driver_sql(
        "SELECT r.row FROM search_dirty AS d JOIN search_row AS r ON r.id = d.id AND r.kind = d.kind"
        " WHERE d.kind = ?",
        (source.kind,),
    ).all()
    if rows:
        gone = [(row,) for (row,) in rows]
        connection.exec_driver_sql("DELETE FROM search_text WHERE rowid = ?", gone)
        connection.exec_driver_sql("DELETE FROM search_row WHERE row = ?", gone)
    _keep(connection, source)


def _stage(connection: Connection, entries: str, values: dict[str, str] | None = None) -> int:
    connection.exec_driver_sql(_STAGE)
    connection.exec_driver_sql("DELETE FROM temp.search_stage")
    staged = connection.exec_driver_sql(
        f"INSERT INTO temp.search_stage (id, title, subtitle, words, row) {entries}", values or {}
    )
    return staged.rowcount


def _keep(connection: Connection, source: Source) -> None:
    """Give what is staged its places: that of its earlier entry, or the next ones of its kind."""
    first = WEIGHT[source.kind] * PER_KIND
    last = connection.exec_driver_sql(
        "SELECT max((SELECT coalesce(max(row), ?) FROM search_row WHERE row BETWEEN ? AND ?),"
        " (SELECT coalesce(max(row), 0) FROM temp.search_stage))",
        (first, first, first + PER_KIND - 1),
    ).scalar_one()
    connection.exec_driver_sql("UPDATE temp.search_stage SET row = ? + n WHERE row IS NULL", (last,))
    connection.exec_driver_sql(
        "INSERT INTO search_row (row, kind, id, title, subtitle, folded)"
        f" SELECT row, '{source.kind}', id, title, subtitle, {expressions.folded('title')}"
        " FROM temp.search_stage ORDER BY n"
    )
    marked = f" || ' ' || {expressions.marked('r.folded')}" if source.title else ""
    connection.exec_driver_sql(
        f"INSERT INTO search_text (rowid, words) SELECT s.row, s.words{marked}"
        " FROM temp.search_stage AS s CROSS JOIN search_row AS r ON r.row = s.row ORDER BY s.row"
    )
    connection.exec_driver_sql("DELETE FROM temp.search_stage")


def _configure(connection: Connection, name: str, value: int) -> None:
    connection.exec_driver_sql(f"INSERT INTO search_text (search_text, rank) VALUES ('{name}', {value})")
