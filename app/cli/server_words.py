"""Words for the server's machine, and the demonstration: serve, admin, demo."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from app.cli.output import Output


def serve(options: argparse.Namespace, output: Output) -> None:
    """Serve until it is stopped; the address stands on the first line of stdout."""
    from app.serve import serve as serve_organisations

    serve_organisations(_database(options), options.host, options.port, options.tls_cert, options.tls_key)


def demo(options: argparse.Namespace, output: Output) -> int:
    """The tour; the desktop hands in one that can also open windows and take pictures."""
    if options.demo_tour is not None:
        return int(options.demo_tour(options))
    from app.demo import tour

    folder = Path(options.dir) if options.dir else Path("terrain-demo")
    more = {
        name: getattr(options, name) for name in ("accounts", "seed") if getattr(options, name) is not None
    }
    report = tour.run(folder, say=output.say, **more)
    report.write(folder / "report.json")
    output.result(asdict(report), str(folder / "report.json"))
    return 0


def _database(options: argparse.Namespace) -> str | Path:
    from app.profile import default_server_folder

    return options.database or Path(options.dir or default_server_folder())
