"""A company's own PDF made fit to follow each quote: its pages alone, with nothing in it that acts by itself."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.formats import format_size
from app.i18n import translate as _
from app.quotes.annexed_parts import Refused, reduce

MOST_BYTES = 10_000_000
"""Each quote carries it, by e-mail too."""
MOST_PAGES = 100
_OF_A_PAGE = frozenset(
    {
        *("/Type", "/Parent", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Rotate"),
        *("/Resources", "/Contents", "/Group", "/UserUnit"),
    }
)
"""What a page needs to be seen; actions, notes, forms and links stand elsewhere."""


@dataclass(frozen=True, slots=True)
class Annexed:
    """The pages as a file of their own; `stripped` where they lost what could act, be filled in or be opened."""

    content: bytes
    stripped: bool
    pages: int


def chosen_pages(data: bytes) -> Annexed:
    """As `plain_pages`, of a PDF that is to go with each quote; those with which one went already keep theirs."""
    if len(data) > MOST_BYTES:
        raise Refused(
            _(
                "This PDF has {size}, which each quote would carry: {most} at most.",
                size=format_size(len(data)),
                most=format_size(MOST_BYTES),
            )
        )
    found = plain_pages(data)
    if found.pages > MOST_PAGES:
        raise Refused(
            _(
                "This PDF has {n} pages, which each quote would carry: {most} at most.",
                n=found.pages,
                most=MOST_PAGES,
            )
        )
    return found


@lru_cache(maxsize=4)
def plain_pages(data: bytes) -> Annexed:
    """The pages of a PDF as they are printed: no script, action, form, attached file, note nor password.

    What was filled in or stamped stays as it is seen. Raises ValueError with one sentence.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            return _plain(pdf)
    except pikepdf.PasswordError:
        raise Refused(_("This PDF asks for a password. Save it without one, then choose that.")) from None
    except Refused:
        raise
    except Exception as problem:
        # A file of any origin: each part of it may be of another kind than the one that belongs there.
        raise Refused(_("This is no PDF that can be read.")) from problem


def _plain(pdf: Any) -> Annexed:
    import pikepdf

    if not len(pdf.pages):
        raise Refused(_("This PDF has no page."))
    form = pdf.Root.get("/AcroForm")
    if form is not None and "/XFA" in form:
        # Its one page says "please wait": what it means to show is made by a script.
        raise Refused(
            _("This PDF is a form that Adobe's programs alone show. Print it to a PDF, then choose that.")
        )
    acted = bool(_acts(pdf))
    if form is not None and form.get("/NeedAppearances", False):
        pdf.generate_appearance_streams()
    for page in pdf.pages:
        for note in _annotations(page):
            _keep_layer(note)
    pdf.flatten_annotations("print")
    written = io.BytesIO()
    # The pages in another file: what hangs on the document is not copied at all.
    with pikepdf.new() as plain:
        plain.pages.extend(pdf.pages)
        for page in plain.pages:
            for name in page.obj.keys() - _OF_A_PAGE:
                del page.obj[name]
        carry_layers(pdf, plain)
        acted |= reduce(plain)
        plain.save(written, deterministic_id=True)
    return Annexed(written.getvalue(), acted or bool(pdf.is_encrypted), len(pdf.pages))


def carry_layers(pdf: Any, other: Any) -> None:
    """Have another file, which has the pages of this one, show and hide the same layers."""
    import pikepdf

    layers = pdf.Root.get("/OCProperties")
    if not isinstance(layers, pikepdf.Dictionary):
        return
    shown = layers.get("/D", pikepdf.Dictionary())
    state = pikepdf.Dictionary({key: shown[key] for key in ("/BaseState", "/ON", "/OFF") if key in shown})
    kept = pikepdf.Dictionary(OCGs=layers.get("/OCGs", pikepdf.Array()), D=state)
    other.Root.OCProperties = other.copy_foreign(pdf.make_indirect(kept))


def _keep_layer(note: Any) -> None:
    """What a note looks like belongs to the note's layer, also once it is part of its page."""
    import pikepdf

    seen = note.get("/AP", {}).get("/N")
    if "/OC" in note and isinstance(seen, pikepdf.Dictionary):
        seen = seen.get(str(note.get("/AS", "")))
    if "/OC" in note and isinstance(seen, pikepdf.Stream):
        seen.OC = note.OC


def _acts(pdf: Any) -> bool:
    """Whether the file does more than be looked at; a link that is followed by hand does not count."""
    import pikepdf

    root = pdf.Root
    names = root.get("/Names", {})
    opening = root.get("/OpenAction")
    document = (
        # Where a document opens is told by an array: no action.
        isinstance(opening, pikepdf.Dictionary)
        or any(name in root for name in ("/AA", "/AF", "/AcroForm", "/Collection"))
        or any(name in names for name in ("/JavaScript", "/EmbeddedFiles"))
    )
    return document or any(
        "/AA" in page.obj or any(each.get("/Subtype") != "/Link" for each in _annotations(page))
        for page in pdf.pages
    )


def _annotations(page: Any) -> list[Any]:
    """Those of a page that are there: many programs take one away and leave the place where it was named."""
    import pikepdf

    found = page.obj.get("/Annots")
    if not isinstance(found, pikepdf.Array):
        return []
    return [each for each in found if isinstance(each, pikepdf.Dictionary)]
