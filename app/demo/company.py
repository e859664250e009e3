"""Hygiène Rhône-Alpes, the demonstration company: people, territories, pipeline, report templates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from app.demo.catalogue import Catalogue, Row, catalogue
from app.demo.identity import french_iban, luhn_digit, named_random, paris, siret, uuid7, vat_number
from app.demo.pictures import illustrated

ORGANISATION = "Hygiène Rhône-Alpes"
DOMAIN = "hygiene-ra.example"
SIREN = "81234567" + luhn_digit("81234567")
STAGES = (
    ("qualify", "Qualification", 20, 30, "open", "Besoin, budget et décideur connus."),
    ("offer", "Proposition", 45, 30, "open", "Devis remis et présenté."),
    ("negotiate", "Négociation", 70, 21, "open", "Conditions discutées avec le décideur."),
    ("agreed", "Accord verbal", 90, 14, "open", "Accord donné, signature datée."),
    ("won", "Gagnée", 100, None, "won", None),
    ("lost", "Perdue", 0, None, "lost", None),
)
TERRITORIES = (("RH", "Rhône", "west"), ("IS", "Isère", "alps"), ("SA", "Savoie", "alps"))
PEOPLE = (
    ("admin", "Nadia Ferrand", "admin", (), ()),
    ("office", "Julie Perrin", "office", (), ()),
    ("claire", "Claire Dubois", "rep", ("RH",), ("west",)),
    ("karim", "Karim Benali", "rep", ("IS",), ("alps",)),
    ("lea", "Léa Fontaine", "rep", ("SA",), ("alps",)),
)
REP_OF = {"RH": "claire", "IS": "karim", "SA": "lea"}
"""Territory code to the key of the rep who works it."""
SERIES_OF = {"claire": "01", "karim": "02", "lea": "03"}
"""Rep to the number series of the laptop that he had before. A server grants series that begin with a letter:
those of the demonstration's laptops must not go on where this past has been."""

_YES_NO = [
    {"value": "yes", "label": "Oui", "label_en": "Yes"},
    {"value": "no", "label": "Non", "label_en": "No"},
]
_NOT_APPLICABLE = {"value": "na", "label": "Sans objet", "label_en": "Not applicable"}
_RATING = {
    "key": "satisfaction",
    "label": "Satisfaction du client",
    "label_en": "Customer satisfaction",
    "kind": "rating",
    "min": 1,
    "max": 5,
    "required": False,
}


def _question(key: str, label: str, label_en: str, *extra: dict[str, str]) -> dict[str, object]:
    return {
        "key": key,
        "label": label,
        "label_en": label_en,
        "kind": "choice",
        "choices": [*_YES_NO, *extra],
        "required": False,
    }


TEMPLATES: tuple[tuple[str, str, list[dict[str, object]]], ...] = (
    (
        "customer_visit",
        "Visite client",
        [
            _question("competitor_present", "Concurrent présent ?", "Competitor present?"),
            _question("shelf_compliant", "Linéaire conforme ?", "Shelf as agreed?", _NOT_APPLICABLE),
            dict(_RATING),
        ],
    ),
    (
        "discovery",
        "Découverte",
        [
            _question("competitor_present", "Concurrent présent ?", "Competitor present?"),
            {
                "key": "headcount",
                "label": "Effectif",
                "label_en": "Headcount",
                "kind": "number",
                "required": False,
            },
            {
                "key": "cleaning",
                "label": "Nettoyage",
                "label_en": "Cleaning",
                "kind": "choice",
                "required": False,
                "choices": [
                    {"value": "own", "label": "Interne", "label_en": "In-house"},
                    {"value": "contractor", "label": "Prestataire", "label_en": "Contractor"},
                ],
            },
        ],
    ),
    (
        "after_sales",
        "SAV",
        [
            _question("solved", "Problème résolu ?", "Problem solved?"),
            {
                "key": "device",
                "label": "Appareil concerné",
                "label_en": "Device",
                "kind": "text",
                "required": False,
            },
            dict(_RATING),
        ],
    ),
)


class Founding(NamedTuple):
    """The records of the company, by short keys that the rest of the demonstration uses."""

    today: date
    founded: datetime
    organisation: dict[str, object]
    users: dict[str, dict[str, object]]
    teams: dict[str, dict[str, object]]
    territories: dict[str, dict[str, object]]
    pipeline: dict[str, object]
    stages: dict[str, dict[str, object]]
    templates: dict[str, dict[str, object]]
    settings: list[dict[str, object]]
    catalogue: Catalogue

    def rows(self) -> Iterator[Row]:
        """Every record, links first, save the manager, whose teams name their manager."""
        yield "organisation", self.organisation
        yield "user", self.users["rey"]
        yield from (("team", values) for values in self.teams.values())
        yield from (("territory", values) for values in self.territories.values())
        yield from (("user", values) for key, values in self.users.items() if key != "rey")
        yield "pipeline", self.pipeline
        yield from (("stage", values) for values in self.stages.values())
        yield from (("report_template", values) for values in self.templates.values())
        yield from (("setting", values) for values in self.settings)
        yield from self.catalogue.rows()


def company(seed: int, today: date) -> Founding:
    """The company as it stands on `today`."""
    rng = named_random(seed, "company")
    founded = paris(date(today.year - 3, 1, 4), 8)

    def fresh(**values: object) -> dict[str, object]:
        return {"id": uuid7(founded, rng), "created_at": founded, **values}

    rey = fresh(
        name="Michel Rey",
        email=f"m.rey@{DOMAIN}",
        role="manager",
        language="fr",
        phone="+33465710002",
        active=True,
    )
    teams = {
        "west": fresh(name="Équipe Lyon et Loire", manager=rey["id"]),
        "alps": fresh(name="Équipe Alpes", manager=rey["id"]),
    }
    territories = {
        code: fresh(name=name, code=code, team=teams[team]["id"]) for code, name, team in TERRITORIES
    }
    rey["teams"] = [team["id"] for team in teams.values()]
    rey["territories"] = [territory["id"] for territory in territories.values()]
    users = {"rey": rey}
    for number, (key, name, role, codes, of_teams) in enumerate(PEOPLE, 3):
        first, last = name.lower().replace("é", "e").split()
        users[key] = fresh(
            name=name,
            email=f"{first}.{last}@{DOMAIN}",
            role=role,
            language="fr",
            active=True,
            phone=f"+3363998{number:04d}",
            territories=[territories[code]["id"] for code in codes],
            teams=[teams[team]["id"] for team in of_teams],
        )
    pipeline = fresh(name="Ventes", position=1)
    stages = {
        key: fresh(
            pipeline=pipeline["id"],
            name=name,
            position=position,
            probability=Decimal(probability),
            max_age=max_age,
            outcome=outcome,
            exit_criteria=criteria,
        )
        for position, (key, name, probability, max_age, outcome, criteria) in enumerate(STAGES, 1)
    }
    templates = {
        kind: fresh(name=name, type=kind, version=1, questions=questions, active=True)
        for kind, name, questions in TEMPLATES
    }
    settings = [fresh(name=name, value=value) for name, value in _settings()]
    return Founding(
        today,
        founded,
        _organisation(founded, rng),
        users,
        teams,
        territories,
        pipeline,
        stages,
        templates,
        settings,
        illustrated(catalogue(seed, today), seed),
    )


def _organisation(founded: datetime, rng: Random) -> dict[str, object]:
    return {
        "id": uuid7(founded - timedelta(seconds=1), rng),
        "created_at": founded,
        "name": ORGANISATION,
        "legal_form": "SAS",
        "capital": Decimal("120000.00"),
        "siren": SIREN,
        "siret": siret(SIREN),
        "vat_number": vat_number(SIREN),
        "rcs_town": "Lyon",
        "naf": "46.44Z",
        "line1": "48 rue de l'Industrie",
        "postcode": "69800",
        "town": "Saint-Priest",
        "country": "FR",
        "phone": "+33465710000",
        "email": f"contact@{DOMAIN}",
        "website": f"https://www.{DOMAIN}",
        # Bank code 00000 belongs to nobody: the number passes its checks and can receive nothing.
        "iban": french_iban("00000", "00069", "00081234567"),
        "bic": "HYRAFRPPXXX",
        "quote_validity_days": 30,
        "default_payment_terms": "30 jours fin de mois",
        "legal_footer": f"{ORGANISATION}, SAS au capital de 120 000 €, "
        f"RCS Lyon {SIREN[:3]} {SIREN[3:6]} {SIREN[6:]}",
        "late_penalty_text": "Pénalités de retard : trois fois le taux d'intérêt légal. "
        "Indemnité forfaitaire pour frais de recouvrement : 40 €.",
        "terms": "Marchandises livrées franco dès 300 € HT. "
        "Réserve de propriété jusqu'au paiement complet du prix. "
        "Toute réclamation est à formuler dans les huit jours de la livraison.",
    }


def _settings() -> tuple[tuple[str, object], ...]:
    return (
        ("discount_authority", {"rep": "10", "manager": "25"}),
        ("margin_floor", "22"),
        ("delivery_terms", "Franco dès 300 € HT, livraison sous 72 h"),
        ("monthly_goal", "90000"),
        ("competitors", ["Hygiapro", "Nettéo", "Alpes Entretien", "Propr'Est"]),
    )
