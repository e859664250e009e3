"""A small shop for tests: two price lists, six products, one customer with a contact, an organisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest

from app import records
from app.quotes import editing
from app.quotes.sheet import Sheet
from app.workspace import Workspace
from tests.blank import prepared_workspace

D = Decimal
PRODUCTS = (
    ("DSI-600", "Distributeur savon inox 600 ml", "Distributeurs", "89.00", "52.00"),
    ("BOB-450", "Bobine ouate 450 f. (lot de 6)", "Ouate", "43.02", "28.00"),
    ("TAP-90", "Tapis d'accueil 90 × 150 cm", "Tapis", "118.00", "70.00"),
    ("TAP-60", "Tapis d'accueil 60 × 90 cm", "Tapis", "78.00", "44.00"),
    ("FOR-01", "Pose et mise en service", "Services", "150.00", "90.00"),
    ("SAV-5", "Savon atelier 5 L", "Savons", "24.90", "13.10"),
)


@dataclass
class Shop:
    """The open workspace, and the ids of what is in it."""

    workspace: Workspace
    account: str = ""
    contact: str = ""
    products: dict[str, str] = field(default_factory=dict)

    def quote(self, *entries: str, **values: object) -> str:
        """A stored draft with the lines that these entries name."""
        from app.quotes import suggesting

        with self.workspace.transaction() as session:
            quote = editing.new_quote(session, self.account, **values)
        with self.workspace.transaction() as session:
            before = sheet = editing.open_sheet(session, quote)
            for entry in entries:
                best = suggesting.suggest(session, entry, self.account)[0]
                sheet = editing.add_product(sheet, best)
            editing.save(session, before, sheet)
        return quote

    def read(self, quote: str) -> Sheet:
        """A stored quote as the editor opens it."""
        with self.workspace.read() as session:
            return editing.open_sheet(session, quote)

    def sheet(self, *entries: str) -> Sheet:
        """A stored draft with these lines, as the editor opens it."""
        return self.read(self.quote(*entries))

    def stored(self, before: Sheet, after: Sheet) -> Sheet:
        """What changed, stored and opened again."""
        self.save(before, after)
        return self.read(before.id)

    def save(self, before: Sheet, after: Sheet) -> Sheet:
        """Store what changed, as the editor does; the sheet as it is stored."""
        with self.workspace.transaction() as session:
            return editing.save(session, before, after)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A new shop in the test's folder."""
    found = open_shop(tmp_path / "profile")
    yield found
    found.workspace.close()


def open_shop(folder: Path) -> Shop:
    """A new profile in `folder` with the shop in it."""
    workspace, shop = prepared_workspace(folder, _fill)
    return replace(shop, workspace=workspace, products=dict(shop.products))


def _fill(workspace: Workspace) -> Shop:
    shop = Shop(workspace)
    with workspace.transaction() as session:
        records.add(session, "price_list", {"name": "Tarif public", "is_default": True, "tax_mode": "HT"})
        tarif = records.add(session, "price_list", {"name": "Tarif B", "tax_mode": "HT"})
        for sku, label, family, price, cost in PRODUCTS:
            shop.products[sku] = records.add(
                session,
                "product",
                {
                    "sku": sku,
                    "label_fr": label,
                    "family": family,
                    "unit": "C62",
                    "list_price": D(price),
                    "cost": D(cost),
                    "vat_rate": D(20),
                    "vat_category": "S",
                    "status": "active",
                },
            )
        for least, percent in ((1, 4), (24, 8), (50, 12)):
            records.add(
                session,
                "price_rule",
                {
                    "price_list": tarif,
                    "applies_to": "family",
                    "family": "Ouate",
                    "min_quantity": D(least),
                    "method": "percent",
                    "percent": D(percent),
                },
            )
        records.add(
            session,
            "organisation",
            {"name": "Atelier Valmont", "siren": "732829320", "town": "Lyon", "quote_validity_days": 30},
        )
        shop.account = records.add(
            session,
            "account",
            {
                "name": "Boulangerie Morel",
                "type": "customer",
                "price_list": tarif,
                "payment_terms": "30 jours",
            },
        )
        shop.contact = records.add(
            session,
            "contact",
            {"account": shop.account, "civility": "mrs", "first_name": "Sylvie", "last_name": "Morel"},
        )
    return shop
