"""The record of the company that sells."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app import records


def find_company(session: Session) -> dict[str, Any]:
    """The company as it is kept, {} where nobody wrote it."""
    return records.first(session, "organisation", {})
