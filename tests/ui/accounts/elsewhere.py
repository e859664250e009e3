"""What others do to a record while one types in it, and what our own work is then compared with."""

from __future__ import annotations

from app.workspace import Changes
from sync import capture, outbox


def write_elsewhere(desk, kind, id, **values):
    """As a pull does: the server's row, of which nothing goes back."""
    names = ", ".join(f"{name} = ?" for name in values)
    with desk.workspace.exclusive() as connection, capture.paused(connection):
        connection.exec_driver_sql(f'UPDATE "{kind}" SET {names} WHERE id = ?', (*values.values(), id))
    desk.workspace.emit(Changes(frozenset({kind}), frozenset({id}), "sync"))
    desk.settle()


def base_of_name(desk):
    """Over what the last change of an account's name says that it was typed: what is sent, not what the row held."""
    with desk.workspace.exclusive() as connection:
        ops = [op for sealed in outbox.waiting(connection) for op in sealed.operations()]
    return [op.fields["name"][0] for op in ops if op.table == "account" and "name" in op.fields][-1]
