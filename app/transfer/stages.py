"""Which stage a file's word means: by its name in either language, by its outcome, or made where there are none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from app.fields import Field
from app.folding import fold
from app.i18n import translate as _
from app.identity import new_id
from app.kinds import KINDS
from app.transfer.links import Links
from app.transfer.report import Report

if TYPE_CHECKING:
    from app.transfer.writing import Batch

_OUTCOMES = {"won": "won", "gagne": "won", "gagnee": "won", "closed won": "won",
             "lost": "lost", "perdu": "lost", "perdue": "lost", "closed lost": "lost"}  # fmt: skip
_SAME = (("prospecting", "prospection"), ("engaging", "engagement", "qualification"))


class Stages:
    """The stages there are, and those that this import makes."""

    def __init__(self, connection: Connection, links: Links) -> None:
        self._links = links
        self._by_outcome: dict[str, list[str]] = {}
        self._made: dict[str, str] = {}
        rows = connection.exec_driver_sql("SELECT id, outcome FROM stage WHERE deleted_at IS NULL").all()
        self._none = not rows
        for id, outcome in rows:
            self._by_outcome.setdefault(outcome or "open", []).append(id)

    def find(self, word: str) -> str | None:
        """The stage of this name, or the only one with the outcome that the word says."""
        plain = fold(word)
        names = [word, *(name for same in _SAME if plain in same for name in same if name != plain)]
        for name in names:
            found = self._made.get(fold(name)) or self._links.find("stage", name)
            if found:
                return found
        ending = self._by_outcome.get(_OUTCOMES.get(plain, ""), [])
        return ending[0] if len(ending) == 1 else None

    def make_missing(self, words: Iterable[str], batch: Batch, report: Report) -> None:
        """Where the company has no stage at all, a pipeline of the file's own stages."""
        names = list(dict.fromkeys(word.strip() for word in words if word.strip()))
        if not self._none or not names:
            return
        # Won and lost end a pipeline; the others stand in the order in which a sale passes them.
        open_names = [name for name in names if fold(name) not in _OUTCOMES]
        open_names.sort(
            key=lambda name: next((i for i, same in enumerate(_SAME) if fold(name) in same), len(_SAME))
        )
        ends = sorted(
            (name for name in names if fold(name) in _OUTCOMES), key=lambda n: _OUTCOMES[fold(n)] == "lost"
        )
        pipeline = new_id()
        batch.add("pipeline", _row(pipeline, name=_("Sales"), position=1))
        for position, name in enumerate([*open_names, *ends], 1):
            self._made[fold(name)] = id = new_id()
            outcome = _OUTCOMES.get(fold(name), "open")
            batch.add("stage", _row(id, pipeline=pipeline, name=name, position=position, outcome=outcome))
        report.along.update(pipeline=1, stage=len(self._made))


def _row(id: str, **values: Any) -> dict[str, Any]:
    now = KINDS["timestamp"].to_stored(datetime.now(UTC), Field("", "timestamp", ""))
    return {"id": id, "created_at": now, "updated_at": now, **values}
