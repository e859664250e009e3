"""The lines of a printed quote: columns as wide as their figures, rows over pages, sums carried over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, partial

from app.quotes.document import DocumentLine, QuoteDocument
from app.quotes.pdf_page import LEFT, RIGHT, ROOM, Flow, Pen
from app.quotes.pdf_type import (
    ACCENT,
    BODY,
    BOLD,
    GREY,
    INK,
    LABEL,
    SMALL,
    STRONG,
    TINT,
    Style,
    clean,
    width,
    wrap,
)
from app.quotes.pdf_words import MINUS, Words

HEADER_HEIGHT = 21.0
CARRY_HEIGHT = 17.0
PADS = {"comfortable": 4.6, "compact": 2.8}
"""The room above and below a row's text, by the company's choice."""
GAP = 13.0
FIGURES = ("quantity", "unit_price", "discount", "vat", "total")
_IMAGE = 40.0
_REFERENCE_MOST = 84.0
_DESCRIPTION_LEAST = 150.0


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each column stands: x of the left edge of text, x of the right edge of figures."""

    figure_style: Style
    reference_room: float
    description_x: float
    description_room: float
    rights: dict[str, float]
    titles: dict[str, list[str]]
    """Each in one line; on a paper in both languages French above English."""
    pad: float = PADS["comfortable"]

    @property
    def header(self) -> float:
        """The height of the titles."""
        return HEADER_HEIGHT + (max(map(len, self.titles.values())) - 1) * LABEL.leading


@dataclass(frozen=True)
class Row:
    """One row ready to be drawn; `amount` is what it adds to the sum that is carried over."""

    kind: str
    lines: tuple[tuple[str, Style], ...]
    reference: tuple[str, ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    amount: Decimal = Decimal(0)
    tick: bool = False
    picture: str = ""
    ruled: bool = True
    pad: float = PADS["comfortable"]

    @cached_property
    def height(self) -> float:
        """In points."""
        if self.kind == "page_break":
            return 0.0
        text = sum(style.leading for _text, style in self.lines)
        references = len(self.reference) * BODY.leading
        picture = _IMAGE if self.picture else 0
        extra = 5.0 if self.kind == "section" else 0.0
        return max(text, references, picture, BODY.leading) + 2 * self.pad + extra

    def split(self, room: float) -> tuple[Row, Row] | None:
        """The part whose text fits `room`, with the figures, and the rest; None when nothing fits."""
        used, count = 2 * self.pad, 0
        for _text, style in self.lines:
            if used + style.leading > room:
                break
            used, count = used + style.leading, count + 1
        if count < 2 or count >= len(self.lines):
            return None
        first = replace(self, lines=self.lines[:count], ruled=False)
        rest = Row(self.kind, self.lines[count:], pad=self.pad)
        return first, rest


def columns(document: QuoteDocument, words: Words) -> Columns:
    """Columns that fit this document: those without content are left out."""
    items = [line for line in document.lines if line.kind == "item"]
    names = ("reference", "description", *FIGURES)
    titles = {name: words.titles(name, document.tax_mode) for name in names}
    texts = [dict(figures(line, words)) for line in items]
    # A column of « 0 % » says nothing; why there is no VAT stands beside the totals.
    unsaid = {"vat"} if document.without_vat else set()
    unsaid |= set() if any("discount" in each for each in texts) else {"discount"}
    used = [name for name in FIGURES if name not in unsaid]
    references = [width(clean(line.reference), SMALL) for line in items if line.reference]
    reference = (
        min(max([*references, *(width(each, LABEL) for each in titles["reference"])]) + GAP, _REFERENCE_MOST)
        if references
        else 0
    )
    for style in (BODY, BODY.but(size=8), BODY.but(size=7), BODY.but(size=6)):
        wide = {
            name: max(
                [
                    *(width(each, LABEL) for each in titles[name]),
                    *(width(clean(each.get(name, "")), style) for each in texts),
                ]
            )
            + GAP
            for name in used
        }
        description = ROOM - reference - sum(wide.values())
        if description >= _DESCRIPTION_LEAST:
            break
    x, rights = LEFT + reference + description, {}
    for name in used:
        x += wide[name]
        rights[name] = x
    pad = PADS.get(document.style.get("density", ""), PADS["comfortable"])
    return Columns(style, reference - GAP, LEFT + reference, description, rights, titles, pad)


def figures(line: DocumentLine, words: Words) -> list[tuple[str, str]]:
    """(column, text) of one item."""
    found = [
        ("quantity", words.quantity(line.quantity, line.unit)),
        ("unit_price", words.number(line.unit_price, 2)),
        ("vat", words.percent(line.vat_rate)),
        ("total", words.number(line.amount, 2)),
    ]
    if line.discount:
        shown = words.number(line.discount, 2) if line.discount_is_amount else words.percent(line.discount)
        found.append(("discount", MINUS + shown.lstrip(MINUS)))
    return found


def rows(lines: Sequence[DocumentLine], at: Columns, words: Words, tick: bool = False) -> list[Row]:
    """The rows of these lines."""
    # An eco-participation is not chosen by itself.
    return [replace(_row(line, at, words, tick and line.choice != "eco"), pad=at.pad) for line in lines]


def _row(line: DocumentLine, at: Columns, words: Words, tick: bool) -> Row:
    if line.kind == "page_break":
        return Row("page_break", ())
    if line.kind == "section":
        style = Style(BOLD, 9.6, 12, ACCENT)
        return Row(
            "section", tuple((text, style) for text in wrap(line.description, style, ROOM - 16) or [""])
        )
    if line.kind == "subtotal":
        text = line.description or words("subtotal")
        label = wrap(text, STRONG, ROOM - 120)[:1]
        return Row(
            "subtotal",
            ((label[0] if label else "", STRONG),),
            figures=(("total", words.number(line.amount, 2)),),
        )
    room = at.description_room
    if line.kind == "text":
        room = RIGHT - at.description_x
    room -= (_IMAGE + 8 if line.picture else 0) + (14 if tick else 0)
    written = [(each, BODY) for each in wrap(line.description, BODY, room)]
    written += [(each, SMALL) for each in wrap(line.detail, SMALL, room)]
    if line.kind == "text":
        return Row("text", tuple(written))
    return Row(
        "item",
        tuple(written),
        reference=tuple(wrap(line.reference, SMALL, at.reference_room)) if line.reference else (),
        figures=tuple(figures(line, words)),
        amount=Decimal(line.amount) if line.in_total else Decimal(0),
        tick=tick,
        picture=line.picture,
    )


def lay(
    flow: Flow, table: Sequence[Row], at: Columns, words: Words, closing: float, carry: bool = True
) -> None:
    """Put the rows on the flow; the last ones stay with a `closing` block of that height that will follow.

    With `carry`, each page but the last ends with the sum so far and the next begins with it.
    """
    if not table:
        return
    if flow.left < at.header + min(table[0].height, 120) + CARRY_HEIGHT:
        flow.turn()
    flow.put(partial(draw_header, at), at.header)
    running, laid, on_page = Decimal(0), False, 0

    def turn() -> None:
        nonlocal on_page
        on_page = 0
        if carry and laid:
            flow.put(partial(_draw_carry, words("carried_over"), words.number(str(running), 2)), CARRY_HEIGHT)
        flow.turn()
        flow.put(partial(draw_header, at), at.header)
        if carry and laid:
            flow.put(
                partial(_draw_carry, words("brought_forward"), words.number(str(running), 2)), CARRY_HEIGHT
            )

    tail = _tail_start(table)
    for index, whole in enumerate(table):
        row = whole
        if row.kind == "page_break":
            # At the top of a page, or with nothing after it, there is nothing to break.
            if on_page and index < len(table) - 1:
                turn()
            continue
        if index == tail and on_page:
            rest = sum(each.height for each in table[index:])
            fits_fresh = rest + closing + at.header + CARRY_HEIGHT <= flow.height
            if rest + closing > flow.left and fits_fresh:
                turn()
        reserve = CARRY_HEIGHT if index < len(table) - 1 else 0.0
        needed = _needed(table, index)
        while row.height + reserve > flow.left or (on_page and needed + reserve > flow.left):
            tall = row.height > 0.5 * flow.height or not on_page
            parts = row.split(flow.left - CARRY_HEIGHT) if tall else None
            if parts:
                first, row = parts
                flow.put(partial(_draw_row, first, at), flow.left - CARRY_HEIGHT)
                running, laid = running + first.amount, True
                needed = row.height
            elif not on_page:
                break
            turn()
        flow.put(partial(_draw_row, row, at), row.height)
        running, laid, on_page = running + row.amount, True, on_page + 1


def _tail_start(table: Sequence[Row]) -> int:
    """The first of the rows that should not be parted from what follows the table."""
    start = len(table) - 1
    while start > 0 and table[start].kind == "subtotal":
        start -= 1
    while start > 0 and table[start - 1].kind == "section":
        start -= 1
    return start


def _needed(table: Sequence[Row], index: int) -> float:
    """The height that must be free for this row: a section heading keeps its first two rows with it."""
    row = table[index]
    if row.kind == "section":
        return row.height + sum(min(each.height, 120) for each in table[index + 1 : index + 3])
    if index + 1 < len(table) and table[index + 1].kind == "subtotal" and row.height < 120:
        return row.height + table[index + 1].height
    return row.height


def draw_header(at: Columns, pen: Pen, y: float) -> None:
    """The titles of the columns."""
    for name, lines in at.titles.items():
        base = y + 12.5
        for line in lines:
            if name in at.rights:
                pen.right(at.rights[name], base, line, LABEL)
            elif name == "description" or (name == "reference" and at.description_x > LEFT):
                pen.text(LEFT if name == "reference" else at.description_x, base, line, LABEL)
            base += LABEL.leading
    pen.rule(y + at.header - 2.5, colour=ACCENT, weight=1)


def _draw_carry(label: str, amount: str, pen: Pen, y: float) -> None:
    base = y + 11.3
    style = STRONG.but(size=8.4)
    pen.right(RIGHT - 90, base, label, SMALL.but(size=8.4))
    pen.right(RIGHT, base, amount, style)
    pen.rule(y + CARRY_HEIGHT - 0.5)


def _draw_row(row: Row, at: Columns, pen: Pen, y: float) -> None:
    base = y + row.pad + 8.6
    if row.kind == "section":
        pen.bookmark(" ".join(text for text, _style in row.lines), y)
        pen.fill(LEFT, y + 3, ROOM, row.height - 3, TINT, 2)
        pen.lines(LEFT + 8, y + row.pad + 13, [text for text, _style in row.lines], row.lines[0][1])
        return
    if row.kind == "subtotal":
        pen.right(at.rights["total"] - 90, base, row.lines[0][0], STRONG.but(colour=GREY))
        pen.right(at.rights["total"], base, row.figures[0][1], STRONG)
        pen.rule(y + row.height)
        return
    x = at.description_x
    if row.tick:
        pen.frame(x, base - 7, 7.6, 7.6, INK, 1)
        x += 14
    if row.picture:
        if not pen.picture(x, y + row.pad, _IMAGE, _IMAGE, row.picture, "n"):
            pen.frame(x, y + row.pad, _IMAGE, _IMAGE, TINT)
        x += _IMAGE + 8
    for number, text in enumerate(row.reference):
        pen.text(LEFT, base + number * SMALL.leading, text, SMALL)
    line_y = base
    for text, style in row.lines:
        pen.text(x, line_y, text, style)
        line_y += style.leading
    for name, text in row.figures:
        if name in at.rights:
            pen.right(at.rights[name], base, text, at.figure_style)
    if row.ruled:
        pen.rule(y + row.height, weight=0.4)
