"""A quote as an e-mail to be sent: a draft for the mail program, with the PDF and the words of a template.

The words are the company's setting `quote_mail`, `{"fr": {"subject": …, "body": …}, "en": …}`; what it leaves
out is said as in `TEMPLATES`. Both may name `{number}`, `{subject}`, `{total}`, `{valid_until}`, `{contact}`,
`{salesperson}`, `{phone}` and `{company}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from string import Formatter
from typing import Any

from sqlalchemy.orm import Session

from app import attachments, records
from app.errors import NotAllowed
from app.i18n import translate as _
from app.quotes import paper
from app.quotes.document import QuoteDocument
from app.quotes.model import FROZEN
from app.quotes.pdf_words import Words

SETTING = "quote_mail"
TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "subject": "Votre devis {number}",
        "body": "Bonjour,\n\nVeuillez trouver ci-joint notre devis {number} d’un montant de {total}, valable jusqu’au "
        "{valid_until}.\n\nJe reste à votre disposition pour toute question.\n\nCordialement,\n"
        "{salesperson}\n{company}\n{phone}",
    },
    "en": {
        "subject": "Your quote {number}",
        "body": "Hello,\n\nPlease find attached our quote {number} for {total}, valid until {valid_until}.\n\n"
        "I am at your disposal for any question.\n\nBest regards,\n{salesperson}\n{company}\n{phone}",
    },
}
NAMES = ("number", "subject", "total", "valid_until", "contact", "salesperson", "phone", "company")
"""What the words may name."""
SIGNED = {"fr": "Devis signé", "en": "Signed quote"}


@dataclass(frozen=True, slots=True)
class Letter:
    """What an e-mail is made of. `signed` is the sealed PDF, which goes in the place of the quote's own."""

    paper: paper.Paper
    to: str
    sender: str
    templates: Mapping[str, Any]
    signed: bytes | None = None

    @property
    def name(self) -> str:
        """The name of the attached file, without its ending."""
        language = "en" if self.paper.document.language == "en" else "fr"
        words = SIGNED[language] if self.signed else Words(language)("quote")
        return f"{words} {self.paper.document.number}"

    def render(self) -> bytes:
        """The file of the draft, as mail programs open one that is not sent yet. Touches no database."""
        message = EmailMessage(policy=SMTP)
        message["Subject"], text = _words_of(self.paper.document, self.templates)
        if self.to:
            message["To"] = self.to
        if self.sender:
            message["From"] = self.sender
        # Outlook and Apple Mail open a file with this line for writing, not for reading.
        message["X-Unsent"] = "1"
        message.set_content(text)
        content = self.signed or self.paper.render()
        message.add_attachment(content, maintype="application", subtype="pdf", filename=f"{self.name}.pdf")
        return message.as_bytes()


def open_letter(session: Session, quote_id: str) -> Letter:
    """The e-mail with an issued quote, to its contact or its account. Raises NotFound, NotAllowed for a draft."""
    quote = records.get(session, "quote", quote_id)
    if quote["status"] not in FROZEN:
        raise NotAllowed(_("Issue the quote first: a draft has no number and can still change."))
    contact = records.known(session, "contact", quote["contact"])
    account = records.known(session, "account", quote["account"])
    shown = paper.open_paper(session, quote_id)
    return Letter(
        paper=shown,
        to=str(contact.get("email") or account.get("email") or ""),
        sender=shown.document.salesperson.email,
        templates=read_words(session),
        signed=_sealed(session, quote_id),
    )


def read_words(session: Session) -> Mapping[str, Any]:
    """The company's own words; an empty mapping where it has none."""
    found = records.first(session, "setting", {"name": SETTING}).get("value")
    return found if isinstance(found, Mapping) else {}


def template(own: Mapping[str, Any], language: str) -> dict[str, str]:
    """Subject and body in a language: the company's own, else the program's."""
    said = own.get(language)
    words = said if isinstance(said, Mapping) else {}
    return {part: str(words.get(part) or text) for part, text in TEMPLATES[language].items()}


def own_words(typed: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """What of these words is not the program's: the value of the setting."""
    found = {
        language: {
            part: str(text)
            for part, text in words.items()
            if text and str(text).strip() != TEMPLATES[language][part].strip()
        }
        for language, words in typed.items()
    }
    return {language: words for language, words in found.items() if words}


def _sealed(session: Session, quote_id: str) -> bytes | None:
    """The PDF that the customer signed on the screen, of which he is owed a copy."""
    signature = records.first(session, "signature", {"quote": quote_id, "means": "screen"})
    row = records.known(session, "attachment", signature.get("attachment"))
    return attachments.of_digest(session, row["sha256"]) if row else None


def _words_of(document: QuoteDocument, templates: Mapping[str, Any]) -> tuple[str, str]:
    """(subject, text) in the paper's language; for both, French first."""
    languages = ("fr", "en") if document.language == "both" else (Words(document.language).language,)
    said = [_filled(document, language, templates) for language in languages]
    return said[0][0], "\n\n— — —\n\n".join(body for _subject, body in said) + "\n"


def _filled(document: QuoteDocument, language: str, templates: Mapping[str, Any]) -> tuple[str, str]:
    chosen = template(templates, language)
    words, person = Words(language, document.currency), document.salesperson
    consumer = document.tax_mode == "TTC"
    total = document.amounts.ttc if consumer else document.amounts.ht
    mode = {"fr": ("HT", "TTC"), "en": ("excl. VAT", "incl. VAT")}[language][consumer]
    values = {
        "number": document.number,
        "subject": document.subject,
        "total": f"{words.money(total)} {mode}",
        "valid_until": words.date(document.valid_until),
        "contact": document.buyer.contact,
        "salesperson": person.name,
        "phone": person.phone,
        "company": document.seller.get("name", ""),
    }
    subject, body = (_fill(chosen[part], values) for part in ("subject", "body"))
    return " ".join(subject.split()), "\n".join(line.rstrip() for line in body.split("\n")).strip()


def _fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its names filled in; what is no known name stays as it was typed."""
    parts = []
    try:
        parsed = list(Formatter().parse(template))
    except ValueError:
        return template
    for text, name, _spec, _conversion in parsed:
        parts.append(text)
        if name is not None:
            parts.append(values.get(name, "{" + name + "}"))
    return "".join(parts)
