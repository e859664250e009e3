"""The command line: every word runs the same core as the desktop, without Qt.

Exit 0 done, 1 refused with one clear line on stderr, 2 wrong usage.
"""

from app.cli.main import DemoTour, main, names_a_word, profile_of

__all__ = ["DemoTour", "main", "names_a_word", "profile_of"]
