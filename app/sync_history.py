"""What the sync notes of each run, for its history on the screen and in `terrain status`."""

from __future__ import annotations

from sqlalchemy import Connection

from app.i18n import mark as _
from sync import driver
from sync.engine import Report

DONE = {
    "recovered": _("The server came back from a copy. What it had lost was sent to it again."),
    "confirmed": _("Many records left this laptop at once. The server confirmed each before it went."),
    "repaired": _("Some records differed from the server's. They were found one by one and put right."),
    "uncounted": _("Every record is the same as on the server, but the server counts them wrongly."),
    "replaced": _("Everything was fetched again beside what was here. What was not sent stays to be sent."),
}
"""What a run that succeeded had to do besides."""
_KEPT_RUNS = 500
_COLUMNS = "started_at, seconds, outcome, code, pushed, pulled, removed, conflicts, parked"
_SAME_AS_LAST = (
    f"UPDATE sync_history SET ({_COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " WHERE seq = (SELECT max(seq) FROM sync_history) AND outcome = ? AND code IS ?"
    " AND pushed + pulled + removed = 0 RETURNING seq"
)


def told(report: Report) -> str | None:
    """What of a run that succeeded belongs in the history; the gravest."""
    if report.sent_again or report.rescued:
        return "recovered"
    if report.confirmed:
        return "confirmed"
    if report.repaired:
        return "repaired"
    if report.differing:
        return "uncounted"
    return "replaced" if report.replaced else None


def keep(connection: Connection, started: str, code: str | None, report: Report) -> None:
    """Note a run; one line for a quiet day, or for a night of attempts without a network."""
    done = code is None or code in DONE
    outcome = "done" if done else "offline" if code == "offline" else "refused"
    counts = (report.pushed, report.pulled, report.removed, report.conflicts, report.parked)
    values = (started, round(report.seconds * 1000), outcome, code, *counts)
    is_same = not (report.pushed or report.pulled or report.removed)
    if is_same and driver.read(connection, _SAME_AS_LAST, (*values, outcome, code)):
        return
    driver.write(
        connection,
        "DELETE FROM sync_history WHERE seq <= (SELECT max(seq) FROM sync_history) - ?",
        (_KEPT_RUNS,),
    )
    driver.write(
        connection, f"INSERT INTO sync_history ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values
    )
