"""The look of quotes: a small set of choices, and beside them the page as it will be printed."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from PySide6.QtWidgets import QWidget

from app import company, quote_look
from app.errors import Invalid
from app.fields import Field
from app.i18n import translate as _
from app.quotes import paper, sample
from app.quotes.style import CHOICES, LABELS, QuoteStyle, read_style
from ui import errors
from ui.form import KeptForm, RecordForm
from ui.page import Shell
from ui.quotes.preview import PdfView
from ui.settings.company_files import CompanyFileRow
from ui.theme import theme
from ui.widgets import Button, Line, hbox, vbox

PREVIEW_HEIGHT = 420


class QuoteLook(QWidget):
    """Each choice shows at once in the preview; Save keeps them all."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.content = b""
        """The PDF that is shown."""
        self.form = RecordForm([_field(each.name) for each in fields(QuoteStyle)])
        self.form.changed.connect(lambda _name: self.draw())
        self.kept = KeptForm(shell.tasks, self, {"": self.form}, "settings", "quote_look")
        self.files = [CompanyFileRow(shell, name) for name in company.FILES]
        for row in self.files:
            row.changed.connect(self.draw)
        self.view = PdfView(shell.tasks, _("Preview of the look"))
        self.view.setMinimumHeight(theme.px(PREVIEW_HEIGHT))
        self.save_button = Button(_("Save"), "secondary", "check", self.save)
        # Beside each other: a choice is seen at work where it is made.
        chosen = hbox((self.form, 9), (self.view, 11), gap=16)
        self.setLayout(vbox(*self.files, Line(), chosen, hbox(None, self.save_button), gap=12))

    def show_style(self, style: QuoteStyle) -> None:
        """Show the company's choices; what is chosen here and not saved yet stays."""
        if self.form.loaded:
            self.form.update_values(asdict(style))
        else:
            self.form.set_values(asdict(style))
            self.kept.take_up(lambda found: self.draw() if found is not None else None)
        for row in self.files:
            row.reload()
        self.draw()

    def style(self) -> QuoteStyle:
        """The choices as they stand; what is half typed falls back."""
        return read_style(self.form.draft())

    def draw(self) -> None:
        """Draw the example with the choices as they stand."""
        style = self.style().to_dict()
        self._shell.tasks.read(self, lambda session: sample.sample_paper(session, style), then=self._render)

    def _render(self, found: paper.Paper) -> None:
        self._shell.tasks.background(self, lambda _token: found.render(), then=self._show)

    def _show(self, content: bytes) -> None:
        self.content = content
        self.view.show_pdf(content)

    def save(self) -> None:
        """Keep the choices."""
        try:
            values = self.form.values()
        except Invalid:
            return
        chosen, seen = read_style(values), read_style(self.form.loaded)
        workspace = self._shell.workspace
        self._shell.tasks.background(
            self,
            lambda _token: quote_look.keep_style(workspace, chosen, seen),
            then=lambda _none: self._saved(values),
            failed=lambda error: errors.report(error, self),
        )

    def _saved(self, values: dict[str, Any]) -> None:
        self.form.loaded.update(values)
        self.kept.autosave.touch()
        self._shell.toast(_("The look is saved. New quotes carry it."))


def _field(name: str) -> Field:
    if name in CHOICES:
        return Field(name, "choice", LABELS[name], required=True, choices=CHOICES[name])
    default = getattr(QuoteStyle(), name)
    kind = "yes_no" if isinstance(default, bool) else "long_text" if name == "closing_words" else "text"
    return Field(name, kind, LABELS[name], required=kind == "yes_no")
