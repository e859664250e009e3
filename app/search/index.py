"""The full-text index: made, kept true in the transaction that changes a record, built anew after a bulk load."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from app import account_summary, changed, lists
from app.search.sources import PER_KIND, SOURCES, WEIGHT, Source, watches
from app.search.words import TITLE, fold, indexed_number, national, split

_LONGEST_WORDS = 4_000
_BATCH = 20_000
# A prefix of any other length is merged from all words that begin with it, a hundred times slower.
_TEXT = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_text USING fts5("
    "words, content='', contentless_delete=1, detail=none, prefix='1 2 3 4 5 6 7',"
    " tokenize='unicode61 remove_diacritics 0')"
)
_KEEP_ROW = "INSERT INTO search_row (row, kind, id, title, subtitle, folded) VALUES (?, ?, ?, ?, ?, ?)"
_KEEP_TEXT = "INSERT INTO search_text (rowid, words) VALUES (?, ?)"

Entry = tuple[str, str, str, str, str]
"""id, title, subtitle, folded title, indexed text."""


def create(connection: Connection) -> None:
    """The full-text table of an empty file."""
    connection.exec_driver_sql(_TEXT)


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
    for source in SOURCES:
        if source.kind in dirty:
            _renew(connection, source)
    connection.exec_driver_sql("DELETE FROM search_dirty")


def rebuild(connection: Connection, progress: Callable[[int, int], None] | None = None) -> None:
    """Build all entries and summaries anew in the caller's transaction; `progress(done, all)` is told."""
    account_summary.rebuild(connection)
    connection.exec_driver_sql("DELETE FROM search_row")
    connection.exec_driver_sql("DROP INDEX IF EXISTS search_row_record")
    connection.exec_driver_sql("DROP INDEX IF EXISTS search_row_folded")
    # A fresh table is the quickest way to empty one that cannot read its own content.
    connection.exec_driver_sql("DROP TABLE IF EXISTS search_text")
    create(connection)
    # Larger batches in memory mean fewer segments to merge on disk.
    connection.exec_driver_sql("INSERT INTO search_text (search_text, rank) VALUES ('hashsize', 33554432)")
    counts = {s.kind: _count(connection, s) for s in SOURCES}
    done = 0
    for source in SOURCES:
        for batch in _batches(_entries(connection, source)):
            _keep(connection, source.kind, enumerate(batch, _first_row(source.kind) + done + 1))
            done += len(batch)
            if progress is not None:
                progress(done, sum(counts.values()))
    connection.exec_driver_sql("INSERT INTO search_text (search_text, rank) VALUES ('hashsize', 1048576)")
    connection.exec_driver_sql("CREATE UNIQUE INDEX search_row_record ON search_row (id, kind)")
    connection.exec_driver_sql("CREATE INDEX search_row_folded ON search_row (kind, folded)")
    connection.exec_driver_sql("DELETE FROM search_dirty")


def _count(connection: Connection, source: Source) -> int:
    return int(
        connection.exec_driver_sql(
            f'SELECT count(*) FROM "{source.kind}" WHERE deleted_at IS NULL'
        ).scalar_one()
    )


def _first_row(kind: str) -> int:
    return WEIGHT[kind] * PER_KIND


def _renew(connection: Connection, source: Source) -> None:
    """Replace the entries of a kind's changed records; those that are gone lose theirs."""
    kind = source.kind
    of_kind = (kind,)
    known: dict[str, int] = dict(
        connection.exec_driver_sql(
            "SELECT d.id, r.row FROM search_dirty AS d JOIN search_row AS r ON r.id = d.id AND r.kind = d.kind"
            " WHERE d.kind = ?",
            of_kind,
        ).all()
    )
    rows = [(row,) for row in known.values()]
    if rows:
        connection.exec_driver_sql("DELETE FROM search_text WHERE rowid = ?", rows)
        connection.exec_driver_sql("DELETE FROM search_row WHERE row = ?", rows)
    last = connection.exec_driver_sql(
        "SELECT max(row) FROM search_row WHERE row BETWEEN ? AND ?",
        (_first_row(kind), _first_row(kind) + PER_KIND - 1),
    ).scalar()
    free = max([last or _first_row(kind), *known.values()])
    numbered: list[tuple[int, Entry]] = []
    for entry in _entries(connection, source, only_changed=True):
        row = known.get(entry[0])
        if row is None:
            free = row = free + 1
        numbered.append((row, entry))
    _keep(connection, kind, numbered)


def _entries(connection: Connection, source: Source, only_changed: bool = False) -> Iterator[Entry]:
    """The entries of a kind. Names and places are gathered first: a look-up per row costs ten times more."""
    where = f"t.id IN (SELECT id FROM search_dirty WHERE kind = '{source.kind}')" if only_changed else "1"
    names = _account_names(connection, source, only_changed) if source.under_account else {}
    places = _places(connection, only_changed) if source.kind == "account" else {}
    for id, title, detail, words, phones, account in _plain(connection, source.query(where)):
        if source.under_account:
            name = names.get(account, "")
            shown, subtitle = (title, _joined(name, detail)) if source.title else (name, detail or "")
            words = f"{words[:_LONGEST_WORDS]} {name}"
        else:
            place = places.get(account)
            shown, subtitle = title, place[0] if place else detail or ""
            if place:
                words, phones = f"{words} {place[1]}", f"{phones} {place[2]}"
        folded = fold(shown or "")
        yield id, shown or "", subtitle, folded, _indexed(folded if source.title else "", words, phones)


def _plain(connection: Connection, query: str) -> Iterator[Any]:
    """The driver's own rows: wrapped ones cost more than what is done with them."""
    raw: Any = connection.connection.dbapi_connection
    return iter(raw.execute(query))


def _account_names(connection: Connection, source: Source, only_changed: bool) -> dict[str, str]:
    noted = f"(SELECT id FROM search_dirty WHERE kind = '{source.kind}')"
    where = f'WHERE id IN (SELECT account FROM "{source.kind}" WHERE id IN {noted})' if only_changed else ""
    return dict(_plain(connection, f"SELECT id, name FROM account {where}"))


def _places(connection: Connection, only_changed: bool) -> dict[str, tuple[str, str, str]]:
    """Of each account the town to show, the words of its sites and their telephone numbers."""
    places: dict[str, tuple[str, str, str]] = {}
    for account, town, postcode, phone in account_summary.sites(
        connection, "account" if only_changed else None
    ):
        before = places.get(account, ("", "", ""))
        places[account] = (
            before[0] or town or "",
            f"{before[1]} {town or ''} {postcode or ''}",
            f"{before[2]} {phone or ''}",
        )
    return places


def _joined(name: str, detail: str | None) -> str:
    return f"{name} · {detail}" if name and detail else name or detail or ""


def _indexed(title: str, words: str, phones: str) -> str:
    """The text of an entry: all words, those of the title also with their mark, national numbers."""
    marked = f"{TITLE}{f' {TITLE}'.join(split(title))}" if title else ""
    numbers = " ".join([indexed_number(national(phone)) for phone in phones.split()])
    return f"{fold(words)} {marked} {numbers}"


def _keep(connection: Connection, kind: str, numbered: Iterable[tuple[int, Entry]]) -> None:
    rows, texts = [], []
    for row, (id, title, subtitle, folded, text) in numbered:
        rows.append((row, kind, id, title, subtitle, folded))
        texts.append((row, text))
    if rows:
        connection.exec_driver_sql(_KEEP_ROW, rows)
        connection.exec_driver_sql(_KEEP_TEXT, texts)


def _batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    while batch := list(islice(entries, _BATCH)):
        yield batch
