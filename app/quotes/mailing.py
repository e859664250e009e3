"""A quote as an e-mail to be sent: a draft for the mail program, with the PDF and the words of a template.

The words are the company's, in its `quote_style` under `mail_fr_subject`, `mail_fr_body` and so on; what it leaves
out is said as in `TEMPLATES`. Both may name `{number}`, `{subject}`, `{total}`, `{valid_until}`, `{contact}`,
`{salesperson}`, `{phone}` and `{company}`; any other brace stays as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import Any

from sqlalchemy.orm import Session

from app import attachments, records
from app.errors import Invalid, NotAllowed
from app.i18n import translate as _
from app.quotes import paper
from app.quotes.document import QuoteDocument
from app.quotes.model import FROZEN
from app.quotes.pdf_words import Words
from app.seller import find_company

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
_NAME = re.compile(r"\{([^{}]*)\}")
_NAMED = re.compile(r"""(?:"[^"\n]*"\s*)?(?P<name>[^,;<>"\n]*)<\s*(?P<address>[^<>\s][^<>]*)>""")
"""An address with the name of whom it belongs to: a comma in quotation marks is the name's."""
MOST_RECIPIENTS = 10
SIGNED = {"fr": "Devis signé", "en": "Signed quote"}


@dataclass(frozen=True, slots=True)
class Letter:
    """What an e-mail is made of. `signed` is the sealed PDF, which goes in the place of the quote's own."""

    paper: paper.Paper
    to: str
    """As it is written in the record: one address, several, or what is none."""
    sender: str
    templates: Mapping[str, Any]
    signed: bytes | None = None
    quote: Mapping[str, Any] = field(default_factory=dict)

    def words(self) -> tuple[str, str]:
        """(subject, text) as the company's words have them."""
        return _words_of(self.paper.document, self.templates)

    @property
    def recipients(self) -> list[str]:
        """The addresses of `to` as mail is sent to them."""
        return addresses(self.to)

    @property
    def name(self) -> str:
        """The name of the attached file, without its ending."""
        language = "en" if self.paper.document.language == "en" else "fr"
        words = SIGNED[language] if self.signed else Words(language)("quote")
        return f"{words} {self.paper.document.number}"

    def render(self, said: tuple[str, str] | None = None) -> bytes:
        """The file of the draft, as mail programs open one that is not sent yet. Touches no database.

        `said` are subject and text, where somebody wrote them otherwise.
        """
        to, sender = self.recipients, addresses(self.sender)[:1]
        message = EmailMessage(policy=SMTP if "".join([*to, *sender]).isascii() else SMTPUTF8)
        subject, text = said or self.words()
        message["Subject"] = " ".join(subject.split())
        if to:
            message["To"] = ", ".join(to)
        if sender:
            message["From"] = sender[0]
        # Outlook and Apple Mail open a file with this line for writing, not for reading.
        message["X-Unsent"] = "1"
        message.set_content(text)
        content = self.signed or self.paper.render()
        message.add_attachment(content, maintype="application", subtype="pdf", filename=f"{self.name}.pdf")
        return message.as_bytes()


def open_letter(session: Session, quote_id: str) -> Letter:
    """The e-mail with an issued quote, to its contact or its account.

    Raises NotFound, and NotAllowed for a draft, and where what goes with it is not whole on this laptop.
    """
    quote = records.get(session, "quote", quote_id)
    if quote["status"] not in FROZEN:
        raise NotAllowed(_("Issue the quote first: a draft has no number and can still change."))
    contact = records.known(session, "contact", quote["contact"])
    account = records.known(session, "account", quote["account"])
    shown, signed = paper.open_paper(session, quote_id), _sealed(session, quote_id)
    if signed is None and not shown.complete:
        raise NotAllowed(
            _("A picture or the terms of this quote are not on this laptop yet. Synchronise, then send it.")
        )
    return Letter(
        paper=shown,
        to=str(contact.get("email") or account.get("email") or ""),
        sender=shown.document.salesperson.email,
        templates=read_words(session),
        signed=signed,
        quote=quote,
    )


def addresses(text: str) -> list[str]:
    """The addresses in a field: one, or several between commas; a domain in letters of its own as the network has it.

    What is no address is left out, and whatever stands on a second line: a field has one.
    """
    words = re.split(r"[\s,;<>\"]+", (text.strip().splitlines() or [""])[0])
    return list(dict.fromkeys(filter(None, map(_address, words))))[:MOST_RECIPIENTS]


def check_addresses(text: str, name: str = "to") -> list[str]:
    """All the addresses that somebody typed. Raises Invalid with the first word that is none, or with the limit."""
    unnamed = _NAMED.sub(
        lambda each: f"{each['name'] if '@' in each['name'] else ''} {each['address']}", text
    )
    found: dict[str, None] = {}
    for word in re.split(r"[\s,;]+", unnamed.strip(" \t\r\n,;")):
        address = _address(word)
        if not address and word:
            raise Invalid({name: _("“{text}” is no e-mail address such as name@example.com.", text=word)})
        if address:
            found[address] = None
    if len(found) > MOST_RECIPIENTS:
        words = _("{n} addresses: an e-mail goes to {most} at most.", n=len(found), most=MOST_RECIPIENTS)
        raise Invalid({name: words})
    return list(found)


def _address(word: str) -> str:
    """The word as mail is sent to it; empty where it is no address."""
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(word.removeprefix("mailto:"), check_deliverability=False)
    except EmailNotValidError:
        return ""
    return str(checked.ascii_email or f"{checked.local_part}@{checked.ascii_domain}")


def read_words(session: Session) -> dict[str, dict[str, str]]:
    """The company's own words by language and part; empty where it has none."""
    style = find_company(session).get("quote_style")
    own = style if isinstance(style, Mapping) else {}
    found = {
        language: {part: str(own[key(language, part)]) for part in parts if own.get(key(language, part))}
        for language, parts in TEMPLATES.items()
    }
    return {language: words for language, words in found.items() if words}


def key(language: str, part: str) -> str:
    """Under which the company's `quote_style` keeps a part of the words, so that two people can write two."""
    return f"mail_{language}_{part}"


def problem_of(words: str | None) -> str:
    """What is wrong with words that were typed, in one sentence; empty where nothing is."""
    names = ", ".join(f"{{{name}}}" for name in NAMES)
    text = words or ""
    for name in _NAME.findall(text):
        if name not in NAMES:
            return _("“{{{name}}}” is none of the names that are filled in: {names}.", name=name, names=names)
    if re.search(r"[{}]", _NAME.sub("", text)):
        return _("A brace stands alone. A name is written between two: {number}.")
    return ""


def template(own: Mapping[str, Any], language: str) -> dict[str, str]:
    """Subject and body in a language: the company's own, else the program's."""
    said = own.get(language)
    words = said if isinstance(said, Mapping) else {}
    return {part: str(words.get(part) or text) for part, text in TEMPLATES[language].items()}


def own_words(language: str, typed: Mapping[str, Any]) -> dict[str, str | None]:
    """The keys that these typed parts change; None where they are emptied, or are the program's own words."""
    return {
        key(language, part): None
        if not str(text or "").strip() or str(text).strip() == TEMPLATES[language][part].strip()
        else str(text)
        for part, text in typed.items()
    }


def _sealed(session: Session, quote_id: str) -> bytes | None:
    """The PDF that the customer signed on the screen, of which he is owed a copy; None where he signed none."""
    signature = records.first(session, "signature", {"quote": quote_id, "means": "screen"})
    if not signature:
        return None
    row = records.known(session, "attachment", signature["attachment"])
    found = attachments.of_digest(session, row["sha256"]) if row else None
    if found is None:
        raise NotAllowed(
            _("The signed PDF of this quote is not on this laptop yet. Synchronise, then send it.")
        )
    return found


def _words_of(document: QuoteDocument, templates: Mapping[str, Any]) -> tuple[str, str]:
    """(subject, text) in the paper's language; for both, French first."""
    languages = ("fr", "en") if document.language == "both" else (Words(document.language).language,)
    said = [_filled(document, language, templates) for language in languages]
    return said[0][0], "\n\n— — —\n\n".join(body for _subject, body in said) + "\n"


def _filled(document: QuoteDocument, language: str, templates: Mapping[str, Any]) -> tuple[str, str]:
    chosen = template(templates, language)
    words, person = Words(language, document.currency), document.salesperson
    total = document.amounts.ttc if document.gross_first else document.amounts.ht
    mode = {"fr": ("HT", "TTC"), "en": ("excl. VAT", "incl. VAT")}[language][document.gross_first]
    values = {
        "number": document.number,
        "subject": document.subject,
        # Where no VAT is due, neither word would be true.
        "total": words.money(total) if document.without_vat else f"{words.money(total)} {mode}",
        "valid_until": words.date(document.valid_until),
        "contact": document.buyer.contact,
        "salesperson": person.name,
        "phone": words.phone(person.phone),
        "company": document.seller.get("name", ""),
    }
    subject, body = (_fill(chosen[part], values) for part in ("subject", "body"))
    return " ".join(subject.split()), "\n".join(line.rstrip() for line in body.split("\n")).strip()


def _fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its names filled in; what is no known name stays as it was typed."""
    return _NAME.sub(lambda found: values.get(found[1], found[0]), template)
