"""When this laptop synchronises by itself: the user's wishes, as settings and as a rhythm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.i18n import mark as m_
from app.syncing import Rhythm

if TYPE_CHECKING:
    from app.workspace import Workspace

NEVER = 0
EVERY = ((5, m_("Every 5 minutes")), (15, m_("Every 15 minutes")), (60, m_("Every hour")),
         (NEVER, m_("Only when I ask")))  # fmt: skip
"""Minutes between two syncs when nothing happens; what is entered here leaves at once all the same."""
METERED = (("usual", m_("As usual")), ("hourly", m_("Once an hour")), ("ask", m_("Only when I ask")))


@dataclass(frozen=True, slots=True)
class Habits:
    """The wishes."""

    every: int = 5
    metered: str = "hourly"

    @property
    def rhythm(self) -> Rhythm:
        """For `sync.pacing`; with `NEVER` no rhythm starts a sync."""
        every = float(self.every * 60 or 300)
        return Rhythm(every=every, metered=every if self.metered == "usual" else max(every, 3600.0))

    def allows(self, metered: bool) -> bool:
        """Whether a sync may start by itself on such a connection."""
        return self.every != NEVER and not (metered and self.metered == "ask")


def read(workspace: Workspace) -> Habits:
    """The wishes kept in the file."""
    return Habits(workspace.settings.get("sync_every"), workspace.settings.get("sync_metered"))


def keep(workspace: Workspace, habits: Habits) -> None:
    """Keep the wishes."""
    workspace.settings.set("sync_every", habits.every)
    workspace.settings.set("sync_metered", habits.metered)
