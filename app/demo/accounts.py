"""Customers and prospects of the demonstration: twelve named ones, then as many as wished."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from app.demo.catalogue import LARGE, Row
from app.demo.company import REP_OF, Founding
from app.demo.identity import landline, mobile, siren, siret, uuid7, vat_number
from app.demo.names import (
    ACCESS,
    HOURS,
    MEN,
    NOTES,
    PLACES,
    SOURCES,
    STREETS,
    SURNAMES,
    TAGS,
    TRADES,
    WOMEN,
    Trade,
    decision_role,
    job_for,
    slug,
)
from app.demo.places import TERRITORY_OF, Town, draw_town, near, town_of

_LABEL = 60
"""Characters of a domain's first label; RFC 1035 allows 63."""
_INTERVAL = {"A": 30, "B": 45, "C": 90}


class Named(NamedTuple):
    """One of the companies that the screens and the manual speak of."""

    name: str
    postcode: str
    town: str
    line1: str
    type: str
    potential: str
    trade: int
    turnover: int
    """Euros excluding VAT over the last twelve months."""
    last_visit: int | None
    """Days ago."""
    boss: tuple[str, str, str]
    """Civility, first and last name of the main contact."""


NAMED = (
    Named(
        "Boulangerie Morel",
        "69007",
        "Lyon",
        "12 rue de Marseille",
        "customer",
        "A",
        0,
        48200,
        12,
        ("mrs", "Sylvie", "Morel"),
    ),
    Named(
        "Garage Lefèvre",
        "69100",
        "Villeurbanne",
        "85 cours Émile-Zola",
        "customer",
        "B",
        1,
        23150,
        41,
        ("mr", "Patrick", "Lefèvre"),
    ),
    Named(
        "Quincaillerie du Port",
        "38200",
        "Vienne",
        "4 quai Jean-Jaurès",
        "customer",
        "A",
        2,
        61900,
        1,
        ("mr", "Gilles", "Thévenet"),
    ),
    Named(
        "Ets Carpentier & Fils",
        "69700",
        "Givors",
        "27 rue de la République",
        "prospect",
        "B",
        15,
        0,
        None,
        ("mr", "Bruno", "Carpentier"),
    ),
    Named(
        "Hôtel Beau Rivage",
        "74000",
        "Annecy",
        "16 avenue d'Albigny",
        "customer",
        "A",
        3,
        92480,
        6,
        ("mrs", "Hélène", "Favre"),
    ),
    Named(
        "Pharmacie des Halles",
        "69003",
        "Lyon",
        "102 cours Lafayette",
        "customer",
        "C",
        5,
        8730,
        92,
        ("mrs", "Agnès", "Roche"),
    ),
    Named(
        "Menuiserie Arnaud",
        "69500",
        "Bron",
        "9 rue des Métiers",
        "prospect",
        "B",
        7,
        0,
        20,
        ("mr", "Cédric", "Arnaud"),
    ),
    Named(
        "Clinique Saint-Roch",
        "71000",
        "Mâcon",
        "350 boulevard Gambetta",
        "customer",
        "A",
        6,
        128400,
        9,
        ("mrs", "Nathalie", "Berthet"),
    ),
    Named(
        "Brasserie des Quais",
        "69002",
        "Lyon",
        "31 quai Saint-Antoine",
        "customer",
        "B",
        4,
        31200,
        15,
        ("mr", "Olivier", "Rolland"),
    ),
    Named(
        "Transports Girard",
        "69800",
        "Saint-Priest",
        "6 rue du Progrès",
        "customer",
        "B",
        8,
        27650,
        28,
        ("mr", "Laurent", "Girard"),
    ),
    Named(
        "Camping Les Pins",
        "73100",
        "Aix-les-Bains",
        "110 chemin du Lac",
        "prospect",
        "C",
        9,
        0,
        None,
        ("mrs", "Corinne", "Tissot"),
    ),
    Named(
        "Imprimerie Vasseur",
        "69150",
        "Décines-Charpieu",
        "18 avenue Franklin-Roosevelt",
        "customer",
        "C",
        10,
        11020,
        61,
        ("mr", "Hervé", "Vasseur"),
    ),
)


@dataclass
class Client:
    """An account with its sites and contacts, and what its history is made from."""

    index: int
    account: dict[str, object]
    town: Town
    rep: str
    """Key of the rep in the company's users."""
    trade: Trade
    rng: Random
    sites: list[dict[str, object]] = field(default_factory=list)
    contacts: list[dict[str, object]] = field(default_factory=list)

    @property
    def named(self) -> Named | None:
        """What is known of one of the twelve; None for everyone else."""
        return NAMED[self.index] if self.index < len(NAMED) else None

    def rows(self) -> Iterator[Row]:
        """The account, then its sites and contacts."""
        yield "account", self.account
        for site in self.sites:
            yield "site", site
        for contact in self.contacts:
            yield "contact", contact


def clients(company: Founding, accounts: int, seed: int) -> Iterator[Client]:
    """`accounts` clients, each from its own random numbers: one never depends on how many there are."""
    group: Client | None = None
    for index in range(accounts):
        made = _client(company, index, seed, group if index % 50 < 2 else None)
        if index % 50 == 49:
            group = made
        yield made


def _client(company: Founding, index: int, seed: int, group: Client | None) -> Client:
    rng = Random(seed * 1_000_003 + index)
    named = NAMED[index] if index < len(NAMED) else None
    trade = TRADES[named.trade if named else rng.randrange(len(TRADES))]
    town = town_of(named.town, named.postcode) if named else draw_town(rng)
    surname = rng.choice(SURNAMES)
    name = named.name if named else _name(rng, index, trade, surname, town, group)
    code = "RH" if named else TERRITORY_OF[town.department]
    rep = REP_OF[code]
    values = _account(company, rng, index, name, trade, named)
    values["territory"] = company.territories[code]["id"]
    values["owner"] = company.users[rep]["id"]
    words = slug(*name.replace(",", "").split(" "), *([] if named else town.name.split(" ")))
    domain = f"{words[:_LABEL].rstrip('-')}.example"
    values["email"], values["website"] = f"contact@{domain}", f"https://www.{domain}"
    if group is not None:
        values["parent"] = group.account["id"]
    made = Client(index, values, town, rep, trade, rng)
    made.sites = list(_sites(made, named))
    made.contacts = list(_contacts(made, domain, surname, named))
    if index == 0:
        values["notes"] = (
            "Fermé le lundi. Passer par la cour. Paie à 30 jours fin de mois. Concurrent : Hygiapro."
        )
    return made


def _name(rng: Random, index: int, trade: Trade, surname: str, town: Town, group: Client | None) -> str:
    if group is not None:
        return f"{group.account['name']}, agence de {town.name}"
    if index % 50 == 49:
        return f"Groupe {surname}"
    place = rng.random() < 0.35
    return f"{rng.choice(trade.words)} {rng.choice(PLACES) if place else surname}"


def _account(
    company: Founding, rng: Random, index: int, name: str, trade: Trade, named: Named | None
) -> dict[str, object]:
    at = company.founded + timedelta(minutes=rng.randrange(60 * 24 * 700))
    large = not named and index % 50 in (49, 0, 1)
    customer = named.type == "customer" if named else rng.random() < 0.68
    potential = named.potential if named else rng.choices("ABC", (15, 35, 50))[0]
    number = siren(index)
    tariff = "large" if large else "B" if potential in "AB" and customer else "public"
    status = "active" if named or rng.random() < 0.94 else rng.choice(("inactive", "closed"))
    owed = rng.randrange(600_00) if customer and rng.random() < 0.4 else 0
    return {
        "id": uuid7(at, rng),
        "created_at": at,
        "name": name,
        "type": "customer" if customer else "prospect",
        "status": status,
        "siren": number,
        "siret": siret(number),
        "vat_number": vat_number(number),
        "naf": trade.naf,
        "segment": LARGE if large else trade.segment,
        "potential": potential,
        "visit_interval": _INTERVAL[potential],
        "price_list": company.catalogue.lists[tariff]["id"],
        "payment_terms": "45 jours fin de mois"
        if large
        else "30 jours fin de mois"
        if customer
        else "À la commande",
        "credit_limit": Decimal(500 * (1 + rng.randrange(20))) if customer else None,
        "outstanding": Decimal("1032.00") if index == 0 else Decimal(owed).scaleb(-2),
        "language": "fr",
        "erp_code": f"C{index + 10_001:06d}" if customer else None,
        "phone": landline(rng),
        "notes": rng.choice(NOTES) if rng.random() < 0.4 else None,
        "tags": [rng.choice(TAGS)] if rng.random() < 0.25 else [],
    }


def _sites(made: Client, named: Named | None) -> Iterator[dict[str, object]]:
    rng, account, at = made.rng, made.account, _created(made)
    for kind in ("billing", "delivery", "visit"):
        if kind != "billing" and rng.random() < 0.8:
            continue
        first = kind == "billing"
        yield {
            "id": uuid7(at, rng),
            "created_at": at,
            "account": account["id"],
            "kind": kind,
            "owner": account["owner"],
            "name": {"billing": "Siège", "delivery": "Dépôt", "visit": "Magasin"}[kind],
            "line1": named.line1 if named and first else f"{1 + rng.randrange(140)} {rng.choice(STREETS)}",
            "postcode": named.postcode if named else made.town.postcodes[0],
            "town": made.town.name,
            "country": "FR",
            "coordinates": near(made.town, rng),
            "opening_hours": rng.choice(HOURS),
            "access_notes": rng.choice(ACCESS) if rng.random() < 0.2 else None,
        }


def _contacts(made: Client, domain: str, surname: str, named: Named | None) -> Iterator[dict[str, object]]:
    rng, account, at = made.rng, made.account, _created(made)
    for place in range(1 + (rng.random() < 0.45) + (rng.random() < 0.2) + (made.index == 0)):
        civility = "mrs" if rng.random() < 0.48 else "mr"
        first = rng.choice(WOMEN if civility == "mrs" else MEN)
        last = surname if place == 0 else rng.choice(SURNAMES)
        if named and place == 0:
            civility, first, last = named.boss
        elif made.index == 0 and place == 1:
            civility, first, last = "mr", "Karim", "Bensaïd"
        job = made.trade.jobs[min(place, len(made.trade.jobs) - 1)]
        yield {
            "id": uuid7(at, rng),
            "created_at": at,
            "account": account["id"],
            "owner": account["owner"],
            "civility": civility,
            "first_name": first,
            "last_name": last,
            "job": job_for(civility, job),
            "decision_role": decision_role(job),
            "phone": account["phone"] if place else None,
            "mobile": mobile(rng),
            "email": f"{slug(first)}.{slug(*last.split(' '))}@{domain}",
            "language": "fr",
            "source": rng.choice(SOURCES),
            "left_on": date(2025, 12, 31) if place == 2 and rng.random() < 0.1 else None,
        }


def _created(made: Client) -> datetime:
    at = made.account["created_at"]
    assert isinstance(at, datetime)
    return at
