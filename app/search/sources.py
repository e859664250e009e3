"""Where the search entries of each kind come from: title, subtitle, words, and what renews them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.entity import fields

_PHONES = {"phone"}


@dataclass(frozen=True, slots=True)
class Source:
    """How the records of one kind are found. Expressions are SQL over the record's row `t`."""

    kind: str
    title: str
    """Empty: the account's name is the title."""
    detail: str
    """What the subtitle says after the account's name, or alone."""
    columns: tuple[str, ...]
    """Columns of the expressions, beside the declared `search` fields."""
    under_account: bool = True
    """The account's name stands in the subtitle and among the words."""

    def own_columns(self) -> list[str]:
        """The columns of the kind's table whose change renews the entry."""
        under = ["account"] if self.under_account else []
        return list(dict.fromkeys([*self._searched(), *self.columns, *under, "deleted_at"]))

    def query(self, where: str = "1") -> str:
        """Rows (id, title, detail, words, phones, account) of the records that are there."""
        words = _together([name for name in self._searched() if not self._is_phone(name)])
        phones = _together([name for name in self._searched() if self._is_phone(name)])
        account = "t.account" if self.under_account else "t.id"
        return (
            f"SELECT t.id, {self.title or 'NULL'}, {self.detail}, {words}, {phones}, {account}"
            f' FROM "{self.kind}" AS t WHERE t.deleted_at IS NULL AND {where} ORDER BY t.id'
        )

    def _searched(self) -> list[str]:
        return [field.name for field in fields(self.kind).values() if field.search]

    def _is_phone(self, name: str) -> bool:
        return fields(self.kind)[name].kind == "phone"


def _together(names: list[str]) -> str:
    return " || ' ' || ".join(f"coalesce(t.\"{name}\", '')" for name in names) or "''"


SOURCES: tuple[Source, ...] = (
    # In order of weight: of two equally good hits the kind named first comes first.
    Source("account", title="t.name", detail="NULL", columns=("name",), under_account=False),
    Source(
        "contact",
        title="trim(coalesce(t.first_name, '') || ' ' || coalesce(t.last_name, ''))",
        detail="t.job",
        columns=("job",),
    ),
    Source(
        "quote",
        title="coalesce(t.number, t.subject, t.outside_number, '')",
        detail="CASE WHEN t.number IS NOT NULL THEN t.subject END",
        columns=(),
    ),
    Source("opportunity", title="t.name", detail="NULL", columns=()),
    Source(
        "product",
        title="coalesce(t.label_fr, t.label_en, t.sku)",
        detail="t.sku || coalesce(' · ' || t.family, '')",
        columns=(),
        under_account=False,
    ),
    Source(
        "visit_report",
        title="",
        detail="coalesce(substr(t.start, 1, 10), '')"
        " || coalesce(' · ' || substr(replace(t.summary, char(10), ' '), 1, 120), '')",
        columns=("start",),
    ),
)
WEIGHT = {source.kind: rank for rank, source in enumerate(SOURCES)}
PER_KIND = 1 << 40
"""Each kind has its own range of row numbers, so that one kind can be searched alone."""

_SITE = ("account", "kind", "town", "postcode", "phone", "deleted_at")


def watches() -> Iterator[tuple[str, str, list[str], str, str, bool]]:
    """(trigger, table, columns, kind, query, new and gone) of everything that renews entries."""
    for source in SOURCES:
        kind = source.kind
        yield f"search_{kind}", kind, source.own_columns(), kind, "SELECT {row}.id AS id", True
        if source.under_account:
            named = f'SELECT id FROM "{kind}" WHERE account = {{row}}.id'
            yield f"search_{kind}_of_account", "account", ["name"], kind, named, False
    yield "search_account_of_site", "site", list(_SITE), "account", "SELECT {row}.account AS id", True
