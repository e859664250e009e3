"""A paper signed by hand: its photo finds the quote and the version whose code it bears, and no other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from app import __version__, attachments, records
from app.errors import Invalid, NotAllowed
from app.i18n import translate as _
from app.quotes import life, paper_code
from app.quotes.composing import full_number
from app.quotes.document import QuoteDocument
from app.quotes.signing import chain_end, check_signable, keep_chain_end, record_hash
from sync import state

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PaperFound:
    """Whose paper is on a photo: the quote's id, its number with the revision, the customer's name."""

    quote: str
    number: str
    account: str


def find_paper(session: Session, photo: bytes) -> PaperFound:
    """The quote whose paper is on the photo, which still may be signed. Raises NotAllowed, Invalid."""
    quote = _quote_of_photo(session, None, photo)
    check_signable(quote)
    account = records.known(session, "account", quote["account"])
    return PaperFound(str(quote["id"]), full_number(quote), str(account.get("name") or ""))


def keep_paper(
    session: Session, quote_id: str | None, photo: bytes, signer: str, name: str = "photo.jpg"
) -> str:
    """Attach a photo of the signed paper to the quote whose code it bears, and accept it; the quote's id.

    With `quote_id`, a paper of another quote or revision is refused. Raises NotAllowed, Invalid.
    """
    quote = _quote_of_photo(session, quote_id, photo)
    if not signer.strip():
        raise Invalid({"name": _("Write who signed.")})
    check_signable(quote)
    connection = session.connection()
    prepared = attachments.prepare(attachments.folder_of(connection), photo, name)
    attachment = attachments.add(session, prepared, "quote", quote["id"], account=quote["account"])
    position, previous = chain_end(session)
    now = datetime.now(UTC)
    record: dict[str, Any] = {
        "quote": quote["id"],
        "account": quote["account"],
        "state": "sealed",
        "means": "paper",
        "signer_name": signer.strip(),
        "signed_at": now.replace(microsecond=now.microsecond // 1000 * 1000),
        "document_hash": quote["document_hash"],
        "pdf_hash": quote["pdf_hash"],
        "attachment": attachment,
        "evidence": {"photo_hash": hashlib.sha256(photo).hexdigest(), "version": __version__},
        "device": state.get(connection, "device"),
        "position": position + 1,
        "previous_hash": previous,
    }
    record["record_hash"] = record_hash(record)
    id = records.add(session, "signature", record)
    life.accept(session, quote["id"])
    # What he ticked on paper no program reads: whoever makes the order says.
    summary = {"id": id, "name": signer.strip(), "at": record["signed_at"].isoformat()}
    records.save(session, "quote", quote["id"], {"signature": summary})
    keep_chain_end(session, record)
    return str(quote["id"])


def _quote_of_photo(session: Session, quote_id: str | None, photo: bytes) -> Record:
    try:
        codes = paper_code.read_photo(photo)
    except ValueError as problem:
        raise Invalid({"photo": _("This file is no picture.")}) from problem
    if not codes:
        raise Invalid(
            {
                "photo": _(
                    "The code on the paper cannot be read. Photograph the whole page, flat and in light."
                )
            }
        )
    if len({code.number for code in codes}) > 1:
        raise Invalid({"photo": _("Several quotes are on this photo. Photograph one page at a time.")})
    found = [quote for quote in _candidates(session, quote_id, codes[0].number) if _bears(quote, codes[0])]
    if found:
        return found[0]
    if quote_id is None:
        raise NotAllowed(_("No quote on this laptop is the paper {number}.", number=codes[0].number))
    raise NotAllowed(
        _("This paper is {number}, not the quote that is open. Nothing was attached.", number=codes[0].number)
    )


def _candidates(session: Session, quote_id: str | None, number: str) -> list[Record]:
    if quote_id is not None:
        return [records.get(session, "quote", quote_id)]
    # The number on paper ends with its revision, the quote's field does not.
    base = number.rpartition("-R")[0] if "-R" in number else number
    return [*records.find_rows(session, "quote", {"number": base})]


def _bears(quote: Record, code: paper_code.PaperCode) -> bool:
    return bool(quote["snapshot"]) and code.fits(QuoteDocument.from_dict(quote["snapshot"]))
