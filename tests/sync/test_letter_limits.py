"""Whose letters go, how many, and which bytes: what a laptop claims is not believed."""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from app import records, serve
from app.post_office import PostOffice
from app.quotes import letters
from sync.server import blobs, erasure
from sync.server.letter_marks import Marks
from sync.server.posting import MOST_A_DAY, Posting, Watch
from tests.sync.office import ISERE, Laptop, Office
from tests.sync.smtp import MailServer
from tests.sync.test_letters import issued, queued, state


@pytest.fixture
def quote(office: Office, claire: Laptop) -> str:
    """A quote of Claire's whose letter lies at the server."""
    serve.tell_post(office.store, '{"sender":""}')
    claire.sync()
    found = issued(claire)
    queued(claire, found)
    claire.sync(), claire.sync()
    return found


def posting(office: Office, mail: MailServer) -> Posting:
    office_of = PostOffice("127.0.0.1", mail.port, "devis@valmont.example")
    return Posting(office.store, office_of.post, serve.author_of)


def change(office: Office, statement: str, **values: object) -> None:
    with office.store.write() as connection:
        connection.execute(text(statement), values)


def letter(office: Office) -> dict[str, object]:
    with office.store.read() as connection:
        table = office.store.tables.synced["attachment"]
        found = connection.execute(table.select().where(table.c.record_kind == "letter"))
        return dict(found.mappings().one())


def test_an_id_is_no_path(office: Office, quote: str, mail: MailServer, tmp_path: Path):
    secret, new = tmp_path / "key.pem", tmp_path / "new.pem"
    secret.write_text("posted secret")
    old = letter(office)["id"]
    for path in (secret, new):
        change(office, "UPDATE attachment SET id = :new WHERE id = :old", new=str(path), old=old)
        change(office, "UPDATE attachment SET arrived = 'file' WHERE record_kind = 'letter'")
        old = str(path)
        assert posting(office, mail).look() == 1
        assert "secret" not in str(letter(office)["arrived"])
    assert not new.exists() and secret.read_text() == "posted secret"


@pytest.mark.parametrize(
    "ended",
    [
        "UPDATE user_credential SET disabled_at = '2026-01-01' WHERE \"user\" = :user",
        'UPDATE "user" SET active = 0 WHERE id = :user',
        "UPDATE \"user\" SET deleted_at = '2026-01-01' WHERE id = :user",
        "UPDATE quote SET deleted_at = '2026-01-01' WHERE :user <> ''",
        f"UPDATE quote SET scope = 'territory:{ISERE}' WHERE :user <> ''",
        "UPDATE attachment SET record = 'no quote' WHERE :user <> ''",
    ],
    ids=["disabled", "inactive", "deleted", "the quote deleted", "the quote elsewhere", "no quote"],
)
def test_nobody_writes_whose_access_ended_or_about_what_he_does_not_see(
    office: Office, quote: str, mail: MailServer, ended: str
):
    change(office, ended, user=office.ids["claire"])
    assert posting(office, mail).look() == 0
    assert letter(office)["arrived"] == "refused no-access" and mail.letters == []


def test_an_author_sends_so_many_letters_a_day(office: Office, quote: str, mail: MailServer):
    post = posting(office, mail)
    post.marks.folder.mkdir()
    for _letter in range(MOST_A_DAY):
        post.marks.add(office.ids["claire"])
    assert post.look() == 0 and letter(office)["arrived"] == "file"
    next(post.marks.folder.glob("*.count")).unlink()
    assert posting(office, mail).look() == 1, "tomorrow it goes"
    assert post.marks.count(office.ids["claire"]) == 1


def test_a_digest_is_not_the_bytes(office: Office, claire: Laptop, quote: str, mail: MailServer):
    theirs = b"To: a@b.example\nSubject: what Julie has\n\nx"
    with office.store.write() as connection:
        blobs.bring(connection, office.store, [theirs], "2026-01-01T00:00:00.000Z")
        digest = connection.execute(text("SELECT sha256 FROM blob_proof WHERE \"user\" = ''")).scalar_one()
    with claire.workspace.transaction() as session:
        records.save(session, "attachment", str(letter(office)["id"]), {"sha256": digest})
    claire.sync()
    assert (letter(office)["sha256"], letter(office)["arrived"]) == (digest, None)
    change(office, "UPDATE attachment SET arrived = 'file' WHERE record_kind = 'letter'")
    assert posting(office, mail).look() == 0 and mail.letters == []


def test_a_letter_without_bytes_waits_quietly_and_is_given_up(
    office: Office, claire: Laptop, quote: str, mail: MailServer, caplog: pytest.LogCaptureFixture
):
    assert office.store.blobs is not None
    blobs.place(office.store.blobs, str(letter(office)["sha256"])).unlink()
    posting(office, mail).look(), posting(office, mail).look()
    assert [record.levelname for record in caplog.records if "letter" in record.message] == ["WARNING"]
    (put_off,) = posting(office, mail).marks.folder.glob("*.later")
    os.utime(put_off, (time.time() - 4 * 86_400,) * 2)
    posting(office, mail).look()
    assert state(claire, quote) == ("refused", "no-bytes")
    with claire.workspace.read() as session:
        (found,) = letters.letters_of(session, quote)
    assert "no-bytes" not in letters.describe(found)[0]


def test_what_the_mail_server_puts_off_for_days_is_refused_with_its_last_words(
    office: Office, quote: str, mail: MailServer, caplog: pytest.LogCaptureFixture
):
    mail.answers["RCPT"] = "451 <contact@lefevre.example> is full"
    posting(office, mail).look()
    (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert warning.facts == {"reason": "451 … is full"}  # type: ignore[attr-defined]
    (put_off,) = posting(office, mail).marks.folder.glob("*.later")
    os.utime(put_off, (time.time() - 4 * 86_400,) * 2)
    posting(office, mail).look()
    assert letter(office)["arrived"] == "refused 451 <contact@lefevre.example> is full"
    assert not put_off.exists()


def test_letters_do_not_wait_one_by_one_for_a_mail_server_that_is_away(
    office: Office, claire: Laptop, quote: str, mail: MailServer
):
    queued(claire, quote, "second@lefevre.example")
    claire.sync(), claire.sync()
    mail.hangs_up_after = "EHLO"
    post = posting(office, mail)
    assert post.look() == 0 and mail.calls == 1
    mail.hangs_up_after = ""
    assert posting(office, mail).look() == 2


def test_a_mark_that_another_process_has_just_taken_back_says_nothing(tmp_path: Path):
    assert Marks(tmp_path).read("a letter") == ("", 0.0)


def test_what_is_erased_leaves_no_mark(office: Office, quote: str, mail: MailServer):
    post = posting(office, mail)
    post.look()
    marks: Marks = post.marks
    assert [path for path in marks.folder.iterdir() if "." not in path.name]
    erasure.erase(office.store, "attachment", str(letter(office)["id"]), "2026-11-22T00:00:00.000Z")
    assert not [path for path in marks.folder.iterdir() if ".count" not in path.name]


def test_a_stop_begins_no_letter(office: Office, quote: str, mail: MailServer):
    post = posting(office, mail)
    post.stop.set()
    assert post.look() == 0 and mail.letters == [] and letter(office)["arrived"] == "file"


def watch(office: Office, mail: MailServer | None, setting: str | None) -> Watch:
    known = serve.organisations(office.folder / "server")
    post = PostOffice("127.0.0.1", mail.port, "devis@valmont.example").post if mail else None
    tell = lambda store: serve.tell_post(store, setting)  # noqa: E731
    return Watch(known, post, serve.author_of, setting, tell, threading.Event())


def test_an_organisation_is_opened_where_a_letter_waits_or_the_setting_differs(
    office: Office, quote: str, mail: MailServer
):
    without = watch(office, None, '{"sender":""}')
    without.look("demo")
    assert not without.known._stores, "nothing goes here, and it knows"
    without = watch(office, None, None)
    without.look("demo")
    assert list(without.known._stores) == ["demo"]
    again = watch(office, mail, None)
    again.look("demo")
    assert len(mail.letters) == 1
    again.look("demo")
    idle = watch(office, mail, None)
    idle.look("demo")
    assert not idle.known._stores and len(mail.letters) == 1
    for each in (without, again, idle):
        each.known.close()


def test_an_organisation_that_cannot_be_read_is_told_of_once(
    office: Office, mail: MailServer, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "sync.server.posting")
    found = watch(office, mail, None)
    (office.folder / "server" / "broken.sqlite").write_bytes(b"no database at all" * 100)
    for _look in range(3):
        found.look("broken")
    assert len([record for record in caplog.records if record.name == "sync.server.posting"]) == 1
    found.known.close()
