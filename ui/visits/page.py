"""The report page: a draft from the first letter on, saved with what comes next."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QWidget

from app import attachments, formats
from app.errors import Invalid, NotFound
from app.i18n import language
from app.i18n import mark as m_
from app.i18n import translate as _
from app.visits import reporting
from app.visits.reporting import Sheet
from ui import errors
from ui.attachments.card import FilesCard
from ui.autosave import Autosave
from ui.commands import Command, key_names
from ui.page import Page, Shell, page_layout
from ui.visits.choose import AccountChooser
from ui.visits.form import KIND, ReportForm
from ui.visits.side import PeopleCard, ReminderCard
from ui.widgets import Beside, Button, ElidingLabel, InfoBar, Keycap, Scroll, panel, vbox
from ui.words import long_day

SIDE_WIDTH = 310
SIDE_FROM = 980


class VisitReportPage(Page):
    """Writes the report of an appointment (`appointment=`), of an account (`account=`), or a saved one."""

    key = KIND

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._sheet: Sheet | None = None
        self._saving: QWidget | None = None
        """Where the keyboard was when the report went on its way to the file."""
        self._asked = 0
        self._heading = ElidingLabel(_("Visit report"), "h1")
        self._about = ElidingLabel("", "sub")
        self.form = ReportForm()
        self.photos = FilesCard(shell, _("Photos"))
        self.people = PeopleCard()
        self._reminder = ReminderCard(lambda page, id: shell.go(page, id))
        self.chooser = AccountChooser(shell.tasks)
        self.chooser.chosen.connect(lambda account: shell.go("report", None, account=account))
        self._close = Button(_("Close"), "ghost", on_click=self.close_sheet)
        self._save = Button(_("Save"), "primary", "check", self.save)
        self._key = Keycap(" ".join(key_names("Ctrl+Return", language() == "fr")).replace("Entrée", "↵"))
        self._bar = vbox(gap=0)
        side = Scroll(panel(vbox(self._reminder, self.photos, self.people, None, gap=12)))
        names = (_("Visit report"), _("Keep in mind"))
        self.sheet = Beside(Scroll(panel(vbox((self.form, 1)))), side, names, SIDE_WIDTH, SIDE_FROM, gap=16)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.sheet)
        self._stack.addWidget(panel(vbox((self.chooser, 1))))
        actions: list[QWidget] = [self._close, self._save, self._key]
        self.setLayout(page_layout(self._heading, self._about, actions, self._bar, (self._stack, 1)))
        self.autosave = Autosave(shell.tasks, self, self._collect)
        self.autosave.kept.connect(self.form.say_kept)
        self.form.changed.connect(self.autosave.touch)
        self.people.changed.connect(self.autosave.touch)
        # The draft keeps the id under which the photos were added.
        self.photos.changed.connect(self.autosave.touch)
        self.form.text.brought.connect(self.photos.add)

    # The page

    def title(self) -> str:
        return _("Visit report, {name}", name=self._sheet.name) if self._sheet else _("Visit report")

    def primary_focus(self) -> QWidget:
        return self.chooser.search if self._stack.currentIndex() == 1 else self.form.text

    def panes(self) -> list[QWidget]:
        return [self.form.text, self.form.next.action]

    def commands(self) -> list[Command]:
        return [
            Command(
                "report.save",
                m_("Save the report and close"),
                self.save,
                "check",
                ("Ctrl+Return", "Ctrl+Enter"),
                enabled=lambda: self._sheet is not None,
            ),
            Command(
                "report.photo",
                m_("Add photos or files to the report"),
                self.photos.choose,
                "image-plus",
                enabled=lambda: self._sheet is not None,
            ),
            Command(
                "report.paste",
                m_("Paste a picture into the report"),
                self.photos.paste,
                "image",
                enabled=lambda: self._sheet is not None,
            ),
        ]

    def open(self, record_id: str | None = None, **options: object) -> None:
        appointment, account = _text(options.get("appointment")), _text(options.get("account"))
        if self._sheet is not None and record_id == self._sheet.id:
            return
        self.autosave.flush()
        self.autosave.stop()
        self._sheet = None
        self._say("")
        self._asked += 1
        asked = self._asked
        if record_id is None and appointment is None and account is None:
            self._choose_account()
            return
        self._stack.setCurrentIndex(0)
        self._heading.setText(_("Visit report"))
        self._about.setText("")
        self._save.setVisible(True)
        self.form.clear_text()
        self.shell.tasks.read_in_order(
            self,
            lambda session: reporting.open_sheet(
                session, formats.now(), report=record_id, appointment=appointment, account=account
            ),
            then=lambda sheet: self._show(asked, sheet),
            failed=lambda error: self._refuse(asked, error),
        )

    def _choose_account(self) -> None:
        self._stack.setCurrentIndex(1)
        self._heading.setText(_("Visit report"))
        self._about.setText("")
        self._save.setVisible(False)
        self._key.setVisible(False)
        self.chooser.start()

    def _show(self, asked: int, sheet: Sheet) -> None:
        if asked != self._asked:
            return
        self._sheet = sheet
        here = formats.local(sheet.start)
        self._heading.setText(_("Visit report, {name}", name=sheet.name))
        self._about.setText(f"{long_day(here.date())}, {here:%H:%M}")
        self._key.setVisible(True)
        # Whoever types at once is not made to wait for the file: those words stay, after the draft's.
        typed = self.form.text.toPlainText()
        focused = self.form.focus_name()
        self.form.show_sheet(sheet, keep_text=typed)
        self.people.show_people(sheet.people, sheet.values.get("contacts_met") or [])
        self._reminder.show_reminder(sheet.reminder)
        self.photos.show_files(lambda s: attachments.find(s, KIND, sheet.id), KIND, sheet.id, sheet.account)
        if sheet.focus and not typed and focused == "summary":
            self.form.focus_on(sheet.focus)
        # The next start, and the way back, find the draft by its own id.
        self.shell.replace("report", sheet.id, **_origin(sheet))
        if typed:
            self.autosave.touch()

    def _refuse(self, asked: int, error: Exception) -> None:
        if asked != self._asked:
            return
        if isinstance(error, NotFound):
            self._choose_account()
            self._say(str(error), "warn")
        else:
            errors.report(error, self)

    def _say(self, text: str, tone: str = "bad") -> None:
        while self._bar.count():
            item = self._bar.takeAt(0)
            if item is not None and (widget := item.widget()):
                widget.hide()
                widget.deleteLater()
        if text:
            self._bar.addWidget(InfoBar(text, tone))

    # Keeping

    def values(self) -> dict[str, Any]:
        """The report as it stands."""
        return {**self.form.values(), "contacts_met": self.people.present}

    def _collect(self) -> Any:
        sheet = self._sheet
        if sheet is None:
            return None
        values = {**self.form.draft(), "contacts_met": self.people.present}
        focus = self.form.focus_name()
        return lambda session: reporting.keep_draft(session, sheet.id, values, sheet.loaded, focus)

    def save(self) -> None:
        """Save and close, or go to what is missing."""
        sheet = self._sheet
        if sheet is None or self._saving is not None:
            return  # a second Ctrl Enter while the first is on its way
        self.autosave.flush()
        values = self.values()
        self._set_saving(True)
        self.shell.tasks.write(
            self,
            lambda session: reporting.save(session, sheet.id, values, sheet.loaded),
            then=lambda _saved: self._saved(sheet),
            failed=self._not_saved,
            label=_("Visit report, {name}", name=sheet.name),
        )

    def _set_saving(self, saving: bool) -> None:
        """What is on its way to the file is not typed in: those letters would go nowhere."""
        focus = self.window().focusWidget() or self
        before, self._saving = self._saving, focus if saving else None
        self._save.setEnabled(not saving)
        self._stack.setEnabled(not saving)
        if before is not None and before is not self and not saving:
            before.setFocus(Qt.FocusReason.OtherFocusReason)

    def _saved(self, sheet: Sheet) -> None:
        self._set_saving(False)
        self.autosave.stop()
        self._sheet = None
        self._leave_for(sheet)
        words = _("Report on {name} saved", name=sheet.name)
        self.shell.done(words)

    def _not_saved(self, error: Exception) -> None:
        self._set_saving(False)
        if isinstance(error, Invalid):
            self.sheet.show_main()
            self.form.show_problems(error.problems)
            others = [text for name, text in error.problems.items() if not name.startswith("next_action")]
            self._say(" ".join(others))
        else:
            errors.report(error, self)

    def close_sheet(self) -> None:
        """Go back; the draft stays."""
        sheet = self._sheet
        self.autosave.flush()
        self._sheet = None
        self._leave_for(sheet)

    def _leave_for(self, sheet: Sheet | None) -> None:
        window = self.shell.window
        before = window.route
        window.back()
        if window.route == before:
            window.go("today")

    def leave(self) -> None:
        self.autosave.flush()

    def refresh(self, changes: Any) -> None:
        self.photos.refresh(changes)
        sheet = self._sheet
        if sheet is None or not changes.kinds & {"contact", "quote", KIND, "account"}:
            return
        asked, id, account = self._asked, sheet.id, sheet.account
        self.shell.tasks.read(
            self,
            lambda session: reporting.open_sheet(session, formats.now(), report=id, account=account),
            then=lambda fresh: self._take(asked, fresh),
            failed=lambda _error: None,
        )

    def _take(self, asked: int, fresh: Sheet) -> None:
        """Show what changed beside the form; what is typed stays as it is."""
        if asked != self._asked or self._sheet is None:
            return
        self.people.show_people(fresh.people, self.people.present)
        self._reminder.show_reminder(fresh.reminder)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _origin(sheet: Sheet) -> dict[str, object]:
    """How to come to this report again before anything was typed in it."""
    if sheet.values.get("appointment"):
        return {"appointment": sheet.values["appointment"]}
    return {"account": sheet.account}
