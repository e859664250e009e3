"""The command line: every word runs the same core as the desktop, without Qt.

Exit 0 done, 1 refused with one clear line on stderr, 2 wrong usage.
"""

from app.cli.main import main

__all__ = ["main"]
