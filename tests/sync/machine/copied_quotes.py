"""What chance found once of what two copies of one file go on with."""

from __future__ import annotations

from tests.sync.machine import chance

FOUND: dict[str, chance.Steps] = {
    "a copy that was taken before another one's first sync is told that its number is taken": [
        ("copy_a_laptop", {"who": 5}),
        ("change_a_quote", {"who": 4, "pick": 4, "number": 2}),
        ("change_a_quote", {"who": 1, "pick": 7, "number": 7}),
        ("copy_a_laptop", {"who": 4}),
        ("sync", {"who": 1}),
        ("sync", {"who": 5}),
        ("change_a_quote", {"who": 1, "pick": 4, "number": 4}),
        ("pull_alone", {"who": 4}),
    ],
    "a copy that heard of an erasure before it sent what another copy had brought forgets it too": [
        ("count_a_visit", {"who": 2, "pick": 2}),
        ("copy_a_laptop", {"who": 2}),
        ("sync", {"who": 4}),
        ("erase", {"kind": "account", "pick": 2}),
        ("copy_a_laptop", {"who": 2}),
        ("pull_alone", {"who": 5}),
    ],
    "an issue that stands beside already is not made of the draft once more": [
        ("back_up", {}),
        ("issue_a_quote", {"who": 2, "pick": 6}),
        ("copy_a_laptop", {"who": 2}),
        ("sync", {"who": 4}),
        ("edit", {"who": 0, "kind": "quote_line", "pick": 5, "number": 3}),
        ("copy_a_laptop", {"who": 5}),
        ("sync", {"who": 5}),
        ("sync", {"who": 2}),
        ("restore_the_server", {}),
    ],
    "a copy that had seen more than the one before it states the rest": [
        ("delete", {"who": 4, "kind": "quote_line", "pick": 6}),
        ("back_up", {}),
        ("sync", {"who": 0}),
        ("copy_a_laptop", {"who": 5}),
        ("copy_a_laptop", {"who": 0}),
        ("change_a_quote", {"who": 5, "pick": 6, "number": 3}),
        ("sync", {"who": 5}),
        ("restore_the_server", {}),
    ],
    "two actions on one record that are both gone leave it as the server had it": [
        ("issue_a_quote", {"who": 0, "pick": 4}),
        ("delete", {"who": 4, "kind": "account", "pick": 1}),
        ("restore", {"who": 4, "kind": "contact", "pick": 7}),
        ("copy_a_laptop", {"who": 0}),
        ("sync", {"who": 4}),
        ("erase", {"kind": "account", "pick": 1}),
    ],
    "what two copies add to a quote of which neither has the server's version becomes two versions": [
        ("issue_a_quote", {"who": 4, "pick": 6}),
        ("revise_a_quote", {"who": 4, "pick": 1}),
        ("copy_a_laptop", {"who": 4}),
        ("change_a_quote", {"who": 0, "pick": 7, "number": 7}),
        ("sync", {"who": 0}),
        ("change_a_quote", {"who": 4, "pick": 7, "number": 5}),
    ],
    "a version that the copy of the server still has comes with the pull, also after a restore": [
        ("change_a_quote", {"who": 3, "pick": 7, "number": 1}),
        ("delete", {"who": 5, "kind": "quote", "pick": 2}),
        ("push_alone", {"who": 5}),
        ("push_alone", {"who": 3}),
        ("issue_a_quote", {"who": 3, "pick": 6}),
        ("back_up", {}),
        ("restore_the_server", {}),
        ("pull_alone", {"who": 3}),
        ("change_a_quote", {"who": 3, "pick": 1, "number": 5}),
    ],
}
