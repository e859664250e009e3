"""Quote arithmetic: the reference cases, the laws, and an independent recomputation with fractions."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import i18n
from app.errors import Invalid
from app.quotes.totals import Charge, Line, Share, Totals, compute, round_cents
from app.quotes.totals_output import price

CASES = json.loads(Path("tests/files/quote_cases.json").read_text(encoding="utf-8"))
RATES = [Decimal(text) for text in ("20", "10", "5.5", "2.1", "0", "8.5")]


@pytest.fixture(autouse=True)
def _english():
    before = i18n.language()
    i18n.set_language("en")
    yield
    i18n.set_language(before)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_reference_case_is_priced_to_the_cent(case):
    assert price(case["inputs"]) == case["expected"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_pricing_twice_gives_the_same_and_leaves_the_inputs_alone(case):
    before = json.dumps(case["inputs"])
    assert price(case["inputs"]) == price(case["inputs"])
    assert json.dumps(case["inputs"]) == before


# Laws

quantities = st.decimals(-2000, 2000, places=4)
positive = st.decimals(0, 2000, places=4)
prices = st.decimals(0, 5000, places=6)
percents = st.one_of(st.just(Decimal(0)), st.decimals(0, 100, places=2))


def lines_of(quantity=quantities):
    return st.lists(
        st.builds(
            Line,
            id=st.just("line"),
            quantity=quantity,
            unit_price=prices,
            vat_rate=st.sampled_from(RATES),
            kind=st.sampled_from(["item", "item", "item", "option", "alternate", "eco"]),
            selected=st.booleans(),
            discountable=st.booleans(),
            discount_percent=percents,
            price_base=st.sampled_from([Decimal(1), Decimal(1), Decimal(100), Decimal("0.5")]),
            charge_amount=st.sampled_from([Decimal(0), Decimal(0), Decimal("4.95")]),
        ),
        max_size=12,
    )


modes = st.sampled_from(["HT", "TTC"])
shares = st.none() | st.builds(Share, st.just("percent"), percents)
charge_lists = st.lists(
    st.builds(Charge, st.just("Port"), st.decimals(0, 300, places=2), st.sampled_from(RATES)), max_size=2
)
allowance_lists = st.lists(
    st.builds(Charge, st.just("Reprise"), st.decimals(-50, 300, places=2), st.sampled_from(RATES)), max_size=2
)


def amounts_of(value: Any):
    """Every Decimal in a result, however deep."""
    if isinstance(value, Decimal):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from amounts_of(each)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from amounts_of(getattr(value, name))


@settings(max_examples=100, deadline=None)
@given(lines_of(), modes, shares, charge_lists, allowance_lists, shares)
def test_the_sums_agree_exactly(lines, mode, discount, charges, allowances, deposit):
    found = compute(
        lines, price_mode=mode, discount=discount, charges=charges, allowances=allowances, deposit=deposit
    )
    in_total = [line for line in found.lines if line.in_total]
    assert found.sum_lines_net == sum((line.net_ht for line in in_total), Decimal(0))
    assert found.total.ht == found.sum_lines_net - found.discount + found.charges
    assert found.total.ht == sum((each.base for each in found.vat_breakdown), Decimal(0))
    assert found.total.vat == sum((each.vat for each in found.vat_breakdown), Decimal(0))
    assert found.total.ttc == found.total.ht + found.total.vat
    assert found.discount == sum((each.amount for each in found.discount_by_rate), Decimal(0))
    if mode == "TTC":
        promised = sum((line.net for line in in_total), Decimal(0))
        assert found.total.ttc == promised - found.discount_entered + found.charges_entered
    if found.deposit:
        assert found.deposit.ttc + found.deposit.balance_ttc == found.total.ttc
        assert sum((each.ttc for each in found.deposit.by_rate), Decimal(0)) == found.deposit.ttc


@settings(max_examples=100, deadline=None)
@given(lines_of(), modes, shares, charge_lists, allowance_lists, shares)
def test_no_amount_is_a_negative_zero_or_finer_than_a_cent(
    lines, mode, discount, charges, allowances, deposit
):
    found = compute(
        lines, price_mode=mode, discount=discount, charges=charges, allowances=allowances, deposit=deposit
    )
    for amount in amounts_of([found.lines, found.total, found.options, found.sum_lines_net, found.discount]):
        assert amount or not amount.is_signed()
        assert amount.as_tuple().exponent == -2
    for each in (*found.vat_breakdown, *(found.deposit.by_rate if found.deposit else ())):
        assert all(amount or not amount.is_signed() for amount in (each.base, each.vat, each.ttc))


@given(st.decimals(-(10**9), 10**9, places=6))
def test_rounding_twice_is_rounding_once(value):
    assert round_cents(round_cents(value)) == round_cents(value)
    assert abs(round_cents(value) - value) <= Decimal("0.005")


def without_lines(found: Totals) -> tuple[Any, ...]:
    return (
        found.sum_lines_net,
        found.discount_by_rate,
        found.charges,
        found.vat_breakdown,
        found.total,
        found.options,
        found.deposit,
    )


@settings(max_examples=150, deadline=None)
@given(st.data(), lines_of(), modes, shares, charge_lists, shares)
def test_the_order_of_the_lines_does_not_change_the_totals(data, lines, mode, discount, charges, deposit):
    shuffled = data.draw(st.permutations(lines))
    same = {"price_mode": mode, "discount": discount, "charges": charges, "deposit": deposit}
    assert without_lines(compute(lines, **same)) == without_lines(compute(shuffled, **same))


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 60), st.decimals(0, 999, places=2), st.sampled_from(RATES), modes)
def test_ten_lines_of_one_cost_as_much_as_one_line_of_ten(count, unit_price, rate, mode):
    ones = compute([Line(str(n), Decimal(1), unit_price, rate) for n in range(count)], price_mode=mode)
    one = compute([Line("1", Decimal(count), unit_price, rate)], price_mode=mode)
    assert ones.total == one.total


@settings(max_examples=100, deadline=None)
@given(lines_of(positive), st.decimals(0, 500, places=2))
def test_a_discount_in_euros_is_shared_out_to_the_cent(lines, amount):
    base = sum(
        (
            e.net
            for e, line in zip(compute(lines).lines, lines, strict=True)
            if line.in_total and line.discountable
        ),
        Decimal(0),
    )
    discount = Share("amount", amount)
    if amount > base:
        with pytest.raises(Invalid) as refusal:
            compute(lines, discount=discount)
        assert set(refusal.value.problems) == {"doc_discount.value"}
        return
    found = compute(lines, discount=discount)
    assert found.discount == amount
    assert all(each.amount >= 0 for each in found.discount_by_rate)


# The same quote, computed another way: integers of cents and fractions, half away from zero.


def cents(value: Fraction) -> int:
    size = abs(value) * 100
    whole = int(size + Fraction(1, 2))
    return -whole if value < 0 else whole


def recomputed(lines: list[Line], discount: Share | None, charges: list[Charge]) -> tuple[int, int]:
    """(HT, VAT) in cents of HT prices."""
    nets: dict[Fraction, int] = {}
    discountable: dict[Fraction, int] = {}
    for line in lines:
        if not line.in_total:
            continue
        gross = cents(Fraction(line.quantity) * Fraction(line.unit_price) / Fraction(line.price_base))
        net = gross - cents(Fraction(gross, 100) * Fraction(line.discount_percent) / 100)
        net += cents(Fraction(line.charge_amount))
        rate = Fraction(line.vat_rate)
        nets[rate] = nets.get(rate, 0) + net
        if line.discountable:
            discountable[rate] = discountable.get(rate, 0) + net
    for charge in charges:
        rate = Fraction(charge.vat_rate)
        nets[rate] = nets.get(rate, 0) + cents(Fraction(charge.amount))
    base = max(0, sum(discountable.values()))
    whole = cents(Fraction(base, 100) * Fraction(discount.value) / 100) if discount else 0
    bearing = {rate: part for rate, part in discountable.items() if part > 0}
    exact = {rate: Fraction(whole * part, sum(bearing.values())) for rate, part in bearing.items()}
    given_out = {rate: int(share) for rate, share in exact.items()}
    for rate in sorted(exact, key=lambda r: (-(exact[r] - int(exact[r])), -r)):
        if sum(given_out.values()) == whole:
            break
        given_out[rate] += 1
    bases = {rate: net - given_out.get(rate, 0) for rate, net in nets.items()}
    return sum(bases.values()), sum(cents(Fraction(b, 100) * rate / 100) for rate, b in bases.items())


@settings(max_examples=150, deadline=None)
@given(lines_of(), shares, charge_lists)
def test_an_independent_computation_agrees(lines, discount, charges):
    found = compute(lines, discount=discount, charges=charges)
    ht, vat = recomputed(lines, discount, charges)
    assert (found.total.ht, found.total.vat) == (Decimal(ht).scaleb(-2), Decimal(vat).scaleb(-2))


# Refusals


def refused(**line: Any) -> dict[str, str]:
    good = {"id": "1", "qty": "1", "unit_price": "10", "vat_rate": "20"}
    with pytest.raises(Invalid) as refusal:
        price({"price_mode": "HT", "lines": [good, {**good, **line}]})
    return refusal.value.problems


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(
            ("qty", text)
            for text in ("", "abc", "NaN", "Infinity", "-inf", "1e5", "1,5", "1_0", " 1", "٣", None)
        ),
        *(("qty", value) for value in (1.5, True, float("nan"), [], "1.23456", "9999999999", "9" * 5000)),
        *(("unit_price", text) for text in ("-0.01", "1.1234567", "NaN", "10000000000", "")),
        *(("vat_rate", text) for text in ("-1", "101", "20.125", "x")),
        *(("discount_pct", text) for text in ("-5", "100.01", "5.00001", "x")),
        ("kind", "gift"),
        ("vat_category", "Q"),
        ("selected", "yes"),
        ("discount_amount", "10.01"),
    ],
)
def test_a_value_without_an_honest_total_is_refused_beside_its_field(field, value):
    problems = refused(**{field: value})
    assert list(problems) == [f"lines.2.{field}"]
    assert problems[f"lines.2.{field}"].endswith(".")


def test_every_problem_is_told_at_once():
    problems = refused(qty="x", unit_price="-1", vat_rate="200")
    assert set(problems) == {"lines.2.qty", "lines.2.unit_price", "lines.2.vat_rate"}


def test_a_line_of_a_billion_billions_is_refused():
    assert set(refused(qty="999999999", unit_price="999999999")) == {"lines.2.qty"}


def test_an_exempt_category_with_a_rate_is_refused():
    assert set(refused(vat_category="E")) == {"lines.2.vat_rate"}


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({"price_mode": "XX"}, "price_mode"),
        ({"doc_discount": {"type": "percent", "value": "101"}}, "doc_discount.value"),
        ({"doc_discount": {"type": "gift", "value": "1"}}, "doc_discount.type"),
        ({"doc_discount": {"type": "amount", "value": "10.001"}}, "doc_discount.value"),
        ({"doc_discount": {"type": "amount", "value": "10.01"}}, "doc_discount.value"),
        ({"doc_discount": "5"}, "doc_discount"),
        ({"deposit": {"type": "amount", "value": "12.01"}}, "deposit.value"),
        ({"deposit": {"type": "percent", "value": "-1"}}, "deposit.value"),
        ({"doc_charges": [{"label": "Port", "amount": "-1", "vat_rate": "20"}]}, "doc_charges.1.amount"),
        ({"lines": "none"}, "lines"),
    ],
)
def test_a_bad_document_field_is_refused(inputs, field):
    good = {"price_mode": "HT", "lines": [{"qty": "1", "unit_price": "10", "vat_rate": "20"}]}
    with pytest.raises(Invalid) as refusal:
        price({**good, **inputs})
    assert set(refusal.value.problems) == {field}


# Single rules


def test_an_empty_quote_costs_nothing():
    found = compute([])
    assert str(found.total.ttc) == "0.00" and found.vat_breakdown == ()


def test_an_option_that_was_taken_counts_in_the_total():
    taken = Line("1", Decimal(1), Decimal(100), Decimal(20), kind="option", selected=True)
    found = compute([taken])
    assert (str(found.total.ht), found.options) == ("100.00", None)


def test_exempt_and_reverse_charge_are_two_rows_at_the_same_rate():
    lines = [
        Line("1", Decimal(1), Decimal(10), Decimal(0), vat_category="E"),
        Line("2", Decimal(1), Decimal(30), Decimal(0), vat_category="AE"),
    ]
    rows = compute(lines).vat_breakdown
    assert [(row.category, str(row.base)) for row in rows] == [("AE", "30.00"), ("E", "10.00")]


def test_a_rate_that_several_categories_share_names_them_and_no_other_does():
    asked = {
        "lines": [
            {"id": "1", "qty": "1", "unit_price": "10", "vat_rate": "0", "vat_category": "E"},
            {"id": "2", "qty": "1", "unit_price": "30", "vat_rate": "0", "vat_category": "AE"},
            {"id": "3", "qty": "1", "unit_price": "5", "vat_rate": "20"},
        ]
    }
    assert {(row["rate"], row.get("category")) for row in price(asked)["vat_breakdown"]} == {
        ("20", None), ("0", "AE"), ("0", "E"),
    }  # fmt: skip


def test_an_amount_off_a_returned_item_makes_the_return_smaller():
    back = Line("1", Decimal(-1), Decimal(50), Decimal(20), discount_amount=Decimal(5))
    assert str(compute([back]).lines[0].net) == "-45.00"


def test_ttc_prices_keep_their_promise_under_discount_and_carriage():
    lines = [Line(str(n), Decimal(1), Decimal("9.99"), Decimal(20)) for n in range(3)]
    found = compute(
        lines,
        price_mode="TTC",
        discount=Share("percent", Decimal(10)),
        charges=[Charge("Port", Decimal("5.00"), Decimal(20))],
    )
    assert str(found.total.ttc) == "31.97"
    assert found.total.ht == found.sum_lines_net - found.discount + found.charges
