"""A quote as an e-mail draft: whom it goes to, what it says, and which PDF it carries."""

from __future__ import annotations

import email
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from app import errors, records
from app.quotes import issuing, mailing, paper
from app.workspace import Workspace
from tests.shop import Shop, open_shop


@pytest.fixture
def shop(tmp_path: Path):
    found = open_shop(tmp_path / "profile")
    with found.workspace.transaction() as session:
        records.save(session, "contact", found.contact, {"email": "sylvie@morel.example"})
    yield found
    found.workspace.close()


def issued(shop: Shop, **values: object) -> str:
    quote = shop.quote("dsi 600 x 6", **{"contact": shop.contact, **values})
    with shop.workspace.transaction() as session:
        issuing.issue(session, quote)
    return quote


def letter(workspace: Workspace, quote: str) -> tuple[EmailMessage, bytes]:
    """The message as a mail program reads it, and the PDF attached to it."""
    with workspace.read() as session:
        content = mailing.open_letter(session, quote).render()
    read = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(read, EmailMessage)
    (attached,) = read.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    return read, attached.get_content()


def text_of(message: EmailMessage) -> str:
    body = message.get_body()
    assert body is not None
    return body.get_content()


def test_it_is_a_draft_to_the_contact_with_the_very_pdf(shop: Shop):
    quote = issued(shop)
    message, attached = letter(shop.workspace, quote)
    with shop.workspace.read() as session:
        number, printed = records.get(session, "quote", quote)["number"], paper.pdf(session, quote)
    assert (message["To"], message["X-Unsent"]) == ("sylvie@morel.example", "1")
    assert message["Subject"] == f"Votre devis {number}"
    assert "534,00" in text_of(message) and "Atelier Valmont" in text_of(message)
    assert attached == printed
    (part,) = message.iter_attachments()
    assert part.get_filename() == f"Devis {number}.pdf"


def test_a_draft_quote_is_not_sent(shop: Shop):
    quote = shop.quote("dsi 600")
    with shop.workspace.read() as session, pytest.raises(errors.NotAllowed):
        mailing.open_letter(session, quote)


@pytest.mark.parametrize(
    ("language", "said", "unsaid"),
    [("en", ["Your quote", "Please find"], ["Bonjour"]), ("both", ["Votre devis", "Bonjour", "Hello"], [])],
)
def test_it_speaks_the_language_of_the_paper(shop: Shop, language: str, said: list[str], unsaid: list[str]):
    message, _pdf = letter(shop.workspace, issued(shop, language=language))
    whole = f"{message['Subject']}\n{text_of(message)}"
    assert all(words in whole for words in said) and not any(words in whole for words in unsaid)


def test_the_company_s_own_words_are_filled_in(shop: Shop):
    own = {"fr": {"subject": "{company} : {subject}\nBcc: x@y.example", "body": "Pour {contact} {unknown} {"}}
    quote = issued(shop, subject="Entrée")
    with shop.workspace.transaction() as session:
        records.add(session, "setting", {"name": mailing.SETTING, "value": own})
    message, _pdf = letter(shop.workspace, quote)
    assert message["Subject"] == "Atelier Valmont : Entrée Bcc: x@y.example" and message["Bcc"] is None
    assert text_of(message).strip() == "Pour {contact} {unknown} {", "what cannot be read stays as typed"


def test_a_customer_without_an_address_is_asked_for_in_the_mail_program(shop: Shop):
    quote = issued(shop)
    with shop.workspace.transaction() as session:
        records.save(session, "contact", shop.contact, {"email": None})
    message, _pdf = letter(shop.workspace, quote)
    assert message["To"] is None
