"""A quote signed at the customer's: the PDF that was shown is the one that is sealed, with its evidence.

`open_signing` freezes what is shown; `sign` makes the sealed file, without the database, on any thread;
`keep_signature` stores file, record and acceptance in one transaction. The records of a laptop are a
chain: each holds the hash of the one before, so that none can be taken out or changed afterwards.
A drawn signature is a simple electronic one (eIDAS, art. 25): the evidence counts, not the image. Its
dynamics are kept as drawn, never compared.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from app import __version__, attachments, formats, records
from app.errors import Invalid, NotAllowed
from app.i18n import translate as _
from app.quotes import issuing, life, pdf_archive, pdf_evidence, sealing
from app.quotes.document import QuoteDocument
from app.quotes.mentions import may_take_deposit_at_once
from app.quotes.paper import Paper, open_paper
from app.quotes.pdf_type import accent_of
from app.quotes.pdf_words import Words
from app.quotes.totals import Totals
from sync import state

Record = Mapping[str, Any]
Strokes = Sequence[Sequence[tuple[float, float, int]]]
"""Lines of (x, y, milliseconds since the first point); x and y are parts of the pad's width."""

AGREED = "Bon pour accord"
_CHAIN = "signature_chain"
FIRST = "0" * 64
SIGNABLE = ("issued", "sent", "expired")


@dataclass(frozen=True, slots=True)
class Signing:
    """What is put before the customer, and what the record will say beside him."""

    quote: Record
    paper: Paper
    content: bytes
    """The PDF that is shown, byte for byte the one that is sealed."""
    lines: tuple[Record, ...]
    language: str
    """That in which the customer is spoken to: the document's, of one in both languages his own."""
    signer: str
    role: str
    email: str
    deposit_at_once: bool
    """Whether a deposit may be taken now: not within seven days of a protected sale."""
    context: Mapping[str, str]
    chain: tuple[int, str]
    key: sealing.SealKey

    @property
    def choices(self) -> tuple[Record, ...]:
        """The options and alternatives to tick."""
        return tuple(line for line in self.lines if line["choice_kind"] in ("option", "alternate"))

    def net_of(self, choice: Record) -> str:
        """What a choice costs, as its line on the paper says."""
        return str(choice["net"] or 0)

    def agreed(self, chosen: Sequence[str]) -> Totals:
        """What the customer pays with the options and alternatives that he takes. Raises Invalid."""
        return life.chosen_totals(self.quote, self.lines, chosen)

    @property
    def pdf_hash(self) -> str:
        """SHA-256 of the PDF that is shown."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Consent:
    """What the signer said and ticked."""

    name: str
    role: str = ""
    email: str = ""
    agreed: bool = False
    terms: bool = False
    chosen: tuple[str, ...] = ()
    strokes: Strokes = ()


@dataclass(frozen=True, slots=True)
class Signed:
    """A sealed file and its record, ready to be kept."""

    quote_id: str
    content: bytes
    record: Mapping[str, Any]
    chain: tuple[int, str]
    chosen: tuple[str, ...]


def open_signing(session: Session, quote_id: str, vault: sealing.Vault) -> Signing:
    """Everything that the sign screen shows; in a transaction, since the first one makes this laptop's key.

    `vault` is the workspace's.

    Raises NotAllowed for a quote that was not issued or is decided, and for one whose paper is not whole here.
    """
    quote = records.get(session, "quote", quote_id)
    check_signable(quote)
    shown = open_paper(session, quote_id)
    if not shown.complete:
        raise NotAllowed(
            _(
                "A picture or the terms of this quote are not on this laptop yet. Synchronise, then have it signed."
            )
        )
    account, contact = (
        records.known(session, "account", quote["account"]),
        records.known(session, "contact", quote["contact"]),
    )
    name = " ".join(filter(None, (contact.get("first_name"), contact.get("last_name"))))
    connection = session.connection()
    context = {
        "device": str(state.get(connection, "device") or ""),
        "series": str(state.get(connection, "series") or ""),
        "seen": str(state.get(connection, "server_time") or ""),
        "salesperson": shown.document.salesperson.name,
        "version": __version__,
    }
    return Signing(
        quote,
        shown,
        shown.render(),
        tuple(issuing.find_lines(session, quote_id)),
        _spoken(shown.document, account),
        name,
        contact.get("job") or "",
        contact.get("email") or "",
        may_take_deposit_at_once(account, quote),
        context,
        chain_end(session),
        _seal_key(session, vault, shown.document),
    )


def issue_and_open(session: Session, quote_id: str, vault: sealing.Vault) -> Signing:
    """As `open_signing`, for a draft too: it is issued first, in the same transaction."""
    if records.get(session, "quote", quote_id)["status"] in (None, "draft", "to_approve"):
        issuing.issue(session, quote_id)
    return open_signing(session, quote_id, vault)


def sign(signing: Signing, consent: Consent) -> Signed:
    """The sealed PDF with its page of evidence, and the record. Raises Invalid beside what is missing."""
    _check_consent(consent)
    document, now = signing.paper.document, datetime.now(UTC)
    position, previous = signing.chain[0] + 1, signing.chain[1]
    strokes = [[[round(x, 4), round(y, 4), at] for x, y, at in stroke] for stroke in consent.strokes]
    chosen = {line["id"]: line["description"] or "" for line in signing.choices}
    evidence = {
        **signing.context,
        "quote": document.number,
        "agreed": AGREED,
        "terms": consent.terms,
        "certified": list(document.certifications),
        "chosen": [chosen[id] for id in consent.chosen if id in chosen],
        "total": _total_of(signing.agreed(consent.chosen)),
        "monotonic_ms": time.monotonic_ns() // 1_000_000,
        "strokes": strokes,
        "strokes_hash": _hash(strokes),
    }
    record = {
        "quote": signing.quote["id"],
        "account": signing.quote["account"],
        "state": "sealed",
        "means": "screen",
        "signer_name": consent.name.strip(),
        "signer_role": consent.role.strip() or None,
        "signer_email": consent.email.strip() or None,
        "signed_at": now.replace(microsecond=now.microsecond // 1000 * 1000),
        "document_hash": document.document_hash(),
        "pdf_hash": signing.pdf_hash,
        "evidence": evidence,
        "device": signing.context["device"] or None,
        "position": position,
        "previous_hash": previous,
    }
    record["record_hash"] = record_hash(record)
    page = pdf_evidence.render_evidence(
        _page_values(record, document), strokes, document.language, accent_of(document.style)
    )
    # A sealed file is PDF 2.0, which the archive's third part does not allow: it makes no such claim.
    content = pdf_archive.join(signing.content, page, claim=False)
    sealed = sealing.seal(content, signing.key, AGREED)
    return Signed(signing.quote["id"], sealed, record, signing.chain, consent.chosen)


def keep_signature(session: Session, signed: Signed) -> str:
    """Store the sealed file, the record and the acceptance; the record's id.

    In the caller's transaction: all or none. Raises NotAllowed where another signature came between.
    """
    if chain_end(session) != signed.chain:
        raise NotAllowed(_("Another quote was signed meanwhile. Open this one again to sign it."))
    quote = records.get(session, "quote", signed.quote_id)
    check_signable(quote)
    connection = session.connection()
    name = f"{signed.record['evidence']['quote']} — {signed.record['signer_name']}.pdf".replace("/", "-")
    prepared = attachments.prepare(attachments.folder_of(connection), signed.content, name)
    attachment = attachments.add(session, prepared, "quote", signed.quote_id, account=quote["account"])
    id = records.add(session, "signature", {**signed.record, "attachment": attachment})
    life.accept(session, signed.quote_id, signed.chosen)
    summary = {
        "id": id,
        "name": signed.record["signer_name"],
        "at": signed.record["signed_at"].isoformat(),
        "chosen": list(signed.chosen),
    }
    records.save(session, "quote", signed.quote_id, {"signature": summary})
    keep_chain_end(session, signed.record)
    return id


def chain_end(session: Session) -> tuple[int, str]:
    """(position, hash) of the last record that this laptop made."""
    kept = state.get(session.connection(), _CHAIN)
    if not kept:
        return 0, FIRST
    position, digest = json.loads(kept)
    return int(position), str(digest)


def keep_chain_end(session: Session, record: Record) -> None:
    """This record is now the last that this laptop made."""
    state.put(session.connection(), _CHAIN, json.dumps([record["position"], record["record_hash"]]))


def broken_links(session: Session, device: str | None = None) -> list[str]:
    """The records (ids) of a laptop's chain that were changed, or whose predecessor is missing or another.

    Of this laptop unless told; of another one only what this laptop has of it can be compared.
    """
    connection = session.connection()
    mine = state.get(connection, "device")
    own = device is None or device == mine
    rows = records.find_rows(session, "signature", {"device": device or mine})
    rows.sort(key=lambda row: row["position"] or 0)
    before: Record | None = None
    broken = []
    for row in rows:
        follows = before is not None and row["position"] == before["position"] + 1
        linked = not follows or (before is not None and row["previous_hash"] == before["record_hash"])
        gap = own and row["position"] != (before["position"] + 1 if before else 1)
        if row["record_hash"] != record_hash(row) or not linked or gap:
            broken.append(str(row["id"]))
        before = row
    if own and rows and (rows[-1]["position"], rows[-1]["record_hash"]) != chain_end(session):
        broken.append(str(rows[-1]["id"]))
    return list(dict.fromkeys(broken))


def record_hash(record: Record) -> str:
    """SHA-256 over what a record says, its place in the chain included; the attachment follows from it."""
    names = (
        *("quote", "means", "signer_name", "signer_role", "signer_email", "document_hash", "pdf_hash"),
        *("evidence", "device", "position", "previous_hash"),
    )
    said = {name: record.get(name) for name in names}
    at = record["signed_at"]
    return _hash({**said, "signed_at": at.astimezone(UTC).isoformat(timespec="milliseconds")})


def _page_values(record: Record, document: QuoteDocument) -> dict[str, str]:
    evidence = record["evidence"]
    at: datetime = record["signed_at"]
    local, words = formats.local(at), Words(document.language, document.currency)
    amounts = document.amounts
    offered = {"ht": amounts.ht, "ttc": amounts.ttc, "deposit": amounts.deposit, "balance": amounts.balance}
    amount, total = (_said(words, document, each) for each in (offered, evidence["total"]))
    return {
        "quote": evidence["quote"],
        "seller": str(document.seller.get("name", "")),
        "customer": document.buyer.name,
        "amount": amount,
        "total": "" if total == amount else total,
        "signer": record["signer_name"],
        "role": record["signer_role"] or "",
        "email": record["signer_email"] or "",
        "agreed": AGREED,
        "terms": words("terms_accepted") if evidence["terms"] else "",
        "options": "\n".join(evidence["chosen"]),
        "at": f"{words.date(local.date().isoformat())}, {local:%H:%M:%S} (UTC{local:%z})",
        "utc": f"{at:%Y-%m-%d %H:%M:%S}",
        "seen": evidence["seen"],
        "salesperson": evidence["salesperson"],
        "device": " · ".join(filter(None, (evidence["series"], evidence["device"]))),
        "version": evidence["version"],
        "document": record["document_hash"],
        "pdf": record["pdf_hash"],
        "strokes": evidence["strokes_hash"],
        "chain": f"{record['position']} · {record['record_hash']}",
        "previous": record["previous_hash"],
    }


def _total_of(found: Totals) -> dict[str, str]:
    """What he signs for, and what of it is asked beforehand."""
    total = {"ht": str(found.total.ht), "ttc": str(found.total.ttc)}
    if found.deposit and found.deposit.ttc:
        total |= {"deposit": str(found.deposit.ttc), "balance": str(found.deposit.balance_ttc)}
    return total


def _said(words: Words, document: QuoteDocument, total: Mapping[str, str]) -> str:
    names = {
        "ht": "total_ht",
        # As on the quote: where no VAT is due, an amount "with VAT" would say that some is in it.
        "ttc": "net_due" if document.without_vat else "total_ttc",
        "deposit": document.amounts.deposit_kind or "acompte",
        "balance": "balance",
    }
    return " · ".join(
        f"{words(name)} {words.money(total[key])}" for key, name in names.items() if total.get(key)
    )


def check_signable(quote: Record) -> None:
    """Raises NotAllowed for a draft, and for a quote that is decided or superseded."""
    if quote["status"] in SIGNABLE:
        return
    if quote["status"] in (None, "draft", "to_approve"):
        raise NotAllowed(_("Issue the quote first: only a numbered quote is signed."))
    if quote["status"] in ("superseded", "replaced"):
        raise NotAllowed(_("A later revision took this quote's place: decide about that one."))
    raise NotAllowed(_("This quote is decided already. Revise it to have another one signed."))


def _check_consent(consent: Consent) -> None:
    problems = {}
    if not consent.name.strip():
        problems["name"] = _("Write who signs.")
    if not consent.agreed:
        problems["agreed"] = _("Tick “Bon pour accord”.")
    if not consent.terms:
        problems["terms"] = _("Tick that the terms are accepted.")
    if sum(len(stroke) for stroke in consent.strokes) < 3:
        problems["strokes"] = _("Sign in the frame.")
    if problems:
        raise Invalid(problems)


def _spoken(document: QuoteDocument, account: Record) -> str:
    found = account.get("language") if document.language == "both" else document.language
    return "en" if found == "en" else "fr"


def _seal_key(session: Session, vault: sealing.Vault, document: QuoteDocument) -> sealing.SealKey:
    """This laptop's key; made, and kept in the caller's transaction, when the first quote is signed."""
    connection = session.connection()
    certificate = state.get(connection, "seal_certificate")
    private = vault.load(sealing.SECRET) or state.get(connection, "seal_private")
    if certificate and private:
        return sealing.SealKey(private, certificate)
    series = state.get(connection, "series") or ""
    key = sealing.make_key(f"Terrain {series}".strip(), document.seller.get("name", ""))
    if not vault.keep(sealing.SECRET, key.private):
        state.put(connection, "seal_private", key.private)
    state.put(connection, "seal_certificate", key.certificate)
    return key


def _hash(value: Any) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
