"""What somebody alone has of a record that has moved away since the server came back from a copy."""

from __future__ import annotations

from tests.sync.machine import company, promises
from tests.sync.machine.stories import NORTHERN
from tests.sync.machine.world import World


def test_what_was_written_to_a_record_that_has_moved_away_since_is_brought_by_who_alone_has_it(
    world: World,
) -> None:
    claire, karim, julie = (world.laptop(name) for name in ("claire", "karim", "julie"))
    world.grant("karim", company.NORTH, given=True)
    world.grant("karim", company.SOUTH, given=False)
    world.sync(karim)
    world.back_up()
    world.type(claire, "account", NORTHERN, "phone")
    world.sync(claire)
    world.sync(karim)
    world.laptops.remove(claire)
    world.restore_server()
    world.sync(julie)
    world.move(julie, NORTHERN, company.SOUTH)
    world.sync(julie)
    promises.hold_when_healed(world)
    assert julie.row("account", NORTHERN)["territory"] == company.SOUTH
    assert karim.row("account", NORTHERN) is None
    assert promises.reasons_of_what_waits(world) == []


def test_a_record_whose_return_is_taken_back_goes_although_a_pull_had_changed_it_under_unsent_work(
    world: World,
) -> None:
    """The copy of Claire's file is a laptop that the server knows no more: what she may write it asks again."""
    claire, rey, julie = (world.laptop(name) for name in ("claire", "rey", "julie"))
    world.back_up()
    world.copy_laptop(claire)
    copy = world.laptop("claire-2")
    world.count_visit(claire, NORTHERN)
    for laptop in (claire, copy):
        world.sync(laptop)
    contact = world.add(rey, "contact", NORTHERN)
    for laptop in (rey, copy):
        world.sync(laptop)
    world.type(copy, "contact", contact, "phone")
    world.type(rey, "contact", contact, "name")
    world.sync(rey)
    world.pull(copy)
    world.laptops.remove(claire), world.laptops.remove(rey)
    world.restore_server()
    world.sync(julie)
    world.move(julie, NORTHERN, company.SOUTH)
    world.sync(julie)
    promises.hold_when_healed(world)
    assert "missing_parent" in promises.reasons_of_what_waits(world)
    promises.hold_to_the_end(world)
    assert copy.row("contact", contact) is None
