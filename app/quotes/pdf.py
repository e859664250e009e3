"""A quote document as PDF bytes: the same document always gives the same bytes."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from datetime import date
from functools import partial

from reportlab import rl_config

from app.quotes import pdf_archive, pdf_closing, pdf_table
from app.quotes.document import QuoteDocument
from app.quotes.pdf_page import HEIGHT, LEFT, MM, RIGHT, ROOM, WIDTH, Draw, Flow, Pen
from app.quotes.pdf_type import (
    ACCENT,
    BODY,
    BOLD,
    GREY,
    LABEL,
    MARK,
    SMALL,
    STRONG,
    Style,
    accent_of,
    clean,
    load_fonts,
    shortened,
    width,
    wrap,
)
from app.quotes.pdf_words import Words

# ASCII85 makes every picture a quarter larger, and nothing needs seven bits any more.
rl_config.useA85 = 0

# The window of a French DL envelope (NF D 64-001), on A4 folded in three.
WINDOW_X = 110 * MM
WINDOW_Y = 50 * MM
WINDOW_WIDTH = 80 * MM
WINDOW_BOTTOM = 85 * MM

_TITLE = Style(BOLD, 23, 26, ACCENT)
_NUMBER = Style(BOLD, 10.5, 13)
_SELLER = (Style(BOLD, 14.5, 17), Style(BOLD, 11, 13), Style(BOLD, 8.6, 10.4), Style(BOLD, 7, 8.6))
"""The seller's name, as large as it fits on two lines."""
_SUBJECT = Style(BOLD, 10.5, 13.2)
_LEGAL = SMALL.but(size=6.8, leading=8.4)
_ADDRESS = SMALL.but(size=8, leading=10.4)
_META_X = LEFT + 78
_META = SMALL.but(size=8)
_LOGO = {"small": 24.0, "medium": 34.0, "large": 46.0}
"""Heights by the company's choice."""

_lock = threading.Lock()  # ReportLab's font registry is shared, and previews render on several threads.


def render(document: QuoteDocument, files: Mapping[str, bytes] | None = None) -> bytes:
    """The PDF of `document`: A4, PDF/A-3b, fonts embedded, deterministic.

    `files` are the bytes of its logo, pictures and terms by SHA-256; one that is missing leaves its room.
    """
    files = files or {}
    with _lock:
        load_fonts()
        words = Words(document.language, document.currency)
        legal = _legal_lines(document)
        pages = _lay(document, words, HEIGHT - 34 - len(legal) * _LEGAL.leading)
        terms = files.get(document.terms_file)
        # Those pages are a file of the company's own: the quote's numbers do not count them, but name how many.
        annexed = pdf_archive.count_pages(terms) if terms else 0
        content = _draw(document, words, pages, legal, files, annexed)
    return pdf_archive.append_pages(content, terms) if terms else content


def _lay(document: QuoteDocument, words: Words, bottom: float) -> list[list[tuple[Draw, float]]]:
    flow = Flow(y=0, bottom=bottom)
    flow.put(partial(_draw_letterhead, document, words), 0)
    flow.y = _opening_end(document, words)
    _lay_opening_text(flow, document)
    closing = pdf_closing.closing(document, words)
    at = pdf_table.columns(document, words)
    main = [line for line in document.lines if line.kind != "item" or line.in_total]
    offered = [line for line in document.lines if line.kind == "item" and not line.in_total]
    after_main = 0.0 if offered else closing.height
    pdf_table.lay(flow, pdf_table.rows(main, at, words), at, words, after_main)
    if offered:
        _lay_options(flow, document, words, at, closing.height)
    if closing.height > flow.left:
        flow.turn()
    flow.put(closing.draw, closing.height)
    pdf_closing.lay_paragraphs(flow, closing.after)
    for text in document.annexes:
        pdf_closing.lay_annex(flow, text)
    # A company that gives its terms as a PDF has no second copy of them printed.
    if document.terms.strip() and not document.terms_file:
        pdf_closing.lay_terms(flow, words("terms"), document.terms)
    return flow.pages


def _lay_options(
    flow: Flow, document: QuoteDocument, words: Words, at: pdf_table.Columns, closing: float
) -> None:
    offered = [line for line in document.lines if line.kind == "item" and not line.in_total]
    table = pdf_table.rows(offered, at, words, tick=True)
    least = 28 + at.header + min(table[0].height, 120)
    whole = 28 + at.header + sum(row.height for row in table) + 20 + closing
    # A short block of options is worth keeping whole beside the totals.
    if least > flow.left or (whole > flow.left and whole < 0.7 * flow.height):
        flow.turn()
    flow.put(partial(_draw_options_title, words), 28)
    total = 20.0 if document.amounts.options_ttc else 0.0
    pdf_table.lay(flow, table, at, words, closing + total, carry=False)
    if total:
        if total > flow.left:
            flow.turn()
        flow.put(partial(_draw_options_total, document, words), total)


def _draw_options_title(words: Words, pen: Pen, y: float) -> None:
    title = Style(BOLD, 10, 12)
    pen.bookmark(words("options"), y)
    pen.text(LEFT, y + 22, words("options"), title)
    pen.text(LEFT + width(words("options"), title) + 7, y + 22, words("options_note"), SMALL)


def _draw_options_total(document: QuoteDocument, words: Words, pen: Pen, y: float) -> None:
    amounts = document.amounts
    pairs = [("total_ht", amounts.options_ht), ("total_ttc", amounts.options_ttc)]
    if document.without_vat and amounts.options_ttc == amounts.options_ht:
        pairs = pairs[:1]
    text = "  ·  ".join(f"{words(name)} {words.money(amount)}" for name, amount in pairs)
    pen.right(RIGHT, y + 13, text, STRONG)
    pen.right(RIGHT - width(text, STRONG) - 10, y + 13, words("options_total"), SMALL)


def _opening_end(document: QuoteDocument, words: Words) -> float:
    """Where the letterhead ends: below the window, the meta lines and the seller's address."""
    meta = WINDOW_Y + 12 + sum(len(lines) for _label, lines in _meta(document, words)) * 13.4
    buyer = WINDOW_Y + sum(style.leading for _text, style in _buyer_lines(document, words))
    return max(WINDOW_BOTTOM + 8, meta, buyer + 8)


def _lay_opening_text(flow: Flow, document: QuoteDocument) -> None:
    """Subject and introduction, which may be longer than the page."""
    texts = [(line, _SUBJECT) for line in wrap(document.subject, _SUBJECT, ROOM)] if document.subject else []
    intro = BODY.but(size=9.2, leading=12.2)
    texts += [(line, intro) for line in wrap(document.introduction, intro, ROOM)]
    for text, style in texts:
        if flow.left < style.leading:
            flow.turn()
        flow.put(partial(_draw_text_line, text, style), style.leading)
    flow.y += 10


def _draw_text_line(text: str, style: Style, pen: Pen, y: float) -> None:
    pen.text(LEFT, y + style.size, text, style)


def _draw_letterhead(document: QuoteDocument, words: Words, pen: Pen, _y: float) -> None:
    pen.fill(0, 0, WIDTH, 5, ACCENT)
    y = 46.0 + _draw_logo(document, pen)
    lines, style = _seller_name(document)
    for line in lines:
        pen.text(LEFT, y, line, style)
        y += style.leading
    # Below the last line of the name by the address's own leading, however small the name is set.
    y += max(0.0, _ADDRESS.leading + 2 - style.leading)
    room = int((WINDOW_Y - y) // _ADDRESS.leading) + 1
    pen.lines(LEFT, y - 2, _seller_lines(document, words)[:room], _ADDRESS)
    pen.text(WINDOW_X, 50, words("quote"), _TITLE)
    pen.lines(WINDOW_X, 68, wrap(document.number or words("draft_number"), _NUMBER, WINDOW_WIDTH), _NUMBER)
    y = WINDOW_Y + 9
    x = _meta_x(words)
    for label, lines in _meta(document, words):
        pen.text(LEFT, y, label, _META)
        pen.lines(x, y, lines, BODY.but(leading=13.4))
        y += 13.4 * len(lines)
    y = WINDOW_Y + 9
    for text, style in _buyer_lines(document, words):
        pen.text(WINDOW_X, y, text, style)
        y += style.leading


def _seller_name(document: QuoteDocument) -> tuple[list[str], Style]:
    found: list[str] = []
    for style in _SELLER:
        found = wrap(document.seller.get("name", ""), style, WINDOW_X - LEFT - 20)
        if len(found) <= 2:
            break
    return found[:4], style


def _draw_logo(document: QuoteDocument, pen: Pen) -> float:
    """The logo, above the seller's name or at the right edge; how far down it moves the name."""
    if not document.logo:
        return 0.0
    high = _LOGO.get(document.style.get("logo_size", ""), _LOGO["medium"])
    wide = WINDOW_X - LEFT - 24
    if document.style.get("logo_place") == "right":
        pen.picture(RIGHT - 100, 16, 100, high, document.logo, "ne")
        return 0.0
    return high - 8 if pen.picture(LEFT, 18, wide, high, document.logo) else 0.0


def _seller_lines(document: QuoteDocument, words: Words) -> list[str]:
    seller = document.seller
    town = f"{seller.get('postcode', '')} {seller.get('town', '')}".strip()
    street = ", ".join(filter(None, (seller.get("line1"), seller.get("line2"))))
    phone = f"{words('phone')} {words.phone(seller['phone'])}" if seller.get("phone") else ""
    reach = " · ".join(filter(None, (phone, seller.get("email"), seller.get("website"))))
    room = WINDOW_X - LEFT - 20
    return [line for text in (street, town, reach) if text for line in wrap(text, _ADDRESS, room)][:5]


def _meta(document: QuoteDocument, words: Words) -> list[tuple[str, list[str]]]:
    person = document.salesperson
    buyer = document.buyer
    pairs = [
        (words("date"), [words.date(document.date)]),
        (words("valid_until"), [words.date(document.valid_until)]),
        (words("salesperson"), [person.name, words.phone(person.phone), person.email]),
        (words("customer_reference"), [buyer.reference]),
        (words("code"), [buyer.code]),
        (words("siren"), [words.siren(buyer.siren)]),
        (words("vat_number"), [buyer.vat_number]),
        (words("delivered_to"), [", ".join(buyer.delivery)]),
    ]
    shown = [(label, texts) for label, texts in pairs if any(texts)]
    room = WINDOW_X - _meta_x(words) - 16
    return [
        (label, [line for text in texts if text for line in wrap(text, BODY, room)]) for label, texts in shown
    ]


def _meta_x(words: Words) -> float:
    """Where the values beside the labels begin: further right where a paper in two languages needs it."""
    names = ("valid_until", "salesperson", "siren", "vat_number") if words.both else ()
    return max([_META_X, *(LEFT + width(words(name), _META) + 8 for name in names)])


def _buyer_lines(document: QuoteDocument, words: Words) -> list[tuple[str, Style]]:
    buyer = document.buyer
    name, plain = Style(BOLD, 10.6, 13.6), BODY.but(size=9.6, leading=12.6)
    found = [(line, name) for line in wrap(buyer.name, name, WINDOW_WIDTH)]
    contact = words("attention", name=buyer.contact) if buyer.contact else ""
    for text in (contact, *buyer.address):
        found += [(line, plain) for line in wrap(text, plain, WINDOW_WIDTH)] if text else []
    return found


def _legal_lines(document: QuoteDocument) -> list[str]:
    """The footer that the seller wrote, or the one made of its identity."""
    text = document.legal_footer.strip() or _identity(document)
    return wrap(" ".join(text.split("\n")), _LEGAL, ROOM - 70)[:4]


def _identity(document: QuoteDocument) -> str:
    seller = document.seller
    words = Words(document.language)
    capital, number = seller.get("capital"), seller.get("vat_number")
    parts = (
        f"{seller.get('name', '')} {seller.get('legal_form', '')}".strip()
        + (" " + words("capital", amount=words.money(capital, 0)) if capital else ""),
        f"SIREN {words.siren(seller['siren'])}" if seller.get("siren") else "",
        f"RCS {seller['rcs_town']}" if seller.get("rcs_town") else "",
        f"APE {seller['naf']}" if seller.get("naf") else "",
        words("vat_short", number=number) if number else "",
    )
    return " · ".join(part for part in parts if part)


def _draw(
    document: QuoteDocument,
    words: Words,
    pages: list[list[tuple[Draw, float]]],
    legal: list[str],
    files: Mapping[str, bytes],
    annexed: int,
) -> bytes:
    file = io.BytesIO()
    canvas = pdf_archive.make_canvas(
        file,
        (WIDTH, HEIGHT),
        title=f"{words('quote')} {document.number or words('draft_number')}",
        author=document.seller.get("name", ""),
        subject=document.subject,
        language="fr-FR" if words.language == "fr" else "en-GB",
        day=_day(document.date),
    )
    pen = Pen(canvas, accent_of(document.style), files)
    for index, blocks in enumerate(pages):
        if document.draft:
            _draw_watermark(pen, words("draft"))
        _draw_edges(document, words, pen, index, len(pages), legal)
        for draw, y in blocks:
            draw(pen, y)
        if annexed and index == len(pages) - 1:
            many = "terms_annexed" if annexed > 1 else "terms_annexed_one"
            y = HEIGHT - 22 - len(legal) * _LEGAL.leading
            pen.right(RIGHT, y - 4, words(many, pages=annexed), _LEGAL)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _draw_edges(
    document: QuoteDocument, words: Words, pen: Pen, index: int, pages: int, legal: list[str]
) -> None:
    """Running head after the first page; footer with number and page on every page."""
    name = document.number or words("draft_number")
    if index:
        numbered = f"{words('quote')} {name}"
        room = ROOM - width(clean(numbered), SMALL) - 12
        pen.text(LEFT, 28, shortened(document.seller.get("name", ""), LABEL, room), LABEL)
        pen.right(RIGHT, 28, numbered, SMALL)
    y = HEIGHT - 22 - len(legal) * _LEGAL.leading
    pen.rule(y, weight=0.4)
    pen.lines(LEFT, y + 10, legal, _LEGAL)
    pen.right(RIGHT, y + 10, words("page", page=index + 1, pages=pages), SMALL.but(font=BOLD))
    if document.number:
        pen.right(RIGHT, y + 19, document.number, _LEGAL.but(colour=GREY))


def _draw_watermark(pen: Pen, text: str) -> None:
    style = Style(BOLD, 104, 104, MARK)
    pen.canvas.saveState()
    pen.canvas.translate(WIDTH / 2, HEIGHT / 2)
    pen.canvas.rotate(52)
    pen.canvas.translate(0, -HEIGHT)
    pen.text(-width(text, style) / 2, 36, text, style)
    pen.canvas.restoreState()
