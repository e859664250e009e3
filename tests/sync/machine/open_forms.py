"""What chance found once of forms that stayed open while the record moved."""

from __future__ import annotations

from tests.sync.machine import chance

FOUND: dict[str, chance.Steps] = {
    "what stood under an open form is what a restored server is told, and not what the form showed": [
        ("open_a_form", {"who": 1, "kind": "account", "pick": 3}),
        ("edit", {"who": 5, "kind": "account", "pick": 7, "number": 3}),
        ("back_up", {}),
        ("sync", {"who": 1}),
        ("restore_the_server", {}),
        ("save_the_form", {"who": 5, "number": 5}),
    ],
    "what lay under an open form of a line is asked about after a restore too": [
        ("open_a_form", {"who": 1, "kind": "quote_line", "pick": 6}),
        ("save_the_form", {"who": 0, "number": 7}),
        ("back_up", {}),
        ("push_alone", {"who": 5}),
        ("restore_the_server", {}),
    ],
}
