"""What stands above a quote as long as it is so: two versions of it, an approval nobody gave, prices past their day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app import formats, records
from app.catalogue.pricing import open_book
from app.i18n import translate as _
from app.quotes import letters, paper, telephone
from app.quotes.model import FROZEN
from sync.conflicts import FORK


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence, how grave it is (`info`, `warn`, `bad`, `vio`), and the other version to go to, if any."""

    text: str
    tone: str
    version: str = ""


def find_notices(session: Session, quote_id: str) -> list[Notice]:
    """The notices of a quote, the gravest first. Raises NotFound."""
    quote = records.get(session, "quote", quote_id)
    found = []
    if beyond := telephone.given_beyond(session, quote):
        given, named = (formats.format_percentage(each) for each in beyond)
        words = _(
            "By telephone you agreed to {named}; by the prices of this laptop the quote gives {given}: "
            "speak with its author.",
            named=named,
            given=given,
        )
        found.append(Notice(words, "bad"))
    elif telephone.is_strange(session, quote):
        found.append(
            Notice(
                _(
                    "This quote bears an approval by telephone in your name that this laptop never gave. "
                    "If no other laptop of yours did, it is forged: speak with its author."
                ),
                "bad",
            )
        )
    found += [
        Notice(_("This quote exists in two versions: two people changed it at once."), "vio", other)
        for other in find_versions(session, quote_id)
    ]
    if quote["status"] not in FROZEN:
        book = open_book(session, quote["account"], [], quote["price_list"])
        if book.expired_on:
            words = _(
                "The price list “{name}” ended on {day}. Its prices are still offered, and the paper says that day.",
                name=book.name,
                day=formats.format_date(book.expired_on),
            )
            found.append(Notice(words, "warn"))
    elif not paper.is_complete(session, quote_id):
        words = _("A picture or the terms of this quote are not on this laptop yet: its paper is not whole.")
        found.append(Notice(words, "warn"))
    last = letters.letters_of(session, quote_id)[-1:]
    for letter in last if quote["status"] in ("issued", "sent") else ():
        found.append(Notice(*letters.describe(letter)))
    return found


def look_at_drawn(page: paper.Paper, content: bytes) -> list[Notice]:
    """What is to be said of an issued paper that was just drawn as `content`; nothing where it is as it was issued.

    The file that the customer holds is not kept unless he signed it: a later version of the program may draw
    the same content otherwise. Touches no database: any thread may.
    """
    issued = page.issued
    if issued is None or not page.complete or hashlib.sha256(content).hexdigest() == issued.pdf_hash:
        return []
    day = formats.format_date(issued.on, "long")
    if page.document.document_hash() != issued.document_hash:
        words = _(
            "What this paper says is not what was issued on {day}: compare it with the customer's.", day=day
        )
        return [Notice(words, "bad")]
    words = _(
        "This paper is drawn anew: it says what was issued on {day}, in another file than the customer may hold "
        "(fingerprint {fingerprint}).",
        day=day,
        fingerprint=issued.pdf_hash[:12],
    )
    return [Notice(words, "info")]


def find_versions(session: Session, quote_id: str) -> list[str]:
    """The other versions (ids) of a quote that two people changed at once, as long as both are there."""
    rows = records.find_rows(session, "conflict", {"record_kind": "quote", "field": FORK})
    found: dict[str, None] = {}
    for row in rows:
        pair = {str(row["record"]), *(str(each.get("value")) for each in _candidates(row))}
        if quote_id in pair:
            found.update(dict.fromkeys(pair - {quote_id}))
    return [id for id in found if records.known(session, "quote", id)]


def _candidates(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in row["candidates"] or () if isinstance(each, dict)]
