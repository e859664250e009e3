"""A company of two accounts on one afternoon, written through the front door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app import records
from app.workspace import Workspace

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 21, 14, 5, tzinfo=PARIS)
TODAY = NOW.date()


@dataclass
class Cast:
    """The ids of the records that tests speak of."""

    me: str
    morel: str
    garage: str
    sylvie: str
    visit: str
    late: str
    template: str
    quote: str


def at(hour: int, minute: int = 0, ago: int = 0) -> datetime:
    """A moment of the day, or of some days before."""
    return datetime(2026, 11, 21, hour, minute, tzinfo=PARIS) - timedelta(days=ago)


def fill(workspace: Workspace) -> Cast:
    """Write the company; Claire is the user of this laptop."""
    with workspace.transaction() as session:
        me = records.add(session, "user", {"name": "Claire Dubois", "role": "rep", "active": True})
    with workspace.exclusive() as connection:
        connection.exec_driver_sql("INSERT INTO sync_state (name, value) VALUES ('user', ?)", (me,))

    with workspace.transaction() as session:

        def new(kind: str, /, **values: Any) -> str:
            return records.add(session, kind, values)

        morel = new(
            "account",
            name="Boulangerie Morel",
            type="customer",
            potential="A",
            siret="81234567600017",
            outstanding=Decimal("1032.00"),
            notes="Fermé le lundi.",
        )
        garage = new("account", name="Garage Lefèvre", type="prospect", phone="+33478000001")
        new("site", account=morel, kind="billing", line1="12 rue de Marseille", postcode="69007", town="Lyon")
        sylvie = new(
            "contact",
            account=morel,
            first_name="Sylvie",
            last_name="Morel",
            mobile="+33612345678",
            job="Gérante",
        )
        template = new(
            "report_template",
            name="Visite client",
            type="customer_visit",
            version=1,
            active=True,
            questions=[
                {
                    "key": "competitor",
                    "label": "Concurrent présent ?",
                    "label_en": "Competitor present?",
                    "kind": "choice",
                    "choices": [
                        {"value": "yes", "label": "Oui", "label_en": "Yes"},
                        {"value": "no", "label": "Non", "label_en": "No"},
                    ],
                },
                {
                    "key": "grade",
                    "label": "Satisfaction",
                    "label_en": "Satisfaction",
                    "kind": "rating",
                    "max": 5,
                },
            ],
        )
        visit = new(
            "appointment", kind="visit", account=morel, subject="Gamme inox", start=at(14, 30), end=at(15, 15),
            state="planned", contacts=[sylvie],
        )  # fmt: skip
        old = new(
            "appointment", kind="visit", account=morel, start=at(9, ago=12), end=at(10, ago=12), state="done"
        )
        new(
            "visit_report", appointment=old, account=morel, type="customer_visit", start=at(9, ago=12),
            summary="Bon accueil.", next_action="Proposer tarif palier", next_action_date=at(10),
            outcome="positive",
        )  # fmt: skip
        late = new(
            "task", subject="Rappeler M. Girard", account=garage, due=TODAY - timedelta(2), status="open"
        )
        new("task", subject="Envoyer fiche technique", account=morel, due=TODAY, status="open")
        new("task", subject="Dans un mois", due=TODAY + timedelta(30), status="open")
        quote = new(
            "quote", account=morel, status="sent", number="D26-1", total_ht=Decimal("2148.00"),
            issued_on=date(2026, 10, 26), valid_until=TODAY + timedelta(4),
        )  # fmt: skip
        for month in (3, 9, 11):
            new(
                "quote", account=morel, status="accepted", total_ht=Decimal("1000.00"),
                issued_on=date(2026, month, 3), decided_on=date(2026, month, 5),
            )  # fmt: skip
    return Cast(me, morel, garage, sylvie, visit, late, template, quote)
