"""A letter that somebody forged or broke does no harm: it is refused, or goes out without what was slipped in."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage

import pytest

from app.errors import Invalid
from app.post_office import PASSWORD, USER, PostOffice, office_of
from sync.letters import MOST_BYTES
from tests.sync.smtp import MailServer

HEAD = b"To: a@b.example\r\nSubject: Devis\r\n"
EMPTY_PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as found:
        yield found


def post(mail: MailServer, letter: bytes, id: str = "1") -> tuple[str, str]:
    return PostOffice("127.0.0.1", mail.port, "devis@valmont.example").post(
        id, "claire@valmont.example", letter
    )


def test_what_people_write_arrives_as_they_wrote_it(mail: MailServer):
    written = EmailMessage(policy=policy.SMTPUTF8)
    written["Subject"] = "Votre devis n° 2026-0041 — pont élévateur à deux colonnes, avec reprise de l’ancien"
    written["To"] = ", ".join(f"achats{n}@garage-lefevre.example" for n in range(5))
    written.set_content("Bonjour,\n\n.\nVoici le devis à 1 200 €.\n")
    written.add_attachment(EMPTY_PDF, maintype="application", subtype="pdf", filename="Devis n° 41.pdf")
    assert post(mail, written.as_bytes())[0] == "posted"
    (received,) = mail.letters
    message = email.message_from_bytes(received.data, policy=policy.default)
    body, (paper,) = message.get_body(), list(message.iter_attachments())
    assert (
        body is not None
        and body.get_content().replace("\r\n", "\n") == "Bonjour,\n\n.\nVoici le devis à 1 200 €.\n"
    )
    assert (message["Subject"], message["To"]) == (written["Subject"], written["To"])
    assert (paper.get_content(), paper.get_filename()) == (EMPTY_PDF, "Devis n° 41.pdf")
    assert received.data.isascii() and len(received.to) == 5


@pytest.mark.parametrize(
    "sign", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\0", "\r", "\n"]
)
def test_a_subject_makes_no_headers(mail: MailServer, sign: str):
    slipped = f"Devis{sign}Bcc: spy@rival.example"
    encoded = "".join(f"={byte:02X}" for byte in slipped.encode())
    assert post(mail, f"To: a@b.example\nSubject: =?utf-8?q?{encoded}?=\n\nx".encode()) == (
        "refused",
        "unreadable",
    )
    raw = f"To: a@b.example\nSubject: {slipped}\n\nx".encode()
    word, _words = post(mail, raw)
    # A line end alone makes a header of what follows, and no header of the laptop's is kept.
    assert word == ("posted" if sign in "\r\n" else "refused")
    assert all(b"spy@" not in received.data for received in mail.letters)


def test_nothing_in_a_letter_passes_for_its_end(mail: MailServer):
    letter = HEAD + b"\r\nx\n.\r\nMAIL FROM:<boss@valmont.example>\r.\r\n.\n"
    assert post(mail, letter)[0] == "posted"
    (received,) = mail.letters
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", received.data) is None
    assert b"MAIL FROM:<boss@valmont.example>" in received.data


def nested(depth: int) -> bytes:
    return HEAD + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)
    )


@pytest.mark.parametrize(
    "letter",
    [
        b"",
        b"no letter",
        b"Subject: x\n\nx",
        HEAD + b"To: c@d.example\n\nx",
        b"To: " + b"(" * 5000 + b"\nSubject: x\n\nx",
        b"To: a@[x\n y.example]\nSubject: x\n\nx",
        b"To: a@b@c.example\nSubject: x\n\nx",
        "To: hélène@durand.example\nSubject: x\n\nx".encode(),
        b"To: " + b",".join(b"a%d@b.example" % n for n in range(11)) + b"\nSubject: x\n\nx",
        b"To: a@b.example\nSubject: " + b"x " * 20_000 + b"\n\nx",
        nested(400),
        HEAD + b"Content-Type: message/rfc822\n\n" * 3000,
        HEAD + b"Content-Type: text/html\n\n<b>x</b>",
        HEAD + b"Content-Type: text/plain; charset=punycode\n\nx",
        HEAD + b"Content-Type: application/pdf; name=a.pdf\n\nMZ no paper",
        HEAD + b"\n" + b"x" * MOST_BYTES,
        HEAD + b"\n" * (MOST_BYTES - 100),
        HEAD + b"\n" + "é".encode() * 10_000_000,
        b"To: a@b.example\nSubject: " + b"=?utf-8?q?=C3" * 2_000 + b"\n\nx",
        HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 190_000,
    ],
)
def test_what_is_no_letter_of_ours_is_refused(
    mail: MailServer, letter: bytes, caplog: pytest.LogCaptureFixture
):
    word, reason = post(mail, letter)
    assert word == "refused" and reason in ("unreadable", "recipient", "too-big") and mail.letters == []
    assert "@" not in caplog.text


def test_no_part_of_an_id_reaches_the_mail_server(mail: MailServer):
    post(mail, HEAD + b"\nx", "1>\r\nBcc: spy@rival.example")
    (received,) = mail.letters
    assert b"spy" not in received.data and re.search(rb"Message-ID: <[0-9a-f]{40}@valmont", received.data)


def test_a_mail_server_that_refuses_and_hangs_up_has_refused(mail: MailServer):
    mail.answers["RCPT"], mail.hangs_up_after = "550 no such user", "RCPT"
    assert post(mail, HEAD + b"\nx") == ("refused", "550 no such user")


@pytest.mark.parametrize("word", ["EHLO", "MAIL", "RCPT"])
def test_who_hangs_up_before_the_letter_is_asked_again(mail: MailServer, word: str):
    mail.hangs_up_after = word
    assert post(mail, HEAD + b"\nx")[0] == "later" and mail.letters == []


def test_a_name_that_is_none_is_a_mail_server_that_is_away():
    answer = PostOffice("mail..example", 25, "d@v.example").post("1", "c@v.example", HEAD + b"\nx")
    assert answer == ("later", "unreached UnicodeError")


def test_a_secret_that_no_mail_server_takes_is_refused_at_the_start():
    with pytest.raises(Invalid) as refusal:
        office_of("mail.example", "", {USER: "u", PASSWORD: "clé"})
    assert PASSWORD in refusal.value.problems["smtp"] and "clé" not in refusal.value.problems["smtp"]
