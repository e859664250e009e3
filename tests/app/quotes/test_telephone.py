"""Approval over the telephone: an answer fits one quote and one discount, and a code serves once."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from app import errors, records
from app.quotes import authority, issuing, notices, telephone
from app.workspace import Workspace
from tests.app.quotes.conftest import become, give, status


@pytest.fixture
def manager_s(tmp_path, people, workspace, monkeypatch) -> Iterator[Workspace]:
    """The manager's own laptop, which knows the same people and has made codes for the salesperson."""
    # Thirty codes at the real cost take a second each time.
    monkeypatch.setitem(telephone.SCRYPT, "n", 2)
    other, _recovery = Workspace.create(tmp_path / "manager")
    with other.transaction() as session:
        for role, id in people.items():
            records.add(session, "user", {"name": role.title(), "role": role, "active": True}, id=id)
        limits = {"name": "discount_authority", "value": {"rep": 10, "manager": 25}}
        records.add(session, "setting", limits)
    become(other, people["manager"])
    with other.transaction() as session:
        key = records.get(session, "approval_key", telephone.give_codes(session, people["rep"]))
    # What a synchronisation brings: the record as the manager made it.
    become(workspace, people["manager"])
    with workspace.transaction() as session:
        values = {name: key[name] for name in ("manager", "owner", "state", "salt", "hashes")}
        records.add(session, "approval_key", values, id=key["id"])
    become(workspace, people["rep"])
    yield other
    other.close()


def asked(workspace, quote) -> telephone.Challenge:
    with workspace.transaction() as session:
        return telephone.challenge(session, quote)


def answered(manager_s, people, challenge, **changes) -> str:
    values = {"number": challenge.number, "control": challenge.control, "percent": challenge.percent}
    with manager_s.transaction() as session:
        return telephone.answer(session, people["rep"], **{**values, **changes})


def take(workspace, quote, typed) -> None:
    with workspace.transaction() as session:
        telephone.accept_answer(session, quote, typed)


def test_an_answer_read_over_the_telephone_lets_the_quote_be_issued(workspace, quote, people, manager_s):
    give(workspace, quote, discount_percent=12)
    take(workspace, quote, answered(manager_s, people, asked(workspace, quote)).lower())
    with workspace.transaction() as session:
        issuing.issue(session, quote)
    assert status(workspace, quote) == "issued"


@pytest.mark.parametrize("typed", ["ABCD EFGH", "", "123", "ABCDEFGHI", "ééééàààà"])
def test_a_wrong_answer_changes_nothing(workspace, quote, people, manager_s, typed):
    give(workspace, quote, discount_percent=12)
    with pytest.raises(errors.NotAllowed):
        take(workspace, quote, typed)
    with workspace.read() as session:
        assert not records.get(session, "quote", quote)["approval"]


def test_an_answer_does_not_fit_the_quote_once_it_was_changed(workspace, quote, people, manager_s):
    give(workspace, quote, discount_percent=12)
    answer = answered(manager_s, people, asked(workspace, quote))
    give(workspace, quote, discount_percent=24)
    with pytest.raises(errors.NotAllowed):
        take(workspace, quote, answer)


def test_a_code_serves_once(workspace, quote, people, manager_s):
    give(workspace, quote, discount_percent=12)
    first = asked(workspace, quote)
    answer = answered(manager_s, people, first)
    take(workspace, quote, answer)
    with workspace.transaction() as session:
        other = issuing.duplicate(session, quote)
    assert asked(workspace, other).number == first.number + 1
    with pytest.raises(errors.NotAllowed):
        take(workspace, other, answer)
    with pytest.raises(errors.NotAllowed):
        answered(manager_s, people, first, control="ZZZZ")


def test_a_quote_changed_after_it_was_read_out_is_read_out_with_the_next_number(
    workspace, quote, people, manager_s
):
    give(workspace, quote, discount_percent=12)
    first = asked(workspace, quote)
    assert asked(workspace, quote) == first, "the same quote, the same words"
    heard = answered(manager_s, people, first)
    give(workspace, quote, discount_percent=15)
    second = asked(workspace, quote)
    assert second.number == first.number + 1
    with pytest.raises(errors.NotAllowed):
        take(workspace, quote, heard)
    take(workspace, quote, answered(manager_s, people, second))
    with workspace.transaction() as session:
        issuing.issue(session, quote)


def test_what_the_manager_misheard_is_read_out_again_with_the_next_number(
    workspace, quote, people, manager_s
):
    give(workspace, quote, discount_percent=12)
    first = asked(workspace, quote)
    misheard = "AAAA" if first.control != "AAAA" else "BBBB"
    answered(manager_s, people, first, control=misheard)
    with pytest.raises(errors.NotAllowed):
        answered(manager_s, people, first)
    with workspace.transaction() as session:
        second = telephone.next_challenge(session, quote)
    assert second.number == first.number + 1 and asked(workspace, quote) == second
    take(workspace, quote, answered(manager_s, people, second))
    assert status(workspace, quote) == "draft"


@pytest.mark.parametrize(
    "typed",
    [{"control": ""}, {"control": "ABCDEFGH"}, {"control": "éé!!"}, {"percent": "abc"}, {"percent": "-5"},
     {"percent": "101"}],
)  # fmt: skip
def test_what_cannot_have_been_read_out_costs_no_code(workspace, quote, people, manager_s, typed):
    give(workspace, quote, discount_percent=12)
    first = asked(workspace, quote)
    with pytest.raises(errors.Invalid):
        answered(manager_s, people, first, **typed)
    take(workspace, quote, answered(manager_s, people, first))


def test_a_code_that_was_heard_is_spent_even_where_its_quote_asks_again(workspace, quote, people, manager_s):
    give(workspace, quote, discount_percent=12)
    first = asked(workspace, quote)
    heard = answered(manager_s, people, first)
    take(workspace, quote, heard)
    with workspace.transaction() as session:
        authority.request_approval(session, quote)
    assert asked(workspace, quote).number == first.number + 1
    with pytest.raises(errors.NotAllowed):
        take(workspace, quote, heard)


def test_an_answer_to_one_quote_opens_no_other(workspace, quote, people, manager_s):
    give(workspace, quote, discount_percent=12)
    with workspace.transaction() as session:
        other = issuing.duplicate(session, quote)
    give(workspace, other, discount_percent=20)
    heard = answered(manager_s, people, asked(workspace, quote))
    with pytest.raises(errors.NotAllowed):
        take(workspace, other, heard)
    take(workspace, quote, heard)


def test_the_manager_s_own_limit_holds_on_the_telephone(workspace, quote, people, manager_s):
    give(workspace, quote, discount_percent=30)
    with pytest.raises(errors.NotAllowed):
        answered(manager_s, people, asked(workspace, quote))


def test_nobody_gives_himself_codes_in_a_manager_s_name(workspace, quote, people):
    forged = {"manager": people["manager"], "owner": people["rep"], "state": "active"}
    with workspace.transaction() as session:
        records.add(session, "approval_key", {**forged, "salt": "00", "hashes": ["00"]})
        with pytest.raises(errors.NotAllowed):
            telephone.challenge(session, quote)


@pytest.mark.parametrize("heard", ["12", "59.99", "60.01", "6", "0"])
def test_an_answer_given_for_another_discount_approves_nothing(workspace, quote, people, manager_s, heard):
    give(workspace, quote, discount_percent=60)
    with manager_s.transaction() as session:
        records.save(session, "user", people["manager"], {"discount_authority": 100})
    read_out = asked(workspace, quote)
    with pytest.raises(errors.NotAllowed):
        take(workspace, quote, answered(manager_s, people, read_out, percent=heard))
    with workspace.read() as session:
        assert not records.get(session, "quote", quote)["approval"]
    with pytest.raises(errors.NotAllowed, match=r"remise|discount"):
        answered(manager_s, people, read_out)
    with workspace.transaction() as session:
        again = telephone.next_challenge(session, quote)
    take(workspace, quote, answered(manager_s, people, again))
    assert status(workspace, quote) == "draft"


@pytest.mark.parametrize("typed", ["12,5", "12.50", "12.5", " 12,500 "])
def test_a_discount_is_the_same_however_it_is_typed(workspace, quote, people, manager_s, typed):
    give(workspace, quote, discount_percent=Decimal("12.5"))
    take(workspace, quote, answered(manager_s, people, asked(workspace, quote), percent=typed))
    with workspace.read() as session:
        approval = records.get(session, "quote", quote)["approval"]
    assert approval["percent"] == "12.5" and approval["means"] == "telephone"


@pytest.mark.parametrize(
    ("changes", "strange"),
    [({}, False), ({"percent": "60"}, True), ({"percent": None}, True), ({"control": "ZZZZ"}, True)],
)
def test_a_manager_s_laptop_knows_the_discount_that_it_approved(
    workspace, quote, people, manager_s, changes, strange
):
    give(workspace, quote, discount_percent=12)
    with workspace.transaction() as session:
        authority.request_approval(session, quote)
    take(workspace, quote, answered(manager_s, people, asked(workspace, quote)))
    with workspace.read() as session:
        approval = records.get(session, "quote", quote)["approval"]
    arrived = {name: value for name, value in {**approval, **changes}.items() if value is not None}
    with manager_s.transaction() as session:
        account = records.add(session, "account", {"name": "Bellevue"})
        id = records.add(session, "quote", {"account": account, "approval": arrived})
        assert telephone.strangers(session) == [id] * strange
        assert telephone.is_strange(session, records.get(session, "quote", id)) is strange


def test_the_last_code_is_not_given_up_for_nothing(workspace, quote, people, manager_s):
    give(workspace, quote, discount_percent=12)
    assert asked(workspace, quote).left == telephone.CODES - 1
    for left in range(telephone.CODES - 2, -1, -1):
        with workspace.transaction() as session:
            last = telephone.next_challenge(session, quote)
        assert last.left == left
    with workspace.transaction() as session, pytest.raises(errors.NotAllowed):
        telephone.next_challenge(session, quote)
    assert asked(workspace, quote) == last
    take(workspace, quote, answered(manager_s, people, last))


def test_a_manager_is_told_of_approvals_that_he_never_gave(workspace, quote, people, manager_s):
    given = {"by": people["manager"], "means": "telephone", "key": "k", "number": 1, "control": "AAAA"}
    with manager_s.transaction() as session:
        account = records.add(session, "account", {"name": "Bellevue"})
        stranger = records.add(session, "quote", {"account": account, "approval": given})
        assert telephone.strangers(session) == [stranger]


def arrive(workspace, manager_s, quote, **changes) -> str:
    """What a synchronisation brings of a quote: its record, lines, customer and products, as they stand there."""
    with workspace.read() as session:
        found = records.get(session, "quote", quote)
        lines = issuing.find_lines(session, quote)
        account = records.get(session, "account", found["account"])
        products = [records.get(session, "product", line["product"]) for line in lines]
    with manager_s.transaction() as session:
        records.add(session, "account", {"name": account["name"]}, id=account["id"])
        for product in products:
            own = {name: product[name] for name in ("sku", "label_fr", "list_price", "vat_rate")}
            records.add(session, "product", own, id=product["id"])
        head = {name: found[name] for name in ("account", "status", "approval")}
        records.add(session, "quote", head, id=quote)
        for line in lines:
            names = (
                "quote",
                "kind",
                "position",
                "product",
                "description",
                "quantity",
                "unit_price",
                "vat_rate",
            )
            own = {name: line[name] for name in (*names, "discount_percent")}
            records.add(session, "quote_line", {**own, **changes}, id=line["id"])
    return found["account"]


def told(manager_s, quote) -> tuple[bool, list[str]]:
    """Whether the manager's laptop tells the quote, and the grave notices that stand above it."""
    with manager_s.transaction() as session:
        telephone.reckon(session)
        grave = [each.text for each in notices.find_notices(session, quote) if each.tone == "bad"]
        return telephone.strangers(session) == [quote], grave


def test_a_quote_that_arrives_as_it_was_named_is_told_to_nobody_whatever_prices_become(
    workspace, quote, people, manager_s
):
    give(workspace, quote, discount_percent=12)
    take(workspace, quote, answered(manager_s, people, asked(workspace, quote)))
    arrive(workspace, manager_s, quote)
    assert told(manager_s, quote) == (False, [])
    with manager_s.transaction() as session:
        (product,) = records.find_rows(session, "product")
        records.save(session, "product", product["id"], {"list_price": 200})
    assert told(manager_s, quote) == (False, []), "later prices say nothing about what was agreed"


@pytest.mark.parametrize("changes", [{"discount_percent": Decimal(40)}, {"unit_price": Decimal(60)}])
def test_a_quote_that_gives_more_than_was_named_is_told_when_it_reaches_the_manager(
    workspace, quote, people, manager_s, changes
):
    give(workspace, quote, discount_percent=12)
    take(workspace, quote, answered(manager_s, people, asked(workspace, quote)))
    arrive(workspace, manager_s, quote, **changes)
    strange, grave = told(manager_s, quote)
    assert strange and "12" in grave[0] and ("40" in grave[0] or "47,2" in grave[0])


def test_prices_that_rose_since_the_call_are_named_to_the_manager_again(workspace, quote, people, manager_s):
    give(workspace, quote, discount_percent=12)
    take(workspace, quote, answered(manager_s, people, asked(workspace, quote)))
    with workspace.transaction() as session:
        (product,) = records.find_rows(session, "product")
        records.save(session, "product", product["id"], {"list_price": 125})
    with workspace.transaction() as session, pytest.raises(errors.NotAllowed, match="12"):
        issuing.issue(session, quote)
    assert status(workspace, quote) == "draft"
    with workspace.read() as session:
        assert Decimal(asked_percent(session, quote)) == Decimal("29.6")


def asked_percent(session, quote) -> str:
    return str(authority.deepest_discount(session, quote).percent)
