"""A laptop without a server: who works on it and for which company, so that its documents carry a seller.

Both stay here. Once the laptop is enrolled, the company's row and the people come from the server, and this
row, which was never captured for sending, goes; what it said is kept until `app.joining` has offered it there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from app import records
from app.entity import entity, fields
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
LEFT = "alone_left"
"""What a laptop that was enrolled had said of its company, {"values": …, "files": …}, until its server has answered."""
HOMELESS = "alone_homeless"
"""Whether it has brought records from a time when nobody here had a territory."""


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


def note_work(connection: Connection) -> None:
    """The laptop is about to be enrolled for the first time: what is here belongs to no territory yet."""
    written = connection.exec_driver_sql("SELECT 1 FROM sync_entry LIMIT 1").first()
    if written is not None and not state.get(connection, "device"):
        state.put(connection, HOMELESS, 1)


def forget_company(connection: Connection) -> None:
    """The laptop is enrolled: the company comes from its server."""
    mine = state.get(connection, _MINE)
    if not mine:
        return
    company, attachment = entity("organisation").__table__, entity("attachment").__table__
    row: Mapping[Any, Any] = (
        connection.execute(select(company).where(company.c.id == mine)).mappings().first() or {}
    )
    said = {name: row[name] for name in fields("organisation") if row.get(name) not in (None, "", {})}
    files = connection.execute(select(attachment).where(attachment.c.record == mine)).mappings()
    kept = [{name: file[name] for name in ("id", *fields("attachment"))} for file in files]
    state.put(connection, LEFT, json.dumps({"values": said, "files": kept}, default=str))
    state.put(connection, _MINE, None)
    # A first load brings all that is the company's, and takes away what else is here of it.
    with capture.paused(connection):
        connection.exec_driver_sql("DELETE FROM attachment WHERE record = ?", (mine,))
        connection.exec_driver_sql("DELETE FROM organisation WHERE id = ?", (mine,))
