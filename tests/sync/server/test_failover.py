"""A server process is killed and the database restarted in the middle of a push: all is there, and once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import pytest
import requests
from sqlalchemy import create_engine, text

from app import admin
from sync import errors
from sync.client import HttpClient
from sync.protocol import EnrolRequest, Op, PullRequest, PushRequest, Transaction, seal
from tests.sync.server.cluster import Cluster, NotHere, a_cluster

PASSWORD = "a long password"
PUSHES, IN_EACH = 40, 5


@pytest.fixture(autouse=True)
def sums_equal_recomputed() -> None:
    """The program's own company is compared here by itself."""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """One of its own, since it will be brought down."""
    try:
        with a_cluster() as running:
            yield running
    except NotHere as reason:
        pytest.skip(str(reason))


@contextmanager
def _serving(url: str, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "ui.main", "serve", "--database", url, "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait(20)
        process.stdout.close()


def _transactions(count: int) -> list[Transaction]:
    made = []
    for n in range(1, count + 1):
        id = str(uuid4())
        made.append(seal(str(uuid4()), n, [Op("account", id, "create", 0, {"name": (None, f"Compte {n}")})]))
    return made


def _push_all(addresses: list[str], token: str, waiting: list[Transaction], half: Event) -> list[int]:
    """As a laptop does: the same bytes again, wherever a server answers, until each has its result."""
    failures: list[int] = []
    chance = random.Random(3)
    for start in range(0, len(waiting), IN_EACH):
        if start * 2 >= len(waiting):
            half.set()
        for _attempt in range(200):
            client = HttpClient(chance.choice(addresses) + "/acme", token)
            try:
                answer = client.push(PushRequest("", waiting[start : start + IN_EACH]))
                assert [result.outcome for result in answer.results] == ["applied"] * IN_EACH
                break
            except (errors.Offline, errors.ServerBusy) as problem:
                failures.append(start)
                Event().wait(0.1 if isinstance(problem, errors.Offline) else 0.3)
            finally:
                client.close()
        else:
            raise AssertionError("no server answered")
    return failures


def test_a_failover_in_the_middle_of_a_push_loses_and_doubles_nothing(cluster: Cluster) -> None:
    admin.init(cluster.url, "acme", "Acme")
    admin.add_user(cluster.url, "acme", "rep@acme.fr", "Rep", "rep", PASSWORD)
    with _serving(cluster.url) as (first, one), _serving(cluster.url) as (_second, other):
        client = HttpClient(one + "/acme")
        token = client.enrol(EnrolRequest("rep@acme.fr", PASSWORD)).token
        client.close()
        waiting, half = _transactions(PUSHES * IN_EACH), Event()
        failures: list[int] = []
        laptop = Thread(target=lambda: failures.extend(_push_all([one, other], token, waiting, half)))
        laptop.start()
        assert half.wait(120)
        cluster.stop()
        first.send_signal(signal.SIGKILL)
        down = requests.get(other + "/healthz", timeout=30)
        assert (down.status_code, down.json()["code"]) == (503, "server_busy")
        assert int(down.headers["retry-after"]) > 0
        cluster.start()
        laptop.join(120)
        assert not laptop.is_alive()
        assert failures, "the failover was not in the middle of a push"
        client = HttpClient(other + "/acme", token)
        page = client.pull(PullRequest())
        client.close()
    ids = [str(row[0]) for block in page.blocks if block.table == "account" for row in block.rows]
    assert sorted(ids) == sorted(op.id for one in waiting for op in one.operations())
    engine = create_engine(cluster.url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        counts = [
            connection.scalar(text(f'SELECT count(*) FROM "org_acme".{table}'))
            for table in ("sync_result", "account", "field_edit WHERE field = '' AND table_name = 'account'")
        ]
        last = connection.scalar(text('SELECT last_n FROM "org_acme".sync_device'))
    engine.dispose()
    assert counts == [len(waiting)] * 3
    assert last == len(waiting)
