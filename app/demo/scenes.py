"""What the manual shows of the twelve named customers: today's visits, tasks, quotes to follow up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from app.demo.accounts import Client
from app.demo.activity import Diary
from app.demo.catalogue import Row, rounded
from app.demo.company import Founding
from app.demo.identity import named_random, paris, uuid7
from app.demo.quoting import Offer, draw_items

TODAY = (
    ("Quincaillerie du Port", 9, 0, 45, "Réassort atelier", "done"),
    ("Transports Girard", 10, 30, 30, "Contrat bobines", "done"),
    ("Boulangerie Morel", 14, 30, 45, "Présenter gamme inox", "planned"),
    ("Pharmacie des Halles", 16, 0, 30, "Découverte besoin", "planned"),
    ("Brasserie des Quais", 17, 15, 30, "Tapis d'accueil", "planned"),
)
REPORTS = {
    "Quincaillerie du Port": (
        "positive",
        "Réassort complet de l'atelier. M. Thévenet signe demain pour l'entrepôt B.",
        "Faire signer",
        None,
    ),
    "Transports Girard": (
        "neutral",
        "M. Girard compare le contrat bobines avec Hygiapro. Veut un prix palier.",
        "Rappeler avec tarif palier",
        "Hygiapro",
    ),
}
WEEK = (
    ("Clinique Saint-Roch", 3, 10, 0, 60, "Marché désinfection 2027", "visit"),
    ("Garage Lefèvre", 4, 9, 30, 45, "Point sur les consommations", "visit"),
    ("Camping Les Pins", 3, 8, 30, 60, "Première visite", "visit"),
    ("Menuiserie Arnaud", 2, 10, 0, 60, "Équipement sanitaires", "visit"),
    ("Hôtel Beau Rivage", 5, 14, 0, 90, "Renouvellement ligne bio", "demo"),
)
"""Name, days ahead, hour, minute, minutes long, subject, kind."""
TASKS = (
    ("Transports Girard", -2, "Rappeler M. Girard (tarif palier)", "high"),
    ("Boulangerie Morel", 0, "Envoyer fiche technique inox", "normal"),
    ("Clinique Saint-Roch", 1, "Préparer offre Clinique Saint-Roch", "normal"),
)
DEALS: tuple[tuple[str, str, str, int, int, tuple[str, int] | None], ...] = (
    ("Menuiserie Arnaud", "Équipement sanitaires", "qualify", 6400, 3, ("Appeler", 1)),
    ("Transports Girard", "Contrat bobines annuel", "qualify", 9800, 21, None),
    ("Camping Les Pins", "Première commande test", "qualify", 1250, 1, ("Visite", 3)),
    ("Boulangerie Morel", "Distributeurs inox × 6", "offer", 2148, 4, ("Relancer devis", 0)),
    ("Hôtel Beau Rivage", "Renouvellement ligne bio", "offer", 18600, 12, ("Relancer devis", -2)),
    ("Brasserie des Quais", "Tapis d'accueil 3 sites", "offer", 4300, 6, ("Visite", 5)),
    ("Ets Carpentier & Fils", "Équipement des ateliers", "offer", 6300, 8, ("Relancer devis", 2)),
    ("Clinique Saint-Roch", "Marché désinfection 2027", "negotiate", 42500, 9, ("Négocier remise", 0)),
    ("Quincaillerie du Port", "Stock atelier Q1", "negotiate", 12750, 15, ("Appeler", 7)),
    ("Quincaillerie du Port", "Extension entrepôt B", "agreed", 27300, 2, ("Faire signer", 1)),
)
MOREL_ITEMS = (("DSI-600", 6, 5), ("BOB-450", 24, 0), ("TAP-90", 2, 0), ("FOR-01", 1, 0))
FOLLOW_UP = {"Distributeurs inox × 6": 26, "Renouvellement ligne bio": 9, "Équipement des ateliers": 14}
"""Opportunity to how many days ago its quote was sent; a quote is good for thirty."""


def customer_rules(company: Founding, clients: list[Client], seed: int) -> Iterator[Row]:
    """Prices agreed with one customer; they join the catalogue, so that later quotes follow them."""
    rng = named_random(seed, "agreed prices")
    at = paris(company.today.replace(day=1) - timedelta(days=40), 10)
    agreed = (
        ("Clinique Saint-Roch", "XDD-5"),
        ("Clinique Saint-Roch", "GNI-M"),
        ("Hôtel Beau Rivage", "PHC-36"),
    )
    by_name = {client.account["name"]: client.account for client in clients}
    for name, sku in agreed:
        product: dict[str, Any] = company.catalogue.product(sku)
        account = by_name.get(name)
        if account is None:
            continue
        rule = {
            "id": uuid7(at, rng),
            "created_at": at,
            "price_list": account["price_list"],
            "applies_to": "customer",
            "account": account["id"],
            "product": product["id"],
            "min_quantity": Decimal(1),
            "method": "price",
            "price": rounded(product["list_price"] * Decimal("0.87")),
            "valid_from": at.date(),
            "floor": rounded(product["cost"] * Decimal("1.05")),
        }
        company.catalogue.rules_of(str(account["price_list"])).append(rule)
        yield "price_rule", rule


def scene(company: Founding, client: Client, offers: list[Offer]) -> Iterator[Row]:
    """The history of one of the twelve; the quotes to write are added to `offers`."""
    named = client.named
    assert named is not None
    diary = Diary(company, client)
    if named.last_visit is not None:
        yield from _visits(diary, named.last_visit)
    yield from _agenda(diary)
    for name, due_in, subject, priority in TASKS:
        if name == named.name:
            yield diary.task(due_in, subject, priority=priority)
    for name, title, stage, amount, age, action in DEALS:
        if name == named.name:
            deal = diary.opportunity(title, stage, amount, age, action)
            yield "opportunity", deal
            if title in FOLLOW_UP:
                items = MOREL_ITEMS if client.index == 0 else draw_items(company, client.rng, amount)
                issued = company.today - timedelta(days=FOLLOW_UP[title])
                offers.append(Offer(client, title, "sent", issued, items, str(deal["id"])))
    orders = min(9, named.turnover // 4000 + 1) if named.turnover else 0
    for order in range(orders):
        issued = diary.day(18 + 3 * client.index + order * 310 // orders)
        items = draw_items(company, client.rng, named.turnover // orders)
        offers.append(Offer(client, "Réassort", "accepted", issued, items))
    if named.name == "Garage Lefèvre":
        items = draw_items(company, client.rng, 640)
        offers.append(Offer(client, "Savon atelier et chiffons", "draft", company.today, items))


def _visits(diary: Diary, last: int) -> Iterator[Row]:
    rng = diary.rng
    if diary.client.index == 0:
        day = diary.today - timedelta(days=last)
        visit = diary.appointment(day, 14, 30, 45, "Gamme inox", "done")
        yield "appointment", visit
        text = "Bon accueil. Concurrent Hygiapro −8 % sur les bobines. Proposer tarif palier."
        yield "visit_report", diary.report(visit, "positive", text, "Proposer tarif palier", "Hygiapro")
        yield diary.call(9, "Intéressée par le contrat d'entretien", "Rappeler après les fêtes.", 6)
        last += 30
    for ago in range(last, 270, 38):
        yield from diary.past_visit(ago)
        if rng.random() < 0.5:
            yield diary.call(ago + rng.randrange(2, 9))


def _agenda(diary: Diary) -> Iterator[Row]:
    company = diary.client.account["name"]
    for name, hour, minute, length, subject, state in TODAY:
        if name == company:
            visit = diary.appointment(diary.today, hour, minute, length, subject, state)
            yield "appointment", visit
            if name in REPORTS:
                yield "visit_report", diary.report(visit, *REPORTS[name])
    for name, ahead, hour, minute, length, subject, kind in WEEK:
        if name == company:
            day = diary.day(-ahead)
            yield "appointment", diary.appointment(day, hour, minute, length, subject, "planned", kind=kind)
