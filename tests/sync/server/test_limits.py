"""Sizes, and how often one may ask: counted where every process of the server sees it."""

from __future__ import annotations

import gzip
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from sync import errors
from sync.packing import compress, decompress
from sync.protocol import HelloRequest, PullRequest, PushRequest
from sync.server import auth, usage
from sync.server.gate import MAX_BODY_BYTES
from sync.server.journal import Entry
from sync.server.service import Service
from sync.server.store import Organisations
from tests.sync.server.conftest import Company, Laptop, create, make_schema


@pytest.mark.parametrize("encoding", ["zstd", "gzip"])
def test_a_small_body_that_unpacks_to_a_huge_one_is_refused_before_it_takes_memory(encoding: str) -> None:
    bomb = compress(b"\0" * 200_000_000, encoding)[0]
    assert len(bomb) < 1_000_000
    tracemalloc.start()
    with pytest.raises(errors.Refused, match="too_big"):
        decompress(bomb, encoding, MAX_BODY_BYTES)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * MAX_BODY_BYTES


def test_a_header_that_asks_for_a_huge_window_is_refused() -> None:
    # Magic number, a frame header without a size, a window of 2^30 bytes, one empty last block.
    frame = bytes.fromhex("28b52ffd") + bytes([0b0000_0000, 20 << 3]) + bytes([1, 0, 0])
    with pytest.raises(errors.Protocol):
        decompress(frame, "zstd", MAX_BODY_BYTES)


@pytest.mark.parametrize("encoding", ["zstd", "gzip"])
def test_bytes_after_the_end_or_missing_before_it_are_not_passed_over(encoding: str) -> None:
    whole = compress(b"some words " * 100, encoding)[0]
    assert decompress(whole, encoding, 10_000) == b"some words " * 100
    for damaged in (whole[:-5], whole + b"more", whole + gzip.compress(b"more")):
        with pytest.raises(errors.Protocol):
            decompress(damaged, encoding, 10_000)


def _count(company: Company, laptop: Laptop, weight: int, moment: datetime) -> None:
    entry = Entry("sync/pull", "acme", laptop.id, 200, "", 0.5, 100, 1_000)
    company.store.run(lambda connection: usage.count(connection, company.store, entry, weight, moment))


def test_a_device_that_asks_without_end_waits_until_the_minute_is_over(
    company: Company, nora: Laptop, office: Laptop
) -> None:
    moment = datetime.now(UTC)
    _count(company, nora, usage.MOST_CALLS, moment)
    _count(company, nora, usage.MOST_CALLS, moment + timedelta(minutes=1))
    with pytest.raises(errors.TooManyRequests) as refused:
        usage.require_few_calls(usage.window_of(moment), usage.MOST_CALLS, moment.replace(second=20))
    assert refused.value.retry_after == 40
    usage.require_few_calls(usage.window_of(moment), usage.MOST_CALLS, moment + timedelta(minutes=1))
    usage.require_few_calls(usage.window_of(moment), usage.MOST_CALLS - 1, moment)
    with company.store.read() as connection:
        table = company.store.tables["sync_device"]
        row = connection.execute(table.select().where(table.c.id == nora.id)).mappings().one()
    assert row["total_calls"] == 2 * usage.MOST_CALLS
    assert row["total_ms"] == 2 * usage.MOST_CALLS * 500
    assert row["bytes_out"] == 2 * usage.MOST_CALLS * 1_000


def test_what_one_process_counts_another_one_sees(company: Company, nora: Laptop, office: Laptop) -> None:
    _count(company, nora, usage.MOST_CALLS, datetime.now(UTC))
    store = company.store
    database = (
        store.engine.url.render_as_string(False) if store.postgres else str(store.engine.url.database or "")
    )
    slug = (store.pg_schema or "").removeprefix("org_") or database.rsplit("/", 1)[1].removesuffix(".sqlite")
    folder = database.rsplit("/", 1)[0]
    other = Organisations(database if store.postgres else folder, make_schema())
    found = other.find(slug)
    assert found is not None
    service = Service(found, company.service.grant_rule, slug)
    with pytest.raises(errors.TooManyRequests):
        service.connect(nora.token).pull(PullRequest())
    assert service.connect(office.token).pull(PullRequest()).blocks
    other.close()


def test_small_calls_are_sampled_and_their_sum_stays_right() -> None:
    small, large = Entry(seconds=0.001, bytes_in=10), Entry(seconds=1.0)
    draws = [usage.weight_of(small, n / 1000) for n in range(1000)]
    assert sum(draws) == 1000
    assert usage.weight_of(large, 0.9) == 1


def test_a_newer_run_of_a_laptop_takes_over_and_the_older_one_is_told(nora: Laptop) -> None:
    session, now = nora.service.connect(nora.token), nora.service.now()

    def push(run: str, number: int) -> None:
        transaction = nora.transaction(create("account", f"a{number}", name="A", territory="north"))
        session.push(PushRequest(now, [transaction], run=run))

    push("first", 1)
    push("second", 2)
    with pytest.raises(errors.Refused, match="superseded"):
        session.push(PushRequest(now, [], run="first"))
    with pytest.raises(errors.Refused, match="superseded"):
        session.pull(PullRequest(nora.cursor, run="first"))
    push("second", 3)
    session.pull(PullRequest(nora.cursor, run="third"))
    with pytest.raises(errors.Refused, match="superseded"):
        push("second", 4)
    assert session.hello(HelloRequest(now)).last_n == 3


def test_a_password_and_a_token_are_kept_as_hashes_alone(company: Company, nora: Laptop) -> None:
    with company.store.read() as connection:
        credential = connection.execute(company.store.tables["user_credential"].select()).mappings().first()
        device = connection.execute(company.store.tables["sync_device"].select()).mappings().first()
    assert credential is not None and device is not None
    assert credential["password_hash"].startswith("$argon2id$")
    assert nora.token not in str(dict(device))
    assert device["token_hash"] == auth.hash_token(nora.token)
