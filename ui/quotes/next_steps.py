"""The menu of what may be done next with a quote, by its status and by who looks at it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMenu, QWidget

from app.i18n import translate as _
from app.quotes import signing
from app.quotes.prospects import Prospects
from ui.quotes.approvals import Approvals
from ui.quotes.decisions import Decisions
from ui.theme import theme

Step = tuple[str, str, Callable[[], object]]
"""Words, icon, what it does."""


def next_steps(found: Prospects, decisions: Decisions, approvals: Approvals) -> list[Step]:
    """The steps that the quote allows, the likeliest first."""
    status = found.quote["status"] or "draft"
    steps: list[Step] = []
    if status in ("draft", "to_approve"):
        steps += _before_issue(found, status, decisions, approvals)
    if status not in ("draft", "to_approve", "superseded", "replaced"):
        steps.append((_("Send by e-mail…"), "mail", decisions.send))
        if found.server_posts:
            steps.append((_("Draft in the mail program…"), "mail", decisions.mail))
    if found.may_become("sent"):
        steps.append((_("Mark as sent"), "send", decisions.mark_sent))
    if found.may_become("accepted"):
        steps.append((_("Accepted…"), "circle-check", lambda: decisions.ask_accept(found)))
    if found.may_become("refused"):
        steps.append((_("Refused…"), "circle-x", decisions.ask_refuse))
    if status in signing.SIGNABLE:
        steps.append((_("Photo of the signed paper…"), "camera", decisions.choose_photo))
        steps.append((_("Follow up on a day…"), "alarm-clock", lambda: decisions.ask_follow_up(found)))
    if status == "accepted" and found.order is None:
        steps.append((_("Convert into an order…"), "shopping-cart", lambda: decisions.ask_order(found)))
    if found.signature is not None and found.signature["means"] == "screen":
        steps.append(
            (_("Verify and open the signed PDF"), "shield-check", lambda: decisions.open_signed(found))
        )
    if found.signature is not None and found.signature["means"] == "paper":
        steps.append((_("Open the signed paper"), "image", lambda: decisions.open_paper(found)))
    if status not in ("draft", "to_approve"):
        steps.append((_("Revise"), "file-plus-2", decisions.revise))
    for id, number in found.revisions:
        words = _("Compare with {number}", number=number)
        steps.append((words, "git-compare-arrows", lambda id=id: decisions.compare(id)))  # type: ignore[misc]
    if found.approver and found.people:
        steps.append((_("Codes for the telephone…"), "key-round", lambda: approvals.give_codes(found)))
        steps.append((_("Answer a call…"), "phone-call", lambda: approvals.answer(found)))
    return steps


def _before_issue(found: Prospects, status: str, decisions: Decisions, approvals: Approvals) -> list[Step]:
    steps: list[Step] = []
    if status == "draft" and not found.needs_approval:
        steps.append((_("Issue"), "file-check", decisions.issue))
    if status == "draft" and found.needs_approval:
        steps.append((_("Send for approval…"), "send", approvals.ask))
    if found.needs_approval:
        steps.append((_("Approval by telephone…"), "phone", approvals.telephone))
    if found.approver and status == "to_approve":
        steps.append((_("Approve…"), "badge-check", approvals.approve))
        steps.append((_("Give back…"), "undo-2", approvals.refuse))
    return steps


def steps_menu(parent: QWidget, steps: list[Step]) -> QMenu:
    """The steps as a menu."""
    menu = QMenu(parent)
    for words, icon, run in steps:
        menu.addAction(theme.icon(icon), words).triggered.connect(lambda _on=False, run=run: run())
    return menu
