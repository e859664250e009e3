"""Every figure of the quotes in one run, each in a process of its own: `python -m tests.bench.quote`."""

from __future__ import annotations

import subprocess
import sys

PARTS = {
    "the PDF": "pdf",
    "a keystroke in the editor": "quote_editor",
    "rows pasted from a spreadsheet": "pasted_rows",
    "the search in the catalogue": "products",
}


def main() -> int:
    """Run them all; 1 where one of them failed or was over its limit."""
    failed = 0
    for title, name in PARTS.items():
        print(f"── {title} (bench {name})", flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"tests.bench.{name}"]).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
