"""The door of the program: a word on the command line goes to `app.cli`, no word opens the desktop."""

from __future__ import annotations

import sys
from pathlib import Path

from app.profile import default_folder


def main(arguments: list[str] | None = None) -> int:
    """Run Terrain and return its exit code. Qt is imported for the desktop only.

    `--profile DIR` alone opens the desktop on another folder than the platform's own.
    """
    words = sys.argv[1:] if arguments is None else arguments
    profile = profile_of(words)
    if word_of(words) == "demo":
        from ui.demo import main as demo

        return demo(words)
    if profile is None:
        from app.cli import main as command_line

        return int(command_line(words) or 0)
    from ui.screen import what_is_missing

    if missing := what_is_missing():
        sys.stderr.write(f"{missing}\n")
        return 1
    from ui.desktop import run

    return run(profile)


def word_of(words: list[str]) -> str | None:
    """The first word that is neither an option nor the folder of `--profile`."""
    rest = iter(words)
    for word in rest:
        if word == "--profile":
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return None


def profile_of(words: list[str]) -> Path | None:
    """The folder for the desktop, or None when the words ask for something else."""
    if not words:
        return default_folder()
    if len(words) == 2 and words[0] == "--profile":
        return Path(words[1]).expanduser()
    if len(words) == 1 and words[0].startswith("--profile="):
        return Path(words[0].partition("=")[2]).expanduser()
    return None


if __name__ == "__main__":
    sys.exit(main())
