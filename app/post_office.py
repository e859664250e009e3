"""The server's way out for e-mail: SMTP, with secrets from the environment alone.

A letter is posted under the company's address, or its author's as the server knows him: what a laptop wrote as
sender is not believed. It goes to everybody whom it names or to nobody.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, formataddr, getaddresses, parseaddr

from app.errors import Invalid
from app.i18n import translate as _
from sync.clock import format_time
from sync.letters import LATER, POSTED, REFUSED, UNSURE

USER, PASSWORD = "TERRAIN_SMTP_USER", "TERRAIN_SMTP_PASSWORD"
TIMEOUT_S = 60.0
MOST_RECIPIENTS = 10
_PLAIN, _TLS = 25, 465
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_DROPPED = ("X-Unsent", "From", "Sender", "Reply-To", "Cc", "Bcc", "Date", "Message-ID", "Return-Path")

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
        except (ValueError, LookupError, MessageError) as problem:
            return REFUSED, str(problem)
        try:
            client = self._open()
        except smtplib.SMTPResponseException as problem:
            return LATER, _said(problem.smtp_code, problem.smtp_error)
        except (OSError, smtplib.SMTPException) as problem:
            return LATER, str(problem)
        try:
            return _hand_over(client, sender, to, data)
        except (OSError, smtplib.SMTPException) as problem:
            return LATER, str(problem)
        finally:
            # Without QUIT, whose own failure says nothing of the letter.
            client.close()

    def _ready(self, id: str, author: str, content: bytes) -> tuple[bytes, list[str], str]:
        """The letter as it is sent, to whom, and from whom."""
        letter = message_from_bytes(content)
        to = [address for _name, address in getaddresses(letter.get_all("To", [])) if address]
        if not to or len(to) > MOST_RECIPIENTS:
            raise ValueError("no recipient" if not to else "too many recipients")
        sender = self.sender or author
        if not sender:
            raise ValueError("no sender")
        if not sender.isascii() or not all(one.isascii() for one in to):
            raise ValueError("an address in letters that this mail server may not know")
        name = parseaddr(str(letter.get("From", "")))[0]
        for header in _DROPPED:
            del letter[header]
        letter["From"] = formataddr((name, sender))
        if author and author != sender:
            letter["Reply-To"] = author
        letter["Date"] = format_datetime(datetime.now(UTC))
        # The same for ever: a mailbox that gets it twice by any accident knows it again.
        letter["Message-ID"] = f"<{id}@{sender.rpartition('@')[2]}>"
        return _bytes(letter), to, sender

    def _open(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.port == _TLS:
            client: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
            client.ehlo()
        else:
            client = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
            client.ehlo()
            if client.has_extn("starttls"):
                client.starttls(context=context)
                client.ehlo()
            elif self.user and self.host not in _LOOPBACK:
                client.close()
                raise smtplib.SMTPException("no encryption is offered: the password is not sent")
        if self.user:
            client.login(self.user, self.password)
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
    if sender and (sender.count("@") != 1 or not sender.isascii() or any(sign.isspace() for sign in sender)):
        raise Invalid({"smtp_from": _("Enter an e-mail address such as name@example.com.")})
    user, password = environment.get(USER, ""), environment.get(PASSWORD, "")
    return PostOffice(host, int(port or _PLAIN), sender, user, password)


def _hand_over(client: smtplib.SMTP, sender: str, to: list[str], data: bytes) -> Answer:
    code, said = client.mail(sender)
    if code != 250:
        return _refusal(code, said)
    for one in to:
        code, said = client.rcpt(one)
        if code not in (250, 251):
            # To all or to none: half a letter would be sent again to the others.
            client.rset()
            return _refusal(code, said)
    try:
        code, said = client.data(data)
    except smtplib.SMTPDataError as problem:
        return _refusal(problem.smtp_code, problem.smtp_error)
    except (OSError, smtplib.SMTPServerDisconnected):
        return UNSURE, format_time(datetime.now(UTC))
    return (POSTED, format_time(datetime.now(UTC))) if code == 250 else _refusal(code, said)


def _refusal(code: int, said: bytes | str) -> Answer:
    return (LATER if 400 <= code < 500 else REFUSED), _said(code, said)


def _said(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(f"{code} {text}".split())[:300]


def _bytes(letter: Message) -> bytes:
    return letter.as_bytes(
        policy=SMTP if all(value.isascii() for value in map(str, letter.values())) else SMTPUTF8
    )
