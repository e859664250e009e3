"""What is looked at before a consumer's quote is issued, and which of its amounts stands out."""

from __future__ import annotations

import io
from datetime import date

import pytest
from pypdf import PdfReader

from app import records
from app.quotes import checking, issuing
from app.quotes.pdf import render
from tests.app.quotes import samples
from tests.shop import Shop

CONSUMER = {"customer_kind": "consumer", "siren": None, "vat_number": None}
PRICES = "Un consommateur lit des prix TTC : choisissez un tarif TTC."
DELIVERY = (
    "Indiquez le délai de livraison ou d’exécution : un consommateur doit le connaître avant de s’engager."
)


def said(shop: Shop, quote: str) -> set[str]:
    with shop.workspace.read() as session:
        return {point.text for point in checking.points(session, quote)}


def test_a_consumer_is_told_prices_with_vat_and_by_when(shop: Shop):
    quote = shop.quote("dsi 600")
    assert not said(shop, quote) & {PRICES, DELIVERY}, "a firm need not be"
    with shop.workspace.transaction() as session:
        records.save(session, "account", shop.account, {"customer_kind": "consumer"})
    assert said(shop, quote) >= {PRICES, DELIVERY}
    with shop.workspace.transaction() as session:
        records.save(session, "quote", quote, {"tax_mode": "TTC", "delivery_terms": "Sous huit jours."})
    assert not said(shop, quote) & {PRICES, DELIVERY}


@pytest.mark.parametrize(
    ("account", "mode", "stands_out"),
    [({}, "HT", "HT"), (CONSUMER, "HT", "TTC"), (CONSUMER, "TTC", "TTC"), ({}, "TTC", "TTC")],
)
def test_the_amount_that_stands_out_is_what_the_customer_pays(account, mode, stands_out):
    document = samples.document(1, account=account, tax_mode=mode, issued_on=date(2026, 11, 21))
    sizes = {}

    def note(text, _cm, _matrix, _font, size):
        if text.strip() in ("Total HT", "Total TTC"):
            sizes[text.strip()] = size

    PdfReader(io.BytesIO(render(document))).pages[0].extract_text(visitor_text=note)
    assert max(sizes, key=sizes.__getitem__) == f"Total {stands_out}"


def test_a_customer_without_an_address_is_told_and_none_is_kept_from_the_quote(shop: Shop):
    quote = shop.quote("dsi 600")
    words = "Le client n’a pas d’adresse\u00a0: le devis n’en portera aucune."
    assert words in said(shop, quote)
    with shop.workspace.transaction() as session:
        site = records.add(session, "site", {"account": shop.account, "kind": "billing", "name": "Siège"})
    assert words in said(shop, quote), "a name is no address"
    with shop.workspace.transaction() as session:
        records.save(session, "site", site, {"line1": "4 rue Neuve", "postcode": "38000", "town": "Grenoble"})
    assert words not in said(shop, quote)
    with shop.workspace.transaction() as session:
        records.delete(session, "site", site)
        issuing.issue(session, quote)
