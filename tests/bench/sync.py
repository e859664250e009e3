"""All figures of the sync in one run, beside PouchDB where Node is: `python dev.py bench sync [ROWS]`."""

from __future__ import annotations

import sys

from tests.bench import first_sync, peer, sync_laptop, sync_load

ROWS = 500_000


def main(rows: int = ROWS) -> None:
    """Print them: the peer, the first sync of `rows`, a laptop's every day, and the server under load."""
    peer.measure()
    first_sync.main(rows)
    sync_laptop.main([])
    sync_load.main([])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
