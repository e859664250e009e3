"""A discount beyond the author's authority, on the screen: asked for, agreed to, refused, or by telephone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from app import formats
from app.errors import Invalid, NotAllowed
from app.fields import Field
from app.i18n import mark as m_
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.quotes import authority, telephone
from app.quotes.prospects import Prospects
from ui import errors
from ui.page import Shell
from ui.quotes.asking import Asking
from ui.quotes.decisions import Decisions
from ui.widgets import Button, Label, hbox, panel

NOTE = Field("note", "text", m_("Note"))
REASON = Field("note", "text", m_("Reason"), required=True)
ANSWER = Field("answer", "text", m_("The manager's answer"), required=True)
NUMBER = Field("number", "integer", m_("Number of the code"), required=True)
CONTROL = Field("control", "text", m_("Control characters"), required=True)
PERCENT = Field("percent", "percentage", m_("Discount"), required=True)


class Approvals(QObject):
    """Asks, answers and takes answers; the engine says who may."""

    def __init__(self, shell: Shell, decisions: Decisions, owner: QWidget) -> None:
        super().__init__(owner)
        self._shell, self._decisions = shell, decisions
        self.dialog: Asking | None = None

    def ask(self) -> None:
        """Put the quote before a manager, at the next sync."""
        self._ask(
            _("Send for approval"),
            _("A manager sees it at the next synchronisation. Until then it prints as a draft."),
            _("Send"),
            lambda values: self._write(
                lambda session, id: authority.request_approval(session, id, values["note"] or ""),
                m_("Sent for approval."),
                m_("Send for approval"),
            ),
            (NOTE,),
        )

    def approve(self) -> None:
        """A manager agrees."""
        self._ask(
            _("Approve the quote"),
            _("Its author may then issue it as it stands."),
            _("Approve"),
            lambda values: self._write(
                lambda session, id: authority.approve(session, id, values["note"] or ""),
                m_("The quote is approved."),
                m_("Approve the quote"),
            ),
            (NOTE,),
        )

    def refuse(self) -> None:
        """A manager gives it back."""
        self._ask(
            _("Give the quote back"),
            _("It becomes a draft again; its author reads the reason."),
            _("Give back"),
            lambda values: self._write(
                lambda session, id: authority.refuse_approval(session, id, values["note"]),
                m_("The quote is a draft again."),
                m_("Give the quote back"),
            ),
            (REASON,),
        )

    # By telephone

    def telephone(self) -> None:
        """Show what to read out, and take the answer."""
        self._decisions.write(telephone.challenge, self._read_out, "")

    def _read_out(self, asked: telephone.Challenge) -> None:
        words = _(
            "Call {name}. Read out: code number {number}, control {control}, discount {percent} %.",
            name=asked.name,
            number=asked.number,
            control=" ".join(asked.control),
            percent=formats.format_number(Decimal(asked.percent)),
        )
        said = Label(words, "h3", wrap=True)
        said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.next_number = Button(_("The manager asks for the next number"), "link", on_click=self._read_next)
        self.next_number.setEnabled(asked.left > 0)
        left = _n("{n} code remains after it.", "{n} codes remain after it.", asked.left)
        self._ask(
            _("Approval by telephone"),
            _("The answer fits this quote as it stands: any change asks again."),
            _("Check the answer"),
            lambda values: self._write(
                lambda session, id: telephone.accept_answer(session, id, values["answer"]),
                m_("The quote is approved."),
                m_("Approve by telephone"),
            ),
            (ANSWER,),
            parts=[said, Label(left, "muted"), panel(hbox(self.next_number, None))],
        )

    def _read_next(self) -> None:
        if self.dialog is not None:
            self.dialog.reject()
        self._decisions.write(telephone.next_challenge, self._read_out, "")

    def give_codes(self, found: Prospects) -> None:
        """Make one-time codes for somebody; they travel with the next sync."""
        person = Field("person", "choice", m_("For"), required=True, choices=found.people)
        self._ask(
            _("Codes for the telephone"),
            _("One-time codes travel to this person's laptop. What answers them stays on this one."),
            _("Give codes"),
            lambda values: self._task(
                lambda session: telephone.give_codes(session, values["person"]),
                lambda _id: self._shell.toast(_("Codes made. They leave with the next sync.")),
            ),
            (person,),
        )

    def answer(self, found: Prospects) -> None:
        """On the manager's laptop: what was read out becomes the answer to read back."""
        person = Field("person", "choice", m_("Who calls"), required=True, choices=found.people)

        def work(values: dict[str, Any]) -> None:
            self._task(
                lambda session: telephone.answer(
                    session, values["person"], values["number"], values["control"], str(values["percent"])
                ),
                lambda code: self._shell.info(_("Read out: {code}", code=" ".join(code)), "ok"),
            )

        self._ask(
            _("Answer a call"),
            _("Type what the caller reads out. You approve a discount of that much, for that quote alone."),
            _("Show the answer"),
            work,
            (person, NUMBER, CONTROL, PERCENT),
        )

    # Parts

    def _ask(self, title: str, text: str, done: str, keep: Any, fields: Any, **more: Any) -> None:
        self.dialog = Asking(self._shell.window, title, text, done, keep, fields=fields, **more)
        self.dialog.open()

    def _write(self, work: Callable[[Any, str], Any], words: str, label: str) -> None:
        def done(_result: Any) -> None:
            self._shell.done(_(words))
            self._decisions.moved.emit()

        self._decisions.write(work, done, label)

    def _task(self, work: Callable[[Any], Any], then: Callable[[Any], object]) -> None:
        """What concerns no quote: it is not undone."""

        def refused(error: Exception) -> None:
            if isinstance(error, Invalid):
                self._decisions.said.emit(" ".join(error.problems.values()))
            elif isinstance(error, NotAllowed):
                self._decisions.said.emit(str(error))
            else:
                errors.report(error, self)

        self._shell.tasks.write(self, work, then=then, failed=refused)
