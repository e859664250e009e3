"""A quote's arithmetic to the cent: lines, discounts, VAT per rate, options, deposit.

The convention is half-up (away from zero) on every amount, VAT once per rate on the summed base, and
whatever must be shared out goes by largest remainder, ties to the highest rate. EN 16931 (BR-CO-10,
BR-CO-13, BR-CO-17) holds to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, localcontext

from app.errors import Invalid
from app.i18n import translate as _
from app.quotes import totals_input
from app.quotes.totals_input import HUNDRED, ZERO, Charge, Inputs, Line, Rate, Share

__all__ = [
    "Charge",
    "Deposit",
    "Inputs",
    "Line",
    "LineAmounts",
    "RateAmount",
    "RateTotal",
    "Share",
    "Sums",
    "Totals",
    "compute",
    "problems_of",
    "round_cents",
]

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
_CONTEXT = Context(prec=60, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """One line's amounts: `gross`, `discount` and `net` in the price mode, `net_ht` without VAT.

    `net` is gross − discount + the line's own charge.
    """

    id: str
    gross: Decimal
    discount: Decimal
    net: Decimal
    net_ht: Decimal
    in_total: bool


@dataclass(frozen=True, slots=True)
class RateAmount:
    """A part of an amount that falls on one VAT rate."""

    rate: Decimal
    category: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class RateTotal:
    """The taxable base of one VAT rate, its VAT, and the two together."""

    rate: Decimal
    category: str
    base: Decimal
    vat: Decimal
    ttc: Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """Three amounts that belong together."""

    ht: Decimal
    vat: Decimal
    ttc: Decimal


@dataclass(frozen=True, slots=True)
class Deposit:
    """What is asked beforehand, per rate as the deposit invoice will need it, and what remains."""

    ttc: Decimal
    by_rate: tuple[RateTotal, ...]
    balance_ttc: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """All amounts of one quote; discount and charges are without VAT, `*_entered` in the price mode."""

    price_mode: str
    lines: tuple[LineAmounts, ...]
    sum_lines_net: Decimal
    discount: Decimal
    discount_entered: Decimal
    discount_by_rate: tuple[RateAmount, ...]
    charges: Decimal
    charges_entered: Decimal
    vat_breakdown: tuple[RateTotal, ...]
    total: Sums
    options: Sums | None
    """The options not taken, together; None when the quote offers none."""
    deposit: Deposit | None


def round_cents(value: Decimal) -> Decimal:
    """`value` to the cent, halves away from zero, never a negative zero."""
    rounded = value.quantize(CENT, ROUND_HALF_UP)
    return rounded if rounded else NOTHING


def compute(
    lines: Sequence[Line],
    *,
    price_mode: str = "HT",
    discount: Share | None = None,
    charges: Sequence[Charge] = (),
    deposit: Share | None = None,
    allowances: Sequence[Charge] = (),
    sound_lines: bool = False,
) -> Totals:
    """The totals of these lines. Raises Invalid (`lines.2.qty` is the second line's quantity).

    `sound_lines`: `problems_of` found nothing in them, so that they are not looked at again.
    """
    inputs = Inputs(lines, price_mode, discount, charges, deposit, allowances)
    _checked(replace(inputs, lines=()) if sound_lines else inputs)
    return compute_inputs(inputs)


def problems_of(lines: Sequence[Line]) -> dict[str, str]:
    """What is wrong with these lines, one sentence per field; empty when all are sound."""
    return totals_input.find_problems(Inputs(lines))


def _checked(inputs: Inputs) -> Inputs:
    problems = totals_input.find_problems(inputs)
    if problems:
        raise Invalid(problems)
    return inputs


def compute_inputs(inputs: Inputs) -> Totals:
    """As `compute`, for inputs that were found sound."""
    with localcontext(_CONTEXT):
        amounts = [_line_amounts(line) for line in inputs.lines]
        chosen = [
            (line, net) for line, (_g, _d, net) in zip(inputs.lines, amounts, strict=True) if line.in_total
        ]
        shares = _discount_shares(chosen, inputs.discount)
        for allowance in inputs.allowances:
            shares[allowance.rate] = shares.get(allowance.rate, ZERO) + allowance.amount
        rates = sorted(
            {line.rate for line, _net in chosen} | {charge.rate for charge in inputs.charges} | shares.keys(),
            key=_highest_first,
        )
        if inputs.price_mode == "TTC":
            nets, discounts, charges, breakdown = _without_vat(inputs, amounts, shares, rates)
        else:
            nets = [net for _g, _d, net in amounts]
            discounts = shares
            charges = sum((charge.amount for charge in inputs.charges), ZERO)
            breakdown = _add_vat(inputs, chosen, shares, rates)
        total = _sum(breakdown)
        return Totals(
            price_mode=inputs.price_mode,
            lines=tuple(
                LineAmounts(line.id, gross, less, net, net_ht, line.in_total)
                for line, (gross, less, net), net_ht in zip(inputs.lines, amounts, nets, strict=True)
            ),
            sum_lines_net=round_cents(
                sum((net for line, net in zip(inputs.lines, nets, strict=True) if line.in_total), ZERO)
            ),
            discount=round_cents(sum(discounts.values(), ZERO)),
            discount_entered=round_cents(sum(shares.values(), ZERO)),
            discount_by_rate=tuple(RateAmount(*rate, discounts[rate]) for rate in rates if rate in discounts),
            charges=round_cents(charges),
            charges_entered=round_cents(sum((charge.amount for charge in inputs.charges), ZERO)),
            vat_breakdown=breakdown,
            total=total,
            options=_options(inputs, amounts),
            deposit=_deposit(inputs.deposit, breakdown, total.ttc),
        )


def _line_amounts(line: Line) -> tuple[Decimal, Decimal, Decimal]:
    """(gross, discount, net) in the price mode."""
    gross = round_cents(line.quantity * line.unit_price / line.price_base)
    less = NOTHING
    if line.discount_amount is not None:
        less = round_cents(line.discount_amount.copy_sign(gross))
    elif line.discount_percent:
        less = round_cents(gross * line.discount_percent / HUNDRED)
    elif not line.charge_amount:
        return gross, less, gross
    return gross, less, round_cents(gross - less + line.charge_amount)


def _discount_shares(chosen: Sequence[tuple[Line, Decimal]], discount: Share | None) -> dict[Rate, Decimal]:
    """The document discount per rate, in the price mode, on the rates whose discountable base is positive."""
    bases: dict[Rate, Decimal] = {}
    for line, net in chosen:
        if line.discountable:
            rate = line.rate
            bases[rate] = bases.get(rate, ZERO) + net
    most = max(sum(bases.values(), ZERO), ZERO)
    if discount is None:
        return {}
    if discount.type == "percent":
        whole = round_cents(most * discount.value / HUNDRED)
    else:
        whole = discount.value
    if whole > most:
        raise Invalid({"doc_discount.value": _("The discount is larger than the lines that it applies to.")})
    rates = sorted((rate for rate, base in bases.items() if base > 0), key=_highest_first)
    if not whole:
        return {}
    return dict(zip(rates, _split(whole, [bases[rate] for rate in rates]), strict=True))


def _add_vat(
    inputs: Inputs,
    chosen: Sequence[tuple[Line, Decimal]],
    shares: Mapping[Rate, Decimal],
    rates: Sequence[Rate],
) -> tuple[RateTotal, ...]:
    bases = dict.fromkeys(rates, ZERO)
    for line, net in chosen:
        bases[line.rate] += net
    for charge in inputs.charges:
        bases[charge.rate] += charge.amount
    return tuple(_rate_total(rate, base=bases[rate] - shares.get(rate, ZERO)) for rate in rates)


def _without_vat(
    inputs: Inputs,
    amounts: Sequence[tuple[Decimal, Decimal, Decimal]],
    shares: Mapping[Rate, Decimal],
    rates: Sequence[Rate],
) -> tuple[list[Decimal], dict[Rate, Decimal], Decimal, tuple[RateTotal, ...]]:
    """TTC prices: the promised TTC is kept; each rate's base is shared over lines, charges and discount."""
    nets = [
        _take_vat_off(net, line.vat_rate) for line, (_g, _d, net) in zip(inputs.lines, amounts, strict=True)
    ]
    discounts: dict[Rate, Decimal] = {}
    charges = ZERO
    breakdown = []
    for rate in rates:
        at = [
            i
            for i, line in enumerate(inputs.lines)
            if line.in_total and (line.vat_rate, line.vat_category) == rate
        ]
        extra = [charge.amount for charge in inputs.charges if (charge.vat_rate, charge.vat_category) == rate]
        parts = [*(amounts[i][2] for i in at), *extra, -shares.get(rate, ZERO)]
        total = _rate_total(rate, ttc=sum(parts, ZERO))
        split = _bases(parts, rate[0], total.base)
        for i, net in zip(at, split, strict=False):
            nets[i] = net
        charges += sum(split[len(at) : -1], ZERO)
        if rate in shares:
            discounts[rate] = round_cents(-split[-1])
        breakdown.append(total)
    return nets, discounts, charges, tuple(breakdown)


def _options(inputs: Inputs, amounts: Sequence[tuple[Decimal, Decimal, Decimal]]) -> Sums | None:
    """The options left open, as a small quote of their own."""
    sums: dict[Rate, Decimal] = {}
    for line, (_g, _d, net) in zip(inputs.lines, amounts, strict=True):
        if line.kind == "option" and not line.selected:
            rate = line.rate
            sums[rate] = sums.get(rate, ZERO) + net
    if not sums:
        return None
    if inputs.price_mode == "TTC":
        return _sum(_rate_total(rate, ttc=net) for rate, net in sums.items())
    return _sum(_rate_total(rate, base=net) for rate, net in sums.items())


def _deposit(share: Share | None, breakdown: Sequence[RateTotal], ttc: Decimal) -> Deposit | None:
    if share is None:
        return None
    most = max(ttc, ZERO)
    asked = round_cents(most * share.value / HUNDRED if share.type == "percent" else share.value)
    if asked > most:
        raise Invalid({"deposit.value": _("The deposit is larger than the total.")})
    payable = [each for each in breakdown if each.ttc > 0] if asked else []
    split = _split(asked, [each.ttc for each in payable])
    by_rate = (
        _rate_total((each.rate, each.category), ttc=part) for each, part in zip(payable, split, strict=True)
    )
    return Deposit(asked, tuple(by_rate), round_cents(ttc - asked))


def _rate_total(rate: Rate, *, base: Decimal | None = None, ttc: Decimal | None = None) -> RateTotal:
    """From the base, VAT is added; from the TTC, it is taken out."""
    if ttc is None:
        base = round_cents(base or ZERO)
        vat = round_cents(base * rate[0] / HUNDRED)
        return RateTotal(*rate, base, vat, round_cents(base + vat))
    base = _take_vat_off(ttc, rate[0])
    return RateTotal(*rate, base, round_cents(ttc - base), round_cents(ttc))


def _take_vat_off(ttc: Decimal, rate: Decimal) -> Decimal:
    return round_cents(ttc * HUNDRED / (HUNDRED + rate))


def _bases(parts: Sequence[Decimal], rate: Decimal, whole: Decimal) -> list[Decimal]:
    """The TTC `parts` without VAT, in cents that add up to `whole`: floors, then the largest remainders."""
    exact = [part * HUNDRED / (HUNDRED + rate) for part in parts]
    floors = [each.quantize(CENT, ROUND_FLOOR) for each in exact]
    missing = int((whole - sum(floors, ZERO)) / CENT)
    order = sorted(range(len(parts)), key=lambda i: floors[i] - exact[i])
    for i in order[:missing]:
        floors[i] += CENT
    return [each if each else NOTHING for each in floors]


def _split(whole: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """`whole` in cents, in proportion to positive `weights`: largest remainder, ties to the first."""
    cents = int(whole.scaleb(2))
    sizes = [int(weight.scaleb(2)) for weight in weights]
    total = sum(sizes)
    shares = [divmod(cents * size, total) for size in sizes]
    missing = cents - sum(share for share, _rest in shares)
    first = sorted(range(len(shares)), key=lambda i: -shares[i][1])[:missing]
    return [Decimal(share + (i in first)).scaleb(-2) for i, (share, _rest) in enumerate(shares)]


def _highest_first(rate: Rate) -> tuple[Decimal, str]:
    return -rate[0], rate[1]


def _sum(rates: Iterable[RateTotal]) -> Sums:
    ht = vat = NOTHING
    for each in rates:
        ht, vat = ht + each.base, vat + each.vat
    return Sums(round_cents(ht), round_cents(vat), round_cents(ht + vat))


def rate_text(rate: Decimal) -> str:
    """A rate without trailing zeros: 20, 5.5."""
    return f"{rate.normalize():f}" if rate else "0"
