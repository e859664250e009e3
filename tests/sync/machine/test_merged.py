"""Accounts that became one: what others had written to the one that went, field by field."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from sync.protocol import HelloRequest, Op, PushRequest, seal
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


HIDDEN, NOWHERE = "account-0007", "account-9999"
"""Of Karim's territory, which Claire may not see; and of nobody's."""


def _merger(account: str, into: str) -> list[Op]:
    return [
        Op("account", account, "update", 12, {"merged_into": (None, into)}),
        Op("account", account, "delete", 12),
    ]


TRICKS: dict[str, Callable[[str], list[Op]]] = {
    "hers into it": lambda id: _merger(NORTHERN, id),
    "it into hers": lambda id: _merger(id, NORTHERN),
    "a contact of hers below it": lambda id: [
        Op("contact", "contact-0001", "update", 6, {"account": (NORTHERN, id)})
    ],
}


@pytest.mark.parametrize("trick", TRICKS)
def test_who_merges_what_he_may_not_see_learns_and_changes_nothing(world: World, trick: str) -> None:
    claire, answers = world.laptop("claire"), []
    before = accounts_of(world)
    for id in (HIDDEN, NOWHERE):
        assert claire.remote is not None
        name, n = f"trick-{id}", claire.remote.hello(HelloRequest("")).last_n + 1
        sealed = seal(name, n, TRICKS[trick](id))
        (result,) = claire.remote.push(PushRequest("", [sealed], epoch=claire.state("epoch"))).results
        named = [row[:2] for row in result.rows if row[1] != id]
        answers.append((result.outcome, result.reason, result.map, named, result.outside))
        claire.remote.push(PushRequest("", [], [name], epoch=claire.state("epoch")))
    assert answers[0] == answers[1]
    assert answers[0][0] == "parked"
    assert accounts_of(world) == before


def accounts_of(world: World) -> list[tuple[object, ...]]:
    table = world.server.store.tables.synced["account"]
    with world.server.store.read() as connection:
        values = select(table.c.id, table.c.name, table.c.merged_into, table.c.deleted_at, table.c.territory)
        return [tuple(row) for row in connection.execute(values.order_by(table.c.id))]
