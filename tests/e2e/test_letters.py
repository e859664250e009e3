"""A quote leaves by e-mail from a laptop without a mail program: whole programs, and a mail server."""

from __future__ import annotations

import email
import time
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


def test_the_server_posts_the_quote_that_a_laptop_queued(tmp_path: Path):
    server = tmp_path / "server"
    base = ("admin", "--dir", str(server))
    terrain(*base, "init", "--org", "demo", "--name", "Atelier Valmont")
    terrain(*base, "user", "add", "--email", "office@valmont.example", "--name", "Julie", "--role", "office")
    laptop = Laptop(tmp_path / "laptop")
    with MailServer() as mail:
        smtp = ("--smtp", f"127.0.0.1:{mail.port}", "--smtp-from", "devis@valmont.example")
        with serving(server, *smtp) as address:
            laptop.enrol(f"{address}/demo", "office@valmont.example")
            sync_until(laptop, lambda: laptop.run("list", "setting"))
            account = laptop.run("add", "account", "name=Garage Lefèvre", "email=garage@lefevre.example")[
                "id"
            ]
            quote = laptop.run("add", "quote", f"account={account}", "status=draft")["id"]
            line = ("description=Pont", "kind=item", "quantity=1", "unit_price=900", "vat_rate=20")
            laptop.run("add", "quote_line", f"quote={quote}", *line)
            laptop.run("quote", "issue", quote)
            assert laptop.run("quote", "mail", quote, "--send")["letter"]
            sync_until(laptop, lambda: mail.letters)
            sync_until(laptop, lambda: laptop.run("show", "quote", quote)["status"] == "sent")
    (received,) = mail.letters
    message = email.message_from_bytes(received.data, policy=policy.default)
    assert (received.sender, received.to) == ("devis@valmont.example", ["garage@lefevre.example"])
    assert message["Reply-To"] == "office@valmont.example"
    assert [part.get_content_type() for part in message.iter_attachments()] == ["application/pdf"]
