"""Words for what becomes of a quote: duplicate, send, accept, refuse, order, compare, approvals, mentions."""

from __future__ import annotations

import argparse
from contextlib import suppress
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from app import formats
from app.cli.output import Output
from app.cli.profile_words import opened
from app.i18n import translate as _
from app.i18n import translate_plural as _n


def duplicate(options: argparse.Namespace, output: Output) -> None:
    """A draft with the same content; prints its id."""
    from app.quotes import issuing

    with opened(options) as workspace, workspace.transaction("quote duplicate") as session:
        new = issuing.duplicate(session, options.id)
    output.result({"id": new}, new)


def send(options: argparse.Namespace, output: Output) -> None:
    """Note that the customer has the quote."""
    from app.quotes import life

    with opened(options) as workspace, workspace.transaction("quote send") as session:
        life.mark_sent(session, options.id)
    output.result({"id": options.id, "status": "sent"}, options.id)


def accept(options: argparse.Namespace, output: Output) -> None:
    """Note that the customer agrees, with the options that he takes."""
    from app.quotes import life

    with opened(options) as workspace, workspace.transaction("quote accept") as session:
        life.accept(session, options.id, _chosen(options), options.note or "")
    output.result({"id": options.id, "status": "accepted"}, options.id)


def _chosen(options: argparse.Namespace) -> list[str] | None:
    """The options that are taken: none at all with `none`; None where nothing was said of them."""
    return [] if options.choose == ["none"] else options.choose


def refuse(options: argparse.Namespace, output: Output) -> None:
    """Note that the customer declines, and why."""
    from app.quotes import life

    with opened(options) as workspace, workspace.transaction("quote refuse") as session:
        life.refuse(session, options.id, options.note or "")
    output.result({"id": options.id, "status": "refused"}, options.id)


def order(options: argparse.Namespace, output: Output) -> None:
    """Make the order of an accepted quote; prints its number."""
    from app import records
    from app.quotes import life

    with opened(options) as workspace, workspace.transaction("quote order") as session:
        id = life.convert(session, options.id, _chosen(options), options.reference)
        number = records.get(session, "order", id)["number"]
    output.result({"id": id, "number": number}, number)


def compare(options: argparse.Namespace, output: Output) -> None:
    """What differs between two revisions."""
    from app.quotes import comparing, paper

    with opened(options) as workspace, workspace.read() as session:
        found = comparing.compare(paper.document(session, options.id), paper.document(session, options.other))
    output.result(_plain(found), "\n".join(_sentences(found)))


def mentions(options: argparse.Namespace, output: Output) -> None:
    """The legal texts of the quote, their sources, what they lack and what is still to be answered."""
    from app.quotes import paper
    from app.quotes.checking import QUESTIONS

    with opened(options) as workspace, workspace.read() as session:
        said = paper.mentions_of(session, options.id)
    text = [f"{each.text}  [{each.source}]" for each in said.texts]
    asked = [_(QUESTIONS[name]) for name in said.questions]
    output.result(asdict(said), "\n".join([*text, *said.missing, *asked]))


def ask_approval(options: argparse.Namespace, output: Output) -> None:
    """Put the draft before a manager; prints what to read over the telephone where codes are there."""
    from app.errors import NotAllowed
    from app.quotes import authority, telephone

    with opened(options) as workspace, workspace.transaction("quote ask-approval") as session:
        asked: dict[str, Any] | None = None
        if options.next:
            asked = asdict(telephone.next_challenge(session, options.id))
        else:
            authority.request_approval(session, options.id, options.note or "")
            # Without codes the approval comes by the next synchronisation.
            with suppress(NotAllowed):
                asked = asdict(telephone.challenge(session, options.id))
    text = _("Waits for a manager's approval.")
    if asked:
        text += " " + _(
            "By telephone, to {name}: number {number}, control {control}, {percent} %.",
            **{name: asked[name] for name in ("name", "number", "control")},
            percent=formats.format_number(Decimal(asked["percent"])),
        )
        text += " " + _n("{n} code remains after it.", "{n} codes remain after it.", asked["left"])
    output.result({"id": options.id, "status": "to_approve", "challenge": asked}, text)


def approve(options: argparse.Namespace, output: Output) -> None:
    """A manager agrees; or the salesperson types the manager's answer with --answer."""
    from app.quotes import authority, telephone

    with opened(options) as workspace, workspace.transaction("quote approve") as session:
        if options.answer:
            telephone.accept_answer(session, options.id, options.answer)
        else:
            authority.approve(session, options.id, options.note or "")
    output.result({"id": options.id, "status": "draft"}, _("Approved. The quote can be issued."))


def codes(options: argparse.Namespace, output: Output) -> None:
    """A manager makes one-time codes for a person."""
    from app.quotes import telephone

    with opened(options) as workspace, workspace.transaction("quote codes") as session:
        id = telephone.give_codes(session, options.user)
    output.result({"id": id, "codes": telephone.CODES}, id)


def answer(options: argparse.Namespace, output: Output) -> None:
    """A manager answers a challenge; prints the eight characters to read out."""
    from app.quotes import telephone

    with opened(options) as workspace, workspace.transaction("quote answer") as session:
        said = telephone.answer(session, options.user, options.number, options.control, options.percent)
    output.result({"answer": said}, said)


def strangers(options: argparse.Namespace, output: Output) -> None:
    """The quotes that bear an approval by telephone in the name of who works here, which this laptop never gave."""
    from app import records
    from app.quotes import telephone
    from app.quotes.composing import full_number

    with opened(options) as workspace, workspace.transaction() as session:
        telephone.reckon(session)
        found = [records.known(session, "quote", id) or {"id": id} for id in telephone.strangers(session)]
    rows = [{"id": each["id"], "number": full_number(each), "owner": each.get("owner")} for each in found]
    lines = [f"{row['number'] or row['id']}" for row in rows]
    output.result(rows, "\n".join(lines) or _("None."))


def _plain(found: Any) -> dict[str, Any]:
    # A line's picture is bytes, and says nothing about a difference.
    lines = [
        {
            "state": line.state,
            "description": (line.after or line.before).description,
            "changes": [asdict(change) for change in line.changes],
        }
        for line in found.lines
    ]
    head, amounts = ([asdict(each) for each in part] for part in (found.head, found.amounts))
    return {"before": found.before, "after": found.after, "lines": lines, "head": head, "amounts": amounts}


def _sentences(found: Any) -> list[str]:
    from app.quotes.side_by_side import worded

    def said(change: Any) -> str:
        before, after = (worded(change, value) or "—" for value in (change.before, change.after))
        return _("{label}: {value}", label=_(change.label), value=f"{before} → {after}")

    signs = {"added": "+", "removed": "−", "changed": "~"}
    text = []
    for line in found.lines:
        if line.state == "same":
            continue
        name = (line.after or line.before).description
        text.append(" · ".join((f"{signs[line.state]} {name}", *map(said, line.changes))))
    text += [said(change) for change in (*found.head, *found.amounts)]
    return text or [_("Nothing differs.")]


def verify(options: argparse.Namespace, output: Output) -> None:
    """Whether a sealed PDF is the one that was sealed."""
    from datetime import datetime
    from pathlib import Path

    from app.errors import Damaged
    from app.quotes import sealing

    found = sealing.check(Path(options.file).read_bytes())
    if not found.good:
        raise Damaged(
            _("This PDF was changed after it was signed.") if found.sealed else _("This PDF bears no seal.")
        )
    at = formats.format_moment(datetime.fromisoformat(found.at)) if found.at else "—"
    text = _("Unchanged since {signer} sealed it at {at}.", signer=found.signer, at=at)
    output.result({**asdict(found), "good": found.good}, text)


def paper(options: argparse.Namespace, output: Output) -> None:
    """Attach a photo of the signed paper to the quote whose code it bears."""
    from pathlib import Path

    from app.quotes import signed_paper

    photo = Path(options.file)
    with opened(options) as workspace, workspace.transaction("quote paper") as session:
        id = signed_paper.keep_paper(session, options.quote, photo.read_bytes(), options.signer, photo.name)
    output.result({"id": id, "status": "accepted"}, id)
