"""A letter made anew from the little that is believed of one that was queued: subject, recipients, text and PDFs.

Whoever has a laptop can queue any bytes: no header of theirs reaches the mail server as it came.
"""

from __future__ import annotations

import re
import unicodedata
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.policy import SMTP

from sync.letters import MOST_BYTES, RECIPIENT, TOO_BIG, UNREADABLE

MOST_HEADER_BYTES = 32_000
MOST_RECIPIENTS = 10
_MOST_LINES, _MOST_PARTS = 600_000, 20
"""30 MB in the shortest lines that mail programs make; text and some papers."""
_MOST_TEXT, _MOST_WORDS = 1_000_000, 1_000
"""Letters of the text; of the subject, or of a file's name."""
_MOST_DASHES, _MOST_MULTIPARTS = 2_000, 8
"""Lines that may begin a part; times that the word may stand in it, as each level is tried on every line."""
_CHARSETS = ("utf-8", "us-ascii", "iso-8859-1", "windows-1252")
_SEVEN_BITS = SMTP.clone(cte_type="7bit")
"""As every mail server takes it."""


class Unfit(Exception):
    """The letter is not sent; `word` of `sync.letters` says why."""

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(word)


def remake(content: bytes) -> tuple[EmailMessage, list[str]]:
    """(the letter, without sender, its recipients). Raises Unfit, and whatever a parser raises on what is no letter."""
    read = _read(content)
    message = EmailMessage(policy=_SEVEN_BITS)
    subject = _sound(str(make_header(decode_header(_only(read, "subject")))))
    to = list(dict.fromkeys(address(one, RECIPIENT) for one in _only(read, "to").split(",")))
    if len(to) > MOST_RECIPIENTS:
        raise Unfit(RECIPIENT)
    parts = [part for part in read.walk() if not part.is_multipart()]
    text = "\n\n".join(_text(part) for part in parts if part.get_content_type() == "text/plain")
    if len(parts) > _MOST_PARTS or len(text) > _MOST_TEXT or len(subject) > _MOST_WORDS:
        raise Unfit(UNREADABLE)
    message["Subject"], message["To"] = " ".join(subject.split()), ", ".join(to)
    message.set_content(text)
    for part in parts:
        if part.get_content_type() == "application/pdf":
            _attach(message, part)
        elif part.get_content_type() != "text/plain":
            raise Unfit(UNREADABLE)
    return message, to


def as_sent(message: EmailMessage) -> bytes:
    """The bytes for the mail server, where a line ends in one way alone: nothing can pass for the letter's end."""
    data = re.sub(rb"\r\n|\r|\n", b"\r\n", message.as_bytes())
    return data if data.endswith(b"\r\n") else data + b"\r\n"


def address(text: str, word: str) -> str:
    """An address as mail servers know it; raises Unfit with `word`."""
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(text.strip(), check_deliverability=False).ascii_email
    except EmailNotValidError:
        found = None
    if found is None or found.count("@") != 1 or not found.isascii():
        raise Unfit(word)
    return found


def _read(content: bytes) -> Message:
    """The letter as it came, looked at before anything in it is interpreted: that may take its time on nonsense."""
    if len(content) > MOST_BYTES:
        raise Unfit(TOO_BIG)
    plain = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not 0 <= plain.find(b"\n\n") <= MOST_HEADER_BYTES:
        raise Unfit(UNREADABLE)
    if plain.count(b"\n") > _MOST_LINES or plain.count(b"\n--") > _MOST_DASHES:
        raise Unfit(UNREADABLE)
    if plain.lower().count(b"multipart/") > _MOST_MULTIPARTS:
        raise Unfit(UNREADABLE)
    read = message_from_bytes(plain)
    for part in read.walk():
        if sum(len(name) + len(str(value)) for name, value in part.raw_items()) > MOST_HEADER_BYTES:
            raise Unfit(UNREADABLE)
        for name, value in list(part.raw_items()):
            part.replace_header(name, _line(value))
    return read


def _only(read: Message, name: str) -> str:
    """The one header of that name."""
    found = [value for known, value in read.raw_items() if known.lower() == name]
    if len(found) != 1:
        raise Unfit(RECIPIENT if name == "to" else UNREADABLE)
    return str(found[0])


def _line(value: str) -> str:
    """A header's value unfolded, its letters read as the only writing that mail has beside ASCII."""
    raw = re.sub(r"\n[ \t]+", " ", value)
    return _sound(raw.encode("ascii", "surrogateescape").decode("utf-8"))


def _sound(text: str) -> str:
    """The text, which is one line to whoever reads it: Python's own mail writer cuts at more signs than mail does."""
    if len(text.splitlines()) > 1 or any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in text):
        raise Unfit(UNREADABLE)
    return text


def _bytes(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _text(part: Message) -> str:
    charset = part.get_content_charset("us-ascii")
    if charset not in _CHARSETS:
        raise Unfit(UNREADABLE)
    return _bytes(part).decode(charset, "replace").replace("\0", "")


def _attach(message: EmailMessage, part: Message) -> None:
    content = _bytes(part)
    name = re.split(r"[/\\]", _sound(part.get_filename("")))[-1]
    if not content.startswith(b"%PDF") or len(name) > _MOST_WORDS:
        raise Unfit(UNREADABLE)
    name = name if name.lower().endswith(".pdf") else f"{name or 'document'}.pdf"
    message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
