"""The program on a machine whose clock is so many days astray: `python -m tests.e2e.elsewhen DAYS WORD…`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from app.store import engine
from sync.clock import format_time


def turn_clock(days: float) -> None:
    """Python's clocks go on from there in this process, and SQLite's too."""
    time_machine.travel(datetime.now(UTC) + timedelta(days=days), tick=True).start()
    configure = engine.configure

    def configure_astray(connection: Any) -> None:
        configure(connection)
        # What stands in for SQLite's own clock is none of its functions, which alone are trusted in a trigger.
        connection.execute("PRAGMA trusted_schema = ON")
        connection.create_function("strftime", 2, _strftime)

    engine.configure = configure_astray


def _strftime(form: str, moment: str) -> str:
    if (form, moment) != ("%Y-%m-%dT%H:%M:%fZ", "now"):
        raise ValueError(f"nobody asks SQLite's clock like that: {form!r}, {moment!r}")
    return format_time(datetime.now(UTC))


if __name__ == "__main__":
    from ui.main import main

    turn_clock(float(sys.argv.pop(1)))
    sys.exit(main())
