"""After the issue: sent, accepted, refused, expired, ordered, and what differs between revisions."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app import errors, records
from app.quotes import comparing, issuing, life, paper


@pytest.fixture
def quote(workspace) -> str:
    """An issued quote of 100.00, with an option of 30.00 and two alternatives, the first of 40.00 chosen."""
    with workspace.transaction() as session:
        account = records.add(session, "account", {"name": "Hôtel Bellevue"})
        quote = records.add(session, "quote", {"account": account, "status": "draft"})
        for position, (price, more) in enumerate(
            (
                ("100", {}),
                ("30", {"choice_kind": "option", "selected": False}),
                ("40", {"choice_kind": "alternate", "option_group": "A", "selected": True}),
                ("60", {"choice_kind": "alternate", "option_group": "A", "selected": False}),
            )
        ):
            line = {"quote": quote, "kind": "item", "position": position, "description": f"Article {price}"}
            line |= {"quantity": 1, "unit_price": price, "vat_rate": 20}
            records.add(session, "quote_line", {**line, **more})
        issuing.issue(session, quote)
    return quote


def line(session, quote: str, price: str) -> str:
    return next(
        each["id"] for each in issuing.find_lines(session, quote) if each["unit_price"] == Decimal(price)
    )


def test_a_quote_is_sent_then_accepted_then_ordered(workspace, quote):
    with workspace.transaction() as session:
        life.mark_sent(session, quote)
        life.accept(session, quote, note="Par téléphone")
        order = records.get(session, "order", life.convert(session, quote))
        kept = records.get(session, "quote", quote)
    assert kept["status"] == "accepted" and kept["decision_note"] == "Par téléphone"
    assert (order["total_ht"], order["total_ttc"]) == (Decimal("140.00"), Decimal("168.00"))
    assert order["number"].startswith("C") and order["quote"] == quote


def test_the_order_holds_the_options_that_the_customer_took(workspace, quote):
    with workspace.transaction() as session:
        taken = [line(session, quote, "30"), line(session, quote, "60")]
        life.accept(session, quote, taken)
        order = records.get(session, "order", life.convert(session, quote, taken, "BC-77"))
    assert order["total_ht"] == Decimal("190.00")
    assert order["customer_reference"] == "BC-77" and order["chosen"] == sorted(taken)


def test_the_order_holds_what_was_accepted_unless_told(workspace, quote):
    with workspace.transaction() as session:
        taken = [line(session, quote, "30"), line(session, quote, "60")]
        life.accept(session, quote, taken)
        order = records.get(session, "order", life.convert(session, quote))
    assert order["total_ht"] == Decimal("190.00") and order["chosen"] == sorted(taken)


def with_optional(session, quote, **values) -> tuple[str, str]:
    """(quote, option) of an issued duplicate whose option of 30.00 is in the total unless the customer says no."""
    draft = issuing.duplicate(session, quote)
    option = line(session, draft, "30")
    records.save(session, "quote_line", option, {"selected": True})
    records.save(session, "quote", draft, values)
    issuing.issue(session, draft)
    return draft, option


def test_a_fixed_deposit_is_the_whole_where_the_customer_takes_less(workspace, quote):
    with workspace.transaction() as session:
        asked, _option = with_optional(session, quote, deposit_type="amount", deposit_value=180)
        life.accept(session, asked, [])
        kept = records.get(session, "quote", asked)
        found = life.chosen_totals(kept, issuing.find_lines(session, asked), [])
        order = records.get(session, "order", life.convert(session, asked))
    assert (found.deposit.ttc, found.deposit.balance_ttc) == (Decimal("168.00"), Decimal("0.00"))
    assert order["total_ttc"] == Decimal("168.00")


def test_choices_that_nobody_could_order_are_not_accepted(workspace, quote):
    with workspace.transaction() as session:
        asked, option = with_optional(session, quote, discount_type="amount", discount_value=150)
        with pytest.raises(errors.Invalid, match="remise"):
            life.accept(session, asked, [])
        life.accept(session, asked, [option])
        assert records.get(session, "order", life.convert(session, asked))["total_ht"] == Decimal("20.00")


@pytest.mark.parametrize(("taken", "total"), [(None, "170.00"), ([], "140.00")])
def test_who_was_not_asked_orders_what_is_printed_who_took_nothing_does_not(workspace, quote, taken, total):
    with workspace.transaction() as session:
        draft = issuing.duplicate(session, quote)
        records.save(session, "quote_line", line(session, draft, "30"), {"selected": True})
        issuing.issue(session, draft)
        life.accept(session, draft, taken)
        assert life.taken_choices(records.get(session, "quote", draft)) == taken
        order = records.get(session, "order", life.convert(session, draft))
    assert order["total_ht"] == Decimal(total)


def test_of_two_alternatives_only_one_is_taken(workspace, quote):
    with workspace.transaction() as session:
        both = [line(session, quote, "40"), line(session, quote, "60")]
        with pytest.raises(errors.Invalid):
            life.accept(session, quote, both)
        with pytest.raises(errors.Invalid):
            life.accept(session, quote, [line(session, quote, "100")])
        assert records.get(session, "quote", quote)["status"] == "issued"


def test_a_quote_is_ordered_once_and_only_when_accepted(workspace, quote):
    with workspace.transaction() as session:
        with pytest.raises(errors.NotAllowed):
            life.convert(session, quote)
        life.accept(session, quote)
        life.convert(session, quote)
        with pytest.raises(errors.NotAllowed):
            life.convert(session, quote)


@pytest.mark.parametrize("step", [life.mark_sent, lambda s, q: life.refuse(s, q, ""), life.accept])
def test_a_decided_quote_is_not_decided_again(workspace, quote, step):
    with workspace.transaction() as session:
        life.accept(session, quote)
        with pytest.raises(errors.NotAllowed):
            step(session, quote)


def test_an_accepted_quote_stays_a_contract_until_its_revision_is_accepted(workspace, quote):
    with workspace.transaction() as session:
        life.accept(session, quote)
        revision = issuing.revise(session, quote)
        issuing.issue(session, revision)
        assert records.get(session, "quote", quote)["status"] == "accepted"
        life.accept(session, revision)
        assert records.get(session, "quote", quote)["status"] == "replaced"


def test_of_one_number_one_revision_is_the_contract(workspace, quote):
    with workspace.transaction() as session:
        life.accept(session, quote)
        between = issuing.revise(session, quote)
        issuing.issue(session, between)
        last = issuing.revise(session, between)
        issuing.issue(session, last)
        life.accept(session, last)
        status = [records.get(session, "quote", id)["status"] for id in (quote, between, last)]
    assert status == ["replaced", "superseded", "accepted"]


def test_a_draft_cannot_be_accepted(workspace, quote):
    with workspace.transaction() as session:
        draft = issuing.duplicate(session, quote)
        with pytest.raises(errors.NotAllowed, match=r".") as refusal:
            life.accept(session, draft)
        assert records.get(session, "quote", draft)["status"] == "draft"
    assert str(refusal.value)


def test_a_customer_may_change_his_mind_after_a_refusal_or_the_last_day(workspace, quote):
    with workspace.transaction() as session:
        life.refuse(session, quote, "Trop cher")
        assert records.get(session, "quote", quote)["decision_note"] == "Trop cher"
        life.accept(session, quote)
        assert records.get(session, "quote", quote)["status"] == "accepted"


def test_quotes_past_their_last_day_expire_and_no_others(workspace, quote):
    with workspace.transaction() as session:
        until = records.get(session, "quote", quote)["valid_until"]
        assert life.expire_due(session, until) == []
        assert life.expire_due(session, until + timedelta(days=1)) == [quote]
        assert life.expire_due(session, until + timedelta(days=1)) == []
        assert records.get(session, "quote", quote)["status"] == "expired"


def test_an_issued_quote_asks_to_be_followed_up_until_it_is_decided(workspace, quote):
    with workspace.transaction() as session:
        issued = records.get(session, "quote", quote)
        assert issued["follow_up_on"] == issued["issued_on"] + timedelta(days=issuing.FOLLOW_UP_DAYS)
        life.follow_up(session, quote, date(2030, 1, 2))
        assert records.get(session, "quote", quote)["follow_up_on"] == date(2030, 1, 2)
        life.accept(session, quote)
        assert records.get(session, "quote", quote)["follow_up_on"] is None


def test_two_revisions_are_compared_line_by_line(workspace, quote):
    with workspace.transaction() as session:
        revision = issuing.revise(session, quote)
        lines = issuing.find_lines(session, revision)
        records.save(session, "quote_line", lines[0]["id"], {"quantity": 3})
        records.delete(session, "quote_line", lines[1]["id"])
        extra = {"quote": revision, "kind": "item", "position": 9, "description": "Pose"}
        records.add(session, "quote_line", {**extra, "quantity": 1, "unit_price": 15, "vat_rate": 20})
        found = comparing.compare(paper.document(session, quote), paper.document(session, revision))
    states = [(each.state, (each.after or each.before).description) for each in found.lines]
    assert states == [
        ("changed", "Article 100"),
        ("removed", "Article 30"),
        ("same", "Article 40"),
        ("same", "Article 60"),
        ("added", "Pose"),
    ]
    quantity = found.lines[0].changes[0]
    assert (quantity.label, quantity.before, quantity.after) == ("Quantity", "1", "3")
    assert "Total excl. VAT" in {change.label for change in found.amounts}
    assert found.after.endswith("-R2") and not found.same


def test_a_document_does_not_differ_from_itself(workspace, quote):
    with workspace.read() as session:
        kept = paper.document(session, quote)
    assert comparing.compare(kept, kept).same
