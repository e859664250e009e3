"""The company that sells: written on a laptop that works alone, and with a server by the office."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from app.errors import Invalid
from app.i18n import translate as _
from ui import errors
from ui.form import KeptForm, RecordForm
from ui.page import Shell
from ui.widgets import Button, hbox, vbox

FIELDS = (
    "name", "legal_form", "capital", "siret", "vat_number", "rcs_town", "line1", "line2", "postcode", "town",
    "phone", "email", "website", "iban", "bic", "quote_validity_days", "default_payment_terms",
    "late_penalty_text", "vat_scheme", "trade", "sole_trader", "insurance", "mediator", "legal_footer", "terms",
)  # fmt: skip


class CompanyForm(QWidget):
    """Everything that quotes say of the seller."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        from app.entity import fields

        self._shell = shell
        self._loaded: dict[str, Any] = {}
        declared = fields("organisation")
        self.form = RecordForm([declared[name] for name in FIELDS], columns=2)
        self.kept = KeptForm(shell.tasks, self, {"": self.form}, "settings", "company")
        self._save = Button(_("Save"), "secondary", "check", self.save)
        self.setLayout(vbox(self.form, hbox(None, self._save), gap=10))

    def show_company(self, company: dict[str, Any]) -> None:
        """Show what is kept; what is typed and not saved yet stays, over the value that was there."""
        values = {name: company.get(name) for name in FIELDS}
        self._loaded = company
        if self.form.loaded:
            self.form.update_values(values)
        else:
            self.form.set_values(values)
            self.kept.take_up()

    def save(self) -> None:
        """Keep it, or show what is wrong beside the fields."""
        try:
            values = self.form.values()
        except Invalid:
            return
        workspace, loaded = self._shell.workspace, {**self._loaded, **self.form.loaded}
        self.kept.autosave.stop()
        self._shell.tasks.background(
            self,
            lambda _token: _keep(workspace, values, loaded),
            then=lambda _none: self._saved(values),
            failed=self._failed,
        )

    def _saved(self, values: dict[str, Any]) -> None:
        self.form.loaded.update(values)
        self.kept.autosave.touch()  # what was typed meanwhile stays a draft, else there is none any more
        self._shell.toast(_("Your company is saved. New quotes carry it."))

    def _failed(self, error: Exception) -> None:
        self.kept.autosave.touch()
        if isinstance(error, Invalid):
            self.form.show_problems(error.problems)
        else:
            errors.report(error, self)


def _keep(workspace: Any, values: dict[str, Any], loaded: dict[str, Any]) -> None:
    from app import company

    company.keep(workspace, values, loaded)


def company_of(session: Any) -> dict[str, Any] | None:
    """The company where whoever works here may write it, else None. In a reading lane."""
    from app import company

    return company.writable(session)
