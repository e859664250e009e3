"""Which state the header shows, from what the file knows and what runs now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.i18n import translate as _
from app.i18n import translate_plural as _n
from ui.header import SyncChip

if TYPE_CHECKING:
    from app.sync_view import Overview


def chip_of(
    found: Overview | None, share: float | None = None, problem: str = "", paused: bool = False
) -> SyncChip:
    """The chip; `share` is how far a running sync is. Offline is normal and never an alarm."""
    if share is not None:
        return SyncChip("running", percent=round(share * 100))
    if found is None or found.alone:
        return SyncChip("local", detail=_("This laptop works alone. Click to connect it to a server."))
    from app.sync_view import spoken_at

    at = spoken_at(found.last_sync) if found.last_sync else ""
    detail = problem or (
        _("Last success {when}", when=spoken_at(found.last_sync, True)) if found.last_sync else ""
    )
    if found.needs_attention:
        waiting = _n("{n} action was not accepted.", "{n} actions were not accepted.", found.parked)
        return SyncChip("attention", found.to_send, at, detail=waiting if found.parked else detail)
    if paused:
        return SyncChip("paused", found.to_send, at, detail=detail)
    if found.last_code == "offline":
        return SyncChip("offline", found.to_send, at, detail=detail)
    if found.to_send or found.last_sync is None:
        return SyncChip("waiting", found.to_send, at, detail=detail)
    return SyncChip("done", 0, at, detail=detail)
