"""What becomes of a quote, from the screen: issued, signed, sent, accepted, refused, ordered, revised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QWidget

from app import attachments, fetching, formats
from app.attachments import File
from app.errors import Invalid
from app.fields import Field
from app.i18n import mark as m_
from app.i18n import translate as _
from app.quotes import issuing, letters, life, mailing, prospects, side_by_side, signed_paper, signing
from app.quotes.prospects import Prospects
from ui.attachments.viewer import Viewer
from ui.page import Shell
from ui.printing import Printing, file_name
from ui.quotes.asking import Asking
from ui.quotes.comparison import ComparisonView
from ui.quotes.draft import Draft
from ui.quotes.sending import ask_send
from ui.quotes.sign import SignScreen
from ui.widgets import panel, vbox
from ui.widgets.labels import literal

REASON = Field("reason", "text", m_("Reason"), required=True)
NOTE = Field("note", "text", m_("Note"))
DAY = Field("day", "date", m_("Follow up on"), required=True)
REFERENCE = Field("reference", "text", m_("Customer's reference"))
SIGNER = Field("signer", "text", m_("Who signed"), required=True)
PICTURES = ".jpg .jpeg .png .webp .tif .tiff"


class Decisions(QObject):
    """The steps of the quote in the editor; each is stored at once, after what was typed."""

    moved = Signal()
    """The quote stands otherwise now: it is to be read again."""
    said = Signal(str)
    """Why something could not be done."""
    wanted = Signal(str)
    """Another quote is to be shown."""

    def __init__(self, shell: Shell, draft: Draft, printing: Printing, owner: QWidget) -> None:
        super().__init__(owner)
        self._shell, self._draft, self._printing, self._owner = shell, draft, printing, owner
        self.dialog: QWidget | None = None
        """What was asked last."""
        self.sign_screen: SignScreen | None = None
        self.unadded: Callable[[], bool] = lambda: False
        """Says that a line is half entered, where one is: without it nothing is frozen."""

    # At once

    def issue(self) -> None:
        """Draw the number and freeze the quote; of an issued one, make a revision."""
        if self._draft.locked:
            self.revise()
            return
        if self.unadded():
            return
        self.write(issuing.issue, self._issued, m_("Issue the quote"))

    def _issued(self, number: str) -> None:
        self._shell.toast(_("Quote {number} issued.", number=number))
        self.moved.emit()

    def revise(self) -> None:
        """A draft that will supersede this quote."""
        self.write(issuing.revise, self.wanted.emit, m_("Revise the quote"))

    def duplicate(self) -> None:
        """A draft with the same content."""
        self.write(issuing.duplicate, self.wanted.emit, m_("Duplicate the quote"))

    def mark_sent(self) -> None:
        """The customer has it."""
        self.write(life.mark_sent, self._done(m_("Marked as sent.")), m_("Mark as sent"))

    def sign(self) -> None:
        """Turn the screen to the customer; a draft is issued first, since only a numbered quote is signed."""
        if self.unadded():
            return
        label = m_("Have the quote signed") if self._draft.locked else m_("Issue the quote")
        vault = self._shell.workspace.vault
        self.write(lambda session, id: signing.issue_and_open(session, id, vault), self._show_sign, label)

    def _show_sign(self, quote: signing.Signing) -> None:
        self.moved.emit()
        self.sign_screen = SignScreen(self._shell, quote, self._printing, self._signed)

    def _signed(self, _signature: str) -> None:
        self._shell.toast(_("Signed and sealed."))
        self.moved.emit()

    def mail(self) -> None:
        """An e-mail with the quote in the mail program, ready to be read over and sent."""

        def open_draft(letter: mailing.Letter) -> None:
            self._shell.tasks.background(
                self,
                lambda _token: letter.render(),
                then=lambda content: self._show_mail(content, letter),
            )

        self.read(lambda session, id: mailing.open_letter(session, id), open_draft)

    def send(self) -> None:
        """The e-mail with the quote: read over here where the server posts it, else in the mail program."""

        def go_on(found: tuple[mailing.Letter, bool]) -> None:
            letter, posts = found
            if posts:
                self.dialog = ask_send(self._shell, letter, self.moved.emit)
            else:
                self.mail()

        self.read(
            lambda session, id: (mailing.open_letter(session, id), letters.server_posts(session)), go_on
        )

    def _show_mail(self, content: bytes, letter: mailing.Letter) -> None:
        otherwise = _("No program opens e-mails here. Save the PDF and attach it where you write your mail.")
        self._printing.open_file(content, f"{file_name(letter.name)}.eml", otherwise)
        if letter.to.strip() and not letter.recipients:
            words = _("“{text}” is no e-mail address. Write one in the mail program.", text=letter.to.strip())
            self._shell.toast(words)
        sheet = self._draft.sheet
        if sheet is not None and sheet.quote["status"] == "issued":
            words = _("The e-mail is in your mail program. Once it has gone, mark the quote as sent.")
            self._shell.info(words, "info", _("Mark as sent"), self.mark_sent)

    # After a question

    def ask_accept(self, found: Prospects) -> None:
        """The customer agrees: with which options?"""
        boxes = choice_boxes(found)

        def keep(values: dict[str, Any]) -> None:
            taken, note = _ticked(boxes), values["note"] or ""
            self.write(
                lambda session, id: life.accept(session, id, taken, note),
                self._done(m_("Noted: accepted.")),
                m_("Accept the quote"),
            )

        self._ask(
            _("The customer accepts"),
            _("Tick the options that the customer takes.") if boxes else "",
            _("Accepted"),
            keep,
            fields=(NOTE,),
            parts=_parts(boxes),
        )

    def ask_refuse(self) -> None:
        """The customer declines: why?"""
        self._ask(
            _("The customer declines"),
            _("The reason helps with the next offer."),
            _("Refused"),
            lambda values: self.write(
                lambda session, id: life.refuse(session, id, values["reason"]),
                self._done(m_("Noted: refused.")),
                m_("Refuse the quote"),
            ),
            fields=(REASON,),
        )

    def ask_follow_up(self, found: Prospects) -> None:
        """On which day to ask again?"""
        self._ask(
            _("Follow up"),
            _("Today shows the quote on that day: “monday”, “+7”, 12/03."),
            _("Keep"),
            lambda values: self.write(
                lambda session, id: life.follow_up(session, id, values["day"]),
                self._done(m_("The day is kept.")),
                m_("Follow up"),
            ),
            fields=(DAY,),
            values={"day": found.quote["follow_up_on"]},
        )

    def ask_order(self, found: Prospects) -> None:
        """Make the order: with which options, under which reference?"""
        signed = life.choices_signed(found.quote)
        boxes = choice_boxes(found, life.taken_choices(found.quote))
        for box in boxes.values():
            box.setEnabled(not signed)

        def keep(values: dict[str, Any]) -> None:
            # Read now: the boxes are gone with the dialog, and no other thread may look at them.
            taken = _ticked(boxes)
            self.write(
                lambda session, id: life.convert(session, id, taken, values["reference"]),
                self._done(m_("The order is made.")),
                m_("Convert into an order"),
            )

        self._ask(
            _("Convert into an order"),
            _("The options are those that the customer signed for.") if boxes and signed else "",
            _("Make the order"),
            keep,
            fields=(REFERENCE,),
            values={"reference": found.quote["customer_reference"]},
            parts=_parts(boxes),
        )

    # Versions, paper and seal

    def compare(self, other: str) -> None:
        """This version beside another one."""
        sheet = self._draft.sheet
        if sheet is None:
            return
        here = sheet.id

        def show(found: side_by_side.TwoQuotes) -> None:
            self.dialog = view = ComparisonView(self._shell.window, self._printing, found)
            view.open()

        self._draft.flush(
            lambda: self._shell.tasks.read(
                self, lambda session: side_by_side.compare(session, other, here), then=show
            )
        )

    def choose_photo(self) -> None:
        """Ask for the photo of the signed paper."""
        patterns = " ".join(f"*{ending}" for ending in PICTURES.split())
        chosen, _filter = QFileDialog.getOpenFileName(
            self._owner, _("Photo of the signed paper"), "", _("Pictures ({patterns})", patterns=patterns)
        )
        if chosen:
            self.take_photo(Path(chosen))

    def take_photo(self, file: Path) -> None:
        """Find the quote whose code the photo bears, then attach the photo to it and accept it."""

        def read(token: Any) -> tuple[bytes, signed_paper.PaperFound]:
            content = file.read_bytes()
            with self._shell.workspace.read() as session:
                return content, signed_paper.find_paper(session, content)

        self._shell.tasks.background(
            self, read, then=lambda found: self._ask_signer(file.name, *found), failed=self._refused
        )

    def _ask_signer(self, name: str, content: bytes, paper: signed_paper.PaperFound) -> None:
        sheet = self._draft.sheet
        here = sheet is not None and sheet.id == paper.quote

        def keep(session: Any, _here: str) -> str:
            return signed_paper.keep_paper(session, paper.quote, content, values["signer"], name)

        values: dict[str, Any] = {}

        def attach(typed: dict[str, Any]) -> None:
            values.update(typed)
            self._write_for(paper.quote, keep, self._attached, m_("Attach the signed paper"))

        words = _("The code says: quote {number} for {account}.", number=paper.number, account=paper.account)
        if not here:
            words += " " + _(
                "It is not the quote that is open; the photo goes to its own quote, which opens."
            )
        self._ask(
            _("Photo of the signed paper"),
            words,
            _("Attach") if here else _("Attach and open"),
            attach,
            fields=(SIGNER,),
        )

    def _attached(self, quote: str) -> None:
        self._shell.done(_("The signed paper is attached, the quote accepted."))
        if self._draft.sheet is not None and self._draft.sheet.id == quote:
            self.moved.emit()
        else:
            self.wanted.emit(quote)

    def open_paper(self, found: Prospects) -> None:
        """Show the photo of the signed paper."""
        signature = found.signature
        if signature is None:
            return

        def show(files: dict[str, File]) -> None:
            for file in files.values():
                viewer = Viewer(self._shell, [file], file, self._owner)
                viewer.save_wanted.connect(lambda _id, file=file: self._save_paper(file))
                self.dialog = viewer
                viewer.open()

        self._shell.tasks.read(
            self, lambda session: attachments.find_by_id(session, [signature["attachment"]]), then=show
        )

    def _save_paper(self, file: File) -> None:
        name, _filter = QFileDialog.getSaveFileName(self._owner, _("Save as…"), file.name)
        workspace = self._shell.workspace
        if name:
            self._shell.tasks.background(
                self,
                lambda _token: fetching.save_as(workspace, file.id, Path(name)),
                then=lambda _size: self._shell.toast(_("Saved in “{file}”", file=name)),
            )

    def open_signed(self, found: Prospects) -> None:
        """Verify the seal of the signed PDF, say so, and open it."""
        signature = found.signature
        if signature is None:
            return

        def check(content: bytes | None) -> None:
            if content is None:
                self.said.emit(_("The signed PDF is not on this laptop yet. It comes with a sync."))
                return
            self._shell.tasks.background(
                self,
                lambda _token: prospects.seal_holds(content),
                then=lambda good: self._show_signed(content, good),
            )

        self._shell.tasks.read(self, lambda session: prospects.signed_file(session, signature), then=check)

    def _show_signed(self, content: bytes, good: bool) -> None:
        if good:
            self._shell.toast(_("The seal holds: the document is the one that was signed."))
        else:
            self._shell.info(_("The seal is broken: this file is not the one that was signed."), "bad")
        self._printing.open(content, _("Signed quote"))

    # Parts

    def _done(self, words: str) -> Callable[[Any], None]:
        def done(_result: Any) -> None:
            self._shell.done(_(words))
            self.moved.emit()

        return done

    def _ask(self, title: str, text: str, done: str, keep: Any, **parts: Any) -> None:
        self.dialog = dialog = Asking(self._shell.window, title, text, done, keep, **parts)
        dialog.open()

    def read(self, work: Callable[[Any, str], Any], then: Callable[[Any], object]) -> None:
        """Store what was typed, then read this of the quote."""
        if self._draft.sheet is None:
            return
        id, tasks = self._draft.sheet.id, self._shell.tasks
        self._draft.flush(
            lambda: tasks.read(self, lambda session: work(session, id), then=then, failed=self._refused)
        )

    def write(self, work: Callable[[Any, str], Any], then: Callable[[Any], object], label: str) -> None:
        """Store what was typed, then do this with the quote in one transaction."""
        if self._draft.sheet is not None:
            self._write_for(self._draft.sheet.id, work, then, label)

    def _write_for(self, id: str, work: Any, then: Callable[[Any], object], label: str) -> None:
        tasks = self._shell.tasks
        self._draft.flush(
            lambda: tasks.write(
                self, lambda session: work(session, id), then=then, failed=self._refused, label=label
            )
        )

    def _refused(self, error: Exception) -> None:
        self.said.emit(next(iter(error.problems.values())) if isinstance(error, Invalid) else str(error))


def choice_boxes(found: Prospects, chosen: Sequence[str] | None = None) -> dict[str, QCheckBox]:
    """A box for each option and alternative, ticked where it is `chosen`; as printed where nobody asked yet."""
    boxes = {}
    for line in found.choices:
        net = formats.format_money(line["net"] or 0, found.quote["currency"] or "EUR")
        group = f"{line['option_group']} · " if line["option_group"] else ""
        boxes[line["id"]] = box = QCheckBox(literal(f"{group}{line['description'] or ''} ({net})"))
        box.setChecked(bool(line["selected"]) if chosen is None else line["id"] in chosen)
    return boxes


def _ticked(boxes: dict[str, QCheckBox]) -> list[str]:
    return [id for id, box in boxes.items() if box.isChecked()]


def _parts(boxes: dict[str, QCheckBox]) -> list[QWidget]:
    return [panel(vbox(*boxes.values(), gap=6))] if boxes else []
