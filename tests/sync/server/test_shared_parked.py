"""What waits is the work of every copy of the file that it was written in: each hears what becomes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.protocol import EnrolRequest, PullRequest, PushRequest, Result
from tests.sync.server.conftest import Laptop, create


def _copy_of(laptop: Laptop) -> Laptop:
    """The same file on a second machine, which became a device of its own."""
    answer = laptop.service.connect(laptop.token).enrol(EnrolRequest())
    return replace(laptop, token=answer.token, id=answer.device, n=0, rows=dict(laptop.rows))


def _settled(laptop: Laptop) -> list[Result]:
    return laptop.service.connect(laptop.token).pull(PullRequest(laptop.cursor)).settled


@pytest.fixture
def waiting(nora: Laptop) -> str:
    """The name of a transaction that waits for its account."""
    sealed = nora.transaction(create("contact", "c", account="later", name="N"))
    (result,) = nora.send(sealed).results
    assert (result.outcome, result.reason) == ("parked", "missing_parent")
    nora.pull()
    return sealed.uuid


def test_each_copy_hears_that_it_was_applied(nora: Laptop, office: Laptop, waiting: str) -> None:
    copies = [nora, _copy_of(nora)]
    copies.append(_copy_of(copies[1]))
    office.do(create("account", "later", name="D", territory="north"))
    for laptop in copies:
        assert [(one.uuid, one.outcome) for one in _settled(laptop)] == [(waiting, "applied")]


def test_a_copy_that_enrols_after_it_was_applied_hears_of_it(
    nora: Laptop, office: Laptop, waiting: str
) -> None:
    office.do(create("account", "later", name="D", territory="north"))
    assert [one.uuid for one in _settled(_copy_of(nora))] == [waiting]


def test_a_copy_may_take_it_back_and_the_original_hears_of_it(nora: Laptop, waiting: str) -> None:
    copy = _copy_of(nora)
    answer = copy.service.connect(copy.token).push(PushRequest("", [], [waiting]))
    assert [(one.uuid, one.outcome) for one in answer.results] == [(waiting, "withdrawn")]
    assert [(one.uuid, one.outcome) for one in _settled(nora)] == [(waiting, "withdrawn")]


def test_who_is_no_copy_hears_nothing_and_takes_nothing_back(office: Laptop, waiting: str) -> None:
    answer = office.service.connect(office.token).push(PushRequest("", [], [waiting]))
    assert answer.results == []
    office.do(create("account", "later", name="D", territory="north"))
    assert _settled(office) == []


def test_a_fork_made_while_another_pushes_is_that_of_its_author(nora: Laptop, office: Laptop) -> None:
    office.do(create("account", "a", name="D", territory="north"))
    office.do(create("quote", "q", account="a", subject="0", status="draft"))
    nora.pull(), office.pull()
    office.do(office.edit("quote", "q", subject="1"))
    parked = nora.do(nora.edit("quote", "q", subject="2"), create("contact", "c", account="later", name="N"))
    assert parked.outcome == "parked"
    office.do(create("account", "later", name="L", territory="north"))
    (settled,) = _settled(nora)
    assert settled.reason == "forked"
    office.do(office.edit("quote", "q", subject="3"))
    office.pull()
    fork = settled.map[0][2]
    assert (office.row("quote", "q")["subject"], office.row("quote", fork)["subject"]) == ("3", "2")
