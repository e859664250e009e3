"""What chance found once, as short as it could be made."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sync.machine import promises
from tests.sync.machine.rules import Company
from tests.sync.machine.world import World

Steps = list[tuple[str, dict[str, Any]]]

FOUND: dict[str, Steps] = {
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
}


@pytest.mark.parametrize("found", FOUND)
def test_what_chance_found_stays_mended(world: World, found: str) -> None:
    company = Company.__new__(Company)
    company.world, company.cursors = world, promises.Cursors()
    for rule, arguments in FOUND[found]:
        getattr(company, rule)(**arguments)
    promises.hold_when_healed(world)
