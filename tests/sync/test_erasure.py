"""What is erased is erased everywhere and for ever: server, laptops, unsent work, parked work, copies."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from app import admin, records
from app.conflicts import resolving
from app.errors import NotAllowed, NotFound
from app.quotes import issuing, life
from app.serve import organisations, restore_copy
from app.store import keys
from app.workspace import FILE, Workspace
from sync.server.copies import copy_sqlite
from tests.sync.office import ISERE, RHONE, Laptop, Office, issue_a_quote
from tests.sync.plain_pages import plain_bytes

WORDS = ("Zygomatique", "Xylophane", "Quetzalcoatl", "Wolframite", "Vermicelle", "Yttrium")


def erase(office: Office, kind: str, id: str) -> admin.Row:
    return admin.erase(office.folder / "server", "demo", kind, id)


def on_laptop(laptop: Laptop) -> list[str]:
    folder = laptop.workspace.folder
    text = plain_bytes(folder / FILE, keys.load_key(folder)).lower()
    return [word for word in WORDS if word.lower().encode() in text]


def on_server(office: Office) -> list[str]:
    folder = office.folder / "server"
    data = b"".join(file.read_bytes() for file in folder.glob("demo*") if file.is_file()).lower()
    return [word for word in WORDS if word.lower().encode() in data]


@pytest.fixture
def account(claire: Laptop, rey: Laptop) -> str:
    """An account with what hangs on one, on two laptops, with a conflict and a history."""
    account = claire.add("account", name="Zygomatique", territory=RHONE, payment_terms="Yttrium")
    claire.add("contact", account=account, last_name="Xylophane", first_name="Ada")
    quote = claire.add("quote", account=account, status="draft", subject="Quetzalcoatl")
    claire.add("quote_line", quote=quote, position=1, description="Vermicelle", quantity="6")
    claire.sync(), rey.sync()
    rey.save("account", account, payment_terms="Wolframite 30 jours")
    claire.save("account", account, payment_terms="Wolframite 45 jours")
    rey.sync(), claire.sync(), rey.sync()
    assert claire.rows("conflict")
    return account


def park(office: Office, claire: Laptop, account: str, notes: str) -> None:
    """One action of Claire's on the account and on what the office alone may change: it waits."""
    julie = office.enrol("julie")
    julie.sync()
    product = julie.add("product", sku="DSI", label_fr="Savon", list_price="9")
    julie.sync(), claire.sync()
    with claire.workspace.transaction() as session:
        records.save(session, "account", account, {"notes": notes})
        records.save(session, "product", product, {"list_price": "1"})
    assert claire.sync()["parked"] == 1


def test_an_erased_account_leaves_nothing_on_the_server_nor_on_any_laptop(
    office: Office, claire: Laptop, rey: Laptop, account: str
) -> None:
    assert on_server(office) == list(WORDS)
    done = erase(office, "account", account)
    assert (done["erased"], done["archived"]) == (5, [])
    assert on_server(office) == []
    for laptop in (claire, rey):
        assert laptop.sync()["removed"] == 5
        assert on_laptop(laptop) == []
        assert laptop.differing() is None


def test_unsent_work_on_an_erased_record_goes_with_it(
    office: Office, claire: Laptop, rey: Laptop, account: str
) -> None:
    claire.save("account", account, notes="Wolframite")
    task = claire.add("task", account=account, subject="Yttrium")
    kept = claire.add("account", name="Reste", territory=RHONE)
    with claire.workspace.transaction() as session:
        records.save(session, "account", account, {"website": "zygomatique.fr"})
        records.save(session, "account", kept, {"notes": "Dans la même action"})
    erase(office, "account", account)
    report = claire.sync()
    assert (report["pushed"], report["parked"]) == (4, 0)
    claire.sync()
    assert on_laptop(claire) == [] == on_server(office)
    assert claire.rows("task", id=task) == []
    assert claire.get("account", kept)["notes"] == "Dans la même action"
    rey.sync()
    assert rey.get("account", kept)["notes"] == "Dans la même action"
    assert claire.differing() is None


def test_parked_work_on_an_erased_record_is_emptied(
    office: Office, claire: Laptop, rey: Laptop, account: str
) -> None:
    park(office, claire, account, notes="Wolframite")
    rey.sync()
    erase(office, "account", account)
    claire.sync(), rey.sync()
    assert on_server(office) == on_laptop(rey) == []
    claire.sync()
    assert on_laptop(claire) == []
    assert [row["state"] for row in rey.rows("parked")] == ["waiting"], "the rest of the action still waits"


def test_what_is_left_of_parked_work_that_is_too_large_for_laptops_stays_at_the_server(
    office: Office, claire: Laptop, account: str
) -> None:
    with claire.workspace.transaction() as session:
        records.save(session, "account", account, {"notes": "Wolframite"})
        for number in range(25):
            product = {"sku": f"S{number}", "label_fr": "Savon", "description": "x" * 200_000}
            records.add(session, "product", product)
    assert claire.sync()["parked"] == 1
    erase(office, "account", account)
    claire.sync()
    assert [row["changes"] for row in claire.rows("parked")] == [None]


def test_of_work_that_was_taken_back_nothing_of_an_erased_record_is_kept(
    office: Office, claire: Laptop, account: str
) -> None:
    park(office, claire, account, notes="Yttrium")
    ((waiting,),) = claire.sql("SELECT uuid FROM sync_transaction WHERE state = 'parked'")
    with claire.workspace.exclusive() as connection:
        resolving.withdraw(connection, waiting)
    claire.sync()
    erase(office, "account", account)
    assert on_server(office) == []


def test_what_a_colleague_alone_still_has_comes_back_although_something_else_was_erased(
    office: Office, claire: Laptop, rey: Laptop, account: str
) -> None:
    other = claire.add("account", name="Reste", territory=RHONE)
    claire.sync()
    copy = office.folder / "copy.sqlite"
    copy_sqlite(office.folder / "server" / "demo.sqlite", copy)
    claire.save("account", other, phone="0478612210")
    claire.sync(), rey.sync()
    erase(office, "account", account)
    known = organisations(office.folder / "server")
    restore_copy(known, "demo", copy)
    known.close()
    # Claire's laptop is lost with the server.
    rey.sync(), rey.sync()
    assert rey.get("account", other)["phone"] == "+33478612210"
    assert on_laptop(rey) == [] == on_server(office)


def test_a_restored_copy_of_the_server_does_not_bring_back_what_was_erased(
    office: Office, claire: Laptop, account: str
) -> None:
    copy = office.folder / "copy.sqlite"
    copy_sqlite(office.folder / "server" / "demo.sqlite", copy)
    erase(office, "account", account)
    claire.sync()
    known = organisations(office.folder / "server")
    restore_copy(known, "demo", copy)
    known.close()
    assert on_server(office) == []
    claire.sync()
    claire.sync()
    assert on_laptop(claire) == []
    with office.store.read() as connection:
        accounts = office.store.tables.synced["account"]
        assert connection.execute(select(accounts.c.id).where(accounts.c.id == account)).first() is None


def test_a_laptop_that_comes_back_from_its_own_copy_loses_what_was_erased_meanwhile(
    office: Office, claire: Laptop, account: str
) -> None:
    claire.save("account", account, notes="Wolframite, non envoyée")
    folder = claire.workspace.folder
    claire.workspace.close()
    kept = office.folder / "kept"
    shutil.copytree(folder, kept)
    claire.workspace = Workspace.open(folder)
    claire.sync()
    erase(office, "account", account)
    claire.sync()
    claire.workspace.close()
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)
    claire.workspace = Workspace.open(folder)
    assert claire.rows("account")
    for _round in range(3):
        claire.sync()
    assert claire.rows("account") == []
    assert on_laptop(claire) == []
    assert on_server(office) == []


def test_a_contract_is_kept_at_the_office_and_the_rest_of_its_customer_goes(
    office: Office, claire: Laptop, rey: Laptop, account: str
) -> None:
    julie = office.enrol("julie")
    with office.store.write() as connection:
        quotes = office.store.tables.synced["quote"]
        connection.execute(quotes.update().values(status="accepted", decided_on="2026-03-02", number="D-1"))
    (quote,) = [row["id"] for row in claire.rows("quote")]
    with pytest.raises(NotAllowed, match="2036-03-02"):
        erase(office, "quote", quote)
    done = erase(office, "account", account)
    assert done["archived"] == [{"kind": "quote", "id": quote, "until": "2036-03-02"}]
    for laptop in (claire, rey, julie):
        laptop.sync()
        assert laptop.differing() is None
    assert claire.rows("quote") == rey.rows("quote") == claire.rows("quote_line") == []
    kept = julie.get("quote", quote)
    assert (kept["number"], kept["account"], kept["scope"]) == ("D-1", None, "office")
    assert [row["scope"] for row in julie.rows("quote_line")] == ["office"]
    assert on_laptop(claire) == []
    assert set(on_server(office)) == {"Quetzalcoatl", "Vermicelle"}


def test_of_a_contract_that_another_replaced_as_much_is_kept_as_of_that_one(
    office: Office, claire: Laptop
) -> None:
    account = claire.add("account", name="Garage Lefèvre", territory=RHONE)
    with claire.workspace.transaction() as session:
        made = issue_a_quote(session, account)
        life.accept(session, made)
        order = life.convert(session, made)
        offer = issuing.revise(session, made)
        issuing.issue(session, offer)
        contract = issuing.revise(session, offer)
        issuing.issue(session, contract)
        life.accept(session, contract)
    claire.sync()
    done = erase(office, "account", account)
    archived = {one["id"] for one in done["archived"]}
    assert archived == {made, contract, order}, "the offer between them was never accepted"
    for id in (made, contract):
        with pytest.raises(NotAllowed, match="L\\. 123-22"):
            erase(office, "quote", id)


def test_a_record_that_is_not_there_and_a_person_are_refused(office: Office, claire: Laptop) -> None:
    with pytest.raises(NotFound):
        erase(office, "account", "nowhere")
    with pytest.raises(NotAllowed):
        erase(office, "user", claire.user)


def test_the_list_outside_holds_ids_alone(
    office: Office, claire: Laptop, account: str, tmp_path: Path
) -> None:
    erase(office, "account", account)
    lines = (office.folder / "server" / "demo.erased").read_text().split()
    assert ISERE not in lines
    text = (office.folder / "server" / "demo.erased").read_text()
    assert account in text and not any(word in text for word in WORDS)
    assert {json.loads(line)[0] for line in text.splitlines() if line} == {
        "account", "contact", "quote", "quote_line", "conflict",
    }  # fmt: skip
