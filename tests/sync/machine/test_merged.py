"""Accounts that became one: what others had written to the one that went, field by field."""

from __future__ import annotations

from tests.sync.machine import mergers, promises
from tests.sync.machine.laptop import Row
from tests.sync.machine.stories import NORTHERN, SECOND
from tests.sync.machine.world import World


def test_what_others_counted_before_they_knew_is_added_once(world: World) -> None:
    claire, rey = world.laptop("claire"), world.laptop("rey")
    for account in (NORTHERN, SECOND, SECOND):
        world.count_visit(claire, account)
    everybody_syncs(world)
    mergers.merge(world, claire, SECOND, NORTHERN)
    world.count_visit(rey, SECOND)
    world.sync(rey)
    world.count_visit(rey, SECOND)
    world.sync(claire), world.sync(rey), world.sync(claire)
    assert survivor(world)["visits"] == 1 + 2


def test_an_address_that_others_changed_goes_along_whole_or_is_asked_about_whole(world: World) -> None:
    claire, rey = world.laptop("claire"), world.laptop("rey")
    world.change(claire, "account", SECOND, line1="1 rue Haute", town="Lyon")
    everybody_syncs(world)
    mergers.merge(world, claire, SECOND, NORTHERN)
    assert survivor(world) | {"line1": "1 rue Haute", "town": "Lyon"} == survivor(world)
    world.change(rey, "account", SECOND, line1="2 rue Basse", town="Lyon")
    world.sync(rey), world.sync(claire), world.sync(rey)
    assert [survivor(world)[part] for part in ("line1", "town")] == ["2 rue Basse", "Lyon"]

    world.change(rey, "account", "account-0007", line1="3 rue Neuve", town="Nice")
    world.sync(rey), world.sync(world.laptop("karim"))
    mergers.merge(world, rey, "account-0007", NORTHERN)
    world.change(world.laptop("karim"), "account", "account-0007", line1="4 rue Neuve", town="Nice")
    world.sync(world.laptop("karim")), world.sync(rey)
    assert [survivor(world)[part] for part in ("line1", "town")] == ["2 rue Basse", "Lyon"]
    ((name, candidates),) = rey.sql("SELECT field, candidates FROM conflict WHERE state = 'open'")
    assert name in ("line1", "town")
    assert '"line1":"4 rue Neuve"' in candidates and '"town":"Nice"' in candidates


def test_tags_and_notes_that_others_wrote_are_joined_and_not_asked_about(world: World) -> None:
    claire, rey = world.laptop("claire"), world.laptop("rey")
    world.change(claire, "account", NORTHERN, tags='["bio"]', notes="Fermé le lundi")
    world.change(claire, "account", SECOND, tags='["pain"]', notes="Sonner")
    everybody_syncs(world)
    mergers.merge(world, claire, SECOND, NORTHERN)
    world.change(rey, "account", SECOND, tags='["pain","vrac"]', notes="Sonner\nDeux fois")
    world.sync(rey), world.sync(claire), world.sync(rey)
    assert survivor(world)["tags"] == '["bio","pain","vrac"]'
    assert survivor(world)["notes"] == "Fermé le lundi\nSonner\nDeux fois"
    assert claire.sql("SELECT * FROM conflict") == []


def test_an_erased_account_takes_with_it_what_was_merged_into_it(world: World) -> None:
    claire = world.laptop("claire")
    mergers.merge(world, claire, SECOND, NORTHERN)
    everybody_syncs(world)
    world.erase("account", NORTHERN)
    promises.hold_when_healed(world)
    assert {NORTHERN, SECOND} <= world.server.erased()
    for laptop in world.laptops:
        assert laptop.row("account", SECOND) is None


def everybody_syncs(world: World) -> None:
    for _round in range(2):
        for laptop in world.laptops:
            world.sync(laptop)


def survivor(world: World) -> Row:
    found = world.laptop("claire").row("account", NORTHERN)
    assert found is not None
    return found
