"""What chance found once of accounts that became one."""

from __future__ import annotations

from tests.sync.machine import chance

FOUND: dict[str, chance.Steps] = {
    "what was led to a survivor goes along where its author merges that one too": [
        ("edit", {"who": 0, "kind": "account", "pick": 4, "number": 5}),
        ("merge", {"who": 4, "pick": 2, "number": 7}),
        ("sync", {"who": 4}),
        ("edit", {"who": 2, "kind": "account", "pick": 4, "number": 4}),
        ("pull_alone", {"who": 2}),
        ("merge", {"who": 2, "pick": 3, "number": 4}),
    ],
    "the same where it was sent before": [
        ("edit", {"who": 0, "kind": "account", "pick": 4, "number": 5}),
        ("merge", {"who": 4, "pick": 2, "number": 7}),
        ("sync", {"who": 4}),
        ("edit", {"who": 2, "kind": "account", "pick": 4, "number": 4}),
        ("pull_alone", {"who": 2}),
        ("push_alone", {"who": 2}),
        ("merge", {"who": 2, "pick": 3, "number": 4}),
    ],
    "what was handed over to an account is handed on when that is merged in turn": [
        ("merge", {"who": 2, "pick": 6, "number": 4}),
        ("merge", {"who": 2, "pick": 6, "number": 2}),
        ("several", {"who": 5, "pick": 4}),
    ],
    "an address goes along from account to account": [
        ("merge", {"who": 3, "pick": 4, "number": 2}),
        ("merge", {"who": 3, "pick": 5, "number": 1}),
        ("merge", {"who": 3, "pick": 3, "number": 2}),
        ("edit", {"who": 0, "kind": "account", "pick": 2, "number": 3}),
    ],
    "what was led to an account that others merged into goes along when its author merges that one": [
        ("merge", {"who": 4, "pick": 6, "number": 5}),
        ("edit", {"who": 3, "kind": "account", "pick": 4, "number": 2}),
        ("merge", {"who": 3, "pick": 5, "number": 3}),
    ],
    "so it does where all of it comes in one request": [
        ("delete", {"who": 2, "kind": "account", "pick": 3}),
        ("merge", {"who": 4, "pick": 7, "number": 6}),
        ("edit", {"who": 2, "kind": "account", "pick": 7, "number": 5}),
        ("merge", {"who": 2, "pick": 6, "number": 2}),
    ],
    "of an erased account goes what was merged into it": [
        ("merge", {"who": 3, "pick": 2, "number": 0}),
        ("erase", {"kind": "account", "pick": 0}),
    ],
    "and what was merged into that": [
        ("merge", {"who": 5, "pick": 6, "number": 7}),
        ("merge", {"who": 3, "pick": 4, "number": 1}),
        ("erase", {"kind": "account", "pick": 2}),
    ],
    "what is merged into an erased account stays what it is": [
        ("erase", {"kind": "account", "pick": 0}),
        ("merge", {"who": 2, "pick": 1, "number": 0}),
    ],
    "a quote that is stated under an erased account and stands elsewhere stays there": [
        ("merge", {"who": 2, "pick": 3, "number": 4}),
        ("back_up", {}),
        ("sync", {"who": 2}),
        ("restore_the_server", {}),
        ("erase", {"kind": "account", "pick": 0}),
    ],
    "an issued quote that a copy states is the one that was moved to the survivor": [
        ("back_up", {}),
        ("issue_a_quote", {"who": 4, "pick": 5}),
        ("copy_a_laptop", {"who": 0}),
        ("push_alone", {"who": 4}),
        ("restore_the_server", {}),
        ("merge", {"who": 5, "pick": 5, "number": 2}),
    ],
    "and where the copy knew nothing of the merger": [
        ("issue_a_quote", {"who": 2, "pick": 4}),
        ("back_up", {}),
        ("copy_a_laptop", {"who": 2}),
        ("merge", {"who": 2, "pick": 5, "number": 3}),
        ("sync", {"who": 4}),
        ("restore_the_server", {}),
    ],
    "an issued quote stated where it hangs now is the one that still hangs where it hung": [
        ("copy_a_laptop", {"who": 2}),
        ("issue_a_quote", {"who": 4, "pick": 5}),
        ("sync", {"who": 4}),
        ("back_up", {}),
        ("copy_a_laptop", {"who": 4}),
        ("merge", {"who": 5, "pick": 3, "number": 4}),
        ("sync", {"who": 5}),
        ("sync", {"who": 3}),
        ("restore_the_server", {}),
    ],
    "two issues of one quote stand beside each other under their account": [
        ("back_up", {}),
        ("issue_a_quote", {"who": 2, "pick": 2}),
        ("issue_a_quote", {"who": 4, "pick": 7}),
        ("sync", {"who": 2}),
        ("copy_a_laptop", {"who": 2}),
        ("restore_the_server", {}),
    ],
    "work that waits and of which an erasure took something is not sent again under its name": [
        ("issue_a_quote", {"who": 4, "pick": 5}),
        ("erase", {"kind": "contact", "pick": 0}),
        ("merge", {"who": 4, "pick": 6, "number": 3}),
        ("delete", {"who": 4, "kind": "account", "pick": 0}),
        ("sync", {"who": 4}),
        ("back_up", {}),
        ("restore_the_server", {}),
    ],
    "what was moved out of an erased account by a merger stays where it is": [
        ("merge", {"who": 2, "pick": 5, "number": 2}),
        ("issue_a_quote", {"who": 2, "pick": 0}),
        ("merge", {"who": 2, "pick": 7, "number": 3}),
        ("erase", {"kind": "account", "pick": 2}),
    ],
    "what a merger gave its survivor is there after a restore, though the survivor has left its author": [
        ("edit", {"who": 5, "kind": "account", "pick": 5, "number": 2}),
        ("merge", {"who": 5, "pick": 1, "number": 6}),
        ("move", {"who": 1, "pick": 6, "territory": "north"}),
        ("back_up", {}),
        ("sync", {"who": 1}),
        ("restore_the_server", {}),
    ],
}
