"""All figures of the sync in one run, beside PouchDB where Node is: `python dev.py bench sync [ROWS] [WORD…]`.

The words choose: peer, first, edits, idle, move, delta, morning; sqlite or postgresql for those of the server's load.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from tests.bench import first_sync, peer, sync_laptop, sync_load

ROWS = 500_000
WHOLE: dict[str, Callable[[int], object]] = {"peer": lambda _rows: peer.measure(), "first": first_sync.main}
WORDS = {*WHOLE, *sync_laptop.PARTS, *sync_load.PARTS, *sync_load.EDITS_S}


def main(words: list[str]) -> None:
    """Print them: the peer, the first sync of ROWS, a laptop's every day, and the server under load."""
    wanted = {word for word in words if not word.isdecimal()}
    if unknown := wanted - WORDS:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(sorted(WORDS))}")
    rows = next((int(word) for word in words if word.isdecimal()), ROWS)
    parts = wanted - sync_load.EDITS_S.keys()
    for name, measure in WHOLE.items():
        if not parts or name in parts:
            measure(rows)
    for module in (sync_laptop, sync_load):
        if not parts or parts & module.PARTS.keys():
            module.main(sorted(wanted))


if __name__ == "__main__":
    main(sys.argv[1:])
