"""A profile of the demonstration company, and processes on it, for what is measured on the whole desktop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.plain_keyring import FILE_VARIABLE

BARE_WINDOW = """
import time
from PySide6.QtWidgets import QApplication, QListWidget, QMainWindow
app = QApplication([])
window = QMainWindow()
rows = QListWidget()
rows.addItems([f"Row {n}" for n in range(200)])
window.setCentralWidget(rows)
window.resize(1366, 768)
window.show()
window.repaint()
import json
print(json.dumps({"at": time.time(), "cpu": time.process_time()}), flush=True)
"""


@contextmanager
def profile(accounts: int, kept: str | None = None) -> Iterator[Path]:
    """A profile whose key a keyring keeps; `kept` names a folder to make once and use again."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(kept or scratch) / "profile"
        os.environ["PYTHON_KEYRING_BACKEND"] = "tests.bench.plain_keyring.PlainKeyring"
        os.environ[FILE_VARIABLE] = str(folder.parent / "keyring.json")
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        # As installed: compiled once, and not at each start.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder.parent / "compiled")
        if not folder.exists():
            from app.demo.tour import build_alone

            began = time.process_time()
            workspace, _recovery = build_alone(folder, accounts=accounts)
            workspace.close()
            taken = time.process_time() - began
            print(
                f"profile of {accounts:,} accounts: {taken:.1f} s CPU, {taken / accounts * 1e6:.0f} µs each"
            )
        yield folder


def first_line(command: list[str], **variables: str) -> tuple[float, dict[str, Any]]:
    """Start a Python process, read its first line of JSON, end it; seconds until then, and the line."""
    began = time.time()
    process = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | variables,
    )
    assert process.stdout is not None
    told = dict(json.loads(process.stdout.readline() or "{}"))
    process.kill()
    process.wait()
    process.stdout.close()
    return told.get("at", time.time()) - began, told
