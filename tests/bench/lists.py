"""The list of 100,000 accounts: first rows, all ids, one window, the quick start: `python -m tests.bench.lists`."""

from __future__ import annotations

import sys

from app import lists, quick_start
from tests.bench.company import Company, report, seconds, workspace

FIRST_ROWS_MS = 60
WINDOW_MS = 10
IDS_MS = 1_000
QUICK_START_MS = 500


def main(accounts: int = 100_000) -> None:
    """Print each figure beside its limit."""
    with workspace() as laptop:
        Company(accounts).fill(laptop)
        with laptop.read() as session:
            pairs = [(f, s) for f in lists.LISTS["account"].filters for s in lists.LISTS["account"].sorts]
            report(
                "first rows",
                [seconds(lambda p=p: lists.first(session, "account", *p)) for p in pairs],
                FIRST_ROWS_MS,
            )
            report("all ids", [seconds(lambda p=p: lists.ids(session, "account", *p)) for p in pairs], IDS_MS)
            ids = lists.ids(session, "account")
            starts = range(0, len(ids) - 40, max(1, len(ids) // 50))
            report(
                "a window of 40",
                [seconds(lambda a=a: lists.rows(session, "account", ids[a : a + 40])) for a in starts],
                WINDOW_MS,
            )
        report(
            "quick start with the key from a passphrase",
            [seconds(lambda: quick_start.first_rows(laptop.folder))],
            QUICK_START_MS,
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
