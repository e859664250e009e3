"""The pages that follow a signed quote: who signed what, when and on which laptop, with the strokes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from app.quotes import pdf_archive
from app.quotes.pdf_page import HEIGHT, LEFT, RIGHT, ROOM, WIDTH, Draw, Flow, Pen
from app.quotes.pdf_type import (
    ACCENT,
    BODY,
    BOLD,
    INK,
    LABEL,
    SMALL,
    Colour,
    Style,
    clean,
    load_fonts,
    shortened,
    width,
    wrap,
)

_TITLE = Style(BOLD, 16, 20)
_PAD_HEIGHT = 140.0
_LABEL_ROOM = 118.0

_LABELS = {
    "fr": {
        "title": "Preuve de signature",
        "about": "Cette page fait partie du document scellé : la modification d’un seul octet se voit.",
        "technical": "Éléments techniques",
        "quote": "Devis",
        "seller": "Vendeur",
        "customer": "Client",
        "amount": "Montant",
        "terms": "Conditions",
        "signer": "Signataire",
        "role": "Qualité",
        "email": "E-mail",
        "agreed": "Accord",
        "at": "Signé le",
        "utc": "Heure de l’ordinateur (UTC)",
        "seen": "Dernière heure du serveur",
        "salesperson": "Commercial",
        "device": "Ordinateur",
        "version": "Version de Terrain",
        "document": "SHA-256 du contenu",
        "pdf": "SHA-256 du PDF présenté",
        "strokes": "SHA-256 du tracé",
        "chain": "Enregistrement",
        "previous": "SHA-256 du précédent",
        "drawn": "Tracé",
        "options": "Options retenues",
        "total": "Total avec ces options",
    },
    "en": {
        "title": "Evidence of signature",
        "about": "This page is part of the sealed document: the change of a single byte shows.",
        "technical": "Technical facts",
        "quote": "Quote",
        "seller": "Seller",
        "customer": "Customer",
        "amount": "Amount",
        "terms": "Terms",
        "signer": "Signed by",
        "role": "Position",
        "email": "E-mail",
        "agreed": "Agreement",
        "at": "Signed on",
        "utc": "Laptop's time (UTC)",
        "seen": "Server's last time",
        "salesperson": "Salesperson",
        "device": "Laptop",
        "version": "Terrain version",
        "document": "SHA-256 of the content",
        "pdf": "SHA-256 of the PDF shown",
        "strokes": "SHA-256 of the strokes",
        "chain": "Record",
        "previous": "SHA-256 of the one before",
        "drawn": "Strokes",
        "options": "Options chosen",
        "total": "Total with these options",
    },
}
AGREEMENT = (
    *(
        "quote",
        "seller",
        "customer",
        "amount",
        "signer",
        "role",
        "email",
        "agreed",
        "terms",
        "options",
        "total",
    ),
    *("at", "salesperson"),
)
"""What the customer reads."""
TECHNICAL = ("utc", "seen", "device", "version", "document", "pdf", "strokes", "chain", "previous")
"""What an expert compares."""
_FINE = SMALL.but(size=7.2, leading=9.4)


def render_evidence(
    values: Mapping[str, str],
    strokes: Sequence[Sequence[Sequence[float]]],
    language: str,
    accent: Colour = ACCENT,
) -> bytes:
    """The pages as PDF. `values` has keys of AGREEMENT and TECHNICAL; `strokes` are lists of (x, y, …) from 0 to 1."""
    load_fonts()
    words = _LABELS["en" if language == "en" else "fr"]
    pages = _lay(values, words, strokes)
    file = io.BytesIO()
    canvas: Any = pdf_archive.make_canvas(
        file,
        (WIDTH, HEIGHT),
        words["title"],
        values.get("signer", ""),
        values.get("quote", ""),
        "en-GB" if language == "en" else "fr-FR",
    )
    pen = Pen(canvas, accent)
    for index, blocks in enumerate(pages, start=1):
        _draw_edges(pen, values, words, f" · {index}/{len(pages)}" if len(pages) > 1 else "")
        for draw, y in blocks:
            draw(pen, y)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _lay(
    values: Mapping[str, str], words: Mapping[str, str], strokes: Sequence[Sequence[Sequence[float]]]
) -> list[list[tuple[Draw, float]]]:
    """Title, agreement, strokes and technical facts, over as many pages as the chosen options need."""
    flow = Flow(y=0, bottom=HEIGHT - 44)
    flow.put(partial(_draw_title, words), 93)
    _lay_rows(flow, AGREEMENT, values, words, BODY, 5.0)
    if strokes:
        _lay_whole(flow, partial(_draw_pad, words["drawn"], strokes), _PAD_HEIGHT + 40)
    _lay_whole(flow, partial(_draw_technical, words["technical"]), 24, 5 * _FINE.leading)
    _lay_rows(flow, TECHNICAL, values, words, _FINE, 3.0)
    return flow.pages


def _lay_whole(flow: Flow, draw: Draw, height: float, with_it: float = 0) -> None:
    """A block that is not broken, on the page where it fits with what belongs under it."""
    if height + with_it > flow.left:
        flow.turn()
    flow.put(draw, height)


def _lay_rows(
    flow: Flow,
    names: Sequence[str],
    values: Mapping[str, str],
    words: Mapping[str, str],
    style: Style,
    gap: float,
) -> None:
    """Each fact beside its label, line by line: one may be longer than a page."""
    for name in names:
        lines = wrap(values.get(name, ""), style, ROOM - _LABEL_ROOM)
        if not any(lines):
            continue
        label = words[name]
        for line in lines:
            if flow.left < style.leading:
                flow.turn()
            flow.put(partial(_draw_fact, label, line, style), style.leading)
            label = ""
        flow.y += gap


def _draw_edges(pen: Pen, values: Mapping[str, str], words: Mapping[str, str], page: str) -> None:
    pen.fill(0, 0, WIDTH, 5, ACCENT)
    pen.rule(HEIGHT - 34, weight=0.4)
    named = f"{words['title']} · {values.get('quote', '')}{page}"
    seller = shortened(values.get("seller", ""), _FINE, ROOM - width(clean(named), _FINE) - 12)
    pen.text(LEFT, HEIGHT - 24, seller, _FINE)
    pen.right(RIGHT, HEIGHT - 24, named, _FINE)


def _draw_title(words: Mapping[str, str], pen: Pen, y: float) -> None:
    pen.text(LEFT, y + 56, words["title"], _TITLE)
    pen.text(LEFT, y + 72, words["about"], SMALL)


def _draw_fact(label: str, line: str, style: Style, pen: Pen, y: float) -> None:
    base = y + style.leading
    pen.text(LEFT, base, label, SMALL)
    pen.text(LEFT + _LABEL_ROOM, base, line, style)


def _draw_technical(title: str, pen: Pen, y: float) -> None:
    pen.text(LEFT, y + 14, title, Style(BOLD, 9, 12))
    pen.rule(y + 20)


def _draw_pad(title: str, strokes: Sequence[Sequence[Sequence[float]]], pen: Pen, y: float) -> None:
    pen.text(LEFT, y + 12, title, LABEL)
    _draw_strokes(pen, y + 20, strokes)


def _draw_strokes(pen: Pen, top: float, strokes: Sequence[Sequence[Sequence[float]]]) -> None:
    """The strokes in their own proportions: x and y were divided by the width of the pad."""
    pen.frame(LEFT, top, RIGHT - LEFT, _PAD_HEIGHT, (0.72, 0.76, 0.83))
    points = [point for stroke in strokes for point in stroke]
    high = max([point[1] for point in points] + [0.05])
    scale = min(RIGHT - LEFT - 20, (_PAD_HEIGHT - 20) / high)
    canvas = pen.canvas
    canvas.setStrokeColorRGB(*INK)
    canvas.setLineWidth(1.4)
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    for stroke in strokes:
        places = [(LEFT + 10 + x * scale, HEIGHT - top - 10 - y * scale) for x, y, *_when in stroke]
        canvas.drawPath(_path(canvas, places), stroke=1, fill=0)


def _path(canvas: Any, places: Sequence[tuple[float, float]]) -> Any:
    """The points joined by curves through their midpoints, as the customer saw them run on the pad."""
    path = canvas.beginPath()
    path.moveTo(*places[0])
    at = places[0]
    if len(places) >= 3:
        for (x, y), (next_x, next_y) in pairwise(places[1:]):
            end = ((x + next_x) / 2, (y + next_y) / 2)
            # PDF has no curve with one handle: two, each two thirds of the way to it.
            path.curveTo(
                *(at[0] + (x - at[0]) * 2 / 3, at[1] + (y - at[1]) * 2 / 3),
                *(end[0] + (x - end[0]) * 2 / 3, end[1] + (y - end[1]) * 2 / 3),
                *end,
            )
            at = end
    # A dot is a line of no length, which round caps make visible.
    path.lineTo(*places[-1])
    return path
