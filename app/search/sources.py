"""Where the search entries of each kind come from: title, subtitle, words, and what renews them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.entity import fields
from app.search import expressions
from app.search.found import PER_KIND as PER_KIND
from app.search.found import WEIGHT as WEIGHT

_LONGEST_WORDS = 4_000


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
    titled: tuple[str, ...] = ()
    """Searched fields whose words are always in the title, and need not be indexed twice."""
    numbers: tuple[str, ...] = ()
    """Searched fields that hold one long number each."""

    def own_columns(self) -> list[str]:
        """The columns of the kind's table whose change renews the entry."""
        under = ["account"] if self.under_account else []
        return list(dict.fromkeys([*self._searched(), *self.columns, *under, "deleted_at"]))

    def query(self, where: str, sites: str = "1") -> str:
        """Rows (id, title, subtitle, words) of the records that are there, in the order of their ids.

        `words` lacks those of the title. `sites` says which sites belong to these records, where they are
        accounts.
        """
        if self.kind == "account":
            shown, more, joins = self._account(sites)
        elif self.under_account:
            shown, more, joins = self._under_account()
        else:
            shown, more, joins = f"coalesce({self.title}, ''), coalesce({self.detail}, '')", "''", ""
        return (
            f"SELECT t.id, {shown}, {expressions.folded(self._words())} || ' ' || {self._numbers()} || {more}"
            f' FROM "{self.kind}" AS t {joins} WHERE t.deleted_at IS NULL AND {where} ORDER BY t.id'
        )

    def _account(self, sites: str) -> tuple[str, str, str]:
        """The town of the first site that has one: billing, delivery, visit, other."""
        first = "min((kind IS NULL) || ' ' || coalesce(kind, '') || ' ' || id)"
        there = f"FROM site WHERE deleted_at IS NULL AND {sites}"
        places = "coalesce(town, '') || ' ' || coalesce(postcode, '')"
        joins = (
            f"LEFT JOIN (SELECT account, town, {first} {there} AND town <> '' GROUP BY account) AS p"
            f" ON p.account = t.id"
            f" LEFT JOIN (SELECT account, group_concat({places}, ' ') AS places,"
            f" group_concat({expressions.phones('phone')}, ' ') AS phones {there} GROUP BY account) AS s"
            f" ON s.account = t.id"
        )
        more = f"coalesce(' ' || {expressions.folded('s.places')} || ' ' || s.phones, '')"
        return f"coalesce({self.title}, ''), coalesce(p.town, '')", more, joins

    def _under_account(self) -> tuple[str, str, str]:
        joins = "LEFT JOIN account AS a ON a.id = t.account"
        more = f"' ' || {expressions.folded(_NAME)}"
        if not self.title:
            return f"{_NAME}, coalesce({self.detail}, '')", more, joins
        between = f"CASE WHEN {_NAME} <> '' AND {self.detail} <> '' THEN ' · ' ELSE '' END"
        return f"coalesce({self.title}, ''), {_NAME} || {between} || coalesce({self.detail}, '')", more, joins

    def _words(self) -> str:
        names = [
            n for n in self._searched() if not self._is_phone(n) and n not in (*self.titled, *self.numbers)
        ]
        joined = " || ' ' || ".join(f"coalesce(t.\"{name}\", '')" for name in names) or "''"
        return f"substr({joined}, 1, {_LONGEST_WORDS})"

    def _numbers(self) -> str:
        found = [expressions.number(f't."{name}"') for name in self.numbers]
        found += [expressions.phones(f't."{name}"') for name in self._searched() if self._is_phone(name)]
        return " || ' ' || ".join(found) or "''"

    def _searched(self) -> list[str]:
        return [field.name for field in fields(self.kind).values() if field.search]

    def _is_phone(self, name: str) -> bool:
        return fields(self.kind)[name].kind == "phone"


_NAME = "coalesce(a.name, '')"

SOURCES: tuple[Source, ...] = (
    Source(
        "contact",
        title="trim(coalesce(t.first_name, '') || ' ' || coalesce(t.last_name, ''))",
        detail="t.job",
        columns=("job",),
        titled=("first_name", "last_name"),
    ),
    Source(
        "account",
        title="t.name",
        detail="NULL",
        columns=("name",),
        under_account=False,
        titled=("name",),
        numbers=("siren", "siret"),
    ),
    Source(
        "quote",
        title="coalesce(t.number, t.subject, t.outside_number, '')",
        detail="CASE WHEN t.number IS NOT NULL THEN t.subject END",
        columns=(),
    ),
    Source("opportunity", title="t.name", detail="NULL", columns=(), titled=("name",)),
    Source(
        "product",
        title="coalesce(t.label_fr, t.label_en, t.sku)",
        detail="t.sku || coalesce(' · ' || t.family, '')",
        columns=(),
        under_account=False,
        numbers=("ean",),
    ),
    Source(
        "visit_report",
        title="",
        detail="coalesce(substr(t.start, 1, 10), '')"
        " || coalesce(' · ' || substr(replace(t.summary, char(10), ' '), 1, 120), '')",
        columns=("start",),
    ),
)

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
