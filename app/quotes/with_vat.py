"""What a line, a charge or a quote said under VAT, kept in it while none is due, to be said again after.

A record remembers in its field `with_vat` what each value `was`, and what it was `made`: one that is still
what it was made comes back, one that was typed anew meanwhile does not. VAT rates always come back: under
another treatment none can be typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

Record = dict[str, Any]

VAT = ("vat_rate", "vat_category")


def keep(old: Record, new: Record, names: Sequence[str]) -> Record:
    """`new`, remembering the VAT of `old` and these amounts of it."""
    kept = (*(name for name in VAT if "vat_rate" in old), *names)
    was = {name: _text(old.get(name)) for name in kept}
    made = {name: _text(new.get(name)) for name in names}
    return {**new, "with_vat": {"was": was, "made": made} if was else None}


def own_vat(record: Record) -> Record | None:
    """The VAT rate and category that the record had under VAT; None where it remembers none."""
    was = (record.get("with_vat") or {}).get("was", {})
    if was.get("vat_rate") is None:
        return None
    return {"vat_rate": Decimal(was["vat_rate"]), "vat_category": was.get("vat_category") or "S"}


def take_back(old: Record, new: Record) -> Record:
    """`new`, under VAT again, with what `old` remembers of it; it remembers nothing any more."""
    memory = old.get("with_vat") or {}
    was, made = memory.get("was", {}), memory.get("made", {})
    same = [name for name in made if _number(made[name]) == _number(old.get(name))]
    return {**new, **{name: _as(new.get(name), was[name]) for name in same}, "with_vat": None}


def _text(value: Any) -> str | None:
    return None if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _as(like: Any, text: str | None) -> Any:
    """The text as the kind of value that stands there: a charge holds its figures as text."""
    return text if text is None or isinstance(like, str) else Decimal(text)
