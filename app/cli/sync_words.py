"""Words for what sync could not settle alone: conflicts and parked transactions."""

from __future__ import annotations

import argparse
import json
from typing import Any

from app.cli.output import Output, table
from app.cli.profile_words import opened
from app.cli.shapes import pairs
from app.conflicts import resolving
from app.i18n import translate as _


def conflicts(options: argparse.Namespace, output: Output) -> None:
    """The open conflicts; decided ones too with `--all`."""
    with opened(options) as workspace, workspace.read() as session:
        found = resolving.find_conflicts(session, state=None if options.all else "open")
    shapes = [conflict.as_json() for conflict in found]
    rows = [
        (s["id"], s["kind"], s["record"], s["field"], _shown(s["mine"]), _shown(s["theirs"]), s["by"] or "")
        for s in shapes
    ]
    heading = ["id", _("Kind"), _("Record"), _("Field"), _("Mine"), _("Theirs"), _("By")]
    output.result(shapes, table(rows, heading) if rows else [])


def resolve(options: argparse.Namespace, output: Output) -> None:
    """Decide one conflict with mine, theirs or a value of one's own."""
    ((name, decision),) = pairs(options.values).items()
    with opened(options) as workspace, workspace.transaction("conflicts resolve") as session:
        resolving.resolve(session, options.id, name, decision)
    output.result({"id": options.id, "state": "resolved"}, [])


def parked(options: argparse.Namespace, output: Output) -> None:
    """What the server could not apply, with its reason."""
    with opened(options) as workspace, workspace.read() as session:
        found = resolving.find_parked(session)
    rows = [(p["id"], p["at"], p["label"], p["sentence"]) for p in found]
    output.result(found, table(rows))


def retry(options: argparse.Namespace, output: Output) -> None:
    """Send it once more at the next sync."""
    with opened(options) as workspace, workspace.exclusive() as connection:
        resolving.retry(connection, options.id)
    output.result({"id": options.id, "state": "sealed"}, [])
    output.say(_("It goes out with the next sync."))


def withdraw(options: argparse.Namespace, output: Output) -> None:
    """Take it back at the next sync: the records then show the server's version."""
    with opened(options) as workspace, workspace.exclusive() as connection:
        resolving.withdraw(connection, options.id)
    output.result({"id": options.id, "state": "withdrawing"}, [])
    output.say(_("It is taken back with the next sync."))


def _shown(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
