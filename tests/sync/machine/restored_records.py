"""What chance found once of records that two people wrote around a restore."""

from __future__ import annotations

from tests.sync.machine import chance

FOUND: dict[str, chance.Steps] = {
    f"{field} that two wrote, one of them into the lost life alone, are joined": [
        ("edit", {"who": 2, "kind": "account", "pick": 4, "number": number}),
        ("back_up", {}),
        ("edit", {"who": 0, "kind": "account", "pick": 0, "number": number}),
        ("sync", {"who": 2}),
        ("restore_the_server", {}),
    ]
    for field, number in (("tags", 6), ("notes", 2))
} | {
    "notes in question that one of two brings back first are not told once more without the other's": [
        ("edit", {"who": 2, "kind": "account", "pick": 0, "number": 2}),
        ("back_up", {}),
        ("edit", {"who": 0, "kind": "account", "pick": 0, "number": 2}),
        ("sync", {"who": 2}),
        ("sync", {"who": 4}),
        ("restore_the_server", {}),
    ],
}
