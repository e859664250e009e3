"""A server that came back from last night's copy, with laptops that had seen more: what nobody sees in the sums."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from tests.sync.machine import company, promises
from tests.sync.machine.stories import NORTHERN
from tests.sync.machine.world import World

SOUTHERN = "account-0007"


def test_a_value_that_had_not_won_is_in_question_again_though_its_author_is_gone(world: World) -> None:
    claire, rey, julie = (world.laptop(name) for name in ("claire", "rey", "julie"))
    world.back_up()
    for laptop in (claire, rey):
        world.type(laptop, "account", NORTHERN, "phone")
        world.sync(laptop)
    world.sync(julie)
    world.laptops.remove(claire), world.laptops.remove(rey)
    world.restore_server()
    promises.hold_when_healed(world)
    ((candidates,),) = julie.sql("SELECT candidates FROM conflict WHERE state = 'open'")
    assert len(json.loads(candidates)) == 1
    assert promises.reasons_of_what_waits(world) == []


def test_a_quote_that_a_colleague_brings_is_not_forked_by_its_author(world: World) -> None:
    claire, rey = world.laptop("claire"), world.laptop("rey")
    world.back_up()
    world.add_line(claire, "quote-0004", 3)
    world.sync(claire)
    world.sync(rey)
    world.set_quantity(rey, "quote_line-0005", 7)
    world.sync(rey)
    world.sync(claire)
    world.restore_server()
    world.sync(world.laptop("julie"))
    world.sync(rey)
    promises.hold_when_healed(world)
    assert rey.ids("quote") == ["quote-0004", "quote-0011"]
    assert len(rey.ids("quote_line")) == 5
    assert promises.reasons_of_what_waits(world) == []


@pytest.mark.parametrize("order", list(permutations(("claire", "rey", "julie"))), ids="-".join)
def test_a_paper_made_of_a_fork_and_sent_by_another_is_one_paper_in_whatever_order_they_come(
    world: World, order: tuple[str, ...]
) -> None:
    claire, rey = world.laptop("claire"), world.laptop("rey")
    world.back_up()
    for laptop, quantity in ((claire, 11), (rey, 12)):
        world.set_quantity(laptop, "quote_line-0005", quantity)
        world.sync(laptop)
    (fork,) = set(rey.ids("quote")) - {"quote-0004", "quote-0011"}
    world.issue(rey, fork)
    for laptop in (rey, claire, world.laptop("julie")):
        world.sync(laptop)
    world.send(claire, fork)
    world.sync(claire)
    world.restore_server()
    for name in order:
        world.sync(world.laptop(name))
    promises.hold_when_healed(world)
    issued = claire.sql("SELECT status FROM quote WHERE number = 'K3-1' AND deleted_at IS NULL")
    assert issued == [("sent",)]


def test_what_a_manager_alone_has_of_a_territory_that_he_lost_comes_back_and_leaves_him(world: World) -> None:
    karim, rey, julie = (world.laptop(name) for name in ("karim", "rey", "julie"))
    world.back_up()
    task = world.add(karim, "task", SOUTHERN)
    world.sync(karim)
    world.sync(rey)
    world.laptops.remove(karim)
    world.restore_server()
    world.grant("rey", company.SOUTH, given=False)
    promises.hold_when_healed(world)
    assert julie.row("task", task) is not None
    assert rey.row("task", task) is None
    assert promises.reasons_of_what_waits(world) == []


def test_what_the_copy_does_not_let_somebody_write_waits_when_he_brings_it(world: World) -> None:
    claire, karim, julie = (world.laptop(name) for name in ("claire", "karim", "julie"))
    world.back_up()
    world.grant("claire", company.SOUTH, given=True)
    world.type(karim, "account", SOUTHERN, "phone")
    task = world.add(karim, "task", SOUTHERN)
    world.sync(karim)
    world.sync(claire)
    world.type(claire, "account", NORTHERN, "phone")
    world.laptops.remove(karim)
    world.restore_server()
    before = julie.row("account", SOUTHERN)
    promises.hold_when_healed(world)
    assert promises.reasons_of_what_waits(world) == ["not_allowed"]
    assert julie.row("account", SOUTHERN) == before
    assert julie.row("task", task) is None
