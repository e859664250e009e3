"""The screens in the order of the sidebar; a screen whose module does not exist is not shown."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass

from app.i18n import mark as _
from app.i18n import translate
from ui.page import Page


@dataclass(frozen=True, slots=True)
class Registration:
    """One screen: where its class lives, and how the sidebar shows it."""

    key: str
    target: str
    """`module:Class`, imported on first visit."""
    label: str
    icon: str
    place: str = "top"
    """Where the sidebar lists it: `top`, `middle` after a gap, `bottom`, or `none`."""

    @property
    def text(self) -> str:
        """The label in the current language."""
        return translate(self.label)

    def exists(self) -> bool:
        """Whether the module is there; nothing is imported but its packages."""
        try:
            return importlib.util.find_spec(self.target.partition(":")[0]) is not None
        except ModuleNotFoundError:
            return False

    def load(self) -> type[Page]:
        """The class of the page."""
        module, _colon, name = self.target.partition(":")
        found: type[Page] = getattr(importlib.import_module(module), name)
        return found


PAGES: tuple[Registration, ...] = (
    Registration("today", "ui.today.page:TodayPage", _("Today"), "sun"),
    Registration("accounts", "ui.accounts.page:AccountsPage", _("Accounts"), "building-2"),
    Registration("contacts", "ui.accounts.contacts_page:ContactsPage", _("Contacts"), "users"),
    Registration(
        "opportunities", "ui.opportunities.page:OpportunitiesPage", _("Opportunities"), "square-kanban"
    ),
    Registration("agenda", "ui.activities.page:AgendaPage", _("Agenda"), "calendar-days"),
    Registration("round", "ui.activities.round_page:RoundPage", _("Round"), "map"),
    Registration("report", "ui.visits.page:VisitReportPage", _("Visit report"), "clipboard-pen", "none"),
    Registration("quotes", "ui.quotes.page:QuotesPage", _("Quotes"), "file-text", "middle"),
    Registration("catalogue", "ui.catalogue.page:CataloguePage", _("Catalogue"), "package", "middle"),
    Registration("dashboard", "ui.dashboard.page:DashboardPage", _("Dashboard"), "chart-column", "middle"),
    Registration("import", "ui.transfer.page:ImportPage", _("Import"), "upload", "none"),
    Registration("sync", "ui.sync.page:SyncPage", _("Synchronisation"), "refresh-cw", "none"),
    Registration(
        "conflicts", "ui.sync.conflicts_page:ConflictsPage", _("Conflicts"), "git-compare-arrows", "bottom"
    ),
    Registration("settings", "ui.settings.page:SettingsPage", _("Settings"), "settings", "bottom"),
)


def existing() -> list[Registration]:
    """The screens that this program has."""
    return [page for page in PAGES if page.exists()]
