"""The square code on an issued quote: which quote, which revision, which content, read back from a photo.

It says `terrain:D26-K7-00042-R2:` and sixteen digits of the document's hash, so that a photographed
paper finds its quote again, and that of another revision is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.quotes.document import QuoteDocument

_CODE = re.compile(r"terrain:(?P<number>[A-Za-z0-9+\-_/]{1,60}):(?P<hash>[0-9a-f]{16})")
LONGEST_SIDE = 2600
"""Pixels; a photo of twelve million is read no better and takes seconds."""


@dataclass(frozen=True, slots=True)
class PaperCode:
    """What a code says: the quote's number with its revision, and the beginning of the document's hash."""

    number: str
    digest: str

    def fits(self, document: QuoteDocument) -> bool:
        """Whether the paper is this document's."""
        return self.number == document.number and document.document_hash().startswith(self.digest)


def text_of(document: QuoteDocument) -> str:
    """What the code of an issued document says; empty for a draft, which has no number."""
    if document.draft or not document.number:
        return ""
    return f"terrain:{document.number}:{document.document_hash()[:16]}"


def read_photo(photo: bytes) -> list[PaperCode]:
    """The codes of ours on a photo, however it is turned; none where none can be read.

    Raises ValueError for bytes that are no picture.
    """
    import zxingcpp
    from PIL import ImageFilter

    from app.picture_colours import open_grey

    picture = open_grey(photo)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # A hand that moved a little: its edges drawn out, a photo that says nothing is often read after all.
    for sharpened in (False, True):
        seen = picture.filter(ImageFilter.UnsharpMask(3, 300, 0)) if sharpened else picture
        found = (_CODE.fullmatch(each.text) for each in zxingcpp.read_barcodes(seen))
        codes = [PaperCode(match["number"], match["hash"]) for match in found if match]
        if codes:
            return codes
    return []


def runs(text: str) -> Iterator[tuple[int, int, int]]:
    """The dark runs (column, row, length) of the code's modules; `side` says how many there are."""
    for row, line in enumerate(_modules(text)):
        start = None
        for column, dark in enumerate((*line, 0)):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                yield start, row, column - start
                start = None


def side(text: str) -> int:
    """How many modules the code's side has, without a border."""
    return len(_modules(text))


@lru_cache(maxsize=8)
def _modules(text: str) -> tuple[tuple[int, ...], ...]:
    import segno

    return tuple(tuple(line) for line in segno.make(text, error="m", micro=False).matrix)
