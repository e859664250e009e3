"""What the structured data of quotes holds: the server lets nothing else through, so that every laptop can open it.

Keys that a newer program adds are passed over; each function raises ValueError for what no laptop could read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Required, TypedDict

import msgspec

_FIGURE = r"^[+-]?[0-9]{1,30}(\.[0-9]{1,30})?(E[+-]?[0-9]{1,2})?$"
_Figure = Annotated[str, msgspec.Meta(pattern=_FIGURE)] | int | float
_MaybeFigure = Annotated[str, msgspec.Meta(pattern=f"^$|{_FIGURE}")] | int | float | None
_Plain = str | int | float | bool | None


class _Charge(TypedDict, total=False):
    amount: Required[_Figure]
    label: str | None
    vat_rate: _MaybeFigure
    vat_category: str | None


class _Memory(TypedDict, total=False):
    was: dict[str, str | None]
    made: dict[str, _MaybeFigure]


class _Agreed(TypedDict, total=False):
    percent: _MaybeFigure


class _Consent(TypedDict, total=False):
    chosen: list[str] | None


def _as(value: Any, shape: Any) -> Any:
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as problem:
        raise ValueError(str(problem)) from None


def texts(value: Any) -> None:
    """A list of texts: ids, hashes."""
    _as(value, list[str])


def charges(value: Any) -> None:
    """What is added to a quote, each with its VAT."""
    _as(value, list[_Charge])
    for charge in value:
        if charge.get("with_vat") is not None:
            with_vat(charge["with_vat"])


def with_vat(value: Any) -> None:
    """What a record was under VAT: `app.quotes.with_vat` reads it."""
    memory = _as(value, _Memory)
    was = memory.get("was", {})
    _figures(was, [name for name in was if name != "vat_category"])
    if not memory.get("made", {}).keys() <= was.keys():
        raise ValueError("a value that it was made, and not what it was")


def approval(value: Any) -> None:
    """Who asked for an agreement, and who gave it to how much."""
    _as(value, dict[str, _Plain])
    _as(value, _Agreed)


def signature(value: Any) -> None:
    """What a quote says of its signature."""
    _as(value, dict[str, _Plain | list[str]])
    _as(value, _Consent)


def snapshot(value: Any) -> None:
    """The document as it was issued, which is printed again from this alone."""
    from app.quotes.document import QuoteDocument

    document = _as(value, QuoteDocument)
    amounts = _plain(document.amounts)
    _figures(amounts, amounts.keys() - {"vat_rows", "charges", "deposit_kind"})
    _figures(amounts, ("ht", "vat", "ttc"), _Figure)
    for _label, amount in document.amounts.charges:
        _as(amount, _Figure)
    for row in document.amounts.vat_rows:
        _figures(_plain(row), ("rate", "base", "vat"), _Figure)
    for line in document.lines:
        known, shown = _plain(line), _SHOWN.get(line.kind, ())
        _figures(known, ("quantity", "unit_price", "vat_rate", "amount", "discount"))
        _figures(known, shown, _Figure)


_SHOWN = {"item": ("quantity", "unit_price", "vat_rate", "amount"), "subtotal": ("amount",)}
"""The figures that a printed line of this kind has in any case."""


def _plain(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _figures(values: Mapping[str, Any], names: Iterable[str], shape: Any = _MaybeFigure) -> None:
    for name in names:
        _as(values[name], shape)
