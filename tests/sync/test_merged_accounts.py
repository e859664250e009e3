"""Accounts merged into one: everything moves, from every laptop, and later work follows."""

from __future__ import annotations

import pytest

from app.accounts import merging
from app.errors import NotAllowed
from sync.protocol import HelloRequest, Op, PushRequest, seal
from tests.sync.office import ISERE, RHONE, Laptop, Office


def merge(laptop: Laptop, account: str, into: str) -> dict[str, int]:
    with laptop.workspace.transaction("merge", undoable=True) as session:
        return merging.merge(session, account, into)


@pytest.fixture
def pair(claire: Laptop, rey: Laptop) -> tuple[str, str]:
    """One customer entered twice, with a contact and an issued quote under the second."""
    stays = claire.add("account", name="Boulangerie Morel", territory=RHONE, tags=["pain"])
    gone = claire.add(
        "account", name="Morel", territory=RHONE, phone="0145678910", tags=["bio"], notes="Sonner"
    )
    claire.add("contact", account=gone, last_name="Morel")
    quote = claire.add("quote", account=gone, status="draft", subject="Savon")
    claire.add("quote_line", quote=quote, position=1, description="Savon", quantity="6")
    claire.sync()
    claire.save("quote", quote, status="issued")
    claire.sync(), rey.sync()
    return stays, gone


def check_one(laptop: Laptop, stays: str, gone: str) -> None:
    assert [row["id"] for row in laptop.rows("account")] == [stays]
    for kind in ("contact", "quote", "task"):
        assert {row["account"] for row in laptop.rows(kind)} <= {stays}, kind
    assert laptop.differing() is None


def test_a_merged_account_hands_everything_to_its_survivor(
    claire: Laptop, rey: Laptop, pair: tuple[str, str]
) -> None:
    stays, gone = pair
    assert merge(claire, gone, stays) == {"contact": 1, "quote": 1}
    row = claire.get("account", stays)
    assert (row["phone"], sorted(row["tags"]), row["notes"]) == ("+33145678910", ["bio", "pain"], "Sonner")
    for laptop in (claire, rey):
        assert laptop.sync()["parked"] == 0
        check_one(laptop, stays, gone)
        assert [row["status"] for row in laptop.rows("quote")] == ["issued"]
    assert claire.content() == rey.content()
    assert merge(claire, gone, stays) == {}
    with pytest.raises(NotAllowed):
        merge(claire, stays, gone)


def test_what_another_laptop_wrote_meanwhile_follows(
    claire: Laptop, rey: Laptop, pair: tuple[str, str]
) -> None:
    stays, gone = pair
    rey.add("task", account=gone, subject="Écrit sur l'autre")
    rey.save("account", gone, website="morel.fr", phone="0145000000")
    rey.save("contact", rey.rows("contact")[0]["id"], job="Gérante")
    quote = rey.add("quote", account=gone, status="draft")
    merge(claire, gone, stays)
    claire.sync()
    assert rey.sync()["parked"] == 0
    for laptop in (claire, rey, claire):
        laptop.sync()
    for laptop in (claire, rey):
        check_one(laptop, stays, gone)
        assert laptop.get("account", stays)["website"] == "https://morel.fr"
        assert laptop.get("quote", quote)["account"] == stays
        assert laptop.rows("contact")[0]["job"] == "Gérante"
        # Who changed the number that the survivor had taken over has seen it.
        assert laptop.get("account", stays)["phone"] == "+33145000000"
        assert laptop.rows("conflict") == []
    assert claire.content() == rey.content()


def test_what_another_laptop_sent_first_is_handed_over_too(
    claire: Laptop, rey: Laptop, pair: tuple[str, str]
) -> None:
    stays, gone = pair
    rey.add("task", account=gone, subject="Envoyé avant")
    rey.save("account", gone, website="morel.fr")
    rey.sync()
    merge(claire, gone, stays)
    for laptop in (claire, rey):
        assert laptop.sync()["parked"] == 0
        check_one(laptop, stays, gone)
        assert laptop.get("account", stays)["website"] == "https://morel.fr"
        assert [row["subject"] for row in laptop.rows("task")] == ["Envoyé avant"]
    assert claire.content() == rey.content()


def test_an_open_form_of_a_merged_account_saves_into_its_survivor(
    claire: Laptop, rey: Laptop, pair: tuple[str, str]
) -> None:
    stays, gone = pair
    form = rey.get("account", gone)
    merge(claire, gone, stays)
    claire.sync(), rey.sync()
    rey.save("account", gone, form, website="morel.fr")
    task = rey.add("task", account=gone, subject="Sous l'ancien")
    assert rey.get("account", stays)["website"] == "https://morel.fr"
    assert rey.get("task", task)["account"] == stays
    assert rey.sync()["parked"] == 0


def test_what_lay_under_an_open_form_of_the_merged_account_is_its_survivors_too(
    claire: Laptop, rey: Laptop, pair: tuple[str, str]
) -> None:
    stays, gone = pair
    loaded = claire.get("account", gone)
    rey.save("account", gone, tags=["bio", "livré"], notes="Sonner\nChien")
    rey.sync(), claire.sync()
    claire.save("account", gone, loaded, tags=["bio", "matin"], notes="Sonner\nCour")
    merge(claire, gone, stays)
    for laptop in (claire, rey, claire):
        laptop.sync()
    for laptop in (claire, rey):
        row = laptop.get("account", stays)
        assert sorted(row["tags"]) == ["bio", "livré", "matin", "pain"]
        assert {"Sonner", "Cour", "Chien"} == set(row["notes"].split("\n"))


def test_two_people_who_merge_the_same_pair_merge_it_once(
    claire: Laptop, rey: Laptop, pair: tuple[str, str]
) -> None:
    stays, gone = pair
    merge(claire, gone, stays)
    merge(rey, gone, stays)
    for laptop in (claire, rey, claire):
        assert laptop.sync()["parked"] == 0
    for laptop in (claire, rey):
        check_one(laptop, stays, gone)
    assert claire.content() == rey.content()


def test_two_people_who_merge_a_pair_the_other_way_round_keep_one(
    claire: Laptop, rey: Laptop, pair: tuple[str, str]
) -> None:
    stays, gone = pair
    merge(claire, gone, stays)
    merge(rey, stays, gone)
    for laptop in (claire, rey, claire, rey):
        assert laptop.sync()["parked"] == 0
    for laptop in (claire, rey):
        check_one(laptop, stays, gone)
    assert claire.content() == rey.content()


def test_the_first_of_two_different_mergers_stands_and_the_second_is_asked_about(
    claire: Laptop, rey: Laptop, pair: tuple[str, str]
) -> None:
    stays, gone = pair
    other = claire.add("account", name="Morel Frères", territory=RHONE)
    claire.sync(), rey.sync()
    merge(claire, gone, stays)
    merge(rey, gone, other)
    for laptop in (claire, rey, claire, rey):
        assert laptop.sync()["parked"] == 0
    for laptop in (claire, rey):
        assert {row["account"] for row in laptop.rows("contact")} == {stays}
        assert {row["id"] for row in laptop.rows("account")} == {stays, other}
        (conflict,) = [c for c in laptop.rows("conflict") if c["field"] == "merged_into"]
        assert [c["value"] for c in conflict["candidates"]] == [other]
    assert claire.content() == rey.content()


def test_a_merger_can_be_taken_back(claire: Laptop, rey: Laptop) -> None:
    from app import undo

    stays, gone = (claire.add("account", name=name, territory=RHONE) for name in ("Morel", "Morel SA"))
    claire.add("contact", account=gone, last_name="Morel")
    claire.sync(), rey.sync()
    merge(claire, gone, stays)
    claire.sync(), rey.sync()
    with claire.workspace.transaction(origin="undo") as session:
        assert undo.take_back(session) is not None
    for laptop in (claire, rey):
        assert laptop.sync()["parked"] == 0
        assert {row["id"] for row in laptop.rows("account")} == {stays, gone}
        assert [row["account"] for row in laptop.rows("contact")] == [gone]
    assert claire.content() == rey.content()


def test_a_merged_account_stands_for_itself_again(claire: Laptop, rey: Laptop, pair: tuple[str, str]) -> None:
    stays, gone = pair
    merge(claire, gone, stays)
    claire.sync(), rey.sync()
    with claire.workspace.transaction() as session:
        merging.unmerge(session, gone)
    for laptop in (claire, rey):
        assert laptop.sync()["parked"] == 0
        assert {row["id"] for row in laptop.rows("account")} == {stays, gone}
        assert laptop.get("account", gone)["merged_into"] is None
    assert claire.content() == rey.content()


def test_an_account_merged_into_one_of_another_territory_moves_there(
    office: Office, claire: Laptop, rey: Laptop, pair: tuple[str, str]
) -> None:
    _stays, gone = pair
    away = rey.add("account", name="Siège", territory=ISERE)
    rey.sync()
    merge(rey, gone, away)
    task = claire.add("task", account=gone, subject="Écrit entre-temps")
    rey.sync()
    assert claire.sync()["parked"] == 0
    claire.sync()
    assert claire.rows("contact") == claire.rows("task") == []
    karim = office.enrol("karim")
    karim.sync()
    assert karim.get("task", task)["account"] == away
    assert claire.differing() is None


def test_chains_of_mergers_end_at_the_last(claire: Laptop, rey: Laptop, pair: tuple[str, str]) -> None:
    stays, gone = pair
    last = claire.add("account", name="Groupe Morel", territory=RHONE)
    claire.sync(), rey.sync()
    rey.add("task", account=gone, subject="Loin derrière")
    merge(claire, gone, stays)
    merge(claire, stays, last)
    claire.sync(), rey.sync(), claire.sync()
    for laptop in (claire, rey):
        check_one(laptop, last, gone)
        assert laptop.rows("task")[0]["account"] == last
    assert claire.content() == rey.content()


def test_an_account_that_is_born_merged_is_its_survivor_from_the_start(
    claire: Laptop, rey: Laptop, pair: tuple[str, str]
) -> None:
    stays, _gone = pair
    twin = claire.add("account", name="Morel, encore", territory=RHONE, merged_into=stays)
    claire.add("contact", account=twin, last_name="Jeanne")
    claire.sync(), rey.sync()
    for laptop in (claire, rey):
        assert twin not in [row["id"] for row in laptop.rows("account")]
        assert "Jeanne" in [row["last_name"] for row in laptop.rows("contact", account=stays)]
        assert laptop.differing() is None
    assert claire.content() == rey.content()


def _push(laptop: Laptop, name: str, *ops: Op) -> tuple[str, str]:
    """What no program of ours would send."""
    assert laptop.remote is not None
    n = laptop.remote.hello(HelloRequest("")).last_n + 1
    (result,) = laptop.remote.push(PushRequest("", [seal(name, n, ops)])).results
    return result.outcome, result.reason


def test_who_knows_that_an_account_left_him_by_a_merger_writes_to_its_survivor_no_more(
    claire: Laptop, rey: Laptop, pair: tuple[str, str]
) -> None:
    stays, gone = pair
    away = rey.add("account", name="Siège", territory=ISERE)
    rey.sync()
    merge(rey, gone, away)
    rey.sync(), claire.sync(), claire.sync()
    before = rey.get("account", away)
    task = Op("task", "spy", "create", 0, {"account": (None, gone), "subject": (None, "Spy")})
    assert _push(claire, "1", Op("account", gone, "update", 0, {"name": ("Morel", "Mine")})) == (
        "parked",
        "missing_record",
    )
    assert _push(claire, "2", task) == ("parked", "missing_parent")
    on_both = [Op("account", id, "update", 0, {"notes": (None, "Mine")}) for id in (stays, gone)]
    new = Op("contact", "c", "create", 0, {"account": (None, "later"), "last_name": (None, "C")})
    assert _push(claire, "3", Op("account", stays, "update", 0, {"website": (None, "x")}), new)[0] == "parked"
    assert _push(claire, "4", *on_both) == ("parked", "behind")
    later = Op("account", "later", "create", 0, {"name": (None, "L"), "territory": (None, RHONE)})
    assert _push(claire, "5", later)[0] == "applied"
    rey.sync()
    assert {**rey.get("account", away), "rev": 0} == {**before, "rev": 0}
    assert [row["id"] for row in rey.rows("task") if row["account"] == away] == []


def test_a_link_to_a_hidden_account_does_not_tell_into_which_one_it_was_merged(
    claire: Laptop, rey: Laptop, pair: tuple[str, str]
) -> None:
    stays, _gone = pair
    hidden, survivor = (rey.add("account", name=name, territory=ISERE) for name in ("H", "S"))
    rey.sync()
    merge(rey, hidden, survivor)
    rey.sync()
    for name in (hidden, "nowhere"):
        known = claire.get("account", stays)["parent"]
        op = Op("account", stays, "update", 0, {"parent": (known, name)})
        assert _push(claire, f"to {name}", op) == ("applied", "")
        claire.sync()
        assert claire.get("account", stays)["parent"] == name


def test_who_merges_an_account_is_not_told_which_hidden_ones_hung_on_it(
    claire: Laptop, rey: Laptop, pair: tuple[str, str]
) -> None:
    stays, gone = pair
    below = rey.add("account", name="Filiale", territory=ISERE, parent=gone)
    rey.sync()
    merger = Op("account", gone, "update", 0, {"merged_into": (None, stays)})
    assert claire.remote is not None
    n = claire.remote.hello(HelloRequest("")).last_n + 1
    answer = claire.remote.push(PushRequest("", [seal("merger", n, [merger])]))
    assert answer.results[0].outcome == "applied"
    assert below not in str(answer)
    rey.sync()
    assert rey.get("account", below)["parent"] == stays
