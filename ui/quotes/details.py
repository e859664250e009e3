"""The facts of a quote that the head has no room for, and those that decide about its legal texts."""

from __future__ import annotations

from typing import Any

from app import records
from app.entity import fields
from app.fields import Field
from app.i18n import mark as m_
from app.i18n import translate as _
from app.quotes import charging
from app.quotes.sheet import Sheet, with_quote
from ui.page import Shell
from ui.quotes.asking import Asking
from ui.quotes.draft import Draft

NAMES = (
    *("customer_reference", "site", "language", "sale_place", "in_main_activity", "follow_up_on"),
    *("vat_category", "introduction", "notes"),
)
HEADCOUNT = Field("headcount", "integer", m_("People whom the customer employs"))


def ask_details(shell: Shell, draft: Draft) -> None:
    """Read what is known and open the dialog; kept, it is one step that can be undone."""
    sheet = draft.sheet
    if sheet is None:
        return
    account = sheet.quote["account"]

    def show(found: tuple[list[dict[str, Any]], dict[str, Any]]) -> None:
        Details(shell, draft, *found).open()

    shell.tasks.read(
        draft,
        lambda session: (
            records.find_rows(session, "site", {"account": account}, order="name"),
            records.get(session, "account", account),
        ),
        then=show,
    )


class Details(Asking):
    """Customer's reference, delivery, language, place of sale and the questions of the law."""

    def __init__(
        self, shell: Shell, draft: Draft, sites: list[dict[str, Any]], account: dict[str, Any]
    ) -> None:
        self._shell, self._draft, self._account = shell, draft, account
        sheet = draft.sheet
        assert sheet is not None
        values = {name: sheet.quote[name] for name in NAMES} | {"headcount": account["headcount"]}
        super().__init__(
            shell.window,
            _("Details of the quote"),
            "",
            _("Keep"),
            self._take,
            fields=_fields(sites),
            values=values,
            columns=2,
        )
        if draft.locked:
            self.form.set_read_only(True)
            self.ok.hide()

    def _take(self, values: dict[str, Any]) -> str:
        headcount = values.pop("headcount")
        problem = self._draft.act(lambda sheet: with_details(sheet, values))
        if not problem and headcount != self._account["headcount"]:
            id = self._account["id"]
            self._draft.flush(
                lambda: self._shell.tasks.write(
                    self._draft,
                    lambda session: records.save(session, "account", id, {"headcount": headcount}),
                    then=lambda _none: self._draft.saved.emit(),
                    label=m_("Keep the headcount"),
                )
            )
        return problem


def with_details(sheet: Sheet, values: dict[str, Any]) -> Sheet:
    """The sheet with these facts; another VAT treatment changes its lines too."""
    category = values.get("vat_category") or "S"
    if category != (sheet.quote["vat_category"] or "S"):
        sheet = charging.set_vat_treatment(sheet, category)
    return with_quote(sheet, {name: values[name] for name in NAMES if name != "vat_category"})


def _fields(sites: list[dict[str, Any]]) -> list[Field]:
    declared = fields("quote")
    own = {
        "site": Field(
            "site", "choice", m_("Delivery site"), choices=tuple((s["id"], site_name(s)) for s in sites)
        ),
        "vat_category": Field(
            "vat_category", "choice", m_("VAT treatment"), choices=charging.VAT_TREATMENTS, required=True
        ),
    }
    found = [own.get(name) or declared[name] for name in NAMES]
    found.insert(NAMES.index("in_main_activity"), HEADCOUNT)
    return found


def site_name(site: dict[str, Any]) -> str:
    """A site by its name, street and town."""
    parts = (site["name"], site["line1"], site["town"])
    return ", ".join(str(part) for part in parts if part) or _("Site")
