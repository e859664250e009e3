"""The end of a printed quote: VAT table, totals, conditions and the box to sign, kept on one page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from app.quotes import paper_code
from app.quotes.document import QuoteDocument
from app.quotes.pdf_page import LEFT, RIGHT, ROOM, Flow, Pen
from app.quotes.pdf_type import ACCENT, BODY, BOLD, GREY, LABEL, SMALL, STRONG, WHITE, Style, width, wrap
from app.quotes.pdf_words import MINUS, Words

SIDE = 232.0
"""The width of the totals, on the right."""
LEFT_ROOM = ROOM - SIDE - 28
_ROW = 15.6
_PANEL = 25.0
_SIGN_HEIGHT = 96.0
_CODE = 46.0
_TERMS = Style(size=7, leading=8.8)
_TERMS_GAP = 20.0
_CERTIFIED = Style(size=7.6, leading=9.4)
_AGREED = STRONG.but(size=9.6, leading=11.6)
_ANNEX = BODY.but(size=10, leading=19)
_BLANK = "___"
"""Where a form is filled in by hand: a rule to the margin is drawn in its place."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The block that is never broken, and the paragraphs that found no room beside the totals."""

    document: QuoteDocument
    words: Words
    totals: tuple[tuple[str, str, str], ...]
    """(label, amount, plain | bold | panel | quiet)"""
    beside: tuple[tuple[str, tuple[str, ...]], ...]
    certified: tuple[str, ...]
    after: tuple[tuple[str, str], ...]
    height: float

    def draw(self, pen: Pen, y: float) -> None:
        """Draw at `y`: on the left VAT and conditions, on the right the totals and the signature."""
        pen.bookmark(self.words("totals"), y)
        y += 14
        under = _draw_vat(self.document, self.words, pen, y)
        for label, lines in self.beside:
            pen.text(LEFT, under + 8, label, LABEL)
            under = pen.lines(LEFT, under + 19, list(lines), BODY.but(size=8.4, leading=10.8)) + 3
        y = self._draw_totals(pen, y) + 14
        if self.certified:
            pen.text(RIGHT - SIDE, y + 6, self.words("before_signing"), LABEL)
            y = pen.lines(RIGHT - SIDE, y + 17, list(self.certified), _CERTIFIED)
        if has_box(self.document):
            _draw_sign(self.words, paper_code.text_of(self.document), pen, y)

    def _draw_totals(self, pen: Pen, y: float) -> float:
        x = RIGHT - SIDE
        for label, amount, look in self.totals:
            high = _PANEL if look == "panel" else _ROW
            base = y + high / 2 + 3.2
            style = {"bold": STRONG, "quiet": BODY.but(colour=GREY)}.get(look, BODY)
            if look == "panel":
                pen.fill(x, y + 1, SIDE, high - 3, ACCENT, 3)
                style, base = Style(BOLD, 11, 14, WHITE), base - 0.2
            elif look == "bold":
                pen.rule(y, x, RIGHT)
            pen.text(x + 9, base, label, style)
            pen.right(RIGHT - 9, base, amount, style)
            y += high
        return y


def closing(document: QuoteDocument, words: Words) -> Closing:
    """The closing block of this document, measured."""
    totals = _totals(document, words)
    certified = [line for text in document.certifications for line in wrap(text, _CERTIFIED, SIDE)]
    right = sum(_PANEL if look == "panel" else _ROW for _l, _a, look in totals) + 14
    right += (_SIGN_HEIGHT if has_box(document) else 0) + (
        17 + len(certified) * _CERTIFIED.leading if certified else 0
    )
    used = 22 + len(document.amounts.vat_rows) * 14.0 + 4
    beside: list[tuple[str, tuple[str, ...]]] = []
    after: list[tuple[str, str]] = []
    for label, text in _conditions(document, words):
        lines = wrap(text, BODY.but(size=8.4, leading=10.8), LEFT_ROOM)
        high = 22 + len(lines) * 10.8
        if not after and used + high <= right + 40:
            beside.append((label, tuple(lines)))
            used += high
        else:
            after.append((label, text))
    if document.style.get("closing_words"):
        after.append(("", document.style["closing_words"]))
    height = 14 + max(right, used) + 6
    return Closing(document, words, totals, tuple(beside), tuple(certified), tuple(after), height)


def has_box(document: QuoteDocument) -> bool:
    """Whether the paper offers a box to sign: the company's choice, unless the customer certifies something."""
    return bool(document.style.get("signature_box", True) or document.certifications)


def _totals(document: QuoteDocument, words: Words) -> tuple[tuple[str, str, str], ...]:
    amounts, money = document.amounts, words.money
    found = []
    if amounts.discount or amounts.charges:
        found.append((words("lines_total", mode=document.tax_mode), money(amounts.lines), "plain"))
    if amounts.discount:
        percent = f" {words.percent(amounts.discount_percent)}" if amounts.discount_percent else ""
        found.append((words("discount") + percent, MINUS + money(amounts.discount), "plain"))
    for label, amount in amounts.charges:
        first, *more = wrap(label, BODY, SIDE - 100) or [""]
        found.append((first, money(amount), "plain"))
        found += [(line, "", "plain") for line in more]
    # A business reads the amount without VAT first, a consumer pays the one with VAT.
    without = not document.gross_first
    vat, whole = words("total_vat"), words("total_ttc")
    if document.without_vat:
        # A total with VAT would say that some is in it.
        why = dict.fromkeys(_reason(row.category, words) for row in amounts.vat_rows)
        vat, whole = words("vat_none", why=", ".join(why)), words("net_due")
    found.append((words("total_ht"), money(amounts.ht), "panel" if without else "plain"))
    found.append((vat, money(amounts.vat), "plain"))
    found.append((whole, money(amounts.ttc), "bold" if without else "panel"))
    if amounts.deposit:
        percent = f" ({words.percent(amounts.deposit_percent)})" if amounts.deposit_percent else ""
        found.append((words(amounts.deposit_kind or "acompte") + percent, money(amounts.deposit), "plain"))
        found.append((words("balance"), money(amounts.balance), "plain"))
    return tuple(found)


def _conditions(document: QuoteDocument, words: Words) -> list[tuple[str, str]]:
    seller = document.seller
    iban = " ".join(re.findall(".{1,4}", "".join(seller.get("iban", "").split())))
    bank = [f"{name} {value}" for name, value in (("IBAN", iban), ("BIC", seller.get("bic"))) if value]
    until = words.date(document.prices_until)
    found = [
        (words("prices"), words("expired_list", name=document.price_list, date=until) if until else ""),
        (words("payment"), document.payment_terms),
        (words("delivery"), document.delivery_terms),
        (words("bank"), "\n".join(bank)),
        (words("notes"), document.notes),
        (words("mentions"), "\n".join(document.mentions)),
    ]
    return [(label, text) for label, text in found if text.strip()]


def _reason(category: str, words: Words) -> str:
    """Why there is no VAT at this rate; empty where there is."""
    return "" if category == "S" else words(f"category_{category}")


def _draw_vat(document: QuoteDocument, words: Words, pen: Pen, y: float) -> float:
    stops = (LEFT + LEFT_ROOM * 0.62, LEFT + LEFT_ROOM)
    title = words("vat") if words.both else f"{words('vat')} · {words('vat_rate')}"
    pen.text(LEFT, y + 9, title, LABEL)
    pen.right(stops[0], y + 9, words("vat_base"), LABEL)
    pen.right(stops[1], y + 9, words("vat_amount"), LABEL)
    pen.rule(y + 15, LEFT, LEFT + LEFT_ROOM)
    y += 18
    for row in document.amounts.vat_rows:
        reason = _reason(row.category, words)
        pen.text(LEFT, y + 9, reason[:1].upper() + reason[1:] or words.percent(row.rate), BODY)
        pen.right(stops[0], y + 9, words.money(row.base), BODY)
        pen.right(stops[1], y + 9, words.money(row.vat), BODY)
        y += 14
    pen.rule(y + 1, LEFT, LEFT + LEFT_ROOM)
    return y + 8


def _draw_sign(words: Words, code: str, pen: Pen, y: float) -> None:
    x = RIGHT - SIDE
    pen.frame(x, y, SIDE, _SIGN_HEIGHT - 4, (0.72, 0.76, 0.83))
    room = SIDE - 18 - (_CODE + 6 if code else 0)
    y_below = pen.lines(x + 9, y + 15, wrap(words("agreed"), _AGREED, room), _AGREED)
    pen.lines(x + 9, y_below - 0.6, wrap(words("sign_here"), SMALL, room), SMALL)
    if code:
        # On the page that is signed, so that a photo of the paper finds its quote again.
        pen.code(RIGHT - _CODE - 6, y + 6, _CODE, code)


def lay_paragraphs(flow: Flow, paragraphs: tuple[tuple[str, str], ...]) -> None:
    """Titled paragraphs over the full width, over as many pages as they need."""
    style = BODY.but(size=8.4, leading=10.8)
    for label, text in paragraphs:
        lines = wrap(text, style, ROOM)
        if flow.left < 24 + 2 * style.leading:
            flow.turn()
        if label:
            flow.put(partial(_draw_line, LEFT, label, LABEL, 16.0), 20.0)
        else:
            flow.y += 8
        for line in lines:
            if flow.left < style.leading:
                flow.turn()
            flow.put(partial(_draw_line, LEFT, line, style, 8.0), style.leading)


def lay_terms(flow: Flow, title: str, text: str) -> None:
    """The seller's terms on pages of their own, in two columns."""
    room = (ROOM - _TERMS_GAP) / 2
    lines = wrap(text, _TERMS, room)
    flow.turn()
    flow.put(partial(_draw_title, title), 24.0)
    while lines:
        count = max(1, int(flow.left // _TERMS.leading))
        # The last page's columns end level.
        count = min(count, (len(lines) + 1) // 2)
        first, second, lines = lines[:count], lines[count : 2 * count], lines[2 * count :]
        flow.put(partial(_draw_columns, first, second, LEFT + room + _TERMS_GAP), count * _TERMS.leading)
        if lines:
            flow.turn()


def lay_annex(flow: Flow, text: str) -> None:
    """A text on pages of its own under its first line: a form to fill in and send back."""
    title, _newline, rest = text.partition("\n")
    flow.turn()
    flow.put(partial(_draw_title, title), 30.0)
    for line in wrap(rest, _ANNEX, ROOM):
        if flow.left < _ANNEX.leading:
            flow.turn()
        draw = _draw_blank if line.endswith(_BLANK) else partial(_draw_line, LEFT)
        flow.put(partial(draw, line, _ANNEX, 11.0), _ANNEX.leading)


def _draw_title(title: str, pen: Pen, y: float) -> None:
    pen.bookmark(title, y)
    pen.text(LEFT, y + 12, title, Style(BOLD, 12, 15))


def _draw_columns(first: list[str], second: list[str], x: float, pen: Pen, y: float) -> None:
    pen.lines(LEFT, y + 7, first, _TERMS)
    pen.lines(x, y + 7, second, _TERMS)


def _draw_blank(line: str, style: Style, drop: float, pen: Pen, y: float) -> None:
    text = line.rstrip("_")
    pen.text(LEFT, y + drop, text, style)
    pen.rule(y + drop + 2, LEFT + width(text, style) + 3, RIGHT, GREY)


def _draw_line(x: float, text: str, style: Style, drop: float, pen: Pen, y: float) -> None:
    pen.text(x, y + drop, text, style)
