"""What chance found once, as short as it could be made."""

from __future__ import annotations

import pytest

from tests.sync.machine import chance, promises
from tests.sync.machine.world import World

FOUND: dict[str, chance.Steps] = {
    "a third version of a quote is whole after an issue undid the second": [
        ("change_a_quote", {"who": 0, "pick": 0, "number": 0}),
        ("sync", {"who": 0}),
        ("issue_a_quote", {"who": 2, "pick": 0}),
        ("sync", {"who": 3}),
        ("edit", {"who": 3, "kind": "quote", "pick": 0, "number": 4}),
    ],
    "a deletion that gives way takes no line with it": [
        ("change_a_quote", {"who": 0, "pick": 0, "number": 0}),
        ("delete", {"who": 3, "kind": "quote", "pick": 0}),
    ],
    "who moves an account away may save the form that he had open": [
        ("open_a_form", {"who": 0, "kind": "quote_line", "pick": 0}),
        ("move", {"who": 0, "pick": 3, "territory": "south"}),
        ("save_the_form", {"who": 0, "number": 7}),
    ],
    "two edits of one field in one commit keep their order": [
        ("change_a_quote", {"who": 0, "pick": 0, "number": 7}),
        ("change_a_quote", {"who": 4, "pick": 6, "number": 0}),
        ("turn_the_clock", {"who": 0, "days": -3652}),
        ("delete", {"who": 3, "kind": "quote_line", "pick": 5}),
    ],
    "what two copies of a file have to send counts once": [
        ("copy_a_laptop", {"who": 2}),
        ("delete", {"who": 4, "kind": "quote", "pick": 4}),
        ("sync", {"who": 4}),
        ("count_a_visit", {"who": 2, "pick": 4}),
        ("copy_a_laptop", {"who": 2}),
    ],
    "a row made here goes with the scope before it ever came back": [
        ("change_a_quote", {"who": 1, "pick": 1, "number": 5}),
        ("push_alone", {"who": 5}),
        ("copy_a_laptop", {"who": 4}),
        ("grant_or_revoke", {"user": "karim", "territory": "south", "given": False}),
    ],
    "a fork that a pull has brought is not brought twice": [
        ("change_a_quote", {"who": 1, "pick": 2, "number": 4}),
        ("change_a_quote", {"who": 2, "pick": 2, "number": 4}),
        ("copy_a_laptop", {"who": 5}),
        ("change_a_quote", {"who": 4, "pick": 7, "number": 5}),
        ("edit", {"who": 1, "kind": "quote_line", "pick": 7, "number": 1}),
        ("sync", {"who": 2}),
    ],
    "what left and was brought back by the move that it waited with stays": [
        ("grant_or_revoke", {"user": "rey", "territory": "south", "given": False}),
        ("move", {"who": 2, "pick": 7, "territory": "north"}),
        ("pull_alone", {"who": 2}),
    ],
    "of a quote that has left but for unsent work nobody makes half a revision": [
        ("issue_a_quote", {"who": 2, "pick": 7}),
        ("grant_or_revoke", {"user": "rey", "territory": "south", "given": False}),
        ("pull_alone", {"who": 2}),
        ("revise_a_quote", {"who": 2, "pick": 3}),
    ],
    "who has pulled a fork writes to the version that he names": [
        ("change_a_quote", {"who": 4, "pick": 1, "number": 6}),
        ("delete", {"who": 2, "kind": "quote_line", "pick": 5}),
        ("sync", {"who": 0}),
        ("sync", {"who": 2}),
        ("change_a_quote", {"who": 2, "pick": 1, "number": 2}),
    ],
    "who takes his deletion back does not bring back what others deleted meanwhile": [
        ("delete", {"who": 2, "kind": "quote", "pick": 0}),
        ("delete", {"who": 0, "kind": "quote_line", "pick": 0}),
        ("restore", {"who": 2, "kind": "quote", "pick": 0}),
    ],
    "two laptops of one person that disagree with a third lose neither's value": [
        ("copy_a_laptop", {"who": 2}),
        ("several", {"who": 4, "pick": 3}),
        ("several", {"who": 2, "pick": 3}),
        ("several", {"who": 1, "pick": 5}),
    ],
    "what was deleted since a restore is not brought back by who comes late": [
        ("change_a_quote", {"who": 4, "pick": 5, "number": 3}),
        ("back_up", {}),
        ("push_alone", {"who": 4}),
        ("sync_again", {"who": 3}),
        ("restore_the_server", {}),
        ("issue_a_quote", {"who": 3, "pick": 6}),
    ],
    "two copies of a file that find a restored server become two devices": [
        ("back_up", {}),
        ("copy_a_laptop", {"who": 1}),
        ("restore_the_server", {}),
        ("edit", {"who": 4, "kind": "quote_line", "pick": 6, "number": 2}),
        ("delete", {"who": 1, "kind": "quote_line", "pick": 4}),
    ],
    "two copies of a file with the same to send find the server restored twice": [
        ("delete", {"who": 3, "kind": "quote_line", "pick": 1}),
        ("copy_a_laptop", {"who": 3}),
        ("back_up", {}),
        ("restore_the_server", {}),
        ("sync", {"who": 3}),
        ("restore_the_server", {}),
    ],
    "of two copies of a file the second writes to a quote that the first brought again": [
        ("copy_a_laptop", {"who": 4}),
        ("back_up", {}),
        ("change_a_quote", {"who": 4, "pick": 4, "number": 1}),
        ("restore_the_server", {}),
        ("change_a_quote", {"who": 5, "pick": 0, "number": 1}),
    ],
    "what was counted is not counted again by who had seen it before the restore": [
        ("back_up", {}),
        ("count_a_visit", {"who": 0, "pick": 6}),
        ("sync_again", {"who": 0}),
        ("sync", {"who": 2}),
        ("restore_the_server", {}),
        ("sync", {"who": 2}),
    ],
    "a line of a forked quote that somebody else brought first is two lines": [
        ("change_a_quote", {"who": 5, "pick": 4, "number": 2}),
        ("change_a_quote", {"who": 1, "pick": 1, "number": 3}),
        ("back_up", {}),
        ("push_alone", {"who": 1}),
        ("sync_again", {"who": 3}),
        ("restore_the_server", {}),
        ("sync_again", {"who": 3}),
    ],
    "what nobody has any more is lost with the server": [
        ("several", {"who": 1, "pick": 3}),
        ("count_a_visit", {"who": 1, "pick": 3}),
        ("move", {"who": 5, "pick": 7, "territory": "north"}),
        ("back_up", {}),
        ("sync_once_more", {"who": 1}),
        ("restore_the_server", {}),
    ],
    "an issued quote that came from a colleague is not issued once more by its author": [
        ("issue_a_quote", {"who": 0, "pick": 5}),
        ("back_up", {}),
        ("sync_again", {"who": 0}),
        ("sync", {"who": 2}),
        ("restore_the_server", {}),
        ("sync", {"who": 2}),
    ],
    "what is left of a transaction does not go under the name of the whole": [
        ("several", {"who": 0, "pick": 5}),
        ("grant_or_revoke", {"user": "claire", "territory": "north", "given": False}),
        ("copy_a_laptop", {"who": 0}),
        ("back_up", {}),
        ("push_alone", {"who": 5}),
        ("restore_the_server", {}),
    ],
    "of a quote that two issue and change around a restore a third brings a whole version": [
        ("copy_a_laptop", {"who": 4}),
        ("copy_a_laptop", {"who": 2}),
        ("change_a_quote", {"who": 5, "pick": 6, "number": 3}),
        ("back_up", {}),
        ("sync_once_more", {"who": 5}),
        ("issue_a_quote", {"who": 2, "pick": 4}),
        ("pull_alone", {"who": 3}),
        ("restore_the_server", {}),
    ],
    "who writes to a quote that came changed under his unsent work has one version before him": [
        ("change_a_quote", {"who": 2, "pick": 0, "number": 3}),
        ("sync_again", {"who": 2}),
        ("edit", {"who": 0, "kind": "quote", "pick": 0, "number": 0}),
        ("pull_alone", {"who": 0}),
        ("change_a_quote", {"who": 0, "pick": 0, "number": 5}),
    ],
    "who deletes a quote that came changed under his unsent work deletes one version": [
        ("change_a_quote", {"who": 2, "pick": 0, "number": 3}),
        ("copy_a_laptop", {"who": 0}),
        ("sync_again", {"who": 2}),
        ("edit", {"who": 0, "kind": "quote", "pick": 1, "number": 0}),
        ("pull_alone", {"who": 5}),
        ("delete", {"who": 5, "kind": "quote", "pick": 2}),
    ],
    "two copies of a file go on with the same unsent quote": [
        ("change_a_quote", {"who": 0, "pick": 0, "number": 3}),
        ("copy_a_laptop", {"who": 0}),
        ("change_a_quote", {"who": 4, "pick": 0, "number": 5}),
        ("change_a_quote", {"who": 0, "pick": 0, "number": 7}),
    ],
    "two copies of a file go on with a quote that no pull has passed": [
        ("change_a_quote", {"who": 0, "pick": 0, "number": 3}),
        ("push_alone", {"who": 0}),
        ("copy_a_laptop", {"who": 0}),
        ("change_a_quote", {"who": 4, "pick": 0, "number": 5}),
        ("change_a_quote", {"who": 0, "pick": 0, "number": 7}),
    ],
    "a quote comes whole after a restore, without the lines that it had lost": [
        ("change_a_quote", {"who": 1, "pick": 7, "number": 3}),
        ("sync_again", {"who": 1}),
        ("issue_a_quote", {"who": 2, "pick": 7}),
        ("back_up", {}),
        ("sync_again", {"who": 2}),
        ("sync", {"who": 3}),
        ("restore_the_server", {}),
        ("sync", {"who": 3}),
    ],
    "what a copy of the file sent again after a restore is ours too": [
        ("back_up", {}),
        ("change_a_quote", {"who": 4, "pick": 3, "number": 4}),
        ("sync_again", {"who": 4}),
        ("restore_the_server", {}),
        ("copy_a_laptop", {"who": 4}),
        ("change_a_quote", {"who": 4, "pick": 2, "number": 6}),
    ],
    "what became a version of its own becomes it again after a restore": [
        ("back_up", {}),
        ("change_a_quote", {"who": 1, "pick": 6, "number": 5}),
        ("edit", {"who": 2, "kind": "quote", "pick": 7, "number": 5}),
        ("sync_once_more", {"who": 2}),
        ("sync_once_more", {"who": 1}),
        ("restore_the_server", {}),
    ],
    "a quote whose deletion the server lost has its lines": [
        ("copy_a_laptop", {"who": 0}),
        ("copy_a_laptop", {"who": 5}),
        ("delete", {"who": 5, "kind": "account", "pick": 7}),
        ("back_up", {}),
        ("sync_once_more", {"who": 5}),
        ("sync_once_more", {"who": 0}),
        ("restore_the_server", {}),
    ],
    "a copy that became a device after the backup signs in again": [
        ("copy_a_laptop", {"who": 0}),
        ("change_a_quote", {"who": 4, "pick": 5, "number": 3}),
        ("sync", {"who": 4}),
        ("back_up", {}),
        ("sync_once_more", {"who": 0}),
        ("restore_the_server", {}),
    ],
}


@pytest.mark.parametrize("found", FOUND)
def test_what_chance_found_stays_mended(world: World, found: str) -> None:
    chance.act(world, FOUND[found])
    promises.hold_when_healed(world)
