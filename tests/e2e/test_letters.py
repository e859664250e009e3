"""A quote leaves by e-mail from a laptop without a mail program: whole programs, and a mail server."""

from __future__ import annotations

import email
import sqlite3
import time
from contextlib import closing
from email import policy
from pathlib import Path

from tests.e2e.programs import Laptop, serving, terrain
from tests.sync.smtp import MailServer


def sync_until(laptop: Laptop, done: object, seconds: float = 60.0) -> None:
    """Synchronise again and again until that is so."""
    deadline = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it does not come"
        laptop.run("sync")
        time.sleep(0.5)


def an_office(tmp_path: Path) -> Path:
    """A server's folder, with one user."""
    server = tmp_path / "server"
    base = ("admin", "--dir", str(server))
    terrain(*base, "init", "--org", "demo", "--name", "Atelier Valmont")
    terrain(*base, "user", "add", "--email", "office@valmont.example", "--name", "Julie", "--role", "office")
    return server


def send_quote(laptop: Laptop, address: str) -> str:
    """A quote issued and its e-mail queued on a laptop that is enrolled for it; its id."""
    laptop.enrol(f"{address}/demo", "office@valmont.example")
    sync_until(laptop, lambda: laptop.run("list", "setting"))
    account = laptop.run("add", "account", "name=Garage Lefèvre", "email=garage@lefevre.example")["id"]
    quote = str(laptop.run("add", "quote", f"account={account}", "status=draft")["id"])
    line = ("description=Pont", "kind=item", "quantity=1", "unit_price=900", "vat_rate=20")
    laptop.run("add", "quote_line", f"quote={quote}", *line)
    laptop.run("quote", "issue", quote)
    assert laptop.run("quote", "mail", quote, "--send")["letter"]
    return quote


def way_out(mail: MailServer) -> tuple[str, ...]:
    return ("--smtp", f"127.0.0.1:{mail.port}", "--smtp-from", "devis@valmont.example")


def test_the_server_posts_the_quote_that_a_laptop_queued(tmp_path: Path):
    server, laptop = an_office(tmp_path), Laptop(tmp_path / "laptop")
    with MailServer() as mail, serving(server, *way_out(mail)) as address:
        quote = send_quote(laptop, address)
        sync_until(laptop, lambda: mail.letters)
        sync_until(laptop, lambda: laptop.run("show", "quote", quote)["status"] == "sent")
    (received,) = mail.letters
    message = email.message_from_bytes(received.data, policy=policy.default)
    assert (received.sender, received.to) == ("devis@valmont.example", ["garage@lefevre.example"])
    assert message["Reply-To"] == "office@valmont.example"
    assert [part.get_content_type() for part in message.iter_attachments()] == ["application/pdf"]


def test_a_stop_waits_for_the_letter_that_is_going_out(tmp_path: Path):
    server, laptop = an_office(tmp_path), Laptop(tmp_path / "laptop")
    with MailServer(pause_s=2.0) as mail:
        with serving(server, *way_out(mail)) as address:
            send_quote(laptop, address)
            sync_until(laptop, mail.begun.is_set)
        assert len(mail.letters) == 1, "the server has stopped"
    with closing(sqlite3.connect(server / "demo.sqlite")) as rows:
        ((arrived,),) = rows.execute("SELECT arrived FROM attachment WHERE record_kind = 'letter'")
    assert arrived.startswith("posted ")
