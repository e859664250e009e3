"""The paper of a stored quote: its document, the files that it shows, and the PDF of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import attachments, formats, records
from app.catalogue.pricing import open_book
from app.entity import entity
from app.quotes.composing import build_document, full_number, language_of
from app.quotes.document import QuoteDocument
from app.quotes.mentions import Mentions, find_mentions
from app.seller import find_company
from sync import state

Record = dict[str, Any]


VALID_DAYS = 30
"""How long an offer stands where neither quote nor company says."""


@dataclass(frozen=True, slots=True)
class Issued:
    """The day on which a quote was issued, and the SHA-256 of its content and of its file on that day."""

    on: date
    document_hash: str
    pdf_hash: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A document with the bytes of its files by SHA-256; those that are not on this laptop are missing."""

    document: QuoteDocument
    files: Mapping[str, bytes]
    issued: Issued | None = None
    """What it was when it was issued; None for a draft, and for what another program issued."""

    @property
    def complete(self) -> bool:
        """Whether every picture is here, so that the PDF is the one that was issued."""
        return self.document.files() <= self.files.keys()

    def render(self) -> bytes:
        """The PDF; the same paper always gives the same bytes. Touches no database: any thread may."""
        from app.quotes.pdf import render

        return render(self.document, self.files)


def open_paper(session: Session, quote_id: str) -> Paper:
    """What is printed: of an issued quote the frozen document, of a draft what it would be now."""
    quote = records.get(session, "quote", quote_id)
    return replace(with_files(session, _document(session, quote)), issued=_issued(quote))


def document(session: Session, quote_id: str) -> QuoteDocument:
    """The document alone, without its files."""
    return _document(session, records.get(session, "quote", quote_id))


def _document(session: Session, quote: Record) -> QuoteDocument:
    if quote["snapshot"]:
        return QuoteDocument.from_dict(quote["snapshot"])
    return build(session, quote)


def _issued(quote: Record) -> Issued | None:
    if not (quote["snapshot"] and quote["issued_on"] and quote["document_hash"] and quote["pdf_hash"]):
        return None
    return Issued(quote["issued_on"], quote["document_hash"], quote["pdf_hash"])


def pdf(session: Session, quote_id: str) -> bytes:
    """The quote as PDF."""
    return open_paper(session, quote_id).render()


def is_complete(session: Session, quote_id: str) -> bool:
    """Whether every file that the quote's paper shows is on this laptop."""
    return all(attachments.is_here(session, digest) for digest in document(session, quote_id).files())


def with_files(session: Session, found: QuoteDocument) -> Paper:
    """The document with the files that are here."""
    files = {digest: attachments.of_digest(session, digest) for digest in sorted(found.files())}
    return Paper(found, {digest: data for digest, data in files.items() if data is not None})


def build(session: Session, quote: Record) -> QuoteDocument:
    """The document of a quote record as it stands."""
    account, organisation = records.known(session, "account", quote["account"]), find_company(session)
    lines = records.find_rows(session, "quote_line", {"quote": quote["id"]}, order="position")
    site = billing_site(session, quote)
    pictures = _pictures(session, lines)
    return build_document(
        organisation,
        account,
        site,
        records.known(session, "contact", quote["contact"]) or None,
        records.known(session, "user", quote["owner"] or state.user(session.connection())),
        quote,
        lines,
        mentions=_mentions(session, organisation, account, quote, lines),
        delivery=records.known(session, "site", quote["site"]) or None,
        pictures=pictures,
        logo=digest_of(session, organisation.get("logo")),
        terms_file=digest_of(session, organisation.get("terms_file")),
        expired_list=_expired_list(session, quote),
    )


def mentions_of(session: Session, quote_id: str) -> Mentions:
    """The legal texts of a quote as they would be printed today, with what they lack. Raises NotFound."""
    quote = records.get(session, "quote", quote_id)
    lines = records.find_rows(session, "quote_line", {"quote": quote_id}, order="position")
    account = records.known(session, "account", quote["account"])
    return _mentions(session, find_company(session), account, quote, lines)


def valid_days(organisation: Record) -> int:
    """How many days the company's offers stand."""
    return int(organisation.get("quote_validity_days") or VALID_DAYS)


def _mentions(
    session: Session, organisation: Record, account: Record, quote: Record, lines: list[Record]
) -> Mentions:
    own, values = _setting(session, "mentions"), _setting(session, "mention_values")
    return find_mentions(
        organisation,
        account,
        {**quote, "number": full_number(quote)},
        lines,
        on=quote["issued_on"] or formats.now().date(),
        language=language_of(organisation, account, quote),
        own=own if isinstance(own, list) else (),
        values=values if isinstance(values, dict) else None,
    )


def _setting(session: Session, name: str) -> Any:
    found = records.find_rows(session, "setting", {"name": name}, limit=1)
    return found[0]["value"] if found else None


def _expired_list(session: Session, quote: Record) -> tuple[str, date] | None:
    """The name and last day of the quote's price list, where that day has passed."""
    book = open_book(session, quote["account"], [], quote["price_list"], quote["issued_on"])
    return (book.name, book.expired_on) if book.expired_on else None


def billing_site(session: Session, quote: Record) -> Record | None:
    """The account's billing address, else the quote's site, else any that it has."""
    sites = records.find_rows(session, "site", {"account": quote["account"]}) if quote["account"] else []
    sites.sort(key=lambda site: (site["kind"] != "billing", site["id"] != quote["site"]))
    return sites[0] if sites else None


def _pictures(session: Session, lines: list[Record]) -> dict[str, str]:
    """By line the SHA-256 of its product's small picture, where that is on this laptop.

    One that is still to come is left out: an issued paper must look the same for ever.
    """
    product, attachment = entity("product").__table__, entity("attachment").__table__
    ids = {line["product"] for line in lines if line["product"]}
    rows = session.execute(
        select(product.c.id, attachment.c.thumbnail, attachment.c.sha256)
        .join(attachment, attachment.c.id == product.c.image)
        .where(product.c.id.in_(ids), attachment.c.deleted_at.is_(None))
    )
    small = {id: thumbnail or digest for id, thumbnail, digest in rows if thumbnail or digest}
    here = {id: digest for id, digest in small.items() if attachments.is_here(session, digest)}
    return {line["id"]: here[line["product"]] for line in lines if line["product"] in here}


def digest_of(session: Session, attachment: str | None) -> str:
    """The SHA-256 of an attachment whose bytes are here; empty otherwise."""
    found = records.known(session, "attachment", attachment).get("sha256")
    return str(found) if found and attachments.is_here(session, found) else ""
