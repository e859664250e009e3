"""How long a quote's PDF takes, with and without pictures: `python -m tests.bench.pdf`."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PIL import Image

from app.quotes.document import QuoteDocument
from app.quotes.pdf import render
from tests.app.quotes import samples

LIMITS_MS = {40: 60, 300: 300, 1000: 1000}
RUNS = {40: 15, 300: 5, 1000: 3}
SIZE_KB = 150
"""A quote of 40 lines without pictures."""
PEER_RATIO = 8
PEER_PYTHON = Path(__file__).resolve().parents[2] / "build" / "peers" / "weasyprint" / "bin" / "python"
_HOW = "python3 -m venv build/peers/weasyprint && build/peers/weasyprint/bin/pip install weasyprint==70.0"
_PEER = """
import statistics, sys, time
import weasyprint
page, times = sys.stdin.read(), []
for _run in range(4):
    begun = time.perf_counter()
    weasyprint.HTML(string=page).write_pdf()
    times.append((time.perf_counter() - begun) * 1000)
print(statistics.median(times[1:]))
"""
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


def measure(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """The median time of `work` and the least of the processor's, in milliseconds, after one run not counted."""
    work()
    times, worked = [], []
    for _run in range(runs):
        begun, busy = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - begun) * 1000)
        worked.append((time.process_time() - busy) * 1000)
    return statistics.median(times), min(worked)


def pictured(document: QuoteDocument) -> tuple[QuoteDocument, dict[str, bytes]]:
    """The document with a picture of its own on each item, as small as attachments keep them: photos and drawings."""
    files: dict[str, bytes] = {}
    lines = []
    for number, line in enumerate(document.lines):
        if line.kind == "item":
            file = io.BytesIO()
            colours = Image.effect_noise((160, 160), 30 + number % 40).convert("RGB")
            if number % 4:
                colours.save(file, "JPEG", quality=80)
            else:
                colours.quantize(16).save(file, "PNG")
            digest = hashlib.sha256(file.getvalue()).hexdigest()
            files[digest] = file.getvalue()
            line = replace(line, picture=digest)
        lines.append(line)
    return replace(document, lines=tuple(lines)), files


def main() -> int:
    """Print the figures; 1 when one is over its limit."""
    over, ours = False, 0.0
    for lines, limit in LIMITS_MS.items():
        plain = samples.full(lines)
        document, files = pictured(plain) if lines == 40 else (plain, {})
        taken, least = measure(lambda document=document, files=files: render(document, files), RUNS[lines])
        ours = ours or taken
        over |= taken > limit
        what = "with a picture each" if files else "without pictures"
        print(
            f"quote of {lines:4} lines {what}, warm: {taken:6.1f} ms  limit {limit}  ratio {taken / limit:.2f}"
            f"  (processor, least: {least:.1f} ms)"
        )
    size = len(render(samples.full(40))) / 1000
    over |= size > SIZE_KB
    print(f"file of 40 lines without pictures: {size:.0f} kB  limit {SIZE_KB}")
    cold = subprocess.run([sys.executable, "-c", _COLD], capture_output=True, text=True, check=True)
    print(f"quote of   40 lines, first call of a process, imports included: {float(cold.stdout):.0f} ms")
    peer = weasyprint_ms()
    if peer is None:
        print(f"WeasyPrint is not here, its line is left out; `{_HOW}` brings it.")
    else:
        over |= ours * PEER_RATIO > peer
        print(
            f"WeasyPrint, a table of the same 40 lines: {peer:.0f} ms, {peer / ours:.1f} × ours (limit {PEER_RATIO})"
        )
    return int(over)


def weasyprint_ms() -> float | None:
    """What WeasyPrint takes for a table of the same 40 lines, warm, in a process of its own; None without it."""
    pythons = (PEER_PYTHON, sys.executable, shutil.which("python3"), os.environ.get("TERRAIN_WEASYPRINT"))
    for python in pythons:
        if python and Path(python).exists():
            done = subprocess.run([python, "-c", _PEER], input=_page(), capture_output=True, text=True)
            if done.returncode == 0:
                return float(done.stdout)
    return None


def _page() -> str:
    rows = "".join(
        f"<tr><td>{line.reference}<td>{line.description}<small>{line.detail}</small><td>{line.quantity}"
        f"<td>{line.unit_price}<td>{line.discount}<td>{line.vat_rate}<td>{line.amount}"
        for line in samples.full(40).lines
    )
    style = (
        "table{width:100%;border-collapse:collapse;font:9pt sans-serif}"
        "td{border-bottom:.4pt solid #ccc;padding:4pt}"
    )
    return f"<style>{style}</style><h1>Devis</h1><table>{rows}</table>"


if __name__ == "__main__":
    sys.exit(main())
