"""Letters that the server posts: attachments whose bytes are an e-mail, carried like any other file, sent once.

What became of one stands in the row's `arrived`, which the server alone writes: nothing while it is on its way,
`file` once the server has it, then one of the words below with the moment or the reason behind it.
"""

from __future__ import annotations

KIND = "letter"
"""The `record_kind` of such an attachment; its `record` is the quote that it is about."""
SETTING = "server_mail"
"""The company's setting that the server writes: an object where it posts letters, else nothing."""
POSTED, REFUSED, UNSURE = "posted", "refused", "unsure"
"""The mail server took it; it never will; the connection broke while it did, so nobody knows."""
LATER = "later"
"""Not a state but an answer: the mail server was not reached or asks to wait, and nothing was sent."""

NO_ACCESS, NO_BYTES, TOO_BIG, TOO_MANY = "no-access", "no-bytes", "too-big", "too-many"
"""Reasons: its author has no access or does not see the quote; its bytes are not here; a limit of size, or of a day."""
UNREADABLE, RECIPIENT, SENDER, UNREACHED = "unreadable", "recipient", "sender", "unreached"
"""It is no letter of ours; an address to which, or from which, nothing is sent; no way to the mail server."""

MOST_BYTES = 30_000_000
"""Of a letter."""


def read_state(arrived: str | None) -> tuple[str, str]:
    """(`waiting`, `file`, or a word above; what stands behind it) of a letter's `arrived`."""
    word, _space, rest = (arrived or "").partition(" ")
    return (word if word in ("file", POSTED, REFUSED, UNSURE) else "waiting"), rest
