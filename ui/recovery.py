"""After a power cut: back to the form that was being typed in, on its field, with what was typed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.i18n import translate as _
from ui.history import Route

if TYPE_CHECKING:
    from app.drafts import Draft
    from ui.window import MainWindow


def recover(window: MainWindow, since: datetime) -> None:
    """Open the draft that was kept last since that moment, if there is one; its page goes to the field."""
    window.tasks.read(
        window, lambda session: _latest(session, since), then=lambda draft: _open(window, draft)
    )


def _latest(session: Any, since: datetime) -> Draft | None:
    from app import drafts

    return drafts.find_latest(session, since)


def _open(window: MainWindow, draft: Draft | None) -> None:
    route = None if draft is None else route_of(draft)
    if route is not None and window.has_page(route.page):
        here = window.route
        # The place of the last time may be that form already, with the focus in its field.
        if route.options or here is None or (here.page, here.record) != (route.page, route.record):
            window.go(route.page, route.record, **dict(route.options))
        window.toast(_("Terrain was cut off. What was typed is here."))


def route_of(draft: Draft) -> Route | None:
    """The route that shows the form of a draft; None for a form that opens itself."""
    if draft.kind == "quote":
        return Route("quotes", draft.id)
    if draft.kind == "visit_report":
        return Route("report", draft.id)
    if draft.kind == "conflict":
        return Route("conflicts", draft.id)
    if draft.kind == "settings":
        return Route("settings")
    if (draft.kind, draft.id) == ("task", "today"):
        return Route("today", None, (("new", "task"),))
    if draft.kind == "note":
        return Route("accounts", draft.id)
    if draft.kind not in ("account", "contact", "task"):
        return None
    begun_for = draft.id.partition(":")[2]  # a new record is begun under an account
    account = draft.id if draft.kind == "account" else begun_for or draft.values.get("account")
    return Route(
        "accounts",
        str(account) if account and account != "new" else None,
        (("form", draft.kind), ("id", draft.id)),
    )
