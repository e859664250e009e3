"""The words of the e-mail with which a quote leaves, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QWidget

from app import company, quote_look
from app.errors import Invalid
from app.fields import Field
from app.i18n import LANGUAGE_NAMES
from app.i18n import mark as m_
from app.i18n import translate as _
from app.quotes import mailing
from ui import errors
from ui.form import KeptForm, RecordForm
from ui.page import Shell
from ui.widgets import Button, Label, hbox, vbox

PARTS = (("subject", "text", m_("Subject of the e-mail")), ("body", "long_text", m_("Text of the e-mail")))


class QuoteMail(QWidget):
    """What is emptied is said as the program says it."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.forms = {
            language: RecordForm([Field(name, kind, label) for name, kind, label in PARTS], columns=1)
            for language, _name in LANGUAGE_NAMES
        }
        prefixed = {f"{language}.": form for language, form in self.forms.items()}
        self.kept = KeptForm(shell.tasks, self, prefixed, "settings", "quote_mail")
        names = " ".join(f"{{{name}}}" for name in mailing.NAMES)
        hint = _("These names are filled in: {names}", names=names)
        column = vbox(Label(hint, "muted", wrap=True), gap=10)
        for language, name in LANGUAGE_NAMES:
            column.addWidget(Label(_(name), "h3"))
            column.addWidget(self.forms[language])
        self.save_button = Button(_("Save"), "secondary", "check", self.save)
        column.addLayout(hbox(None, self.save_button))
        self.setLayout(column)

    def show_words(self, own: Mapping[str, Any]) -> None:
        """Show the company's words, or those of the program in their place; what is typed and not saved stays."""
        first = not any(form.loaded for form in self.forms.values())
        for language, form in self.forms.items():
            words = mailing.template(own, language)
            show = form.update_values if form.loaded else form.set_values
            show(words)
        if first:
            self.kept.take_up()

    def save(self) -> None:
        """Keep the parts that were changed, or say beside one what is wrong with it."""
        changes: dict[str, str | None] = {}
        typed: dict[str, dict[str, Any]] = {}
        for language, form in self.forms.items():
            problems = {
                part: problem for part, text in form.draft().items() if (problem := mailing.problem_of(text))
            }
            form.show_problems(problems)
            if problems:
                return
            try:
                typed[language] = form.changed_values()
            except Invalid:
                return
            changes |= mailing.own_words(language, typed[language])
        workspace = self._shell.workspace
        self._shell.tasks.background(
            self,
            lambda _token: quote_look.keep(workspace, changes),
            then=lambda _none: self._shell.tasks.read(
                self, mailing.read_words, then=lambda kept: self._saved(kept, typed)
            ),
            failed=lambda error: errors.report(error, self),
        )

    def _saved(self, kept: Mapping[str, Any], typed: Mapping[str, Mapping[str, Any]]) -> None:
        for language, form in self.forms.items():
            # What was typed while it was written stays, to be saved in its turn.
            form.loaded.update(typed[language])
            form.update_values(mailing.template(kept, language))
        self.kept.autosave.touch()
        self._shell.toast(_("The words are saved. The next e-mail says them."))


def words_of(session: Any) -> Mapping[str, Any] | None:
    """The company's own words, where whoever works here may write them; else None. In a reading lane."""
    return mailing.read_words(session) if company.may_write(session) else None
