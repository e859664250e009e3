"""Memory of the desktop on 100,000 accounts after opening the list and scrolling through it:
`python -m tests.bench.memory [ACCOUNTS] [FOLDER]`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.desk import BARE_WINDOW, profile

LIMIT_MB = 300
_RSS = """
import psutil
print(json.dumps(round(psutil.Process().memory_info().rss / 1e6)))
"""


def main(accounts: int = 100_000, kept: str | None = None) -> int:
    """Print the figures; 1 when over the limit."""
    with profile(accounts, kept) as folder:
        bare = _told(["-c", BARE_WINDOW + _RSS])
        ours = _told(["-m", "tests.bench.memory", "--inside", str(folder)])
    print(
        f"desktop on {accounts:,} accounts: {ours} MB; limit {LIMIT_MB} MB, ratio {ours / LIMIT_MB:.2f}; "
        f"{ours / bare:.1f} × an empty Qt list ({bare} MB)"
    )
    return int(ours > LIMIT_MB)


def _told(command: list[str]) -> int:
    done = subprocess.run([sys.executable, *command], stdout=subprocess.PIPE, text=True, check=True)
    return int(json.loads(done.stdout.splitlines()[-1]))


def scroll(folder: Path) -> int:
    """Open the list of accounts as a user does, scroll from its top to its end; resident megabytes."""
    import psutil
    from PySide6.QtWidgets import QApplication

    from ui.desktop import Desktop

    app = QApplication(sys.argv[:1])
    desktop = Desktop(app, folder)
    desktop.start()
    end = time.monotonic() + 60
    while desktop.workspace is None and time.monotonic() < end:
        app.processEvents()
    desktop.window.go("accounts")
    desktop.tasks.wait_until_idle(60)
    from ui.table import RecordList

    listed = max(desktop.window.page.findChildren(RecordList), key=lambda one: one.rows.rowCount())
    rows = listed.rows.rowCount()
    for step in range(61):
        listed.scrollTo(listed.rows.index(min(rows - 1, rows * step // 60), 0))
        app.processEvents()
        desktop.tasks.wait_until_idle(10)
    print(f"{rows} rows", file=sys.stderr)
    used = round(psutil.Process().memory_info().rss / 1e6)
    desktop.close()
    return used


if __name__ == "__main__":
    words = sys.argv[1:]
    if words[:1] == ["--inside"]:
        print(json.dumps(scroll(Path(words[1]))))
    else:
        sys.exit(main(*(int(word) if word.isdigit() else word for word in words)))  # type: ignore[arg-type]
