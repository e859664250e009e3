"""A row that left a laptop left it: no page of its file, used or free, still says a word of it."""

from __future__ import annotations

import pytest

from app import drafts, records
from app.store import keys
from app.workspace import FILE
from tests.sync.office import ISERE, RHONE, Laptop
from tests.sync.plain_pages import plain_bytes

WORDS = ("Zygomatique", "Xylophane", "Quetzalcoatl", "Wolframite", "Yttrium", "Vermicelle")


def found(laptop: Laptop) -> list[str]:
    """Which of the words the file still holds, in whatever case search keeps them."""
    folder = laptop.workspace.folder
    text = plain_bytes(folder / FILE, keys.load_key(folder)).lower()
    return [word for word in WORDS if word.lower().encode() in text]


@pytest.fixture
def account(claire: Laptop, rey: Laptop) -> str:
    """An account with everything that can hang on one, in use on Claire's laptop."""
    account = claire.add("account", name="Zygomatique", territory=RHONE, notes="Wolframite " * 900)
    claire.add("contact", account=account, last_name="Xylophane")
    quote = claire.add("quote", account=account, status="draft", subject="Quetzalcoatl")
    claire.add("quote_line", quote=quote, position=1, description="Vermicelle", quantity="6")
    with claire.workspace.transaction() as session:
        for number in range(300):
            records.add(session, "account", {"name": f"Compte {number}", "territory": RHONE})
    claire.sync()
    rey.sync()
    rey.save("account", account, payment_terms="Yttrium")
    rey.sync()
    claire.save("account", account, payment_terms="Yttrium 2")
    claire.sync()
    with claire.workspace.transaction(undoable=True) as session:
        drafts.keep(session, "account", account, {"name": "Zygomatique SA"}, {"name": "Zygomatique"})
        records.save(session, "account", account, {"website": "zygomatique.fr"})
    claire.sync()
    assert claire.rows("conflict")
    return account


def test_the_test_can_find_words(claire: Laptop, account: str) -> None:
    assert found(claire) == list(WORDS)


def test_a_row_that_left_leaves_nothing_in_the_file(claire: Laptop, rey: Laptop, account: str) -> None:
    rey.save("account", account, territory=ISERE)
    rey.sync()
    claire.sync()
    assert found(claire) == []


def test_a_row_that_left_while_its_work_was_unsent_leaves_nothing_once_it_is_sent(
    claire: Laptop, rey: Laptop, account: str
) -> None:
    rey.save("account", account, territory=ISERE)
    rey.sync()
    claire.save("account", account, notes="Wolframite non envoyée")
    claire.add("task", account=account, subject="Yttrium")
    claire.sync()
    claire.sync()
    assert found(claire) == []
