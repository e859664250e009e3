"""The form of an account, a contact or a task: a draft from the first letter on, errors beside the fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app import drafts, formats
from app.accounts.editing import SITE_FIELDS, Opened, find_links, open_form, over, save_form
from app.entity import fields
from app.errors import Invalid
from app.i18n import mark as m_
from app.i18n import translate as _
from ui import errors
from ui.autosave import Autosave
from ui.form import RecordForm
from ui.page import Shell
from ui.theme import theme
from ui.widgets import Button, ElidingLabel, Label, Line, Scroll, clear, hbox, link, panel, vbox

READING_WIDTH = 760
_TITLES = {
    "account": (m_("New account"), m_("Edit the account")),
    "contact": (m_("New contact"), m_("Edit the contact")),
    "task": (m_("New task"), m_("Edit the task")),
}
_SITE = "site."


class RecordEditor(QWidget):
    """Edits one record. `saved` tells its kind and id, `closed` that nothing was saved (the draft stays)."""

    saved = Signal(str, str)
    closed = Signal()

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.kind = ""
        self.opened: Opened | None = None
        self.form: RecordForm | None = None
        self.site_form: RecordForm | None = None
        self._asked = 0
        self._saving = False
        self._last: QWidget | None = None
        """The field that was left last."""
        self._title = ElidingLabel("", "h1")
        self._state = Label("", "muted")
        self.cancel_button = Button(_("Close"), "ghost", on_click=self.close_form)
        self.discard_button = link(_("Discard the draft"), self._discard)
        self.save_button = Button(_("Save"), "primary", "check", self.save)
        self._body = vbox(gap=16)
        body = panel(self._body)
        body.setMaximumWidth(theme.px(READING_WIDTH))
        head = hbox((self._title, 1), self.cancel_button, self.save_button)
        # In a line of its own: with large text one line has no room for all of them.
        self._draft_row = panel(hbox(self._state, self.discard_button, None))
        keeps = self._draft_row.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)  # the first letter typed moves no field under the pointer
        self._draft_row.setSizePolicy(keeps)
        self._draft_row.hide()
        self.setLayout(
            vbox(
                vbox(head, self._draft_row, gap=2),
                (Scroll(panel(hbox((body, 20), None, gap=0, margins=(0, 0, 12, 0)))), 1),
                gap=16,
                margins=(24, 18, 16, 18),
            )
        )
        self.autosave = Autosave(shell.tasks, self, self._collect)
        self.autosave.kept.connect(self._say_kept)

    # Opening

    def edit(self, kind: str, id: str | None = None, given: dict[str, Any] | None = None) -> None:
        """Open the form of a stored record, or of a new one that begins with `given`."""
        self.autosave.flush()
        self.kind, self.opened = kind, None
        self._title.setText(_(_TITLES[kind][0 if id is None else 1]))
        clear(self._body)
        self._asked += 1
        asked = self._asked
        self._shell.tasks.read_in_order(
            self,
            lambda session: open_form(session, kind, id, given),
            then=lambda found: self._show(asked, found),
            failed=lambda error: self._cannot_open(asked, error),
        )

    def _cannot_open(self, asked: int, error: Exception) -> None:
        """The record is gone, or cannot be read: no empty form stays in its place."""
        if asked == self._asked:
            errors.report(error, self)
            self.closed.emit()

    def _show(self, asked: int, found: Opened) -> None:
        if asked != self._asked:
            return
        self.opened = found
        self._saving = False
        tasks = self._shell.tasks
        self.form = RecordForm(found.fields, columns=2, tasks=tasks, find_links=find_links)
        self.form.set_values(found.values, found.titles)
        clear(self._body)
        self._body.addWidget(self.form)
        self.site_form = None
        if found.kind == "account":
            declared = fields("site")
            self.site_form = RecordForm([declared[name] for name in SITE_FIELDS], columns=2)
            self.site_form.set_values(found.site or {"country": "FR"})
            for widget in (Line(), Label(_("Main address"), "h2"), self.site_form):
                self._body.addWidget(widget)
        self._body.addStretch(1)
        if found.draft is not None:
            self._apply(found.draft)
        self._say_kept(found.draft.at if found.draft else None)
        self._last = None
        for form in self._forms():
            form.changed.connect(lambda _name: self.autosave.touch())
            form.field_left.connect(lambda name, form=form: self._note_left(form, name))
        # The form takes its places first: focus in a widget that has none yet scrolls to nowhere.
        QTimer.singleShot(0, self, self.focus_first)

    def _note_left(self, form: RecordForm, name: str) -> None:
        self._last = form.editor(name).target

    def _forms(self) -> list[RecordForm]:
        return [form for form in (self.form, self.site_form) if form is not None]

    def _apply(self, draft: drafts.Draft) -> None:
        """Put what was typed into the fields; what its author saw there is the base of the merge."""
        assert self.opened is not None and self.form is not None
        seen = self.form.show_draft(_part(draft.values, ""), _part(draft.loaded or {}, ""))
        site: dict[str, Any] = {}
        if self.site_form is not None:
            site = self.site_form.show_draft(_part(draft.values, _SITE), _part(draft.loaded or {}, _SITE))
        self.opened = over(self.opened, seen, site)
        for name, title in self.opened.titles.items():
            editor = self.form.editor(name)
            if hasattr(editor, "show_title"):
                editor.show_title(title)

    def focused_before(self) -> QWidget | None:
        """The field that the keyboard was in; None while the form is being read, which then goes to its own."""
        return self._last if self.opened is not None else None

    def focus_first(self) -> None:
        """Go to the field where the draft stopped, else to the first."""
        form = self.form
        if form is None or self.opened is None:
            return
        name = self.opened.draft.focus if self.opened.draft else None
        if name:
            try:
                form.editor(name).target.setFocus()
                return
            except KeyError:
                pass
        form.focus_first()

    # Keeping

    def _collect(self) -> Callable[[Any], Any] | None:
        found = self.opened
        if found is None or self.form is None:
            return None
        values, loaded = self.form.draft(), dict(self.form.loaded)
        if self.site_form is not None:
            values |= {_SITE + name: value for name, value in self.site_form.draft().items()}
            loaded |= {_SITE + name: value for name, value in self.site_form.loaded.items()}
        loaded = {name: value for name, value in loaded.items() if name in values}
        focus, id = self.form.focused_name(), found.draft_id
        return lambda session: drafts.keep(session, found.kind, id, values, loaded, focus)

    def _say_kept(self, at: Any) -> None:
        self._state.setText(_("Draft saved {time}", time=formats.format_time(at)) if at else "")
        self._draft_row.setVisible(at is not None)

    def flush(self) -> None:
        """Keep the draft now: the page is left."""
        self.autosave.flush()

    def save(self) -> None:
        """Save, or show each problem beside its field."""
        found = self.opened
        if found is None or self.form is None or self._saving:
            return
        try:
            values = self.form.values()
            site = self._site_values(found)
        except Invalid:
            return
        self.autosave.stop()
        self._set_saving(True)
        self._shell.tasks.write(
            self,
            lambda session: save_form(session, found, values, site),
            then=lambda id: self._saved(found.kind, id),
            failed=self._failed,
            label=_(_TITLES[found.kind][0 if found.id is None else 1]),
        )

    def _site_values(self, found: Opened) -> Any:
        if self.site_form is None:
            return None
        values = self.site_form.values()
        site = found.site
        if site is None and not any(value for name, value in values.items() if name != "country"):
            return None
        return (site["id"] if site else None, values, site or {})

    def _set_saving(self, saving: bool) -> None:
        """What is on its way to the file is not typed in: those letters would go nowhere."""
        self._saving = saving
        self.save_button.setEnabled(not saving)
        for form in self._forms():
            form.set_read_only(saving)

    def _saved(self, kind: str, id: str) -> None:
        self._set_saving(False)
        self.opened = None
        self.saved.emit(kind, id)

    def _failed(self, error: Exception) -> None:
        self._set_saving(False)
        self.autosave.touch()
        if isinstance(error, Invalid) and self.form is not None:
            self.form.show_problems(error.problems)
        else:
            errors.report(error, self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not self._saving:
            self.close_form()
            return
        super().keyPressEvent(event)

    def close_form(self) -> None:
        """Go back to the record; the draft stays."""
        self.autosave.flush()
        self.opened = None
        self.closed.emit()

    def _discard(self) -> None:
        found = self.opened
        self.autosave.stop()
        self.opened = None
        if found is not None:
            kind, id = found.kind, found.draft_id
            self._shell.tasks.write(self, lambda session: drafts.discard(session, kind, id))
        self.closed.emit()

    def take(self, record: dict[str, Any]) -> None:
        """The stored record has changed elsewhere: fields that nobody typed in show it."""
        if self.form is None or self.opened is None:
            return
        self.form.update_values({name: record[name] for name in record if name != "custom"})
        for name, value in self.form.loaded.items():
            if name in self.opened.record:
                self.opened.record[name] = value


def _part(values: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Of a draft's values those of the record, or with the prefix those of its address."""
    return {
        name[len(prefix) :]: value for name, value in values.items() if name.startswith(_SITE) == bool(prefix)
    }
