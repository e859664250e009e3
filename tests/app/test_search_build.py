"""After a bulk load lists and search complete themselves in slices, whatever is edited or dies meanwhile."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from app import records, search
from app.folding import fold as sort_fold
from app.search import ahead, build, expressions
from app.search.words import fold, indexed_number, national, split
from app.workspace import Workspace
from sync import capture, state

ACCOUNTS = 23


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several of each step."""
    for name in ("FEWEST", "FIRST", "MOST", "ENTRIES"):
        monkeypatch.setattr(build, name, 5)


@pytest.fixture
def loaded(workspace: Workspace) -> Workspace:
    """Rows of which nothing is indexed yet, as after a load."""
    with workspace.exclusive() as connection, capture.paused(connection):
        connection.exec_driver_sql("INSERT INTO sync_state (name, value) VALUES ('search_later', 1)")
        for number in range(ACCOUNTS):
            connection.exec_driver_sql(
                "INSERT INTO account (id, name, siren, potential) VALUES (?, ?, ?, 'A')",
                (f"a{number:02d}", f"Hôtel n° {number}, Saint-Étienne", f"{732829300 + number}"),
            )
            connection.exec_driver_sql(
                "INSERT INTO contact (id, account, first_name, last_name, mobile) VALUES (?, ?, 'Zoé', ?, ?)",
                (f"c{number:02d}", f"a{number:02d}", f"Œuvrard{number}", f"+336123456{number:02d}"),
            )
            connection.exec_driver_sql(
                "INSERT INTO site (id, account, kind, town) VALUES (?, ?, 'billing', 'Annecy')",
                (f"s{number:02d}", f"a{number:02d}"),
            )
        connection.exec_driver_sql("UPDATE sync_state SET value = 0 WHERE name = 'search_later'")
        search.begin(connection)
    return workspace


def lanes(workspace: Workspace) -> tuple[Any, Any, Any]:
    return (
        lambda: workspace.exclusive(bulk=True),
        lambda: workspace.exclusive(bulk=True, yielding=True),
        workspace.aside,
    )


def watched(
    workspace: Workspace, before: Callable[[], None], after: Callable[[], None]
) -> tuple[Any, Any, Any]:
    """The same, with what is done around each transaction of the lane, but not around a yielding one."""
    slice_of, yielding, aside = lanes(workspace)

    def around(lane: Any) -> Any:
        @contextmanager
        def transaction() -> Iterator[Connection]:
            before()
            with lane() as connection:
                yield connection
                after()

        return transaction

    @contextmanager
    def both() -> Iterator[tuple[Any, Any]]:
        with aside() as (read, write):
            yield read, around(write)

    return around(slice_of), yielding, both


def nothing() -> None:
    """Done around a transaction that nothing is done around."""


def titles(workspace: Workspace, text: str, **options: Any) -> list[str]:
    with workspace.read() as session:
        return [hit.title for hit in search.find(session, text, limit=100, **options)]


def everything(workspace: Workspace) -> list[list[Any]]:
    """What lists and search show."""
    with workspace.read() as session:
        run = session.connection().exec_driver_sql
        tables = [
            [tuple(row) for row in run(query)]
            for query in (
                "SELECT kind, id, title, subtitle, folded FROM search_row ORDER BY kind, id",
                "SELECT * FROM account_summary ORDER BY account",
                "SELECT * FROM list_count",
            )
        ]
    typed = (
        "hotel",
        "etienne",
        "732829305",
        "73282",
        "06 12 34 56 07",
        "oeuvrard3",
        "annecy",
        "zoe hotel",
        "1",
    )
    return [*tables, *(sorted(titles(workspace, text)) for text in typed)]


def test_what_is_built_in_slices_is_what_is_built_at_once(loaded: Workspace):
    told: list[tuple[int, int]] = []
    shown: list[int] = []
    assert search.run(*lanes(loaded), lambda *at: told.append(at), lambda: shown.append(len(told)))
    in_slices = everything(loaded)
    with loaded.exclusive() as connection:
        search.rebuild(connection)
    assert in_slices == everything(loaded)
    assert len(titles(loaded, "annecy")) == ACCOUNTS and titles(loaded, "732829305") == [
        "Hôtel n° 5, Saint-Étienne"
    ]
    assert told[-1] == (2 * ACCOUNTS, 2 * ACCOUNTS)
    assert len(shown) == 2, "the lists are complete, then the search is"
    assert not search.run(*lanes(loaded))


@pytest.mark.parametrize("slices", [1, 4, 7, 9, 12, 15])
def test_a_build_that_died_goes_on_where_it_stopped(loaded: Workspace, slices: int):
    left = [slices]

    def die() -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search.run(*watched(loaded, nothing, die))
    search.run(*lanes(loaded))
    died = everything(loaded)
    with loaded.exclusive() as connection:
        search.rebuild(connection)
    assert died == everything(loaded)


def test_records_that_are_edited_meanwhile_are_found_at_once_and_once(loaded: Workspace):
    edits = iter(range(ACCOUNTS))

    def edit() -> None:
        number = next(edits, None)
        if number is not None:
            with loaded.transaction() as session:
                name = {"name": f"Quincaillerie {number}"}
                records.save(session, "account", f"a{(7 * number) % ACCOUNTS:02d}", name)
                records.delete(session, "contact", f"c{(5 * number) % ACCOUNTS:02d}")
            assert f"Quincaillerie {number}" in titles(loaded, f"quincaillerie {number}")

    search.run(*watched(loaded, edit, nothing))
    built = everything(loaded)
    assert len(titles(loaded, "quincaillerie", kinds=["account"])) > 5
    with loaded.exclusive() as connection:
        search.rebuild(connection)
    assert built == everything(loaded)


def test_what_is_indexed_so_far_is_found(loaded: Workspace):
    seen: list[int] = []
    search.run(
        *watched(loaded, lambda: seen.append(len(titles(loaded, "hotel", kinds=["account"]))), nothing)
    )
    assert 0 in seen and any(0 < count < ACCOUNTS for count in seen)
    assert seen == sorted(seen)


def test_a_long_step_gives_way_to_somebody_who_saves(loaded: Workspace, monkeypatch: pytest.MonkeyPatch):
    from app.search import index

    finish, begun, tries = index.finish, threading.Event(), []

    def slow(connection: Connection) -> None:
        tries.append(1)
        if len(tries) == 1:
            begun.set()
            endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
            connection.exec_driver_sql(endless)
        finish(connection)

    def save() -> None:
        begun.wait()
        with loaded.transaction() as session:
            records.add(session, "account", {"name": "Eilig"})

    monkeypatch.setattr(index, "finish", slow)
    saver = threading.Thread(target=save)
    saver.start()
    search.run(*lanes(loaded))
    saver.join()
    assert len(tries) == 2 and titles(loaded, "eilig") == ["Eilig"]


def test_somebody_who_never_stops_saving_does_not_hold_it_up_for_ever(loaded: Workspace):
    slice_of, _yielding, aside = lanes(loaded)
    refused: list[int] = []

    @contextmanager
    def always_interrupted() -> Iterator[Connection]:
        with slice_of() as connection:
            raw: Any = connection.connection.dbapi_connection
            refused.append(1)
            raw.set_progress_handler(lambda: 1, 1)
            try:
                yield connection
            finally:
                raw.set_progress_handler(None, 1)

    search.run(slice_of, always_interrupted, aside)
    assert len(refused) == build.PATIENCE
    assert len(titles(loaded, "hotel", kinds=["account"])) == ACCOUNTS


def test_the_index_of_an_older_file_is_made_anew(loaded: Workspace):
    search.run(*lanes(loaded))
    built = everything(loaded)
    with loaded.exclusive() as connection:
        connection.exec_driver_sql("DROP TABLE search_text")
        connection.exec_driver_sql("CREATE VIRTUAL TABLE search_text USING fts5(words, content='')")
        search.create(connection)
    assert everything(loaded) == built


def test_a_build_that_an_older_release_began_begins_anew(loaded: Workspace):
    left = [8]

    def die() -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search.run(*watched(loaded, nothing, die))
    with loaded.exclusive() as connection:
        connection.exec_driver_sql("DROP TABLE search_text")
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE search_text USING fts5(words, content='', contentless_delete=1)"
        )
    search.run(*lanes(loaded))
    built = everything(loaded)
    with loaded.exclusive() as connection:
        search.rebuild(connection)
    assert everything(loaded) == built


@pytest.mark.parametrize(
    "noted", [["account", "", 0], ["contact", "a99", 23], ["account", "a05", 5, "account contact"]]
)
def test_a_build_that_a_release_with_another_order_began_begins_anew(loaded: Workspace, noted: list[Any]):
    with loaded.exclusive() as connection:
        state.put(connection, build.PENDING, json.dumps(noted))
    search.run(*lanes(loaded))
    built = everything(loaded)
    with loaded.exclusive() as connection:
        search.rebuild(connection)
    assert everything(loaded) == built


def test_the_window_reads_while_slices_wait_for_their_turn(loaded: Workspace):
    taken: list[int] = []

    def read_as_a_window_does() -> None:
        deadline = time.monotonic() + 30
        while loaded.engine.pool.checkedout() < ahead.AHEAD and time.monotonic() < deadline:  # type: ignore[attr-defined]
            time.sleep(0.01)
        with ExitStack() as held:
            held.enter_context(loaded.exclusive(bulk=True))
            for _reader in range(6):
                held.enter_context(loaded.read()).connection()
            taken.append(loaded.engine.pool.checkedout())  # type: ignore[attr-defined]

    search.run(*lanes(loaded), first=read_as_a_window_does)
    assert taken == [ahead.AHEAD + 1 + 6]


@pytest.fixture(scope="module")
def sql() -> Iterator[Any]:
    """A connection that knows the functions, as `(expression, value) -> result`."""
    raw = sqlcipher.connect(":memory:")

    class Plain:
        connection = type("Pool", (), {"dbapi_connection": raw})

    expressions.teach(Plain)  # type: ignore[arg-type]
    raw.create_function("sort_fold", 1, sort_fold)
    yield lambda text, value: raw.execute(f"SELECT {text} FROM (SELECT ? AS x)", (value,)).fetchone()[0]
    raw.close()


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=30) | st.text(
    "aZéÉœŒßłø’-_& '.09", max_size=20
)


@given(texts)
def test_sql_folds_as_search_does(sql: Any, text: str):
    assert sql(expressions.folded("x"), text) == fold(text)


@given(texts)
def test_sql_marks_the_words_that_search_splits(sql: Any, text: str):
    marked = sql(expressions.marked("x"), fold(text))
    words = [word.removeprefix("\ue000") for word in marked.split()]
    assert [word for word in words if word] == split(fold(text))


@given(st.one_of(st.none(), st.from_regex(r"\+33[0-9]{0,11}|[0-9]{0,16}|[A-Z0-9 ]{0,9}", fullmatch=True)))
def test_sql_takes_numbers_apart_as_search_does(sql: Any, text: str | None):
    assert sql(expressions.number("x"), text) == indexed_number(text or "")
    plain = " ".join(indexed_number(national(phone)) for phone in (text or "").split())
    assert sql(expressions.phones("x"), text) == plain
