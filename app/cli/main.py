"""The way in: parse, run the word, turn every failure into one line and an exit code."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app import i18n
from app.cli.output import Output
from app.cli.words import WORDS, make_parser
from app.errors import Cancelled, TerrainError
from app.i18n import translate as _

DONE, REFUSED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
_ALLOCATIONS = 50_000
"""Between two looks of the collector: what a word loads stays, and looking through it is a tenth of a short word."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line, without the program's name; returns the exit code."""
    i18n.set_language(language_of_the_terminal())
    try:
        options = make_parser().parse_args(sys.argv[1:] if argv is None else list(argv))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else WRONG_USAGE
    output = Output(json=options.json, quiet=options.quiet)
    try:
        return _run(options, output)
    except BrokenPipeError:
        # The reader has seen enough; Python would complain again when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _run(options: argparse.Namespace, output: Output) -> int:
    debug = os.environ.get("TERRAIN_DEBUG") == "1"
    module, name = WORDS[options.run]
    gc.set_threshold(_ALLOCATIONS)
    try:
        code = getattr(importlib.import_module(module), name)(options, output)
        sys.stdout.flush()
        return code or DONE
    except BrokenPipeError:
        raise
    except (KeyboardInterrupt, Cancelled):
        return INTERRUPTED
    except TerrainError as refusal:
        if debug:
            raise
        output.refuse(str(refusal))
    except Exception as problem:
        if debug:
            raise
        output.refuse(_sentence(problem))
    return REFUSED


def _sentence(problem: Exception) -> str:
    """One line for what is no refusal of ours: a sync that failed, a file that is missing, or a bug."""
    from sync.errors import SyncError

    if isinstance(problem, SyncError):
        from app.syncing import sentence

        return sentence(problem)
    if isinstance(problem, FileNotFoundError) and problem.filename:
        folder = Path(problem.filename).absolute().parent
        if not folder.is_dir():
            return _("There is no folder “{folder}”.", folder=folder)
        return _("There is no file “{file}”.", file=problem.filename)
    if isinstance(problem, OSError) and problem.filename:
        return _(
            "“{file}” cannot be read or written: {reason}.", file=problem.filename, reason=problem.strerror
        )
    return _(
        "Terrain failed: {kind}: {detail}. Nothing was saved by this command. TERRAIN_DEBUG=1 shows where.",
        kind=type(problem).__name__,
        detail=str(problem).partition("\n")[0],
    )


def language_of_the_terminal() -> str:
    """French unless the environment asks for English; a profile's own setting wins once it is open."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if wanted := os.environ.get(name):
            return "en" if wanted.lower().startswith("en") else "fr"
    return "fr"
