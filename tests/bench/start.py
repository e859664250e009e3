"""From the command to a window with rows on 100,000 accounts, beside an empty Qt program:
`python -m tests.bench.start [ACCOUNTS] [FOLDER]`."""

from __future__ import annotations

import os
import statistics
import sys

from tests.bench.desk import BARE_WINDOW, first_line, profile
from ui.tracing import VARIABLE

LIMIT_S = 1.0
RUNS = 5
LATER = {"sqlalchemy", "reportlab", "requests"}


def main(accounts: int = 100_000, kept: str | None = None) -> int:
    """Print the figures; 1 when over the limit or when a large library came before the rows."""
    with profile(accounts, kept) as folder:
        ours, cpu, bare, bare_cpu, early = [], [], [], [], set()
        first_line(["-m", "ui.main", "--profile", str(folder)], **{VARIABLE: "1"})
        for _run in range(RUNS):
            # In turns, so that another program's load falls on both.
            seconds, told = first_line(["-c", BARE_WINDOW])
            bare.append(seconds)
            bare_cpu.append(told["cpu"])
            seconds, told = first_line(["-m", "ui.main", "--profile", str(folder)], **{VARIABLE: "1"})
            assert told["rows"] > 0
            ours.append(seconds)
            cpu.append(told["cpu"])
            early |= LATER & set(told["modules"])
    middle, least = statistics.median(ours), statistics.median(bare)
    print(
        f"window with rows: {middle:.2f} s (CPU {statistics.median(cpu):.2f} s, best {min(ours):.2f} s); "
        f"limit {LIMIT_S} s, ratio {middle / LIMIT_S:.2f}; {middle / least:.1f} × an empty Qt list "
        f"({least:.2f} s, CPU {statistics.median(bare_cpu):.2f} s); load {os.getloadavg()[0]:.1f}"
    )
    print(f"libraries imported too early: {', '.join(sorted(early)) or 'none'}")
    return int(middle > LIMIT_S or bool(early))


if __name__ == "__main__":
    sys.exit(main(*(int(word) if word.isdigit() else word for word in sys.argv[1:])))  # type: ignore[arg-type]
