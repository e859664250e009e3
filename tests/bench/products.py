"""The quote's search field on a large catalogue: `python -m tests.bench.products [PRODUCTS]`."""

from __future__ import annotations

import os
import random
import sys
import time
from typing import Any

from sqlalchemy import insert

from app import records, search
from app.entity import entity
from app.identity import new_id
from app.quotes.suggesting import suggest
from sync import capture, state
from tests.bench.company import report, seconds, workspace

LIMIT_MS = 10
NOUNS = "Bobine Distributeur Savon Gants Sac Rouleau Papier Nettoyant Brosse Seau Chariot Tapis Filtre Vis".split()
KINDS = "inox blanc bleu industriel renforcé écologique jetable lavable mural pliant double simple".split()
PAST_LINES = 400
TURNS = 15


def main(products: int = 50_000) -> None:
    """Print the time of each keystroke."""
    chance = random.Random(1)
    rows = [product(chance, number) for number in range(products)]
    with workspace() as laptop:
        with laptop.transaction() as session:
            account = records.add(session, "account", {"name": "Hôtel Bellevue"})
            price_list = records.add(session, "price_list", {"name": "Public", "is_default": True})
        with laptop.exclusive(True) as connection, capture.paused(connection):
            # As a first sync loads them: the entries of the search are made once, not row by row.
            state.put(connection, "search_later", 1)
            connection.execute(insert(entity("product")), rows)
            connection.execute(insert(entity("price_rule")), rules(chance, rows, price_list))
            quote = {"id": new_id(), "account": account, "status": "sent"}
            connection.execute(insert(entity("quote")), [quote])
            past = [
                {"id": new_id(), "quote": quote["id"], "kind": "item", "product": row["id"]}
                for row in chance.sample(rows, PAST_LINES)
            ]
            connection.execute(insert(entity("quote_line")), past)
            state.put(connection, "search_later", 0)
            search.rebuild(connection)
        with laptop.read() as session:
            measured, worked = [], []
            for typed in keystrokes(chance, rows):
                began = time.process_time()
                measured.append(seconds(lambda typed=typed: suggest(session, typed, account)))
                worked.append(time.process_time() - began)
            connection = session.connection()
            scan = "SELECT id FROM product WHERE label_fr LIKE ? OR sku LIKE ? LIMIT 8"
            scans = [
                seconds(lambda t=typed: connection.exec_driver_sql(scan, (f"%{t}%", f"{t}%")).all())
                for typed in keystrokes(chance, rows)[:40]
            ]
    report(f"{products} products, {len(measured)} keystrokes with prices", measured, LIMIT_MS)
    report("the same, the processor's time alone", worked, LIMIT_MS)
    report("peer: LIKE over the same rows, without prices", scans, LIMIT_MS)
    print(f"load {os.getloadavg()[0]:.1f}")


def product(chance: random.Random, number: int) -> dict[str, Any]:
    """One product as it is stored."""
    noun, kind = chance.choice(NOUNS), chance.choice(KINDS)
    return {
        "id": new_id(),
        "sku": f"{noun[:3].upper()}-{number:05}",
        "ean": f"35{number:011}",
        "label_fr": f"{noun} {kind} {chance.randrange(1, 60) * 10}",
        "family": noun,
        "status": "active",
        "list_price": chance.randrange(100, 90_000) / 100,
        "vat_rate": 20,
    }


def rules(chance: random.Random, rows: list[dict[str, Any]], price_list: str) -> list[dict[str, Any]]:
    """A quantity step for each product."""
    return [
        {
            "id": new_id(),
            "price_list": price_list,
            "applies_to": "product",
            "product": row["id"],
            "min_quantity": 50,
            "method": "percent",
            "percent": chance.randrange(2, 12),
        }
        for row in rows
    ]


def keystrokes(chance: random.Random, rows: list[dict[str, Any]]) -> list[str]:
    """Letter by letter: a label, a reference, a bar code, a family, a quantity; from nothing, what was bought."""
    typed: list[str] = []
    for _turn in range(TURNS):
        row = chance.choice(rows)
        for whole in (row["label_fr"], row["sku"], row["ean"], row["family"], f"{row['label_fr']} x 24"):
            typed += [whole[:end] for end in range(min(len(whole), 20) + 1)]
    return typed


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
