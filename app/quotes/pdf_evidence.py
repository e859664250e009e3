"""The page that follows a signed quote: who signed what, when and on which laptop, with the strokes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from app.quotes import pdf_archive
from app.quotes.pdf_page import HEIGHT, LEFT, RIGHT, ROOM, WIDTH, Pen
from app.quotes.pdf_type import BODY, BOLD, INK, LABEL, SMALL, Style, load_fonts, wrap

_TITLE = Style(BOLD, 16, 20)
_PAD_HEIGHT = 150.0
_LABEL_ROOM = 150.0

_LABELS = {
    "fr": {
        "title": "Preuve de signature",
        "about": "Cette page fait partie du document scellé : la modification d’un seul octet se voit.",
        "quote": "Devis",
        "signer": "Signataire",
        "role": "Qualité",
        "email": "E-mail",
        "agreed": "Accord",
        "at": "Signé le (UTC)",
        "seen": "Dernière heure donnée par le serveur",
        "salesperson": "Vendeur",
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
        "quote": "Quote",
        "signer": "Signed by",
        "role": "Position",
        "email": "E-mail",
        "agreed": "Agreement",
        "at": "Signed at (UTC)",
        "seen": "Last time told by the server",
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
ROWS = (
    *("quote", "signer", "role", "email", "agreed", "options", "at", "seen", "salesperson", "device"),
    *("version", "document", "pdf", "strokes", "chain", "previous"),
)


def render_evidence(
    values: Mapping[str, str], strokes: Sequence[Sequence[Sequence[float]]], language: str
) -> bytes:
    """The page as PDF. `values` has the keys of ROWS; `strokes` are lists of (x, y, …) from 0 to 1."""
    load_fonts()
    words = _LABELS["en" if language == "en" else "fr"]
    file = io.BytesIO()
    canvas: Any = pdf_archive.make_canvas(
        file, (WIDTH, HEIGHT), words["title"], values.get("signer", ""), values.get("quote", ""), "fr-FR"
    )
    pen = Pen(canvas)
    pen.text(LEFT, 60, words["title"], _TITLE)
    pen.text(LEFT, 76, words["about"], SMALL)
    y = 108.0
    for name in ROWS:
        lines = wrap(values.get(name, ""), BODY, ROOM - _LABEL_ROOM)
        if any(lines):
            pen.text(LEFT, y, words[name], LABEL)
            y = max(pen.lines(LEFT + _LABEL_ROOM, y, lines, BODY), y + BODY.leading) + 4
    if strokes:
        pen.text(LEFT, y + 10, words["drawn"], LABEL)
        _draw_strokes(pen, y + 18, strokes)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


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
