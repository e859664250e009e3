"""Rows of a spreadsheet, from the clipboard into the file: `python -m tests.bench.pasted_rows [ROWS]`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import keyring

from app.quotes import editing, pasting
from app.quotes.sheet import Sheet
from tests.conftest import MemoryKeyring
from tests.shop import Shop, open_shop

T = TypeVar("T")


def main(rows: int = 1000) -> None:
    """Print what the processor works for each step."""
    keyring.set_keyring(MemoryKeyring())
    with tempfile.TemporaryDirectory() as folder:
        shop = open_shop(Path(folder) / "profile")
        _measure(shop, rows)
        shop.workspace.close()


def _measure(shop: Shop, rows: int) -> None:
    def save(before: Sheet, after: Sheet) -> Sheet:
        with shop.workspace.transaction() as session:
            return editing.save(session, before, after)

    quote = shop.quote("bob 450 x 2")
    with shop.workspace.read() as session:
        sheet = editing.open_sheet(session, quote)
        read = timed(f"{rows} rows read", lambda: pasting.read_rows(clipboard(list(shop.products), rows)))
        known = timed(
            "their products found", lambda: pasting.find_suggestions(session, read, shop.account, None)
        )
    added = timed("their lines priced", lambda: pasting.add_rows(sheet, read, known))
    timed("totals", lambda: editing.totals(added))
    stored = timed("saved", lambda: save(sheet, added))
    undone = timed("taken back", lambda: save(stored, sheet))
    timed("done again", lambda: save(undone, added))


def clipboard(skus: list[str], rows: int) -> str:
    """Every third row free text with its price, the others products."""
    lines = [
        f"{skus[n % len(skus)]}\t{n % 50 + 1}\t" if n % 3 else f"Pose sur mesure {n}\t1\t{n % 70},50"
        for n in range(rows)
    ]
    return "\n".join(["Désignation\tQté\tP.U. HT", *lines])


def timed(what: str, work: Callable[[], T]) -> T:
    """Do it, and print the processor's time."""
    began = time.process_time()
    done = work()
    print(f"{what:24} {(time.process_time() - began) * 1000:7.0f} ms of the processor")
    return done


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
