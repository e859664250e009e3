"""A laptop without a server: who works on it and for which company, so that its documents carry a seller.

Both stay here. Once the laptop is enrolled, the company's row and the people come from the server, and this
row, which was never captured for sending, goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app import records
from app.fields import Field
from app.i18n import mark as _
from app.seller import find_company
from app.unsent import has_server
from app.workspace import Changes, Workspace
from sync import capture, state

PERSON = Field("person", "text", _("Your name"), required=True)
COMPANY_FIELDS = ("name", "siret", "line1", "postcode", "town", "phone", "email")
"""What is asked at the first start; the rest can wait."""
_MINE = "alone_company"


def introduce(workspace: Workspace, person: str, company: Mapping[str, Any]) -> None:
    """Keep who works here and the company. Raises Invalid."""
    keep_company(workspace, {"country": "FR", **company})
    workspace.settings.set("person", person.strip())


def is_ours(session: Session) -> bool:
    """Whether the company's row is this laptop's to write: it works alone."""
    return not has_server(session)


def keep_company(
    workspace: Workspace, values: Mapping[str, Any], loaded: Mapping[str, Any] | None = None
) -> None:
    """Write the company's row, of which no server ever hears; `loaded` is what was seen of it. Raises Invalid."""
    with workspace.transaction() as session:
        connection = session.connection()
        with capture.paused(connection):
            known = find_company(session)
            if known:
                id = str(known["id"])
                records.save(session, "organisation", id, values, loaded=loaded)
            else:
                id = records.add(session, "organisation", values)
                state.put(connection, _MINE, id)
            session.flush()
    workspace.emit(Changes(frozenset({"organisation"}), frozenset({id})))


def person(session: Session) -> str:
    """Who works on this laptop without a server; empty where nobody said."""
    row = session.connection().exec_driver_sql(
        "SELECT json_extract(value, '$') FROM local_setting WHERE name = 'person'"
    )
    return str(row.scalar() or "")


def forget_company(connection: Connection) -> None:
    """The laptop is enrolled: the company comes from its server."""
    mine = state.get(connection, _MINE)
    if mine:
        connection.exec_driver_sql("DELETE FROM organisation WHERE id = ?", (mine,))
        state.put(connection, _MINE, None)
