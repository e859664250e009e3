"""The people to call: their list, and one of them at a glance with what happened together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app import lists, records
from app.accounts.card import Event, events_of
from app.search import find
from app.unsent import unsent

FOUND_AT_MOST = 300


@dataclass(frozen=True, slots=True)
class Row:
    """A contact in the list."""

    id: str
    name: str
    job: str
    account: str
    decision_role: str | None
    reachable: bool
    left: bool
    unsent: bool


@dataclass(frozen=True, slots=True)
class ContactCard:
    """What the record page of a contact shows."""

    contact: dict[str, Any]
    account: dict[str, Any] | None
    """The account, where it is on this laptop."""
    colleagues: tuple[tuple[str, str, str], ...]
    """(id, name, job) of the account's other contacts."""
    events: tuple[Event, ...]
    unsent: bool

    @property
    def name(self) -> str:
        """First and last name."""
        return full_name(self.contact)

    @property
    def phone(self) -> str:
        """The number to call: the mobile before the desk's, else the account's."""
        return self.contact["mobile"] or self.contact["phone"] or (self.account or {}).get("phone") or ""


def full_name(contact: Any) -> str:
    """First and last name, as far as they are known."""
    return " ".join(part for part in (contact["first_name"], contact["last_name"]) if part)


def find_ids(session: Session, filter: str = "all", sort: str = "name", typed: str = "") -> Sequence[str]:
    """The contacts of a filter in order; of those the ones that `typed` finds, best first."""
    if not typed.strip():
        return lists.ids(session, "contact", filter, sort)
    hits = [hit.id for hit in find(session, typed, limit=FOUND_AT_MOST, kinds=("contact",))]
    if not hits:
        return hits
    kept = set(lists.ids(session, "contact", filter, sort))
    return [id for id in hits if id in kept]


def first_rows(session: Session, filter: str = "all", sort: str = "name") -> list[Row]:
    """The first rows of a list, to show while the ids are read."""
    return _listed(lists.first(session, "contact", filter, sort))


def rows(session: Session, ids: Sequence[str]) -> list[Row]:
    """The rows of a window of the list."""
    return _listed(lists.rows(session, "contact", ids))


def count(session: Session) -> int:
    """How many contacts there are."""
    return records.count(session, "contact")


def _listed(found: Sequence[lists.Row]) -> list[Row]:
    names = lists.LISTS["contact"].names()
    given = (dict(zip(names, row, strict=True)) for row in found)
    return [
        Row(
            id=row["id"],
            name=full_name(row),
            job=row["job"] or row["role"] or "",
            account=row["account"] or "",
            decision_role=row["decision_role"],
            reachable=bool(row["mobile"] or row["phone"]),
            left=row["left_on"] is not None,
            unsent=bool(row["unsent"]),
        )
        for row in given
    ]


def contact_card(session: Session, id: str) -> ContactCard:
    """One contact at a glance. Raises NotFound."""
    contact = records.get(session, "contact", id)
    of = contact["account"]
    account = next(iter(records.find_rows(session, "account", {"id": of}, limit=1)), None) if of else None
    others = records.find_rows(session, "contact", {"account": of}, order="last_name") if of else []
    return ContactCard(
        contact=contact,
        account=account,
        colleagues=tuple(
            (row["id"], full_name(row), row["job"] or row["role"] or "")
            for row in others
            if row["id"] != id and row["left_on"] is None
        ),
        events=tuple(event for event in events_of(session, of) if _takes_part(event, id)) if of else (),
        unsent=bool(unsent(session, "contact", [id])),
    )


def _takes_part(event: Event, contact: str) -> bool:
    """Whether this person was there, was called, or is to be."""
    values = event.values
    together = (*(values.get("contacts_met") or ()), *(values.get("contacts") or ()), values.get("contact"))
    return contact in together
