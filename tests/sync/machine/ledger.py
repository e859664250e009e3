"""The model: every word that somebody typed and nobody replaced who had seen it."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

WORD = re.compile(r"typed\d+x")


class Place(NamedTuple):
    """Where a word was typed, and on which laptop."""

    laptop: str
    kind: str
    id: str
    field: str


@dataclass
class Ledger:
    """What must be somewhere when all is healed."""

    owed: dict[str, Place] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """What was counted in all, by account."""
    merged: set[str] = field(default_factory=set)
    """The accounts that somebody ever merged, and those that they went into."""
    _words: Any = field(default_factory=itertools.count)

    def begin_at(self, number: int) -> None:
        """The words before this one lie in the company's rows already."""
        self._words = itertools.count(number)

    def word(self) -> str:
        """A word that nobody typed before."""
        return f"typed{next(self._words)}x"

    def typed(self, word: str, place: Place, seen: object = None) -> None:
        """Somebody wrote `word` where he saw `seen`: what he saw he replaced knowingly."""
        self.forget(seen)
        self.owed[word] = place

    def forget(self, *texts: object) -> None:
        """Somebody saw these and let them go."""
        for text in texts:
            for word in WORD.findall(str(text)) if text is not None else []:
                self.owed.pop(word, None)

    def lost(self, kept: str) -> dict[str, Place]:
        """The words that are nowhere in `kept`."""
        there = set(WORD.findall(kept))
        return {word: place for word, place in self.owed.items() if word not in there}
