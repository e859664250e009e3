"""The short way through a push has the effect of the long one, whatever is pushed."""

from __future__ import annotations

import itertools
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from sync.protocol import Op, Result, Value
from sync.server import push
from sync.server.plain import Plain
from sync.server.service import Service
from sync.server.store import Organisations
from tests.sync.server.conftest import (
    SCHEMA,
    Clock,
    Company,
    Laptop,
    create,
    grant_rule,
    make_company,
)

PEOPLE = ("nora", "sam", "office", "nora")
"""Whose laptops they are; nora has two."""
IDS = {
    "account": ["a1", "a2", "a3"],
    "contact": ["c1", "c2", "c3"],
    "task": ["t1", "t2"],
    "quote": ["q1", "q2", "q3", "q4", "q5", "q6"],
    "quote_line": ["l1", "l2", "l3"],
    "product": ["p1"],
}
TYPED: dict[str, tuple[Value, ...]] = {
    "name": ("Dupont", "Durand", None), "phone": ("1", "2"), "notes": ("a\nb", "a\nc", "b"),
    "tags": ('["a"]', '["a","b"]'), "visits": (1, 2), "last_visit": ("2026-01-01", "2026-02-01"),
    "line1": ("1 rue A", "2 rue B"), "town": ("Lyon", "Brest"), "subject": ("Savon", "Huile"),
    "status": ("draft", "issued", "issued"), "number": ("N1", "N1", "N2"), "label": ("x", "y"), "quantity": (1, 2),
    "price": (100, 200), "territory": ("north", "north", "north", "south"), "owner": ("nora", "sam", None),
    "account": ("a1", "a2", "a3"), "quote": ("q1", "q2"), "custom.floor": ("1", '"two"', None),
    "newer": ("kept", None),
}  # fmt: skip
WRONG: dict[str, Value] = {
    "phone": 3, "tags": "[", "visits": "x", "account": "nowhere", "quote": "nowhere", "rev": 7, "custom.floor": "{",
}  # fmt: skip
RARE = ("newer", "owner", "custom.floor", "rev")
PLACES = ("territory", "account", "quote")
"""What says where a row hangs."""
FEWEST, MOST = 10, 30
numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def sums_equal_recomputed() -> None:
    """Both organisations are compared as a whole."""


class Pair:
    """Two copies of an organisation to which the same people send the same; one of them knows no short way."""

    def __init__(self, template: Path, folder: Path, tokens: list[str]) -> None:
        self.stores = []
        for name in ("short", "long"):
            shutil.copytree(template, folder / name)
            self.stores.append(Organisations(str(folder / name), SCHEMA))
        found = [known.find("acme") for known in self.stores]
        self.companies = [
            Company(Service(store, grant_rule, "acme", Clock()), store)
            for store in found
            if store is not None
        ]
        self.laptops = [
            [Laptop(company.service, token, f"d{n}") for company in self.companies]
            for n, token in enumerate(tokens)
        ]

    def push(self, n: int, actions: list[list[Op]], short: pytest.MonkeyPatch) -> None:
        """The same request to both; the answers are equal."""
        answers: list[list[Result]] = []
        for laptop, is_long in zip(self.laptops[n], (False, True), strict=True):
            with short.context() as patch:
                if is_long:
                    patch.setattr(Plain, "apply", lambda self, change, ops: False)
                answers.append(laptop.send(*(laptop.transaction(*ops) for ops in actions)).results)
        assert answers[0] == answers[1]

    def pull(self, n: int) -> None:
        for laptop in self.laptops[n]:
            laptop.pull()
        assert self.laptops[n][0].rows == self.laptops[n][1].rows

    def require_equal(self) -> None:
        """All that either database holds."""
        short, long = (_content(company) for company in self.companies)
        for table, rows in short.items():
            assert rows == long[table], table

    def close(self) -> None:
        for known in self.stores:
            known.close()


def _content(company: Company) -> dict[str, list[dict[str, Any]]]:
    found = {}
    with company.store.read() as connection:
        for table in company.store.tables.metadata.sorted_tables:
            # In which order two fields of one row were written by one action means nothing.
            kept = [column for column in table.columns if column.name != "seq"]
            rows = [dict(row) for row in connection.execute(select(*kept)).mappings()]
            found[table.name] = sorted(rows, key=repr)
    return found


def _op(chance: random.Random, held: dict[tuple[str, str], dict[str, Value]], schema: Any) -> Op:
    """An operation by chance: mostly sensible, sometimes not."""
    table = chance.choice(list(IDS))
    id = chance.choice(IDS[table])
    fields = schema.tables[table].fields
    names = [name for name in TYPED if name in fields and name not in PLACES and name not in RARE]
    chosen = chance.sample(names, min(len(names), chance.randint(1, 3)))
    chosen += [name for name in RARE if chance.random() < 0.02]
    row = held.get((table, id))
    if row is None and chance.random() < 0.9:
        needed = [name for name in PLACES if name in fields]
        return create(table, id, **{name: _value(chance, name) for name in [*chosen, *needed]})
    kind = chance.choices(("update", "delete", "restore", "create"), (20, 8, 3, 1))[0]
    if kind in ("delete", "restore"):
        return Op(table, id, kind, _rev(row))
    chosen += [name for name in PLACES if name in fields and chance.random() < 0.1]
    changes = {name: (_base(chance, row, name), _value(chance, name)) for name in chosen}
    return Op(table, id, kind, _rev(row), changes, f"2026-05-04T08:00:{chance.randint(0, 59):02d}.000Z")


def _value(chance: random.Random, name: str) -> Value:
    if name in WRONG and (name not in TYPED or chance.random() < 0.03):
        return WRONG[name]
    return chance.choice(TYPED[name])


def _rev(row: dict[str, Value] | None) -> int:
    return int(row["rev"] or 0) if row else 0


def _base(chance: random.Random, row: dict[str, Value] | None, name: str) -> Value:
    if row is not None and chance.random() < 0.85:
        return row.get(name)
    return _value(chance, name)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder of an organisation, and the tokens of its laptops."""
    folder, tokens = tmp_path_factory.mktemp("template"), []
    known = Organisations(str(folder), SCHEMA)
    company = make_company(known.create("acme"))
    devices = company.store.tables["sync_device"]
    for n, user in enumerate(PEOPLE):
        laptop = company.laptop(user)
        tokens.append(laptop.token)
        with company.store.write() as connection:
            connection.execute(update(devices).where(devices.c.id == laptop.id).values(id=f"d{n}"))
    known.close()
    return folder, tokens


@settings(
    max_examples=5_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 20,  # half a second each
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(seed=st.integers(0, 1 << 32))
def test_both_ways_answer_alike_and_leave_the_same(
    template: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    pair = Pair(template[0], tmp_path / str(next(numbers)), template[1])
    try:
        for _round in range(chance.randint(FEWEST, MOST)):
            n = chance.randrange(len(PEOPLE))
            if chance.random() < 0.6:
                pair.pull(n)
            held, schema = pair.laptops[n][0].rows, pair.companies[0].store.schema
            actions = [
                [_op(chance, held, schema) for _op_number in range(chance.choice((1, 1, 1, 2, 4)))]
                for _action in range(chance.randint(1, 4))
            ]
            pair.push(n, actions, monkeypatch)
        pair.require_equal()
    finally:
        pair.close()


@pytest.fixture
def long_ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of transactions that took the long way."""
    taken: list[str] = []
    whole = push.apply

    def apply(change: Any, ops: Any) -> None:
        taken.append(change.uuid)
        whole(change, ops)

    monkeypatch.setattr(push, "apply", apply)
    return taken


@pytest.fixture
def nora(tmp_path: Path) -> Iterator[Laptop]:
    known = Organisations(str(tmp_path), SCHEMA)
    yield make_company(known.create("acme")).laptop("nora")
    known.close()


def test_everyday_work_takes_the_short_way(nora: Laptop, long_ways: list[str]) -> None:
    nora.do(create("account", "a1", name="Dupont", territory="north", owner="nora"))
    nora.pull()
    nora.do(create("contact", "c1", account="a1", name="Anne", **{"custom.floor": "3"}))
    nora.do(create("quote", "q1", account="a1", status="draft"), create("quote_line", "l1", quote="q1"))
    nora.do(nora.edit("account", "a1", phone="2", tags='["a"]'))
    assert long_ways == []


def test_what_may_clash_takes_the_long_way(nora: Laptop, long_ways: list[str]) -> None:
    nora.do(create("account", "a1", name="Dupont", territory="north"))
    nora.do(create("quote", "q1", account="a1", status="draft"), create("quote_line", "l1", quote="q1"))
    nora.pull()
    done = [
        nora.do(nora.edit("quote", "q1", subject="Savon")),
        nora.do(nora.edit("quote_line", "l1", quantity=2)),
        nora.do(Op("account", "a1", "update", 0, {"name": ("Durand", "Dupond")})),
        nora.do(nora.edit("account", "a1", territory="south")),
        nora.do(create("contact", "c1", account="nowhere")),
        nora.do(create("quote", "q2", account="a1", status="issued", number="N1")),
        nora.do(Op("account", "a1", "delete", 0)),
    ]
    assert long_ways == [result.uuid for result in done]
