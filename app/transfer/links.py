"""Which record a file's word stands for: by its outside code or its name, exactly, or not at all."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from app.entity import fields
from app.folding import fold
from app.transfer.mapping import LINK_KEYS

SEVERAL = "\x00"
"""Marks a word that more than one record bears."""


class Links:
    """The records that a file may name, looked up once per import."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], dict[str, str]] = {}
        self._known_ids: dict[str, set[str]] = {}
        self._products: dict[str, tuple[str, int, str | None]] = {}
        self._cached: dict[tuple[str, tuple[str, ...], str], str] = {}

    def find(self, kind: str, word: str, keys: Sequence[str] = ()) -> str | None:
        """The id of the one record of `kind` whose first fitting key equals `word`; None for none or several."""
        tried = tuple(keys) or LINK_KEYS.get(kind) or (("name",) if "name" in fields(kind) else ())
        asked = (kind, tried, word)
        if asked not in self._cached:
            found = self._find(kind, word, tried)
            if found is None:
                # A later row may add it.
                return None
            self._cached[asked] = found
        return self._cached[asked]

    def by_key(self, kind: str, key: str) -> dict[str, str]:
        """Id by folded value of a field, or SEVERAL."""
        if (kind, key) not in self._known:
            known: dict[str, str] = {}
            for id, value in self._connection.exec_driver_sql(
                f'SELECT id, "{key}" FROM "{kind}" WHERE "{key}" IS NOT NULL AND deleted_at IS NULL'
            ):
                word = fold(str(value))
                known[word] = SEVERAL if word in known else id
            self._known[kind, key] = known
        return self._known[kind, key]

    def learn(self, kind: str, key: str, value: str, id: str) -> None:
        """A record that this import adds can be named by its later rows."""
        known = self.by_key(kind, key)
        word = fold(value)
        known[word] = SEVERAL if known.get(word, id) != id else id

    def product(self, id: str) -> tuple[str, int, str | None]:
        """Label, stored VAT rate and VAT category of a product."""
        if not self._products:
            rows = self._connection.exec_driver_sql(
                "SELECT id, label_fr, vat_rate, vat_category FROM product"
            )
            self._products.update({row[0]: (row[1], row[2] or 0, row[3]) for row in rows})
        return self._products[id]

    def _find(self, kind: str, word: str, keys: Sequence[str]) -> str | None:
        for key in keys:
            found = self.by_key(kind, key).get(fold(word))
            if found == SEVERAL:
                return None
            if found is not None:
                return found
        return word if word in self._ids(kind) else None

    def _ids(self, kind: str) -> set[str]:
        if kind not in self._known_ids:
            rows = self._connection.exec_driver_sql(f'SELECT id FROM "{kind}" WHERE deleted_at IS NULL')
            self._known_ids[kind] = {row[0] for row in rows}
        return self._known_ids[kind]
