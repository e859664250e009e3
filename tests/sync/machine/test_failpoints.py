"""Whoever dies at whichever commit: the next sync goes on, and nothing is lost or doubled."""

from __future__ import annotations

import itertools

import pytest

from tests.sync.machine import company, failpoints, mergers, promises
from tests.sync.machine.failpoints import Commits, Died
from tests.sync.machine.founding import PASSWORD, Founding
from tests.sync.machine.laptop import Laptop
from tests.sync.machine.stories import NORTHERN, SECOND
from tests.sync.machine.world import World

ENDS = {"laptop": failpoints.of_the_laptop, "server": failpoints.of_the_server}
MOST = 40
"""More commits than any of these syncs makes."""


def _a_day_of_work(world: World) -> Laptop:
    """Claire has everything to send and to receive: conflicts, a fork, a move, parked work, counts."""
    claire, rey = world.laptop("claire"), world.laptop("rey")
    for laptop in (rey, claire):
        world.type(laptop, "account", "account-0000", "phone")
        world.type(laptop, "account", "account-0000", "notes")
        world.count_visit(laptop, "account-0000")
        world.add_line(laptop, "quote-0004", 3)
    world.delete(claire, "contact", "contact-0001")
    world.type(rey, "contact", "contact-0001", "phone")
    world.several(claire, "account-0002")
    world.change(claire, "user", "claire", role="office")
    world.sync(rey)
    return claire


def _a_new_laptop(world: World) -> Laptop:
    """Rey unpacks a second machine, on which nothing is yet."""
    laptop = Laptop("rey-new", "rey", world.server.clock, company.NEW)
    laptop.create()
    laptop.enrol(world.network, PASSWORD)
    world.laptops.append(laptop)
    return laptop


def _an_enrolment(world: World) -> Laptop:
    """Claire's first laptop broke; on the second one she has worked alone, and enrols it by her password."""
    laptop = Laptop("claire-new", "claire", world.server.clock, company.NEW)
    laptop.create()
    laptop.knows(world.network, PASSWORD)
    world.laptops.append(laptop)
    world.add(laptop, "account", territory=company.NORTH)
    return laptop


def _a_copied_file(world: World) -> Laptop:
    """The folder of Claire's profile was copied, and the copy has to become a laptop of its own."""
    claire = _a_day_of_work(world)
    world.copy_laptop(claire)
    world.type(claire, "account", "account-0002", "phone")
    world.sync(claire)
    world.add_line(world.laptops[-1], "quote-0004", 5)
    return world.laptops[-1]


def _a_restored_server(world: World) -> Laptop:
    """The server came back as it was before all that Claire and Rey sent."""
    world.back_up()
    claire = _a_day_of_work(world)
    world.sync(claire)
    world.sync(world.laptop("rey"))
    world.restore_server()
    return claire


def _a_merger(world: World) -> Laptop:
    """Claire merges an account on which Rey goes on."""
    claire, rey = world.laptop("claire"), world.laptop("rey")
    mergers.merge(world, claire, SECOND, NORTHERN)
    world.several(rey, SECOND)
    world.sync(rey)
    return claire


DAYS = (_a_day_of_work, _a_new_laptop, _an_enrolment, _a_copied_file, _a_restored_server, _a_merger)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("begin", DAYS)
def test_a_death_at_any_commit_is_survived(founding: Founding, begin, end: str, after: bool) -> None:  # type: ignore[no-untyped-def]
    for place in itertools.count():
        assert place < MOST, "the failpoints never come to an end"
        with founding.fresh() as world:
            laptop = begin(world)
            commits = Commits(place, after)
            with ENDS[end](commits):
                try:
                    world.sync(laptop)
                    died = False
                except Died:
                    died = True
            promises.hold_when_healed(world)
        if not died:
            assert place, "nothing was committed at all"
            return
