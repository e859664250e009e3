"""`terrain demo`: the tour of `app.demo.tour`, then its pictures or the first laptop's desktop."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from app.errors import TerrainError
from app.i18n import set_language
from app.i18n import translate as _


def main(words: list[str]) -> int:
    """Run the tour; 0 done, 1 refused with one line, 2 wrong usage."""
    import platformdirs

    from app.cli.main import language_of_the_terminal

    set_language(language_of_the_terminal())
    parser = argparse.ArgumentParser(
        prog="terrain demo", description=_("A complete company on this machine.")
    )
    parser.add_argument(
        "--dir", type=Path, default=platformdirs.user_data_path("Terrain demo", appauthor=False)
    )
    parser.add_argument("--headless", action="store_true")
    parser.add_argument("--accounts", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args(words)
    if not 12 <= options.accounts <= 1_000_000:
        parser.error("--accounts: 12 … 1000000")
    from app.demo import tour

    def say(text: str) -> None:
        if not (options.quiet or options.json):
            print(text, file=sys.stderr, flush=True)

    try:
        report = tour.run(options.dir, options.accounts, options.seed, say)
    except TerrainError as problem:
        print(problem.message, file=sys.stderr)
        return 1
    if not options.headless:
        from ui.desktop import run

        report.write(options.dir / "report.json")
        return run(options.dir / "laptop-1")
    from ui.shots import shoot

    say(_("Pictures of every screen"))
    pictures = shoot(options.dir / "laptop-1", options.dir / "screenshots")
    report.screenshots = [str(picture.relative_to(options.dir)) for picture in pictures]
    report.pdf = Path(report.pdf).name
    report.write(options.dir / "report.json")
    if options.json:
        print(json.dumps(json.loads((options.dir / "report.json").read_text("utf-8"))))
    say(_("Done. The files are in {folder}", folder=options.dir))
    return 0
