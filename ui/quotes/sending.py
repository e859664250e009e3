"""The e-mail with a quote, read over and handed to the server that posts it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shiboken6 import isValid

from app.errors import Invalid, UserError
from app.fields import Field
from app.i18n import mark as m_
from app.i18n import translate as _
from app.quotes import letters, mailing
from app.quotes.letters import Wording
from ui import errors
from ui.page import Shell
from ui.quotes.asking import PENDING, Asking

FIELDS = (
    Field("to", "text", m_("To"), required=True),
    Field("subject", "text", m_("Subject of the e-mail"), required=True),
    Field("text", "long_text", m_("Text of the e-mail")),
)


def ask_send(shell: Shell, letter: mailing.Letter, done: Callable[[], object]) -> Asking:
    """The dialog; what is sent is queued at once, and leaves with the next sync."""
    wording = Wording.of(letter)

    def queued(_id: str) -> None:
        if isValid(dialog):
            dialog.accept()
        shell.toast(_("The e-mail leaves with the next sync."))
        done()

    def failed(error: Exception) -> None:
        """What was written stays, to be sent again."""
        told = isinstance(error, UserError) and isValid(dialog)
        if isValid(dialog):
            said = next(iter(error.problems.values())) if isinstance(error, Invalid) else str(error)
            dialog.say(said if told else "")
        if not told:
            errors.report(error, shell.window)

    def send(values: dict[str, Any]) -> object:
        chosen = Wording(values["to"] or "", values["subject"] or "", values["text"] or "")
        # The addresses are looked at there too: what reads them takes a tenth of a second to load.
        shell.tasks.background(
            shell.window,
            lambda _token: letters.queue(shell.workspace, letter, chosen),
            then=queued,
            failed=failed,
        )
        return PENDING

    dialog = Asking(
        shell.window,
        _("E-mail with the quote"),
        _(
            "“{name}” goes with it. Your server posts it, from any place with a network.",
            name=f"{letter.name}.pdf",
        ),
        _("Send"),
        send,
        fields=FIELDS,
        values={"to": wording.to, "subject": wording.subject, "text": wording.text},
    )
    dialog.open()
    return dialog
