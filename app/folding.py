"""Text made comparable: what two spellings of the same word have in common."""

from __future__ import annotations

import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "’": "'"})


def fold(text: str) -> str:
    """The text without case, accents, ligatures, apostrophe styles or doubled spaces."""
    folded = text.casefold().translate(_LIGATURES)
    if not folded.isascii():
        apart = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in apart if not unicodedata.combining(c))
    return " ".join(folded.split())
