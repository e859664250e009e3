"""After a pull: are the sums of laptop and server the same, and if not, the rows that differ are put right."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from sync import capture, errors, repair, state
from sync.apply import Applier
from sync.laptop import Applied, Laptop, Report
from sync.protocol import PullPage, SyncProtocol
from sync.repair import Found, Place


@dataclass(frozen=True)
class Mending:
    """Of one run, which hears of it in its report."""

    laptop: Laptop
    remote: SyncProtocol
    report: Report

    def compare(self, connection: Connection, last: PullPage) -> list[Place]:
        """Where the sums differ; empty where that very difference could not be mended before."""
        theirs = repair.expected(last.sums)
        places = repair.differing(connection, self.laptop.schema, theirs)
        self._note(connection, places)
        if not places or repair.describe(connection, places, theirs) == state.get(connection, "repaired"):
            return []
        return places

    def mend(self, places: list[Place], last: PullPage) -> Applied:
        """Rows that are missing or too many are found one by one; the server's sums are never taken over."""
        try:
            differing = {place: self._drill_down(place, last.hello.head) for place in places}
        except (errors.Refused, errors.Protocol):
            # It stays noted as differing, and the next run asks again.
            return Applied()
        theirs = repair.expected(last.sums)
        with self.laptop.write(False) as connection, capture.paused(connection):
            applier = Applier(connection, self.laptop.schema, last.hello.user, False)
            for place, found in differing.items():
                self.report.repaired += applier.mend(place, found, theirs.get(place), last.hello.head)
            applier.finish()
            for place in places:
                repair.recount(connection, place)
            left = repair.differing(connection, self.laptop.schema, theirs)
            self._note(connection, left)
            if not any(found.moved for found in differing.values()):
                # Once for the same difference: a server that counts wrongly must not cost a search each time.
                state.put(connection, "repaired", repair.describe(connection, left, theirs))
            self.laptop.applied(connection)
        return applier.applied

    def _drill_down(self, place: Place, head: int) -> Found:
        with self.laptop.write(False) as connection:
            ours = repair.rows_of(connection, place)
        return repair.drill_down(self.remote, place, ours, head)

    def _note(self, connection: Connection, places: list[Place]) -> None:
        text = " ".join(f"{scope}/{table}" for scope, table in places) or None
        state.put(connection, "differing", text)
        self.report.differing = text is not None
