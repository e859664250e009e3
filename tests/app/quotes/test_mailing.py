"""A quote as an e-mail draft: whom it goes to, what it says, and which PDF it carries."""

from __future__ import annotations

import email
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from app import company, errors, quote_look, records
from app.quotes import issuing, letters, mailing, paper, signing
from app.quotes.style import read_style
from app.seller import find_company
from app.workspace import Workspace
from sync import blobs
from tests.app.quotes.test_annexed import terms
from tests.shop import Shop
from tests.sync.office import Laptop, Office


@pytest.fixture
def shop(shop: Shop) -> Shop:
    with shop.workspace.transaction() as session:
        records.save(session, "contact", shop.contact, {"email": "sylvie@morel.example"})
    return shop


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


def forget(shop: Shop, digest: str) -> None:
    """The bytes are no longer on this laptop, as where they are still to come."""
    with shop.workspace.transaction() as session:
        blobs.forget(session.connection(), [digest])


def test_a_quote_whose_terms_are_not_here_is_not_sent_without_them(shop: Shop, tmp_path: Path):
    (tmp_path / "cgv.pdf").write_bytes(terms())
    company.keep_file(shop.workspace, "terms_file", tmp_path / "cgv.pdf")
    quote = issued(shop)
    letter(shop.workspace, quote)
    with shop.workspace.read() as session:
        digest = paper.document(session, quote).terms_file
    forget(shop, digest)
    with shop.workspace.read() as session, pytest.raises(errors.NotAllowed, match="conditions"):
        mailing.open_letter(session, quote)


def test_a_signed_quote_is_not_sent_as_the_unsigned_one(shop: Shop):
    quote = issued(shop)
    strokes = (((0.1, 0.2, 0), (0.2, 0.1, 40), (0.35, 0.22, 90)),)
    consent = signing.Consent("Hélène", agreed=True, terms=True, strokes=strokes)
    with shop.workspace.transaction() as session:
        signed = signing.sign(signing.open_signing(session, quote, shop.workspace.vault), consent)
        signing.keep_signature(session, signed)
    assert letter(shop.workspace, quote)[1] == signed.content
    with shop.workspace.read() as session:
        (row,) = records.find_rows(session, "attachment", {"record": quote})
    forget(shop, row["sha256"])
    with shop.workspace.read() as session, pytest.raises(errors.NotAllowed, match="signé"):
        mailing.open_letter(session, quote)


@pytest.mark.parametrize(
    ("language", "said", "unsaid"),
    [("en", ["Your quote", "Please find"], ["Bonjour"]), ("both", ["Votre devis", "Bonjour", "Hello"], [])],
)
def test_it_speaks_the_language_of_the_paper(shop: Shop, language: str, said: list[str], unsaid: list[str]):
    message, _pdf = letter(shop.workspace, issued(shop, language=language))
    whole = f"{message['Subject']}\n{text_of(message)}"
    assert all(words in whole for words in said) and not any(words in whole for words in unsaid)


def say(shop: Shop, **words: str) -> None:
    quote_look.keep(shop.workspace, {f"mail_{name}": text for name, text in words.items()})


def test_a_subject_of_several_lines_is_one_header(shop: Shop):
    say(shop, fr_subject="{company} : {subject}\nBcc: x@y.example")
    message, _pdf = letter(shop.workspace, issued(shop, subject="Entrée"))
    assert message["Subject"] == "Atelier Valmont : Entrée Bcc: x@y.example" and message["Bcc"] is None


def test_the_company_s_own_words_are_filled_in(shop: Shop):
    say(shop, fr_subject="{company} : {number}", fr_body="Bonjour {contact},\n{nobody} {total}")
    quote = issued(shop)
    message, _attached = letter(shop.workspace, quote)
    with shop.workspace.read() as session:
        number = records.get(session, "quote", quote)["number"]
    assert message["Subject"] == f"Atelier Valmont : {number}"
    assert text_of(message).splitlines()[:2] == ["Bonjour Sylvie Morel,", "{nobody} 534,00\u00a0€ HT"]


@pytest.mark.parametrize(
    "words", ["{", "}", "{{number}}", "{number", "{0}", "{number!r:>9}", "{a.b[c]} {} {{}} %s"]
)
def test_whatever_braces_are_in_the_words_the_letter_goes_out_with_them(shop: Shop, words: str):
    say(shop, fr_subject=f"Devis {words}", fr_body=f"Bonjour {words} fin")
    message, _attached = letter(shop.workspace, issued(shop))
    shown = words.replace("{number}", "D26") if words == "{{number}}" else words
    assert text_of(message).startswith("Bonjour " + shown.split("D26")[0])
    assert text_of(message).rstrip().endswith("fin")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Votre devis {number} de {company}", ""),
        ("", ""),
        (None, ""),
        ("{nom} bonjour", "« {nom} »"),
        ("{} bonjour", "« {} »"),
        ("100 { de plus", "accolade"),
        ("{number}}", "accolade"),
        ("{{number}}", "accolade"),
    ],
)
def test_a_name_that_nothing_fills_in_is_told_in_one_sentence(words: str | None, said: str):
    found = mailing.problem_of(words).replace("\u00a0", " ")
    assert (said in found) if said else found == ""


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("sylvie@morel.example", ["sylvie@morel.example"]),
        (" Sylvie Morel <sylvie@morel.example> ", ["sylvie@morel.example"]),
        ("mailto:sylvie@morel.example", ["sylvie@morel.example"]),
        ("a@morel.example; b@morel.example, a@morel.example", ["a@morel.example", "b@morel.example"]),
        ("achats@garçonnière.example", ["achats@" + "garçonnière.example".encode("idna").decode()]),
        ("a@morel.example\r\nBcc: x@evil.example", ["a@morel.example"]),
        ("a@morel.example\nSubject: paid", ["a@morel.example"]),
        ("a@@morel.example", []),
        ("voir avec Sylvie", []),
        ("@", []),
        ("", []),
        ("   \n", []),
    ],
)
def test_the_letter_goes_to_whatever_address_the_record_holds(shop: Shop, text: str, to: list[str]):
    quote = issued(shop)
    with shop.workspace.read() as session:
        found = mailing.open_letter(session, quote)
    content = replace(found, to=text, sender=text).render()
    message = email.message_from_bytes(content, policy=policy.default)
    assert [one.addr_spec for one in message["To"].addresses] == to if to else message["To"] is None
    assert message["Bcc"] is None and len(message.get_all("Subject")) == 1
    assert message["X-Unsent"] == "1"


def test_an_address_in_letters_of_its_own_is_written_as_it_is(shop: Shop):
    quote = issued(shop)
    with shop.workspace.read() as session:
        found = mailing.open_letter(session, quote)
    content = replace(found, to="hélène@garçon.example").render()
    domain = "garçon.example".encode("idna").decode()
    assert f"To: hélène@{domain}\r\n".encode() in content


def test_two_people_change_two_parts_of_the_words_and_of_the_look(office: Office):
    one, other = office.enrol("julie"), office.enrol("julie")
    one.sync()
    company.keep(one.workspace, {"name": "Atelier Valmont"})
    one.sync()
    other.sync()
    plain = read_style({})
    quote_look.keep_style(one.workspace, replace(plain, density="compact"), plain)
    say_on(one, fr_subject="Devis {number}", fr_body="Bonjour")
    quote_look.keep_style(other.workspace, replace(plain, accent="#0A6B43"), plain)
    say_on(other, en_body="Dear customer")
    for laptop in (one, other, one):
        laptop.sync()
    for laptop in (one, other):
        with laptop.workspace.read() as session:
            style = read_style(find_company(session)["quote_style"])
            assert (style.density, style.accent) == ("compact", "#0A6B43")
            assert mailing.read_words(session) == {
                "fr": {"subject": "Devis {number}", "body": "Bonjour"},
                "en": {"body": "Dear customer"},
            }
            assert records.find_rows(session, "conflict") == []


def say_on(laptop: Laptop, **words: str) -> None:
    quote_look.keep(laptop.workspace, {f"mail_{name}": text for name, text in words.items()})


def test_what_another_wrote_meanwhile_on_this_laptop_stays(shop: Shop):
    seen = read_style({})
    quote_look.keep_style(shop.workspace, replace(seen, density="compact"), seen)
    quote_look.keep_style(shop.workspace, replace(seen, bank=False), seen)
    with shop.workspace.read() as session:
        style = read_style(find_company(session)["quote_style"])
    assert (style.density, style.bank) == ("compact", False)


def test_a_customer_without_an_address_is_asked_for_in_the_mail_program(shop: Shop):
    quote = issued(shop)
    with shop.workspace.transaction() as session:
        records.save(session, "contact", shop.contact, {"email": None})
    message, _pdf = letter(shop.workspace, quote)
    assert message["To"] is None


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("claire@morel.fr, jean@morel.fr", ["claire@morel.fr", "jean@morel.fr"]),
        ("claire@morel.fr; claire@morel.fr ;", ["claire@morel.fr"]),
        (
            '"Morel, Claire" <claire@morel.fr>, Jean <mailto:jean@morel.fr>',
            ["claire@morel.fr", "jean@morel.fr"],
        ),
        ("claire@morel.fr <claire@morel.fr>", ["claire@morel.fr"]),
        ("jean@morel.fr<claire@morel.fr>", ["jean@morel.fr", "claire@morel.fr"]),
        ("claire@morel.fr\njean@morel.fr", ["claire@morel.fr", "jean@morel.fr"]),
        ("", []),
    ],
)
def test_whoever_is_typed_is_written_to(text: str, to: list[str]):
    assert mailing.check_addresses(text) == to


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("claire@morel.fr, jean@morel,fr", "jean@morel"),
        ("claire@morel.fr, fr", "fr"),
        ("claire@morel.fr Jean", "Jean"),
        ("Claire <claire@morel>", "claire@morel"),
        ("jean@morel.fr Claire <claire@morel.fr>", "Claire"),
        ("Jean <>, claire@morel.fr", "Jean"),
        ("Jean\nClaire <claire@morel.fr>", "Jean"),
        ("claire@morel.fr\nbcc:x@evil.example", "bcc:x@evil.example"),
        (", ".join(f"c{n}@morel.fr" for n in range(15)), "15"),
    ],
)
def test_nobody_who_is_typed_is_dropped_without_a_word(text: str, said: str):
    with pytest.raises(errors.Invalid) as refusal:
        letters.check(letters.Wording(text, "Devis", ""))
    assert said in refusal.value.problems["to"].replace("\u00a0", " ").split()


def test_a_consumer_reads_what_he_pays_and_a_telephone_number_as_people_write_it(shop: Shop):
    with shop.workspace.transaction() as session:
        records.save(session, "account", shop.account, {"customer_kind": "consumer"})
    quote = issued(shop)
    with shop.workspace.read() as session:
        made = mailing.open_letter(session, quote)
    person = replace(made.paper.document.salesperson, phone="+33612345678")
    _subject, text = replace(
        made, paper=replace(made.paper, document=replace(made.paper.document, salesperson=person))
    ).words()
    assert "640,80\u00a0€ TTC" in text and "06 12 34 56 78" in text.replace("\u00a0", " ")


def test_without_vat_the_amount_is_said_to_be_neither_with_nor_without_it(shop: Shop):
    with shop.workspace.transaction() as session:
        records.save(session, "organisation", find_company(session)["id"], {"vat_scheme": "franchise"})
    message, _pdf = letter(shop.workspace, issued(shop))
    assert "534,00\u00a0€, valable" in text_of(message)
