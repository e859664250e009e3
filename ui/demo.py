"""`terrain demo`: the tour of `app.demo.tour`, then its pictures or the first laptop's desktop."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from app.errors import TerrainError
from app.i18n import set_language
from app.i18n import translate as _

FEWEST, MOST = 12, 1_000_000
"""Accounts of a demonstration."""


def main(words: list[str]) -> int:
    """Run the tour by a whole command line; 0 done, 1 refused with one line, 2 wrong usage."""
    import platformdirs

    from app.cli.main import language_of_the_terminal
    from app.cli.words import make_parser

    set_language(language_of_the_terminal())
    parser = make_parser()
    try:
        options = parser.parse_args(words)
        accounts = 1200 if options.accounts is None else options.accounts
        if not FEWEST <= accounts <= MOST:
            parser.error(_("--accounts takes {least} to {most}", least=FEWEST, most=MOST))
    except SystemExit as end:
        return int(end.code or 0)
    folder = Path(options.dir or platformdirs.user_data_path("Terrain demo", appauthor=False))
    seed = 7 if options.seed is None else options.seed
    from ui.screen import what_is_missing

    if not options.headless and (missing := what_is_missing()):
        print(missing, file=sys.stderr)
        return 1
    from app.demo import tour

    def say(text: str) -> None:
        if not (options.quiet or options.json):
            print(text, file=sys.stderr, flush=True)

    try:
        report = tour.run(folder, accounts, seed, say)
    except TerrainError as problem:
        print(problem.message, file=sys.stderr)
        return 1
    if not options.headless:
        from ui.desktop import run

        report.write(folder / "report.json")
        return run(folder / "laptop-1")
    from ui.shots import shoot

    say(_("Pictures of every screen"))
    pictures = shoot(folder / "laptop-1", folder / "screenshots")
    report.screenshots = [str(picture.relative_to(folder)) for picture in pictures]
    report.pdf = Path(report.pdf).name
    report.write(folder / "report.json")
    if options.json:
        print(json.dumps(json.loads((folder / "report.json").read_text("utf-8"))))
    say(_("Done. The files are in {folder}", folder=folder))
    return 0
