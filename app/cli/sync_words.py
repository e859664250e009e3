"""Words for what sync could not settle alone: conflicts and parked transactions."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app import formats
from app.cli.output import Output, table
from app.cli.profile_words import opened
from app.cli.shapes import pairs
from app.conflicts import correcting, reading, resolving
from app.conflicts import parked as team
from app.i18n import translate as _
from app.titles import kind_label, title_of
from app.workspace import Workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection


def conflicts(options: argparse.Namespace, output: Output) -> None:
    """The open conflicts; decided ones too with `--all`."""
    with opened(options) as workspace, workspace.read() as session:
        found = reading.find_conflicts(session, state=None if options.all else "open")
        rows = [row for conflict in found for row in _as_rows(session.connection(), conflict)]
    heading = ["id", _("Kind"), _("Record"), _("Field"), _("Mine"), _("By"), _("Theirs"), _("By")]
    output.result([conflict.as_json() for conflict in found], table(rows, heading) if rows else [])


def _as_rows(connection: Connection, conflict: reading.OpenConflict) -> Iterator[tuple[str, ...]]:
    """In the words of the screens; the field by its name, which `resolve` asks for. One row for each other version."""
    mine, theirs = conflict.mine, conflict.theirs
    title = title_of(connection, conflict.kind, conflict.record) or conflict.record
    named = (conflict.id, kind_label(conflict.kind), title, conflict.field.name)
    for other in (theirs, *(side for side in conflict.sides if side not in (mine, theirs))):
        yield (*named, *_told(connection, conflict, mine), *_told(connection, conflict, other))


def _told(connection: Connection, conflict: reading.OpenConflict, side: reading.Side) -> tuple[str, str]:
    """The version in one line, and its author."""
    text = " ".join(", ".join(reading.told(connection, conflict, side, named=False)).split())
    return text, title_of(connection, "user", side.by) if side.by else ""


def resolve(options: argparse.Namespace, output: Output) -> None:
    """Decide one conflict with mine, theirs or a value of one's own."""
    ((name, decision),) = pairs(options.values).items()
    with opened(options) as workspace, workspace.transaction("conflicts resolve") as session:
        resolving.resolve(session, options.id, name, decision)
    output.result({"id": options.id, "state": "resolved"}, [])


def parked(options: argparse.Namespace, output: Output) -> None:
    """What the server could not apply, with its reason; with `--team` that of the people whom one leads."""
    with opened(options) as workspace, workspace.read() as session:
        waiting = [one for one in correcting.find_waiting(session) if one.own is not options.team]
        if options.team:
            found = [each.as_json() for each in team.find_team_parked(session)]
        else:
            found = resolving.find_parked(session)
    rows = [
        (one.id, one.title, one.author, formats.format_moment(one.at), one.decided or one.reason)
        if options.team
        else (one.id, one.title, formats.format_moment(one.at), one.decided or one.reason)
        for one in waiting
    ]
    author = [_("By")] if options.team else []
    heading = ["id", _("Record"), *author, _("When"), _("Reason")]
    output.result(found, table(rows, heading) if rows else [])


def retry(options: argparse.Namespace, output: Output) -> None:
    """Send it once more, or have the server try it by one's own rights, at the next sync."""
    with opened(options) as workspace:
        if not _decided(workspace, options.id, team.RETRY):
            with workspace.exclusive() as connection:
                resolving.retry(connection, options.id)
    output.result({"id": options.id, "state": "sealed"}, [])
    output.say(_("It goes out with the next sync."))


def withdraw(options: argparse.Namespace, output: Output) -> None:
    """Take it back at the next sync: the records then show the server's version."""
    with opened(options) as workspace:
        if not _decided(workspace, options.id, team.WITHDRAW):
            with workspace.exclusive() as connection:
                resolving.withdraw(connection, options.id)
    output.result({"id": options.id, "state": "withdrawing"}, [])
    output.say(_("It is taken back with the next sync."))


def correct(options: argparse.Namespace, output: Output) -> None:
    """Send it with other values at the next sync."""
    values = pairs(options.values)
    with opened(options) as workspace:
        if _is_team(workspace, options.id):
            with workspace.transaction("parked correct") as session:
                team.correct(session, options.id, values)
        else:
            with workspace.exclusive() as connection:
                team.correct_mine(connection, options.id, values)
    output.result({"id": options.id, "state": "sealed"}, [])
    output.say(_("It goes out with the next sync."))


def _is_team(workspace: Workspace, id: str) -> bool:
    with workspace.read() as session:
        return not any(one["id"] == id for one in resolving.find_parked(session)) and team.is_team_parked(
            session, id
        )


def _decided(workspace: Workspace, id: str, decision: str) -> bool:
    """Whether it was one that waits at the server, which now has its decision."""
    if not _is_team(workspace, id):
        return False
    with workspace.transaction(f"parked {decision}") as session:
        team.decide(session, id, decision)
    return True
