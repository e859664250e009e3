"""What a laptop that worked alone brings to the server with which it is enrolled: its company, its papers' files, and
its customers, who come into its user's territory.

For the company the server is right. Where the office enrols a laptop that wrote of the same company, what the
server does not say yet, logo and terms of sale too, is taken over from there. Whoever enrols: the files with which
quotes were printed before go with them, so that another laptop prints the same paper.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app import alone, attachments, company, records
from app.entity import entity, fields, kinds
from app.features import sync_schema
from app.folding import fold
from app.i18n import translate as _
from app.quotes.document import QuoteDocument
from app.quotes.model import FROZEN
from app.seller import find_company
from app.workspace import Workspace
from sync import blobs, state

Record = dict[str, Any]


def settle(workspace: Workspace) -> bool:
    """After the first sync, once: offer what this laptop wrote before it had a server. Whether there was anything."""
    with workspace.read() as session:
        left, homeless = (state.get(session.connection(), name) for name in (alone.LEFT, alone.HOMELESS))
    if homeless:
        with workspace.transaction(
            _("Customers from before the enrolment come into the territory")
        ) as session:
            _bring_home(session)
            state.put(session.connection(), alone.HOMELESS, None)
    if left:
        said = json.loads(left)
        with workspace.transaction(_("Company completed from this laptop")) as session:
            _offer(session, said["values"], said["files"])
            state.put(session.connection(), alone.LEFT, None)
    return bool(left or homeless)


def _bring_home(session: Session) -> None:
    """What a rep adds his manager sees too, also what he added when he had none."""
    me = session.info["user"]
    home = records.home_territory(session.connection(), me)
    if home is None:
        return
    values = {"territory": home, "updated_at": datetime.now(UTC), "updated_by": me}
    for kind in (kind for kind in kinds() if "territory" in fields(kind)):
        table: Any = entity(kind).__table__
        mine = table.c.territory.is_(None) & (table.c.scope == f"user:{me}") & table.c.deleted_at.is_(None)
        # In one statement: a laptop may have worked alone for years.
        session.execute(update(table).where(mine).values(values))


def _offer(session: Session, values: Record, own: list[Record]) -> None:
    used = _used(session, {row["sha256"] for row in own})
    known = find_company(session)
    if not known and company.may_write(session):
        records.add(session, "organisation", {"name": values["name"]})
        known = find_company(session)
    if company.may_write(session) and is_same(known, values):
        taken = _complete(session, known, values, own)
        for row in own:
            if row["sha256"] in used and row["id"] not in taken:
                attachments.add_again(session, row, "organisation", known["id"])
    else:
        for row in own:
            for quote in used.get(row["sha256"], ()):
                words = _("Printed with quote {number}", number=quote["number"])
                attachments.add_again(session, row, "quote", quote["id"], quote["account"], words)
    connection = session.connection()
    digests = {digest for row in own for digest in (row["sha256"], row["thumbnail"]) if digest}
    blobs.forget(connection, (one for one in digests if not blobs.is_named(connection, sync_schema(), one)))


def is_same(known: Record, values: Record) -> bool:
    """Whether both speak of one company: by its SIREN where both say it, else by its name."""
    numbers = [_siren(one) for one in (known, values)]
    if all(numbers):
        return numbers[0] == numbers[1]
    return fold(str(known.get("name") or "")) == fold(str(values.get("name") or ""))


def _siren(one: Record) -> str:
    return "".join(str(one.get("siren") or one.get("siret") or "").split())[:9]


def _complete(session: Session, known: Record, values: Record, own: list[Record]) -> set[str]:
    """Fill in what the server's record leaves empty; the files that it took over."""
    rows, taken = {row["id"]: row for row in own}, set()
    more: Record = {}
    for name, value in values.items():
        if known.get(name) not in (None, "", {}) or name not in fields("organisation"):
            continue
        if name in company.FILES:
            if value in rows:
                taken.add(value)
                more[name] = attachments.add_again(session, rows[value], "organisation", known["id"])
        else:
            more[name] = value
    look = {**(values.get("quote_style") or {}), **(known.get("quote_style") or {})}
    if look:
        more["quote_style"] = look
    records.save(session, "organisation", known["id"], more, loaded=known)
    return taken


def _used(session: Session, digests: set[str]) -> dict[str, list[Record]]:
    """By SHA-256 the issued quotes that were printed with it."""
    found: dict[str, list[Record]] = {}
    for status in FROZEN if digests else ():
        for quote in records.find_rows(session, "quote", {"status": status}):
            shown = QuoteDocument.from_dict(quote["snapshot"]).files() if quote["snapshot"] else set()
            for digest in shown & digests:
                found.setdefault(digest, []).append(quote)
    return found
