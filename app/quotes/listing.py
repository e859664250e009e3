"""The list of quotes: which are shown for a status and for what was typed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app import lists, search

FOUND_AT_MOST = 200


def find_ids(session: Session, status: str = "all", text: str = "") -> Sequence[str]:
    """The ids of the quotes of a status, newest first; with `text` the best hits among them."""
    if not text.strip():
        return lists.ids(session, "quote", status, "newest")
    hits = [hit.id for hit in search.find(session, text, limit=FOUND_AT_MOST, kinds=("quote",))]
    if status == "all":
        return hits
    names = lists.LISTS["quote"].names()
    at = names.index("status")
    return [row[0] for row in lists.rows(session, "quote", hits) if row[at] == status]


def first_rows(session: Session, status: str = "all") -> list[dict[str, object]]:
    """The first rows of a status, painted while all ids are still being read."""
    return _as_dicts(lists.first(session, "quote", status, "newest"))


def rows(session: Session, ids: Sequence[str]) -> list[dict[str, object]]:
    """The rows of these ids by column name, amounts in cents and days as ISO text."""
    return _as_dicts(lists.rows(session, "quote", ids))


def _as_dicts(found: Sequence[lists.Row]) -> list[dict[str, object]]:
    names = lists.LISTS["quote"].names()
    return [dict(zip(names, row, strict=True)) for row in found]
