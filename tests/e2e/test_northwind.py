"""The loop of a week offline on customers and products that nobody here wrote."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pypdf

from tests.e2e.programs import Laptop, serving, terrain


def _found_company(folder: Path) -> None:
    admin = ("admin", "--dir", str(folder))
    terrain(*admin, "init", "--org", "demo", "--name", "Northwind Traders")
    terrain(*admin, "territory", "add", "Everywhere")
    for email, name, role in (
        ("rep@example.fr", "Nancy Davolio", "rep"),
        ("boss@example.fr", "Andrew Fuller", "manager"),
        ("office@example.fr", "Laura Callahan", "office"),
    ):
        terrain(*admin, "user", "add", "--email", email, "--name", name, "--role", role,
                "--territory", "Everywhere")  # fmt: skip


def _import_northwind(laptop: Laptop, data: Path, mapping: Path) -> None:
    territory = laptop.run("list", "territory")[0]["id"]
    mapping.write_text(f'{{"defaults": {{"territory": "{territory}"}}}}', encoding="utf-8")
    imported = laptop.run("import", "account", str(data / "customers.csv"), "--map", str(mapping))
    assert (imported["new"], imported["refused"]) == (91, [])
    assert laptop.run("import", "product", str(data / "products.csv"))["new"] == 77


def test_the_loop_runs_on_northwind(tmp_path: Path, real_data: Path) -> None:
    _found_company(tmp_path / "server")
    people = ("rep", "boss", "office")
    rep, boss, office = laptops = [Laptop(tmp_path / name) for name in people]
    with serving(tmp_path / "server") as address:
        for laptop, name in zip(laptops, people, strict=True):
            laptop.enrol(f"{address}/demo", f"{name}@example.fr")
            laptop.run("sync")
        _import_northwind(office, real_data / "crm" / "northwind_clean", tmp_path / "map.json")
        for laptop in (office, rep, boss):
            laptop.run("sync")
    # Without a network: a customer found, a report, a quote from the catalogue, its PDF.
    customer = next(hit["id"] for hit in rep.run("find", "vins alc chevalier") if hit["kind"] == "account")
    report = rep.run("add", "visit_report", f"account={customer}", "type=customer_visit", "outcome=positive",
                     "summary=Wants cheese", "no_next_action=yes")["id"]  # fmt: skip
    cheese = next(hit["id"] for hit in rep.run("find", "queso cabr") if hit["kind"] == "product")
    product = rep.run("show", "product", cheese)
    quote = rep.run("add", "quote", f"account={customer}", "subject=Cheese")["id"]
    rep.run("add", "quote_line", f"quote={quote}", "kind=item", "position=1", f"product={cheese}", "quantity=12",
            f"sku={product['sku']}", f"description={product['label_fr']}", "vat_rate=5.5", "vat_category=S",
            f"unit_price={product['list_price']}", f"list_price={product['list_price']}")  # fmt: skip
    number = rep.run("quote", "issue", quote)["number"]
    rep.run("quote", "pdf", quote, "-o", str(tmp_path / "quote.pdf"))
    office.run("set", "product", cheese, "list_price=23.50")
    # At the office.
    with serving(tmp_path / "server") as address:
        for laptop, name in zip(laptops, people, strict=True):
            laptop.enrol(f"{address}/demo", f"{name}@example.fr")
        for laptop in (office, rep, boss):
            assert laptop.run("sync")["parked"] == 0
    seen = boss.run("show", "quote", quote)
    net = 12 * Decimal(product["list_price"])
    assert (seen["number"], Decimal(seen["total_ht"])) == (number, net)
    assert boss.run("show", "visit_report", report)["summary"] == "Wants cheese"
    assert Decimal(rep.run("show", "product", cheese)["list_price"]) == Decimal("23.50")
    assert rep.run("show", "quote", quote) == seen, "what was issued keeps the price of its day"
    printed = pypdf.PdfReader(tmp_path / "quote.pdf").pages[0].extract_text()
    shown = [
        f"{Decimal(seen[name]):.2f}".replace(".", ",") for name in ("total_ht", "total_vat", "total_ttc")
    ]
    assert number in printed and all(amount in printed for amount in shown)
