"""E-mails with quotes that the server posts: queued anywhere, sent once, and what became of them is told."""

from __future__ import annotations

import email
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email import policy
from pathlib import Path

import pytest

from app import records, serve
from app.errors import Invalid, NotAllowed
from app.post_office import PASSWORD, USER, PostOffice, office_of
from app.quotes import letters, mailing, notices
from app.quotes.letters import Wording
from sync.letters import MOST_BYTES
from sync.server.letter_marks import FOLDER
from sync.server.posting import Posting
from tests.sync.office import RHONE, Laptop, Office, issue_a_quote
from tests.sync.smtp import MailServer

LETTER = b"To: a@b.example\r\nSubject: x\r\n\r\nx"


@pytest.fixture
def claire(office: Office, mail: MailServer) -> Laptop:
    """A rep whose server posts e-mails, with one issued quote."""
    serve.tell_post(office.store, '{"sender":""}')
    laptop = office.enrol("claire")
    laptop.sync()
    return laptop


def issued(laptop: Laptop) -> str:
    with laptop.workspace.transaction() as session:
        account = records.add(session, "account", {"name": "Garage Lefèvre", "territory": RHONE})
        quote = issue_a_quote(session, account)
    return quote


def queued(
    laptop: Laptop, quote: str, to: str = "contact@lefevre.example", subject: str = "Votre devis"
) -> str:
    with laptop.workspace.read() as session:
        letter = mailing.open_letter(session, quote)
    return letters.queue(laptop.workspace, letter, Wording(to, subject, "Bonjour,\nvoici le devis."))


def posting(office: Office, mail: MailServer, sender: str = "") -> Posting:
    return Posting(office.store, PostOffice("127.0.0.1", mail.port, sender).post, serve.author_of)


def state(laptop: Laptop, quote: str) -> tuple[str, str]:
    laptop.sync()
    with laptop.workspace.read() as session:
        (found,) = letters.letters_of(session, quote)
    return found.state, found.detail


def status(laptop: Laptop, quote: str) -> str:
    return str(laptop.get("quote", quote)["status"])


def test_a_letter_written_without_a_network_is_posted_once_the_laptop_has_synchronised(
    office: Office, claire: Laptop, mail: MailServer
):
    quote = issued(claire)
    queued(claire, quote)
    post = posting(office, mail)
    assert post.look() == 0 and mail.letters == []
    assert state(claire, quote)[0] == "waiting", "its bytes follow its row"
    claire.sync()
    assert post.look() == 1
    (received,) = mail.letters
    assert (received.sender, received.to) == ("claire@example.fr", ["contact@lefevre.example"])
    message = email.message_from_bytes(received.data, policy=policy.default)
    assert (message["Subject"], message["X-Unsent"]) == ("Votre devis", None)
    assert message["Date"] and message["Message-ID"] and "voici le devis" in message.get_body().get_content()
    (paper,) = message.iter_attachments()
    assert paper.get_content().startswith(b"%PDF") and paper.get_filename().endswith(".pdf")
    assert state(claire, quote)[0] == "posted" and status(claire, quote) == "sent"
    with claire.workspace.read() as session:
        (notice,) = notices.find_notices(session, quote)
    assert notice.tone == "ok" and "contact@lefevre.example" in notice.text
    assert post.look() == posting(office, mail).look() == 0 and len(mail.letters) == 1


def at_server(laptop: Laptop) -> str:
    """A quote whose letter lies at the server."""
    quote = issued(laptop)
    queued(laptop, quote)
    laptop.sync(), laptop.sync()
    return quote


def test_of_several_processes_one_posts(office: Office, claire: Laptop, mail: MailServer):
    quotes = [at_server(claire) for _letter in range(3)]
    together = threading.Barrier(4)

    def look(_process: int) -> int:
        post = posting(office, mail)
        together.wait()
        return post.look()

    with ThreadPoolExecutor(4) as processes:
        assert sum(processes.map(look, range(4))) == 3
    assert len(mail.letters) == 3
    assert {state(claire, quote)[0] for quote in quotes} == {"posted"}


def set_back(office: Office) -> None:
    """The rows as the copy of last night has them: before the letters went."""
    with office.store.write() as connection:
        table = office.store.tables.synced["attachment"]
        connection.execute(table.update().where(table.c.record_kind == "letter").values(arrived="file"))


def test_a_server_put_back_from_its_copy_posts_nothing_again(
    office: Office, claire: Laptop, mail: MailServer
):
    at_server(claire)
    posting(office, mail).look()
    set_back(office)
    assert posting(office, mail).look() == 0 and len(mail.letters) == 1
    with office.store.read() as connection:
        table = office.store.tables.synced["attachment"]
        told = connection.execute(table.select().where(table.c.record_kind == "letter")).one().arrived
    assert told.startswith("posted "), "and tells once more what it did"


def marks(office: Office) -> list[Path]:
    assert office.store.blobs is not None
    return [path for path in (office.store.blobs / FOLDER).iterdir() if "." not in path.name]


def test_a_letter_whose_process_died_is_not_sent_again_and_says_so(
    office: Office, claire: Laptop, mail: MailServer
):
    at_server(claire)
    posting(office, mail).look()
    set_back(office)
    (mark,) = marks(office)
    mark.write_text("")
    assert posting(office, mail).look() == 0
    assert not mark.read_text(), "it may still be at work"
    os.utime(mark, (time.time() - 3600, time.time() - 3600))
    posting(office, mail).look()
    assert len(mail.letters) == 1 and mark.read_text().startswith("unsure ")


@pytest.mark.parametrize(
    ("answers", "word", "tone"),
    [
        ({"END": ""}, "unsure", "warn"),
        ({"RCPT": "550 no such user"}, "refused", "bad"),
        ({"END": "554 too large"}, "refused", "bad"),
        ({"MAIL": "553 not you"}, "refused", "bad"),
    ],
)
def test_what_does_not_arrive_is_told_and_never_tried_again(
    office: Office, claire: Laptop, mail: MailServer, answers: dict[str, str], word: str, tone: str
):
    quote = at_server(claire)
    mail.answers.update(answers)
    post = posting(office, mail)
    post.look()
    mail.answers.clear()
    post.look(), posting(office, mail).look()
    assert mail.letters == []
    found, reason = state(claire, quote)
    assert found == word and status(claire, quote) == "issued"
    with claire.workspace.read() as session:
        (notice,) = notices.find_notices(session, quote)
    assert notice.tone == tone and (word != "refused" or reason in notice.text)


@pytest.mark.parametrize("answers", [{"MAIL": "451 later"}, {"DATA": "452 full"}, {"END": "421 not now"}])
def test_what_the_mail_server_puts_off_waits_and_goes_later(
    office: Office, claire: Laptop, mail: MailServer, answers: dict[str, str]
):
    quote = at_server(claire)
    mail.answers.update(answers)
    post = posting(office, mail)
    assert post.look() == 0 and marks(office) == []
    mail.answers.clear()
    assert post.look() == 0, "not at once"
    assert posting(office, mail).look() == 1 and state(claire, quote)[0] == "posted"


def test_a_mail_server_that_is_away_holds_nothing_up(office: Office, claire: Laptop):
    quote = at_server(claire)
    with MailServer() as gone:
        port = gone.port
    post = Posting(office.store, PostOffice("127.0.0.1", port).post, serve.author_of)
    assert post.look() == 0 and marks(office) == [] and state(claire, quote)[0] == "file"


def test_a_letter_goes_out_as_the_company_and_answers_come_to_its_author(
    office: Office, claire: Laptop, mail: MailServer
):
    quote = issued(claire)
    with claire.workspace.read() as session:
        letter = mailing.open_letter(session, quote)
    forged = letter.render().replace(
        b"X-Unsent: 1", b"X-Unsent: 1\r\nFrom: boss@rival.example\r\nBcc: spy@rival.example"
    )
    from app import attachments

    prepared = attachments.prepare(
        claire.workspace.folder / attachments.FOLDER, b"To: a@b.example\r\n" + forged, "l.eml"
    )
    with claire.workspace.transaction() as session:
        attachments.add(session, prepared, "letter", quote, account=letter.quote["account"])
    claire.sync(), claire.sync()
    posting(office, mail, "devis@valmont.example").look()
    (received,) = mail.letters
    message = email.message_from_bytes(received.data, policy=policy.default)
    assert (received.sender, received.to) == ("devis@valmont.example", ["a@b.example"])
    assert message["From"].addresses[0].addr_spec == "devis@valmont.example"
    assert message["Reply-To"] == "claire@example.fr" and message["Bcc"] is None


@pytest.mark.parametrize("to", ["", "no address", "a@@b.example", "hélène@durand.example"])
def test_a_letter_to_nobody_is_not_queued(claire: Laptop, to: str):
    quote = issued(claire)
    with pytest.raises(Invalid) as refusal:
        queued(claire, quote, to)
    assert "to" in refusal.value.problems and claire.rows("attachment") == []


def test_a_letter_that_the_server_would_refuse_for_its_size_is_not_queued(claire: Laptop):
    quote = issued(claire)
    with claire.workspace.read() as session:
        letter = replace(mailing.open_letter(session, quote), signed=b"%PDF" + bytes(MOST_BYTES))
    with pytest.raises(NotAllowed):
        letters.queue(claire.workspace, letter, Wording("a@b.example", "Devis", "x"))
    assert claire.rows("attachment") == []


def test_without_a_server_that_posts_nothing_is_queued(office: Office, claire: Laptop):
    quote = issued(claire)
    serve.tell_post(office.store, None)
    claire.sync()
    with pytest.raises(NotAllowed):
        queued(claire, quote)


def test_the_address_and_the_secrets_of_the_mail_server():
    assert office_of(None) is None
    found = office_of("mail.example:587", "devis@valmont.example", {USER: "u", PASSWORD: "secret"})
    assert found == PostOffice("mail.example", 587, "devis@valmont.example", "u", "secret")
    for address, sender in (("mail.example:x", ""), (":25", ""), ("mail.example", "no address")):
        with pytest.raises(Invalid):
            office_of(address, sender, {})


def test_a_password_is_not_sent_in_the_clear(mail: MailServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.post_office._LOOPBACK", ())
    word, words = PostOffice("127.0.0.1", mail.port, "", "u", "secret").post("1", "c@v.example", LETTER)
    assert word == "later" and "password" in words and mail.letters == []
