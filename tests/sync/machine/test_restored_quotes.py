"""Quotes around servers that came back from a copy: what chance found there, as short as it could be made."""

from __future__ import annotations

import pytest

from tests.sync.machine import chance, promises
from tests.sync.machine.world import World

FOUND: dict[str, chance.Steps] = {
    "who knew both versions of a quote goes on with the one that he means": [
        ("edit", {"who": 3, "kind": "quote_line", "pick": 7, "number": 1}),
        ("sync", {"who": 3}),
        ("change_a_quote", {"who": 5, "pick": 0, "number": 1}),
        ("back_up", {}),
        ("sync_once_more", {"who": 1}),
        ("restore_the_server", {}),
        ("change_a_quote", {"who": 1, "pick": 2, "number": 6}),
    ],
    "a version that gave way to an issue is not the issue's own that gives way in another life": [
        ("delete", {"who": 4, "kind": "quote_line", "pick": 7}),
        ("issue_a_quote", {"who": 3, "pick": 2}),
        ("back_up", {}),
        ("sync", {"who": 0}),
        ("sync_once_more", {"who": 3}),
        ("restore_the_server", {}),
        ("issue_a_quote", {"who": 0, "pick": 3}),
    ],
    "a version that no pull had brought yet is stated whole": [
        ("issue_a_quote", {"who": 4, "pick": 2}),
        ("delete", {"who": 3, "kind": "quote_line", "pick": 4}),
        ("back_up", {}),
        ("sync", {"who": 4}),
        ("push_alone", {"who": 3}),
        ("restore_the_server", {}),
    ],
    "a copy of a file that comes first after a restore is not taken for the laptop": [
        ("copy_a_laptop", {"who": 2}),
        ("change_a_quote", {"who": 4, "pick": 4, "number": 3}),
        ("change_a_quote", {"who": 2, "pick": 4, "number": 1}),
        ("sync_once_more", {"who": 2}),
        ("back_up", {}),
        ("restore_the_server", {}),
    ],
    "what was lost with the first of two lives is brought to the third": [
        ("back_up", {}),
        ("change_a_quote", {"who": 5, "pick": 2, "number": 7}),
        ("sync_again", {"who": 1}),
        ("restore_the_server", {}),
        ("back_up", {}),
        ("restore_the_server", {}),
    ],
    "who was away for two restores does not bring once more what another brought from both lives": [
        ("back_up", {}),
        ("issue_a_quote", {"who": 4, "pick": 0}),
        ("sync_again", {"who": 4}),
        ("sync_once_more", {"who": 3}),
        ("restore_the_server", {}),
        ("change_a_quote", {"who": 2, "pick": 2, "number": 1}),
        ("sync_again", {"who": 2}),
        ("sync_again", {"who": 4}),
        ("restore_the_server", {}),
    ],
    "a quote that nobody touched since is no older for who saw more of the rest": [
        ("back_up", {}),
        ("issue_a_quote", {"who": 4, "pick": 0}),
        ("sync_again", {"who": 4}),
        ("grant_or_revoke", {"user": "karim", "territory": "north", "given": False}),
        ("sync_once_more", {"who": 3}),
        ("restore_the_server", {}),
        ("change_a_quote", {"who": 2, "pick": 2, "number": 1}),
        ("sync_again", {"who": 2}),
        ("sync_again", {"who": 4}),
        ("restore_the_server", {}),
    ],
    "what the copy has is not written over by who had not seen it": [
        ("issue_a_quote", {"who": 2, "pick": 3}),
        ("edit", {"who": 1, "kind": "quote_line", "pick": 6, "number": 4}),
        ("push_alone", {"who": 1}),
        ("back_up", {}),
        ("push_alone", {"who": 2}),
        ("restore_the_server", {}),
    ],
    "a copy of a file that becomes a laptop of its own after a restore says what it had sent before": [
        ("change_a_quote", {"who": 3, "pick": 0, "number": 4}),
        ("copy_a_laptop", {"who": 4}),
        ("change_a_quote", {"who": 0, "pick": 4, "number": 6}),
        ("back_up", {}),
        ("push_alone", {"who": 3}),
        ("change_a_quote", {"who": 4, "pick": 7, "number": 3}),
        ("push_alone", {"who": 4}),
        ("sync_again", {"who": 2}),
        ("restore_the_server", {}),
    ],
    "a quote that was left to a statement is stated although its territory was taken away meanwhile": [
        ("back_up", {}),
        ("change_a_quote", {"who": 0, "pick": 0, "number": 3}),
        ("sync", {"who": 0}),
        ("restore_the_server", {}),
        ("count_a_visit", {"who": 0, "pick": 0}),
        ("plan_a_fault", {"who": 0, "kind": "lose the request", "call": "pull", "place": 0.0}),
        ("sync", {"who": 0}),
        ("grant_or_revoke", {"user": "claire", "territory": "north", "given": False}),
    ],
    "a laptop is updated while the server's version of a record lies under unsent work": [
        ("move", {"who": 2, "pick": 6, "territory": "north"}),
        ("copy_a_laptop", {"who": 2}),
        ("push_alone", {"who": 4}),
        ("pull_alone", {"who": 2}),
        ("upgrade", {"who": 2}),
    ],
}


@pytest.mark.parametrize("found", FOUND)
def test_what_chance_found_around_restored_servers_stays_mended(world: World, found: str) -> None:
    chance.act(world, FOUND[found])
    promises.hold_when_healed(world)
