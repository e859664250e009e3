"""What PouchDB takes for the same everyday work in the same run; it neither encrypts nor searches nor merges fields."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "build" / "peers"
PACKAGES = ("pouchdb@9", "express-pouchdb@4", "express@4")
ROWS, DELTA, EDITS = 10_000, 1_000, 10_000
PATIENCE_S = 600
_measured: dict[str, float] = {}
"""What this run has found."""


def measure() -> dict[str, float]:
    """Seconds by name: first, idle, delta, edits; empty, with a line that says why, where it cannot run."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        print("PouchDB: skipped, Node is not here")
        return {}
    try:
        _install(npm)
        words = [node, str(Path(__file__).with_name("pouch.js")), *map(str, (ROWS, DELTA, EDITS))]
        done = subprocess.run(
            words, cwd=FOLDER, capture_output=True, text=True, timeout=PATIENCE_S, check=True
        )
    except (subprocess.SubprocessError, OSError) as problem:
        said = getattr(problem, "stderr", None) or str(problem)
        print(f"PouchDB: skipped, {said.strip().splitlines()[-1][:200]}")
        return {}
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    _measured.update(found)
    print(
        f"PouchDB, {ROWS:,} rows of twelve fields: first {found['first']:.2f} s, {DELTA:,} changed"
        f" {found['delta']:.3f} s, {EDITS:,} edits up {found['edits']:.2f} s, nothing to do"
        f" {1000 * found['idle']:.1f} ms"
    )
    return found


def compare(name: str, took: float) -> str:
    """Our time as a part of the peer's, for a line of figures; nothing where it was not measured in this run."""
    peer = _measured.get(name)
    return f"; {took / peer:.2f} × PouchDB's {peer:.3f} s" if peer else ""


def _install(npm: str) -> None:
    if (FOLDER / "node_modules" / "express-pouchdb").is_dir():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    words = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
    subprocess.run(words, cwd=FOLDER, capture_output=True, text=True, timeout=PATIENCE_S, check=True)


if __name__ == "__main__":
    measure()
