"""Words for the server's machine: `terrain admin …`, also while it serves."""

from __future__ import annotations

import argparse
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from app import admin as office
from app import by_file, formats
from app.cli.output import Output, table
from app.cli.profile_words import password
from app.cli.server_words import database_of
from app.errors import Invalid, SystemProblem
from app.features import sync_schema
from app.i18n import translate as _
from app.serve import silent_database
from sync.errors import ServerBusy

Answer = dict[str, Any] | list[dict[str, Any]]


def admin(options: argparse.Namespace, output: Output) -> int:
    """Carry out one action of an administrator; prints the id of what was made, or a list. 1 where rows were lost."""
    sync_schema()
    database = database_of(options)
    with _database_named(database):
        found = _ACTIONS[options.action](database, options.org, options)
    output.result(found, _lines(found))
    return 1 if isinstance(found, dict) and False in (found.get("ok"), found.get("whole")) else 0


@contextmanager
def _database_named(database: office.Database) -> Iterator[None]:
    """Where the database does not answer, say so: to try again helps nobody whose URL is wrong."""
    try:
        yield
    except (ServerBusy, SQLAlchemyError) as problem:
        if silent := silent_database(database):
            raise SystemProblem(
                _(
                    "The database at {address} does not answer. Check the URL of --database "
                    "(host, port, name, user, password), and that PostgreSQL runs there.",
                    address=silent,
                )
            ) from problem
        if type(getattr(problem, "orig", None)) is sqlite3.DatabaseError:
            raise SystemProblem(
                _(
                    "The organisation's file is damaged: this disk has changed it. Put the last whole copy back with "
                    "`terrain admin restore`: what the laptops have since then they send again."
                )
            ) from problem
        raise


def _named(options: argparse.Namespace) -> str:
    """The organisation, where no other can be guessed."""
    if not options.org:
        raise Invalid({"--org": _("This field is required.")})
    return str(options.org)


def _init(database: office.Database, org: str | None, options: argparse.Namespace) -> Answer:
    return office.init(database, _named(options), options.name)


def _add_user(database: office.Database, org: str | None, options: argparse.Namespace) -> Answer:
    secret = password(_("Password of {email}:", email=options.email))
    return office.add_user(
        database, org, options.email, options.name, options.role, secret, options.territory, options.team
    )


def _set_password(database: office.Database, org: str | None, options: argparse.Namespace) -> Answer:
    secret = password(_("Password of {email}:", email=options.email))
    return office.set_password(database, org, options.email, secret)


_ACTIONS: dict[str, Callable[[office.Database, str | None, argparse.Namespace], Answer]] = {
    "init": _init,
    "territory add": lambda database, org, options: office.add_territory(
        database, org, options.name, options.team
    ),
    "team add": lambda database, org, options: office.add_team(database, org, options.name),
    "user add": _add_user,
    "user list": lambda database, org, _options: office.list_users(database, org),
    "user disable": lambda database, org, options: office.disable_user(database, org, options.email),
    "user password": _set_password,
    "user codes": lambda database, org, options: office.ask_codes(
        database, org, options.email, not options.off
    ),
    "device list": lambda database, org, _options: office.list_devices(database, org),
    "device revoke": lambda database, org, options: office.revoke_device(database, org, options.id),
    "erase": lambda database, org, options: office.erase(database, org, options.kind, options.id),
    "check": lambda database, org, _options: office.check(database, org),
    "backup": lambda database, org, options: office.backup(database, org, Path(options.file)),
    "restore": lambda database, _org, options: office.restore(database, _named(options), Path(options.file)),
    "exchange": lambda database, _org, options: by_file.exchange(
        database, Path(options.file), Path(options.output)
    ),
}


def _lines(found: Answer) -> list[str]:
    """A list as columns; of one thing its id, or the file that it lies in."""
    if isinstance(found, dict) and "ok" in found:
        return _check_lines(found)
    if isinstance(found, dict) and "whole" in found:
        return _backup_lines(found)
    if isinstance(found, dict):
        return [str(found.get("file") or found.get("address") or found.get("id") or found.get("slug") or "")]
    if not found:
        return []
    return list(table([[_cell(value) for value in each.values()] for each in found], list(found[0])))


def _backup_lines(found: dict[str, Any]) -> list[str]:
    lines = [str(found["file"])]
    if found["blobs"]:
        lines.append(_("The attachments' bytes lie in “{folder}”: copy it too.", folder=found["blobs"]))
    if not found["whole"]:
        lines.append(
            _(
                "The server's disk has lost or changed rows, and this copy lacks them too: do not overwrite an earlier "
                "one. `terrain admin check` says where."
            )
        )
    return lines


def _check_lines(found: dict[str, Any]) -> list[str]:
    if found["ok"]:
        rows = formats.format_number(found["rows"])
        return [_("{rows} rows: all that were written are there.", rows=rows)]
    lost = _(
        "This disk has lost or changed rows. Keep the copies that you have, and put the last whole one back with "
        "`terrain admin restore`: what the laptops have since then they send again."
    )
    columns = (_("scope"), _("kind"), _("written"), _("there"))
    cells = [[_cell(value) for value in each.values()] for each in found["differences"]]
    return [*table(cells, list(columns)), lost] if cells else [lost]


def _cell(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
