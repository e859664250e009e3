"""Discounts beyond one's authority: asked, approved by sync or by telephone, asked again after a change."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from app import errors, records
from app.quotes import authority, checking, issuing, telephone
from app.workspace import Workspace


def become(workspace: Workspace, user: str) -> None:
    with workspace.exclusive() as connection:
        connection.exec_driver_sql("INSERT OR REPLACE INTO sync_state VALUES ('user', ?)", (user,))


@pytest.fixture
def people(workspace) -> dict[str, str]:
    with workspace.transaction() as session:
        found = {
            role: records.add(session, "user", {"name": role.title(), "role": role, "active": True})
            for role in ("rep", "manager")
        }
        limits = {"name": "discount_authority", "value": {"rep": 10, "manager": 25}}
        records.add(session, "setting", limits)
    become(workspace, found["rep"])
    return found


@pytest.fixture
def quote(workspace, people) -> str:
    """A draft of a product of 100.00, without discount."""
    with workspace.transaction() as session:
        product = {"sku": "A1", "label_fr": "Aspirateur", "list_price": "100", "vat_rate": 20}
        product_id = records.add(session, "product", product)
        account = records.add(session, "account", {"name": "Hôtel Bellevue"})
        quote = records.add(session, "quote", {"account": account, "status": "draft", "owner": people["rep"]})
        line = {"quote": quote, "kind": "item", "position": 1, "product": product_id, "description": "A1"}
        records.add(session, "quote_line", {**line, "quantity": 2, "unit_price": 100, "vat_rate": 20})
    return quote


def give(workspace, quote, **values) -> None:
    with workspace.transaction() as session:
        (line,) = issuing.find_lines(session, quote)
        records.save(session, "quote_line", line["id"], values)


def deepest(workspace, quote) -> Decimal:
    with workspace.read() as session:
        return authority.deepest_discount(session, quote).percent


def status(workspace, quote) -> str:
    with workspace.read() as session:
        return records.get(session, "quote", quote)["status"]


@pytest.mark.parametrize(
    ("line", "head", "percent"),
    [
        ({}, {}, "0"),
        ({"discount_percent": 12}, {}, "12"),
        ({"unit_price": 88}, {}, "12"),
        ({"unit_price": 130}, {}, "0"),
        ({"discount_amount": 30}, {}, "15"),
        ({}, {"discount_type": "percent", "discount_value": 12}, "12"),
        ({"discount_percent": 10}, {"discount_type": "percent", "discount_value": 10}, "19"),
        ({"discount_percent": 10}, {"discount_type": "amount", "discount_value": 18}, "19"),
        ({"discountable": False}, {"discount_type": "percent", "discount_value": 12}, "0"),
        ({"choice_kind": "eco", "unit_price": 0}, {}, "0"),
    ],
)
def test_the_deepest_discount_counts_however_it_is_given(workspace, quote, line, head, percent):
    give(workspace, quote, **line)
    with workspace.transaction() as session:
        records.save(session, "quote", quote, head)
    assert deepest(workspace, quote) == Decimal(percent)


def test_under_a_list_with_vat_a_lower_price_is_as_deep_a_discount(workspace, quote):
    with workspace.transaction() as session:
        with_vat = records.add(session, "price_list", {"name": "Public TTC", "tax_mode": "TTC"})
        records.save(session, "quote", quote, {"price_list": with_vat, "tax_mode": "TTC"})
    give(workspace, quote, unit_price=102)
    assert deepest(workspace, quote) == Decimal(15), "of 120.00 with VAT, not of 100.00 without"


def test_a_discount_within_one_s_authority_needs_nobody(workspace, quote):
    give(workspace, quote, discount_percent=10)
    with workspace.transaction() as session:
        issuing.issue(session, quote)
    assert status(workspace, quote) == "issued"


def test_beyond_it_the_quote_is_not_issued_until_a_manager_agrees(workspace, quote, people):
    give(workspace, quote, discount_percent=12)
    with workspace.transaction() as session:
        with pytest.raises(errors.NotAllowed, match="12"):
            issuing.issue(session, quote)
        authority.request_approval(session, quote, "Concurrent à 88 €")
    assert status(workspace, quote) == "to_approve"
    with workspace.transaction() as session, pytest.raises(errors.NotAllowed):
        issuing.issue(session, quote)
    with workspace.transaction() as session, pytest.raises(errors.NotAllowed):
        authority.approve(session, quote)
    become(workspace, people["manager"])
    with workspace.transaction() as session:
        authority.approve(session, quote)
    become(workspace, people["rep"])
    with workspace.transaction() as session:
        issuing.issue(session, quote)
    assert status(workspace, quote) == "issued"


def test_a_change_after_the_approval_asks_again(workspace, quote, people):
    give(workspace, quote, discount_percent=12)
    become(workspace, people["manager"])
    with workspace.transaction() as session:
        authority.approve(session, quote)
    become(workspace, people["rep"])
    give(workspace, quote, discount_percent=14)
    with workspace.transaction() as session, pytest.raises(errors.NotAllowed):
        issuing.issue(session, quote)


@pytest.mark.parametrize(
    "change", [{"description": "Autre chose"}, {"unit": "MTK"}, {"option_group": "A"}, {"quantity": 3}]
)
def test_what_is_sold_is_part_of_what_was_approved(workspace, quote, people, change):
    give(workspace, quote, discount_percent=12)
    become(workspace, people["manager"])
    with workspace.transaction() as session:
        authority.approve(session, quote)
    become(workspace, people["rep"])
    give(workspace, quote, **change)
    with workspace.transaction() as session, pytest.raises(errors.NotAllowed, match=r"n’est plus|any more"):
        issuing.issue(session, quote)


def test_an_approval_over_fewer_facts_is_asked_for_again_and_says_why(workspace, quote, people, monkeypatch):
    give(workspace, quote, discount_percent=12)
    fewer = tuple(
        name for name in authority.LINE_CONTENT if name not in ("description", "unit", "option_group")
    )
    become(workspace, people["manager"])
    with monkeypatch.context() as patched, workspace.transaction() as session:
        patched.setattr(authority, "LINE_CONTENT", fewer)
        authority.approve(session, quote)
    become(workspace, people["rep"])
    with workspace.transaction() as session:
        (first, *_rest) = checking.points(session, quote)
        assert first.where == "approval" and ("n’est plus" in first.text or "any more" in first.text)
        with pytest.raises(errors.NotAllowed, match=r"n’est plus|any more"):
            issuing.issue(session, quote)
        assert records.get(session, "quote", quote)["approval"]["by"] == people["manager"], "it is kept"


def test_a_manager_has_limits_too(workspace, quote, people):
    give(workspace, quote, discount_percent=30)
    become(workspace, people["manager"])
    with workspace.transaction() as session, pytest.raises(errors.NotAllowed, match="30"):
        authority.approve(session, quote)


def test_a_refused_quote_is_a_draft_again_with_the_reason(workspace, quote, people):
    give(workspace, quote, discount_percent=12)
    with workspace.transaction() as session:
        authority.request_approval(session, quote)
    become(workspace, people["manager"])
    with workspace.transaction() as session:
        authority.refuse_approval(session, quote, "Restez à 10 %")
        kept = records.get(session, "quote", quote)
    assert kept["status"] == "draft" and kept["approval"]["answer_note"] == "Restez à 10 %"


def test_one_s_own_limit_wins_over_the_role_s(workspace, quote, people):
    with workspace.transaction() as session:
        records.save(session, "user", people["rep"], {"discount_authority": 15})
    give(workspace, quote, discount_percent=15)
    with workspace.transaction() as session:
        issuing.issue(session, quote)


# By telephone


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
