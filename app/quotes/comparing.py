"""What differs between two revisions of a quote, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher

from app.i18n import mark as _
from app.quotes.document import DocumentLine, QuoteDocument

LINE_LABELS = {
    "description": _("Description"),
    "detail": _("Detail"),
    "quantity": _("Quantity"),
    "unit": _("Unit"),
    "unit_price": _("Unit price"),
    "discount": _("Discount"),
    "vat_rate": _("VAT rate"),
    "amount": _("Net"),
    "choice": _("In the offer as"),
    "in_total": _("Chosen"),
}
HEAD_LABELS = {
    "subject": _("Subject"),
    "valid_until": _("Valid until"),
    "payment_terms": _("Payment terms"),
    "delivery_terms": _("Delivery"),
    "introduction": _("Introduction"),
    "notes": _("Notes"),
    "tax_mode": _("Prices"),
}
AMOUNT_LABELS = {
    "discount": _("Discount"),
    "ht": _("Total excl. VAT"),
    "vat": _("Total VAT"),
    "ttc": _("Total incl. VAT"),
    "deposit": _("Deposit"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs: the field's label in English, and both values as decimal or plain texts."""

    label: str
    before: str
    after: str
    name: str = ""
    """Of the document's field."""


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line of one or both revisions: `state` is same, changed, added or removed."""

    state: str
    before: DocumentLine | None
    after: DocumentLine | None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both revisions side by side."""

    before: str
    after: str
    """The two numbers with their revisions."""
    lines: tuple[LineChange, ...]
    head: tuple[Change, ...]
    amounts: tuple[Change, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.head and not self.amounts and all(line.state == "same" for line in self.lines)


def compare(before: QuoteDocument, after: QuoteDocument) -> Comparison:
    """The differences of two documents, in the order of the later one's lines; removed ones where they stood."""
    return Comparison(
        before.number,
        after.number,
        tuple(_pairs(before.lines, after.lines)),
        _changes(before, after, HEAD_LABELS),
        _changes(before.amounts, after.amounts, AMOUNT_LABELS),
    )


def _pairs(before: Sequence[DocumentLine], after: Sequence[DocumentLine]) -> list[LineChange]:
    """Lines meet by what they sell: a reference, else a description; what is left over came or went."""
    matcher = SequenceMatcher(None, [_sold(line) for line in before], [_sold(line) for line in after], False)
    found: list[LineChange] = []
    for tag, first, last, start, end in matcher.get_opcodes():
        old, new = list(before[first:last]), list(after[start:end])
        while old and new and (tag == "equal" or _reworded(old[0], new[0])):
            found.append(_pair(old.pop(0), new.pop(0)))
        found += [LineChange("removed", line, None) for line in old]
        found += [LineChange("added", None, line) for line in new]
    return found


def _pair(before: DocumentLine, after: DocumentLine) -> LineChange:
    changes = _changes(before, after, LINE_LABELS)
    return LineChange("changed" if changes else "same", before, after, changes)


def _sold(line: DocumentLine) -> str:
    return f"{line.kind} {line.reference or line.description}"


def _reworded(before: DocumentLine, after: DocumentLine) -> bool:
    """A text that was reworded is one line that changed, not one that went and one that came."""
    return before.kind == after.kind and not before.reference and not after.reference


def _changes(before: object, after: object, labels: dict[str, str]) -> tuple[Change, ...]:
    names = {each.name for each in fields(before)}  # type: ignore[arg-type]
    pairs = (
        (label, str(getattr(before, name)), str(getattr(after, name)), name)
        for name, label in labels.items()
        if name in names
    )
    return tuple(Change(*pair) for pair in pairs if pair[1] != pair[2])
