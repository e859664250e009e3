"""Words compare without what people forget to type."""

from __future__ import annotations

import pytest

from app.folding import fold


@pytest.mark.parametrize(
    ("one", "other"),
    [("Cœur", "coeur"), ("ÉTÉ  d’hiver", "ete d'hiver"), ("Straße", "STRASSE"), ("ﬁn", "fin")],
)
def test_two_spellings_of_a_word_fold_to_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)
