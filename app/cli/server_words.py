"""Words for the server's machine, and the demonstration: serve, admin, demo."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from app.cli.output import Output


def serve(options: argparse.Namespace, output: Output) -> None:
    """Serve until it is stopped; the address stands on the first line of stdout."""
    from app.post_office import office_of
    from app.serve import serve as serve_organisations

    serve_organisations(
        database_of(options),
        options.host,
        options.port,
        options.tls_cert,
        options.tls_key,
        blobs=options.blobs,
        processes=options.processes,
        office=office_of(options.smtp, options.smtp_from),
    )


def demo(options: argparse.Namespace, output: Output) -> None:
    """The tour without pictures: `ui.main` has the one that also opens a window."""
    from app.demo import tour

    folder = Path(options.dir) if options.dir else Path("terrain-demo")
    more = {
        name: getattr(options, name) for name in ("accounts", "seed") if getattr(options, name) is not None
    }
    report = tour.run(folder, say=output.say, **more)
    report.write(folder / "report.json")
    output.result(asdict(report), str(folder / "report.json"))


def database_of(options: argparse.Namespace) -> str | Path:
    """The URL of `--database`, else the folder of `--dir` or the platform's."""
    from app.profile import default_server_folder

    return options.database or Path(options.dir or default_server_folder())
