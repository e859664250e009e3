"""Several server processes on one PostgreSQL, with writers and readers at all of them at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from sync.protocol import PullRequest
from sync.server import direct
from sync.server.store import Organisations
from tests.sync.server.conftest import (
    Company,
    create,
    make_company,
    make_schema,
    recomputed_sums,
    stored_sums,
)
from tests.sync.server.crowd import BLOCK, SHARED, shared_id

WRITERS, READERS, TRANSACTIONS = 3, 2, 40


@pytest.fixture(autouse=True)
def sums_equal_recomputed() -> None:
    """Not after each test, since not each has one company: they are compared where they must hold."""


@contextmanager
def _a_company(url: str) -> Iterator[tuple[Company, str]]:
    slug = f"crowd-{uuid4().hex[:8]}"
    known = Organisations(url, make_schema())
    company = make_company(known.create(slug))
    shared = [create("account", shared_id(n), name="S", territory="north", visits=0) for n in range(SHARED)]
    with company.store.write() as connection:
        direct.write(connection, company.store, shared, company.service.now())
    try:
        yield company, slug
    finally:
        with company.store.write() as connection:
            connection.execute(text(f'DROP SCHEMA "{company.store.pg_schema}" CASCADE'))
        known.close()


def _run_crowd(url: str, slug: str, stop: Path, *more: str) -> tuple[set[str], list[set[str]]]:
    """What the writers wrote, and what each reader saw."""
    program = [sys.executable, "-m", "tests.sync.server.crowd", url, slug]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}

    def start(role: str, seed: int, what: object) -> subprocess.Popen[str]:
        command = [*program, role, str(seed), str(what), *more]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    readers = [start("read", n, stop) for n in range(READERS)]
    writers = [start("write", n, TRANSACTIONS) for n in range(WRITERS)]
    written = [process.communicate(timeout=120)[0] for process in writers]
    stop.touch()
    seen = [process.communicate(timeout=120)[0] for process in readers]
    assert all(process.returncode == 0 for process in writers + readers)
    return {id for ids in written for id in json.loads(ids)}, [set(json.loads(ids)) for ids in seen]


def test_no_reader_misses_a_row_whatever_writes_beside_it(postgres_url: str, tmp_path: Path) -> None:
    with _a_company(postgres_url) as (company, slug):
        written, seen = _run_crowd(postgres_url, slug, tmp_path / "stop")
        assert len(written) == WRITERS * TRANSACTIONS
        for ids in seen:
            assert ids - {shared_id(n) for n in range(SHARED)} == written
        office = company.laptop("office")
        office.pull()
        visits = [office.row("account", shared_id(n))["visits"] for n in range(SHARED)]
        assert sum(int(str(one)) for one in visits) == 2 * WRITERS * TRANSACTIONS
        assert stored_sums(company) == recomputed_sums(company)


def test_a_cursor_over_a_naive_sequence_loses_rows_and_is_caught(postgres_url: str, tmp_path: Path) -> None:
    with _a_company(postgres_url) as (company, slug):
        with company.store.write() as connection:
            start = company.service.connect(company.laptop("nora").token).pull(PullRequest()).hello.head
            connection.execute(
                text(
                    f'CREATE SEQUENCE "{company.store.pg_schema}".naive_rev'
                    f" START {(start // BLOCK + 1) * BLOCK} INCREMENT {BLOCK}"
                )
            )
        written, seen = _run_crowd(postgres_url, slug, tmp_path / "stop", "naive")
        assert len(written) == WRITERS * TRANSACTIONS
        assert any(written - ids for ids in seen)
