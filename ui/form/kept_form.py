"""What is typed into a form and not saved is a draft: there again after another language, at the next start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app import drafts
from app.drafts import Draft
from ui.autosave import Autosave
from ui.form.record_form import RecordForm
from ui.tasks import Tasks


class KeptForm(QObject):
    """Keeps the changed fields of one or several forms as the draft `kind`, `id`.

    kept = KeptForm(tasks, self, {"": form}, "settings", "company")
    form.set_values(…); kept.take_up()
    """

    def __init__(
        self, tasks: Tasks, owner: QWidget, forms: Mapping[str, RecordForm], kind: str, id: str
    ) -> None:
        """`forms` by the prefix of their fields' names in the draft; `owner` is the widget that holds them."""
        super().__init__(owner)
        self._tasks, self._forms, self._kind, self._id = tasks, forms, kind, id
        self.autosave = Autosave(tasks, owner, self._collect)
        for form in forms.values():
            form.changed.connect(lambda _name: self.autosave.touch())

    def take_up(self, then: Callable[[Draft | None], object] | None = None) -> None:
        """Put into the fields what was typed before; `then` learns whether there was something."""

        def show(found: Draft | None) -> None:
            if found is not None:
                self._show(found)
            if then is not None:
                then(found)

        self._tasks.read_in_order(self, lambda session: drafts.find(session, self._kind, self._id), then=show)

    def _show(self, draft: Draft) -> None:
        for prefix, form in self._forms.items():
            typed = set(form.changed_draft())  # by whoever did not wait for the file
            values, bases = _part(draft.values, prefix), _part(draft.loaded or {}, prefix)
            form.show_draft({name: value for name, value in values.items() if name not in typed}, bases)

    def _collect(self) -> Callable[[Any], Any]:
        values: dict[str, Any] = {}
        bases: dict[str, Any] = {}
        focus = None
        for prefix, form in self._forms.items():
            changed = form.changed_draft()
            values |= {prefix + name: value for name, value in changed.items()}
            bases |= {prefix + name: form.loaded.get(name) for name in changed}
            if (name := form.focused_name()) is not None:
                focus = prefix + name
        if not values:
            return self.discard
        return lambda session: drafts.keep(session, self._kind, self._id, values, bases, focus)

    def discard(self, session: Any) -> None:
        """Forget the draft, in the transaction that saves what it holds."""
        drafts.discard(session, self._kind, self._id)

    def forget(self) -> None:
        """Forget the draft: it was saved elsewhere, or is not wanted."""
        self.autosave.stop()
        self._tasks.write(self, self.discard)

    def flush(self) -> None:
        """Keep it now: the page is left."""
        self.autosave.flush()


def _part(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {name[len(prefix) :]: value for name, value in values.items() if name.startswith(prefix)}
