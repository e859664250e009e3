"""What the form of an account needs: its fields and the own ones, the main address, the names behind links."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import custom_fields, drafts, records, search
from app.accounts.card import main_site
from app.entity import fields
from app.fields import Field
from app.folding import fold
from app.kinds import KINDS

OFFERED = 8
SITE_FIELDS = ("line1", "line2", "postcode", "town", "country", "opening_hours", "access_notes")
_HIDDEN = frozenset({"custom", "other_accounts", "merged_into"})
_SEARCHED = frozenset({"account", "contact", "opportunity", "quote", "product"})
_TITLES = {"contact": ("first_name", "last_name"), "product": ("label_fr",), "quote": ("number",)}
CUSTOM = "custom."


@dataclass(frozen=True, slots=True)
class Opened:
    """A record as its form opens on it."""

    kind: str
    id: str | None
    fields: tuple[Field, ...]
    values: dict[str, Any]
    titles: dict[str, str]
    site: dict[str, Any] | None
    draft: drafts.Draft | None
    record: dict[str, Any]
    """The stored record, the base of the merge; empty for a new one."""
    draft_id: str = drafts.NEW
    """The id of its draft."""


def open_form(
    session: Session, kind: str, id: str | None = None, given: Mapping[str, Any] | None = None
) -> Opened:
    """A stored record, or a new one that begins with `given`. Raises NotFound."""
    declared = form_fields(session, kind)
    record = records.get(session, kind, id) if id else {}
    values = {**(given or {}), **record}
    own = values.get("custom") or {}
    for field in declared:
        if field.name.startswith(CUSTOM):
            values[field.name] = _own_value(own.get(field.name[len(CUSTOM) :]), field)
    site = main_site(session, id) if kind == "account" and id else None
    kept_as = id or new_draft_id((given or {}).get("account"))
    draft = drafts.find(session, kind, kept_as)
    shown = {**values, **(draft.values if draft else {})}
    return Opened(kind, id, declared, values, titles(session, declared, shown), site, draft, record, kept_as)


def new_draft_id(account: str | None) -> str:
    """The id of the draft of a new record: each account has its own, or one would be offered under another."""
    return f"{drafts.NEW}:{account}" if account else drafts.NEW


@dataclass(frozen=True, slots=True)
class Begun:
    """A form about a record in which something was typed that is not saved yet."""

    kind: str
    id: str | None
    """The id of its record; None for a new one."""
    at: datetime


def find_begun(session: Session, kind: str, id: str) -> list[Begun]:
    """The begun forms of a record, and those of what is to be added to it."""
    own = drafts.find(session, kind, id)
    found = [Begun(kind, id, own.at)] if own is not None and _differs(own) else []
    for new in ("contact", "task") if kind == "account" else ():
        draft = drafts.find(session, new, new_draft_id(id))
        if draft is not None and _differs(draft):
            found.append(Begun(new, None, draft.at))
    return found


def _differs(draft: drafts.Draft) -> bool:
    seen = draft.loaded or {}
    return any(value != seen.get(name) for name, value in draft.values.items())


def over(opened: Opened, seen: Mapping[str, Any], site: Mapping[str, Any]) -> Opened:
    """The same form, with what the author of its draft saw in the fields of the record and of its address.

    That is the base of the merge: what a colleague changed since is not taken for what was there.
    """
    declared = {field.name: field for field in opened.fields}
    record = {**opened.record, **{name: value for name, value in seen.items() if name in opened.record}}
    own = dict(record.get("custom") or {})
    for name, value in seen.items():
        if name.startswith(CUSTOM) and opened.values.get(name) != value:
            kind = KINDS[declared[name].kind]
            own[name[len(CUSTOM) :]] = None if value is None else kind.to_json(value, declared[name])
    if "custom" in record:
        record["custom"] = own
    address = None if opened.site is None else {**opened.site, **site}
    return dataclasses.replace(opened, record=record, site=address)


def form_fields(session: Session, kind: str) -> tuple[Field, ...]:
    """The fields of a kind and the company's own ones, in order; own names begin with `custom.`."""
    declared = [field for field in fields(kind).values() if field.name not in _HIDDEN and not field.computed]
    declared.sort(key=lambda field: field.name == "owner")
    own = custom_fields.declared(session, kind).values()
    return (*declared, *(dataclasses.replace(field, name=CUSTOM + field.name) for field in own))


def save_form(
    session: Session,
    opened: Opened,
    values: Mapping[str, Any],
    site: tuple[str | None, Mapping[str, Any], Mapping[str, Any]] | None = None,
) -> str:
    """Keep a form in one transaction and forget its draft; the record's id. Raises Invalid, NotAllowed.

    `site` is (id or None, values, as loaded) of the main address.
    """
    kind, id = opened.kind, opened.id
    if id is None:
        saved = records.add(
            session, kind, {name: value for name, value in values.items() if value is not None}
        )
    else:
        records.save(session, kind, id, values, loaded=opened.record)
        saved = id
    if site is not None:
        _save_site(session, saved, *site)
    drafts.discard(session, kind, opened.draft_id)
    return saved


def titles(session: Session, declared: tuple[Field, ...], values: Mapping[str, Any]) -> dict[str, str]:
    """The names of the records behind the link fields; a draft may hold letters for which none was chosen."""
    found = {}
    for field in declared:
        id = values.get(field.name)
        if field.link and id and isinstance(id, str):
            rows = records.find_rows(session, field.link, {"id": id}, limit=1)
            if rows:
                found[field.name] = title(field.link, rows[0])
    return found


def title(kind: str, row: Mapping[str, Any]) -> str:
    """What a record is called."""
    names = _TITLES.get(kind, ("name",))
    return " ".join(str(row[name]) for name in names if row.get(name)) or str(row.get("subject") or "")


def find_links(session: Session, kind: str, typed: str) -> list[tuple[str, str, str]]:
    """(id, title, detail) of the records of a kind whose name fits; short lists are looked through whole."""
    if kind in _SEARCHED:
        hits = search.find(session, typed, limit=OFFERED, kinds=(kind,))
        return [(hit.id, hit.title, hit.subtitle) for hit in hits]
    wanted = fold(typed)
    rows = ((row["id"], title(kind, row)) for row in records.find_rows(session, kind))
    return [(id, name, "") for id, name in rows if wanted in fold(name)][:OFFERED]


def _own_value(kept: Any, field: Field) -> Any:
    if kept is None:
        return None
    try:
        return KINDS[field.kind].parse(kept, field)
    except ValueError:
        return None


def _save_site(
    session: Session, account: str, id: str | None, values: Mapping[str, Any], loaded: Mapping[str, Any]
) -> None:
    if id is not None:
        records.save(session, "site", id, values, loaded=loaded)
    elif any(values.get(name) for name in SITE_FIELDS):
        records.add(session, "site", {**values, "account": account, "kind": "billing"})
