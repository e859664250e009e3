"""A long list at the left, and at the right the record that is chosen in it or a form."""

from __future__ import annotations

from typing import Any, ClassVar

from PySide6.QtWidgets import QStackedWidget, QWidget

from app import drafts, formats, records
from app.accounts.editing import find_begun, new_draft_id
from app.errors import NotFound
from app.i18n import translate as _
from ui import errors
from ui.accounts.begun_bar import BegunBars
from ui.accounts.editor import RecordEditor
from ui.accounts.list_panel import Listed, RecordsPanel
from ui.page import Page, Shell
from ui.widgets import EmptyState, Line, Scroll, hbox, panel, vbox

RECORD, FORM, NOTHING = 0, 1, 2


class RecordsPage(Page):
    """Finds a record and shows it; edits, adds, deletes. `record` shows what `read` gave, with `show_card`."""

    kind: ClassVar[str]
    shown_kinds: ClassVar[frozenset[str]]
    """A change of these is shown in the record."""
    listed_kinds: ClassVar[frozenset[str]]
    """A change of these is shown in the list."""

    def __init__(self, shell: Shell, listed: Listed, record: Any, nothing: EmptyState) -> None:
        super().__init__(shell)
        self._id: str | None = None
        self._asked = 0
        self._listed = False
        self.panel = RecordsPanel(shell, listed)
        self.record = record
        self.editor = RecordEditor(shell)
        self._nothing = nothing
        self.right = QStackedWidget()
        self.begun = BegunBars()
        self.begun.wanted.connect(self.open_form)
        # With large text in a low window the record scrolls: pressed together, its parts would cover each other.
        shown = Scroll(panel(vbox(self.begun, (self.record, 1), gap=0)))
        for widget in (shown, self.editor, self._nothing):
            self.right.addWidget(widget)
        self.right.setCurrentIndex(NOTHING)
        self.panel.chosen.connect(self._on_chosen)
        self.panel.opened.connect(lambda _id: self.first_action().setFocus())
        self.panel.new_wanted.connect(self.new_record)
        self.record.edit_wanted.connect(self.edit)
        self.record.delete_wanted.connect(self.delete)
        self.editor.saved.connect(self._on_saved)
        self.editor.closed.connect(self._show_record)
        self.setLayout(hbox(self.panel, Line(upright=True), (self.right, 1), gap=0))

    # What each of them says

    def read(self, session: Any, id: str) -> Any:
        """What the record shows; in a reading lane. Raises NotFound."""
        raise NotImplementedError

    def name(self) -> str:
        """The name of the record shown."""
        raise NotImplementedError

    def first_action(self) -> QWidget:
        """The button that comes first with a record."""
        raise NotImplementedError

    def given(self, kind: str) -> dict[str, Any]:
        """What a new record of a kind begins with."""
        raise NotImplementedError

    # The page

    def title(self) -> str:
        return self.name() if self.record.card is not None and self._id else self.panel.title

    def open(self, record_id: str | None = None, **options: object) -> None:
        if not self._listed:
            self._listed = True
            self.panel.reload()
        if options.get("new"):
            self.new_record()
            return
        if "form" in options:
            self._open_form_again(record_id, str(options["form"]), str(options["id"]))
            return
        if self.editing and record_id in (None, self._id):
            return  # the form that was left is there as it was
        if record_id is not None:
            self._load(record_id)
            self.panel.choose(record_id)
        elif self._id is not None:
            self._load(self._id)

    def _open_form_again(self, record_id: str | None, kind: str, id: str) -> None:
        """By the way back, after a change of language, at the next start: the form, on the field it was left in."""
        opened = self.editor.opened
        if self.editing and record_id == self._id and opened and (opened.kind, opened.draft_id) == (kind, id):
            return
        self._id = record_id
        if record_id is not None:
            self.panel.choose(record_id)
        self.open_form(kind, None if id.startswith(drafts.NEW) else id)

    def leave(self) -> None:
        self.editor.flush()
        self.record.flush()

    def primary_focus(self) -> QWidget | None:
        if self.editing:
            return self.editor.focused_before()
        return self.panel.list if self._id else self.panel.search

    def filter_field(self) -> QWidget:
        return self.panel.search

    def panes(self) -> list[QWidget]:
        if self.showing:
            return [self.panel.list, self.first_action(), self.record.timeline]
        return [self.panel.list]

    @property
    def showing(self) -> bool:
        """Whether a record is shown, and no form."""
        return self._id is not None and not self.editing

    @property
    def editing(self) -> bool:
        """Whether a form is shown."""
        return self.right.currentIndex() == FORM

    def new_day(self) -> None:
        if self._listed:
            self.panel.reload()
            if self.showing and self._id is not None:
                self._load(self._id, quietly=True)

    def show_to_customer(self, on: bool) -> bool:
        self.panel.setVisible(not on)
        self.record.show_to_customer(on)
        return not self.editing

    def refresh(self, changes: Any) -> None:
        if not self._listed:
            return
        if changes.kinds & self.listed_kinds:
            self.panel.refresh(changes.origin)
        if self._id is None or not changes.kinds & self.shown_kinds:
            return
        if self.editing:
            self._refresh_form(changes)
        else:
            self._load(self._id, quietly=True)

    def _refresh_form(self, changes: Any) -> None:
        opened = self.editor.opened
        if opened is None or opened.id is None or opened.id not in changes.ids:
            return
        kind, id = opened.kind, opened.id
        self.shell.tasks.read(
            self,
            lambda session: records.get(session, kind, id),
            then=self.editor.take,
            failed=lambda _error: None,
        )

    # The record

    def _on_chosen(self, id: object) -> None:
        if id is not None and str(id) != self._id:
            self.editor.flush()
            self._load(str(id))
            self.shell.replace(self.key, str(id))

    def _load(self, id: str, quietly: bool = False) -> None:
        self._id = id
        self._asked += 1
        asked = self._asked
        self.shell.tasks.read(
            self,
            lambda session: self.read(session, id),
            then=lambda found: self._show(asked, found, quietly),
            failed=lambda error: self._gone(asked, error),
        )

    def _show(self, asked: int, found: Any, quietly: bool) -> None:
        if asked != self._asked:
            return
        self.record.show_card(found)
        self._look_for_begun(asked)
        # A refresh may overtake the first look; only a form stays before the record.
        if not quietly or self.right.currentIndex() == NOTHING:
            self.right.setCurrentIndex(RECORD)
            self.shell.replace(self.key, self._id)

    def _look_for_begun(self, asked: int) -> None:
        kind, id = self.kind, self._id or ""
        self.shell.tasks.read_in_order(
            self,
            lambda session: find_begun(session, kind, id),
            then=lambda found: self.begun.show_begun(found if asked == self._asked else []),
        )

    def _gone(self, asked: int, error: Exception) -> None:
        if asked != self._asked:
            return
        if isinstance(error, NotFound):
            self._id = None
            self.right.setCurrentIndex(NOTHING)
        else:
            errors.report(error, self)

    def _show_record(self) -> None:
        self.shell.replace(self.key, self._id)
        if self._id is None:
            self.right.setCurrentIndex(NOTHING)
            self.panel.list.setFocus()
            return
        self.right.setCurrentIndex(RECORD)
        self._load(self._id)
        self.first_action().setFocus()

    # Forms

    def open_form(self, kind: str, id: str | None) -> None:
        """Open the form of a record, or of a new one that belongs to the record shown."""
        self.right.setCurrentIndex(FORM)
        given = self.given(kind) if id is None else {}
        self.editor.edit(kind, id, given)
        # The way back, the next start and another language come to the form again.
        self.shell.replace(self.key, self._id, form=kind, id=id or new_draft_id(given.get("account")))

    def new_record(self) -> None:
        """Open the form of a new record of the list."""
        self.open_form(self.kind, None)

    def edit(self) -> None:
        """Open the form of the record shown."""
        if self._id is not None:
            self.open_form(self.kind, self._id)

    def _on_saved(self, kind: str, id: str) -> None:
        if kind == self.kind:
            if id != self._id:
                self.panel.reload()
                self.panel.choose(id)
            self._id = id
        self._show_record()
        self.shell.done(_("Saved on this computer at {time}", time=formats.format_time(formats.now())))

    def delete(self) -> None:
        """Delete the record shown, with a way back."""
        id = self._id
        if self.record.card is None or id is None:
            return
        name = self.name()
        self.shell.tasks.write(
            self,
            lambda session: records.delete(session, self.kind, id),
            then=lambda _none: self._deleted(name),
            label=_("Deletion of {name}", name=name),
        )

    def _deleted(self, name: str) -> None:
        self._id = None
        self.right.setCurrentIndex(NOTHING)
        self.shell.done(_("“{name}” deleted", name=name))
