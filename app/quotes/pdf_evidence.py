"""The page that follows a signed quote: who signed what, when and on which laptop, with the strokes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from app.quotes import pdf_archive
from app.quotes.pdf_page import HEIGHT, LEFT, RIGHT, ROOM, WIDTH, Pen
from app.quotes.pdf_type import ACCENT, BODY, BOLD, INK, LABEL, SMALL, Colour, Style, load_fonts, wrap

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
    },
}
AGREEMENT = (
    *("quote", "seller", "customer", "amount", "signer", "role", "email", "agreed", "terms", "options"),
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
    """The page as PDF. `values` has keys of AGREEMENT and TECHNICAL; `strokes` are lists of (x, y, …) from 0 to 1."""
    load_fonts()
    words = _LABELS["en" if language == "en" else "fr"]
    file = io.BytesIO()
    canvas: Any = pdf_archive.make_canvas(
        file, (WIDTH, HEIGHT), words["title"], values.get("signer", ""), values.get("quote", ""), "fr-FR"
    )
    pen = Pen(canvas, accent)
    pen.fill(0, 0, WIDTH, 5, ACCENT)
    pen.text(LEFT, 56, words["title"], _TITLE)
    pen.text(LEFT, 72, words["about"], SMALL)
    y = _draw_rows(pen, 104.0, AGREEMENT, values, words, BODY, 5.0)
    if strokes:
        pen.text(LEFT, y + 8, words["drawn"], LABEL)
        _draw_strokes(pen, y + 16, strokes)
        y += 16 + _PAD_HEIGHT + 24
    pen.text(LEFT, y, words["technical"], Style(BOLD, 9, 12))
    pen.rule(y + 6)
    _draw_rows(pen, y + 22, TECHNICAL, values, words, _FINE, 3.0)
    pen.rule(HEIGHT - 34, weight=0.4)
    pen.text(LEFT, HEIGHT - 24, values.get("seller", ""), _FINE)
    pen.right(RIGHT, HEIGHT - 24, f"{words['title']} · {values.get('quote', '')}", _FINE)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw_rows(
    pen: Pen,
    y: float,
    names: Sequence[str],
    values: Mapping[str, str],
    words: Mapping[str, str],
    style: Style,
    gap: float,
) -> float:
    """Each fact beside its label; the y below them."""
    for name in names:
        lines = wrap(values.get(name, ""), style, ROOM - _LABEL_ROOM)
        if any(lines):
            pen.text(LEFT, y, words[name], SMALL)
            y = max(pen.lines(LEFT + _LABEL_ROOM, y, lines, style), y + style.leading) + gap
    return y


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
        path = canvas.beginPath()
        for index, (x, y, *_when) in enumerate(stroke):
            place = LEFT + 10 + x * scale, HEIGHT - top - 10 - y * scale
            if index == 0:
                path.moveTo(*place)
                # A dot is a line of no length, which round caps make visible.
                path.lineTo(*place)
            else:
                path.lineTo(*place)
        canvas.drawPath(path, stroke=1, fill=0)
