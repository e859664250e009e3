"""What others do to a record while one types in it, and what our own work is then compared with."""

from __future__ import annotations

from app.workspace import Changes
from sync import capture


def write_elsewhere(desk, kind, id, **values):
    """As a pull does: the server's row, of which nothing goes back."""
    names = ", ".join(f"{name} = ?" for name in values)
    with desk.workspace.exclusive() as connection, capture.paused(connection):
        connection.exec_driver_sql(f'UPDATE "{kind}" SET {names} WHERE id = ?', (*values.values(), id))
    desk.workspace.emit(Changes(frozenset({kind}), frozenset({id}), "sync"))
    desk.settle()


def base_of_name(desk):
    """What the last change of an account's name says was there before."""
    with desk.workspace.exclusive() as connection:
        return connection.exec_driver_sql(
            "SELECT base FROM sync_entry WHERE kind = 'account' AND field = 'name' ORDER BY seq DESC LIMIT 1"
        ).scalar_one()
