"""How long a quote's PDF takes: `python -m tests.bench.pdf`."""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from app.quotes.pdf import render
from tests.app.quotes import samples

LIMITS_MS = {40: 80, 300: 300}
RUNS = {40: 15, 300: 5}
_COLD = """
import time
begun = time.perf_counter()
from app.quotes.document import QuoteDocument
from app.quotes.pdf import render
from tests.app.quotes import samples
document = samples.full(40)
render(document)
print((time.perf_counter() - begun) * 1000)
"""


def measure(work: Callable[[], object], runs: int) -> float:
    """The median time of `work`, in milliseconds, after one run that is not counted."""
    work()
    times = []
    for _run in range(runs):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def main() -> int:
    """Print the figures; 1 when one is over its limit."""
    over = False
    for lines, limit in LIMITS_MS.items():
        document = samples.full(lines)
        taken = measure(lambda document=document: render(document), RUNS[lines])
        over |= taken > limit
        print(f"quote of {lines:3} lines, warm: {taken:6.1f} ms  limit {limit} ms  ratio {taken / limit:.2f}")
    cold = subprocess.run([sys.executable, "-c", _COLD], capture_output=True, text=True, check=True)
    print(f"quote of  40 lines, first call of a process, imports included: {float(cold.stdout):.0f} ms")
    if importlib.util.find_spec("weasyprint"):
        print(f"WeasyPrint, a bare table of 40 lines: {measure(_weasyprint, 3):.0f} ms")
    else:
        print("WeasyPrint is not installed here: no comparison.")
    return int(over)


def _weasyprint() -> None:
    import weasyprint

    rows = "".join(
        f"<tr><td>{line.reference}<td>{line.description}<td>{line.quantity}<td>{line.unit_price}<td>{line.amount}"
        for line in samples.full(40).lines
    )
    weasyprint.HTML(string=f"<table>{rows}</table>").write_pdf()


if __name__ == "__main__":
    sys.exit(main())
