"""Which column of a file goes into which field: recognised by name, label or alias, or told by a mapping file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from app.entity import fields
from app.errors import Invalid
from app.folding import fold
from app.i18n import LANGUAGES, translate_in
from app.i18n import translate as _

KEYS: dict[str, tuple[str, ...]] = {
    "account": ("erp_code", "siret", "name"),
    "product": ("sku", "label_fr"),
    "contact": ("email",),
    "quote": ("outside_number", "number"),
    "territory": ("code", "name"),
    "user": ("email", "name"),
}
"""The fields by which a row is known as a record that is there already: the first that the row fills."""

LINK_KEYS: dict[str, tuple[str, ...]] = {
    "account": ("erp_code", "siret", "name"),
    "product": ("sku", "label_fr", "label_en"),
    "contact": ("email",),
    "quote": ("number", "outside_number"),
    "stage": ("name",),
    "territory": ("code", "name"),
    "user": ("email", "name"),
}
"""The fields by which a file may name the record of a link, in the order in which they are tried."""

UNDER: dict[str, tuple[str, ...]] = {"account": ("site", "contact")}
"""Records that come with a row of another kind: `site.town` is a field of the account's site."""

_PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "account": {
        "site.line1": ("address", "adresse", "street", "rue"),
        "site.line2": ("address 2", "adresse 2", "complément d'adresse"),
        "site.postcode": ("postal code", "postcode", "zip", "zip code", "code postal", "cp"),
        "site.town": ("city", "town", "ville"),
        "site.country": ("country", "pays", "office location"),
        "contact.name": ("contact name", "contact", "nom du contact"),
        "contact.job": ("contact title", "fonction du contact", "fonction"),
    },
    "opportunity": {
        "stage": ("deal stage", "étape", "stage"),
        "products": ("product", "produit", "article"),
        "owner": ("sales agent", "owner", "commercial"),
    },
    "quote": {
        "account": ("customer id", "customer", "client"),
        "issued_on": ("order date", "date"),
    },
}
_PARTS["account"]["parent"] = ("subsidiary of", "société mère")


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of each column. A target is a field, `site.town` for one of a record that comes along."""

    targets: tuple[str | None, ...]
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    """By target: words of the file and what they stand for."""
    defaults: dict[str, Any] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    links: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def unused(self, headings: Sequence[str]) -> list[str]:
        """The headings of the columns that go nowhere."""
        return [heading for heading, target in zip(headings, self.targets, strict=True) if target is None]


def plan_for(kind: str, headings: Sequence[str], mapping: Mapping[str, Any] | None = None) -> Plan:
    """The plan for a file's headings; raises Invalid when the mapping names what is not there.

    `mapping` is `{"columns": {heading: field or null}, "values": {field: {word: value}}, "defaults": {field:
    value}, "key": [field], "links": {field: [field of the linked kind]}}`, or `{heading: field}` alone.
    """
    given = dict(mapping or {})
    columns = given.get("columns", {} if set(given) & _PLAN_WORDS else given)
    problems = _problems(kind, headings, columns, given)
    if problems:
        raise Invalid(problems)
    chosen = {_plain(heading): target for heading, target in columns.items()}
    known = _recognised(kind)
    taken = {target for target in chosen.values() if target}
    targets: list[str | None] = []
    for heading in headings:
        name = _plain(heading)
        target = chosen[name] if name in chosen else known.get(name)
        if name not in chosen and target in taken:
            target = None
        if target:
            taken.add(target)
        targets.append(target)
    return Plan(
        tuple(targets),
        {
            target: {_plain(word): value for word, value in words.items()}
            for target, words in given.get("values", {}).items()
        },
        dict(given.get("defaults", {})),
        tuple(given.get("key", KEYS.get(kind, ("name",) if "name" in fields(kind) else ()))),
        {name: tuple(keys) for name, keys in given.get("links", {}).items()},
    )


_PLAN_WORDS = {"columns", "values", "defaults", "key", "links"}


def _problems(
    kind: str, headings: Sequence[str], columns: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, str]:
    there = {_plain(heading) for heading in headings}
    problems = {
        heading: _("The file has no column of this name.")
        for heading in columns
        if _plain(heading) not in there
    }
    named = [*columns.values(), *given.get("defaults", {}), *given.get("values", {}), *given.get("links", {})]
    for target in named:
        if target is not None and not is_target(kind, str(target)):
            problems[str(target)] = _("There is no such field.")
    return problems


def is_target(kind: str, target: str) -> bool:
    """Whether a column of a file of this kind may go into `target`."""
    part, dot, name = target.partition(".")
    if not dot:
        return target in fields(kind)
    if part not in UNDER.get(kind, ()):
        return False
    return name in fields(part) or (part == "contact" and name == "name")


@cache
def _recognised(kind: str) -> dict[str, str]:
    """Target by plain heading: names and labels before aliases, the row's own fields before those that come along."""
    found: dict[str, str] = {}
    declared = [f for f in fields(kind).values() if not f.computed]
    for name, headings in _PARTS.get(kind, {}).items():
        if name in fields(kind):
            found.update({_plain(heading): name for heading in headings})
    for f in declared:
        found.setdefault(_plain(f.name), f.name)
    for f in declared:
        for language in LANGUAGES:
            found.setdefault(_plain(translate_in(language, f.source_label)), f.name)
    for f in declared:
        for alias in f.aliases:
            found.setdefault(_plain(alias), f.name)
    for name, headings in _PARTS.get(kind, {}).items():
        for heading in (name, *headings):
            found.setdefault(_plain(heading), name)
    return found


def _plain(heading: str) -> str:
    return " ".join(re.sub(r"[_\W]+", " ", fold(heading)).split())
