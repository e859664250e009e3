"""The server's way out for e-mail: SMTP, with secrets from the environment alone.

A letter is posted under the company's address, or its author's as the server knows him: what a laptop wrote as
sender is not believed. It goes to everybody whom it names or to nobody.
"""

from __future__ import annotations

import logging
import os
import re
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256

from app.errors import Invalid
from app.fresh_letter import Unfit, address, as_sent, remake
from app.i18n import translate as _
from sync.clock import format_time
from sync.letters import LATER, POSTED, REFUSED, SENDER, UNREACHED, UNREADABLE, UNSURE

log = logging.getLogger(__name__)

USER, PASSWORD = "TERRAIN_SMTP_USER", "TERRAIN_SMTP_PASSWORD"
TIMEOUT_S = 60.0
SLOWEST_BYTES_PER_S = 50_000
"""Below which a letter that goes out is given up."""
_PLAIN, _TLS = 25, 465
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

Answer = tuple[str, str]
"""POSTED, REFUSED, UNSURE or LATER, and the moment or the reason."""


@dataclass(frozen=True, slots=True)
class PostOffice:
    """A mail server, and as whom letters are handed to it."""

    host: str
    port: int = _PLAIN
    sender: str = ""
    user: str = ""
    password: str = ""

    def post(self, id: str, author: str, content: bytes) -> Answer:
        """Send a letter once, now. Raises nothing: whatever happens is the answer."""
        try:
            data, to, sender = self._ready(id, author, content)
        except Unfit as problem:
            return REFUSED, problem.word
        except Exception as problem:
            # Bytes that are no letter break a parser in whatever way; what they say is not for the log.
            log.warning("a letter cannot be read", extra={"facts": {"problem": type(problem).__name__}})
            return REFUSED, UNREADABLE
        try:
            client = self._open()
        except Exception as problem:
            return LATER, _unreached(problem)
        try:
            return _hand_over(client, sender, to, data)
        except Exception as problem:
            return LATER, _unreached(problem)
        finally:
            # Without QUIT, whose own failure says nothing of the letter.
            with suppress(OSError):
                client.close()

    def _ready(self, id: str, author: str, content: bytes) -> tuple[bytes, list[str], str]:
        """The letter as it is sent, to whom, and from whom."""
        letter, to = remake(content)
        author = address(author, SENDER)
        sender = self.sender or author
        letter["From"] = sender
        if author != sender:
            letter["Reply-To"] = author
        letter["Date"] = format_datetime(datetime.now(UTC))
        # The same for ever: a mailbox that gets it twice by any accident knows it again.
        known_as = sha256(id.encode("utf-8", "surrogatepass")).hexdigest()[:40]
        letter["Message-ID"] = f"<{known_as}@{sender.rpartition('@')[2]}>"
        return as_sent(letter), to, sender

    def _open(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.port == _TLS:
            client: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        else:
            client = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        try:
            client.ehlo()
            if self.port != _TLS and client.has_extn("starttls"):
                client.starttls(context=context)
                client.ehlo()
            elif self.port != _TLS and self.user and self.host not in _LOOPBACK:
                raise smtplib.SMTPException("no encryption is offered: the password is not sent")
            if self.user:
                client.login(self.user, self.password)
        except BaseException:
            client.close()
            raise
        return client


def office_of(
    address: str | None, sender: str = "", environment: Mapping[str, str] = os.environ
) -> PostOffice | None:
    """The mail server that `HOST[:PORT]` names; None for none. Raises Invalid."""
    if not address:
        return None
    host, _colon, port = address.rpartition(":") if address.count(":") == 1 else (address, "", "")
    if not host or (port and not (port.isdecimal() and 0 < int(port) < 65536)):
        raise Invalid({"smtp": _("Name the mail server as HOST or HOST:PORT.")})
    if sender and (
        sender.count("@") != 1 or not sender.isascii() or not sender.isprintable() or " " in sender
    ):
        raise Invalid({"smtp_from": _("Enter an e-mail address such as name@example.com.")})
    user, password = environment.get(USER, ""), environment.get(PASSWORD, "")
    if not (user + password).isascii():
        raise Invalid(
            {
                "smtp": _(
                    "{user} and {password} may hold only letters without accents, digits and signs of the keyboard.",
                    user=USER,
                    password=PASSWORD,
                )
            }
        )
    return PostOffice(host, int(port or _PLAIN), sender, user, password)


def _hand_over(client: smtplib.SMTP, sender: str, to: list[str], data: bytes) -> Answer:
    code, said = client.mail(sender)
    if code != 250:
        return _refusal(code, said)
    for one in to:
        code, said = client.rcpt(one)
        if code not in (250, 251):
            # To all or to none: half a letter would be sent again to the others.
            with suppress(Exception):
                client.rset()
            return _refusal(code, said)
    code, said = client.docmd("DATA")
    if code != 354:
        return _refusal(code, said)
    if client.sock is not None:
        client.sock.settimeout(TIMEOUT_S + len(data) / SLOWEST_BYTES_PER_S)
    try:
        client.send(re.sub(rb"(?m)^\.", b"..", data) + b".\r\n")
        code, said = client.getreply()
    except Exception:
        # From here on it may have it.
        return UNSURE, format_time(datetime.now(UTC))
    if code == 250 or not 400 <= code < 600:
        return (POSTED if code == 250 else UNSURE), format_time(datetime.now(UTC))
    return _refusal(code, said)


def _refusal(code: int, said: bytes | str) -> Answer:
    return (REFUSED if 500 <= code < 600 else LATER), _said(code, said)


def _said(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(f"{code} {printable}".split())[:300]


def _unreached(problem: Exception) -> str:
    """Why there is no way to the mail server; of what is no trouble of networks only the kind."""
    if isinstance(problem, smtplib.SMTPResponseException):
        return _said(problem.smtp_code, problem.smtp_error)
    is_plain = isinstance(problem, OSError | smtplib.SMTPException)
    return f"{UNREACHED} {problem if is_plain else type(problem).__name__}"[:300]
