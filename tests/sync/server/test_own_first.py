"""A first load by pages brings, of the territories in which somebody works, his own accounts first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.protocol import PullPage, PullRequest, pack_cursor, unpack_cursor
from sync.server.scopes import Grants
from tests.sync.server.conftest import Company, Laptop, create

SMALL_PAGE = 20_000
"""Bytes: some hundred rows."""
OTHERS, OWN = 900, 30


@pytest.fixture
def nora_in_the_north(company: Company, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    """A laptop of Nora's, in whose territory a colleague has 900 accounts, written first, and she has 30."""
    office = company.laptop("office")
    for whose, count in (("office", OTHERS), ("nora", OWN)):
        ids = [f"{whose}{number:03}" for number in range(count)]
        for start in range(0, count, 400):
            rows = [create("account", id, territory="north", owner=whose) for id in ids[start : start + 400]]
            assert office.do(*rows).outcome == "applied"
    nora, rule = company.laptop("nora"), company.service.grant_rule

    def works_there(*asked: Any) -> Grants:
        return replace(rule(*asked), own=frozenset({"territory:north"}))

    monkeypatch.setattr(nora, "service", replace(company.service, grant_rule=works_there))
    return nora


def pages(laptop: Laptop, cursor: str = "", max_bytes: int = SMALL_PAGE) -> list[PullPage]:
    found: list[PullPage] = []
    while not found or found[-1].more:
        found.append(laptop.service.connect(laptop.token).pull(PullRequest(cursor, max_bytes)))
        cursor = found[-1].cursor
        assert len(found) < 100
    return found


def accounts(page: PullPage) -> list[str]:
    return [str(row[0]) for block in page.blocks if block.table == "account" for row in block.rows]


def test_her_own_accounts_come_before_her_colleagues_and_all_of_them_come(nora_in_the_north: Laptop) -> None:
    found = [ids for page in pages(nora_in_the_north) if (ids := accounts(page))]
    assert [id for id in found[0] if not id.startswith("nora")] == []
    assert len(found[0]) == OWN
    rest = [id for ids in found[1:] for id in ids]
    assert len(rest) == len(set(rest)) == OTHERS + OWN
    assert all(len(ids) == len(set(ids)) for ids in found), "no page brings a row twice"


def test_what_fits_into_one_page_comes_once(nora_in_the_north: Laptop) -> None:
    ids = [id for page in pages(nora_in_the_north, max_bytes=2_000_000) for id in accounts(page)]
    assert len(ids) == len(set(ids)) == OTHERS + OWN


def test_a_laptop_that_has_them_twice_has_them_once(nora_in_the_north: Laptop) -> None:
    nora = nora_in_the_north
    for page in pages(nora):
        for block in page.blocks:
            for row in block.rows:
                nora.rows[block.table, str(row[0])] = dict(zip(block.columns, row, strict=True))
    assert sum(table == "account" for table, _id in nora.rows) == OTHERS + OWN


@pytest.mark.parametrize("place", [-1, -5, -1_000_000])
def test_a_place_that_nobody_was_given_is_answered_with_rows_of_ones_own_scopes(
    nora_in_the_north: Laptop, place: int
) -> None:
    fields = unpack_cursor(pages(nora_in_the_north)[0].cursor)
    fields["b"] = {"territory:north": (place, 0, fields["r"])}
    found = [id for page in pages(nora_in_the_north, pack_cursor(fields)) for id in accounts(page)]
    assert set(found) <= {f"nora{n:03}" for n in range(OWN)} | {f"office{n:03}" for n in range(OTHERS)}
    assert len(set(found)) == OTHERS + OWN
