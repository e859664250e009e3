"""What follows on this laptop from what a sync brought: its company is offered, posted e-mails make quotes sent."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from app import alone
from app.workspace import Workspace
from sync import state


def is_due(connection: Connection) -> bool:
    """Whether something follows even where a sync brought nothing."""
    return any(state.get(connection, name) is not None for name in (alone.LEFT, alone.HOMELESS))


def follow(workspace: Workspace, records: Iterable[tuple[str, str]]) -> bool:
    """After a sync that brought these records (kind, id); whether the laptop has joined its company by it."""
    with workspace.snapshot() as connection:
        worked_alone = is_due(connection)
    if worked_alone:
        from app import joining

        joining.settle(workspace)
    if any(kind == "attachment" for kind, _id in records):
        from app.quotes import letters

        with workspace.transaction() as session:
            letters.note_posted(session)
    return worked_alone
