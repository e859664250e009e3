"""The server's log: a line of JSON each, on standard error, with places and kinds of what happened but no values."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

from sync.clock import format_time


class JsonLines(logging.Formatter):
    """Turns a record into one line. Of an exception it keeps its kind and its place: the text may quote data."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": format_time(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1] is not None:
            line |= _of_exception(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def _of_exception(problem: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(problem.__traceback__)
    cause = getattr(problem, "orig", None)
    return {
        "error": type(problem).__name__,
        "cause": type(cause).__name__ if cause is not None else None,
        "sqlstate": getattr(cause, "sqlstate", None),
        "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
    }


def start() -> None:
    """Send everything from here on to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
