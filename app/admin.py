"""What `terrain admin` does at the server's machine: organisations, people, laptops, copies."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import serve
from app.entity import entity
from app.errors import Duplicate, Invalid, NotAllowed, NotFound, UserError
from app.features import sync_schema
from app.i18n import translate as _
from app.identity import new_id
from sync import errors
from sync.protocol import Op, Value

if TYPE_CHECKING:
    from sync.server.admin import Administration

SHORTEST_PASSWORD = 10
RETENTION_YEARS = 10
"""For accounting documents and contracts (Code de commerce, L. 123-22)."""
ROLES = ("rep", "manager", "office", "admin")

Database = str | Path
Row = dict[str, Any]


def organisation_names(database: Database) -> list[str]:
    """The slugs of all organisations in a folder or on a PostgreSQL server."""
    known = serve.organisations(database)
    try:
        return known.names()
    finally:
        known.close()


@contextmanager
def _opened(database: Database, slug: str | None) -> Iterator[Administration]:
    """The organisation named, or the only one there; raises NotFound."""
    known = serve.organisations(database)
    try:
        names = known.names()
        if slug is None and len(names) == 1:
            slug = names[0]
        hands = serve.administration(known, slug) if slug else None
        if hands is None:
            raise _no_such_organisation(slug, names)
        yield hands
    finally:
        known.close()


def _no_such_organisation(slug: str | None, names: Sequence[str]) -> NotFound:
    if not names:
        return NotFound(_("There is no organisation here yet. `terrain admin init` founds one."))
    listed = ", ".join(names)
    if slug is None:
        return NotFound(_("There are several organisations: {names}. Say which one.", names=listed))
    return NotFound(_("There is no organisation “{slug}” here, only {names}.", slug=slug, names=listed))


# Organisation, territories, teams


def init(database: Database, slug: str, name: str) -> Row:
    """Found an organisation under the address `slug`; raises Duplicate or Invalid."""
    known = serve.organisations(database)
    try:
        hands = serve.found(known, slug)
        row = _create(hands, "organisation", {"name": name})
        return {"slug": slug, **row}
    except errors.Refused as refusal:
        if refusal.code == "exists":
            raise Duplicate(_("The organisation “{slug}” exists already.", slug=slug)) from refusal
        problem = _("Small letters, digits and hyphens only, 40 at most.")
        raise Invalid({"slug": problem}) from refusal
    finally:
        known.close()


def add_territory(
    database: Database, slug: str | None, name: str, team: str | None = None, code: str | None = None
) -> Row:
    """A new territory, of a team named by name or id."""
    with _opened(database, slug) as hands:
        _require_new(hands, "territory", name)
        values = {"name": name, "code": code, "team": _find(hands, "team", team)["id"] if team else None}
        return _create(hands, "territory", values)


def add_team(database: Database, slug: str | None, name: str, manager: str | None = None) -> Row:
    """A new team, of a manager named by e-mail or id."""
    with _opened(database, slug) as hands:
        _require_new(hands, "team", name)
        values = {"name": name, "manager": _find(hands, "user", manager)["id"] if manager else None}
        return _create(hands, "team", values)


# Users


def add_user(
    database: Database,
    slug: str | None,
    email: str,
    name: str,
    role: str,
    password: str,
    territories: Iterable[str] = (),
    teams: Iterable[str] = (),
) -> Row:
    """A new user who may enrol laptops; a manager leads the teams named that have no manager yet."""
    _require_password(password)
    if role not in ROLES:
        raise Invalid({"role": _("One of: {roles}.", roles=", ".join(ROLES))})
    if "@" not in email:
        raise Invalid({"email": _("This is not an e-mail address.")})
    with _opened(database, slug) as hands:
        if any(_same(row["email"], email) for row in hands.rows("user")):
            raise Duplicate(_("There is a user with the e-mail {email} already.", email=email))
        lands = [_find(hands, "territory", territory)["id"] for territory in territories]
        joined = [_find(hands, "team", team) for team in teams]
        values = {"name": name, "email": email.strip(), "role": role, "active": 1}
        values |= {"territories": _as_list(lands), "teams": _as_list([team["id"] for team in joined])}
        user = _create(hands, "user", values)
        hands.set_password(user["id"], email, password)
        for team in joined:
            if role == "manager" and team["manager"] is None:
                _update(hands, "team", team, {"manager": user["id"]})
        return user


def list_users(database: Database, slug: str | None) -> list[Row]:
    """All users: id, name, email, role, territories and teams (names), disabled."""
    with _opened(database, slug) as hands:
        names = {row["id"]: row["name"] for kind in ("territory", "team") for row in hands.rows(kind)}
        disabled = hands.disabled()
        return [
            {
                "id": row["id"],
                "name": row["name"],
                "email": row["email"],
                "role": row["role"],
                **{
                    kind: [names.get(id, id) for id in json.loads(row[kind] or "[]")]
                    for kind in ("territories", "teams")
                },
                "disabled": row["id"] in disabled,
            }
            for row in hands.rows("user")
        ]


def disable_user(database: Database, slug: str | None, user: str) -> Row:
    """No more access, from the next contact of each of the user's laptops."""
    with _opened(database, slug) as hands:
        row = _find(hands, "user", user)
        hands.disable(row["id"])
        _update(hands, "user", row, {"active": 0})
        return {"id": row["id"], "email": row["email"], "disabled": True}


def set_password(database: Database, slug: str | None, user: str, password: str) -> Row:
    """A new password; a disabled user may work again."""
    _require_password(password)
    with _opened(database, slug) as hands:
        row = _find(hands, "user", user)
        hands.set_password(row["id"], row["email"], password)
        if row["active"] == 0:
            _update(hands, "user", row, {"active": 1})
        return {"id": row["id"], "email": row["email"]}


def ask_codes(database: Database, slug: str | None, user: str, on: bool = True) -> Row:
    """Ask a user for a one-time code at enrolment, with a new secret for his telephone; or no longer."""
    with _opened(database, slug) as hands:
        row = _find(hands, "user", user)
        address = hands.ask_codes(row["id"], row["email"], on, slug or "")
        return {"id": row["id"], "email": row["email"], "address": address}


# Laptops


def list_devices(database: Database, slug: str | None) -> list[Row]:
    """All enrolled laptops: id, user, email, name, series, last_n, created_at, seen_at, revoked_at."""
    with _opened(database, slug) as hands:
        emails = {row["id"]: row["email"] for row in hands.rows("user")}
        return [{**device, "email": emails.get(device["user"])} for device in hands.devices()]


def revoke_device(database: Database, slug: str | None, device: str) -> Row:
    """Have a laptop wiped at its next contact; raises NotFound."""
    with _opened(database, slug) as hands:
        if not hands.revoke(device):
            text = _("There is no laptop {device}. `terrain admin device list` shows them.", device=device)
            raise NotFound(text)
        return {"id": device, "revoked": True}


# Copies and erasure


def backup(database: Database, slug: str | None, file: Path) -> Row:
    """A copy of the whole organisation in one file, while the server works on.

    `blobs` names the folder of the attachments' bytes, which are written once and never changed: any copy of
    it that is made afterwards belongs to this one. `whole` is False where the server's disk has lost rows, which
    this copy then lacks too.
    """
    file = Path(file)
    if file.exists():
        raise Duplicate(_("{file} exists already; nothing was overwritten.", file=file))
    known = serve.organisations(database)
    try:
        names = known.names()
        slug = names[0] if slug is None and len(names) == 1 else slug
        hands = serve.administration(known, slug) if slug else None
        if hands is None or slug is None:
            raise _no_such_organisation(slug, names)
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            hands.backup(file)
            whole = hands.recount().ok
        except (errors.ServerBusy, OSError, sqlite3.Error) as problem:
            raise UserError(_("The copy could not be written to {file}.", file=file)) from problem
        folder = known.blobs(slug)
    finally:
        known.close()
    return {
        "slug": slug,
        "file": str(file),
        "bytes": file.stat().st_size,
        "blobs": str(folder) if folder else None,
        "whole": whole,
    }


def check(database: Database, slug: str | None) -> Row:
    """Count the rows anew, while the server works on.

    Returns `ok`, `rows`, `sound` (False where the database's file itself is damaged) and `differences`: a list of
    scope, kind, `counted` when they were written, and `there`: what the disk has lost or changed.
    """
    with _opened(database, slug) as hands:
        found = hands.recount()
        names = {row["id"]: row["name"] for row in hands.rows("territory")} if found.differences else {}
    differences = [
        {"scope": _scope(one.scope, names), "kind": one.table, "counted": one.counted, "there": one.there}
        for one in found.differences
    ]
    return {"ok": found.ok, "rows": found.rows, "sound": found.sound, "differences": differences}


def _scope(scope: str, names: dict[str, str]) -> str:
    prefix, _colon, id = scope.partition(":")
    return f"{prefix}:{names.get(id, id)}" if id else scope


def restore(database: Database, slug: str, file: Path) -> Row:
    """Put an organisation back from its copy, also while it is served, also on the other kind of database.

    Laptops then send again what the copy lacks; what was erased since stays erased.
    """
    file = Path(file)
    if not file.is_file():
        raise NotFound(_("There is no file {file}.", file=file))
    known = serve.organisations(database)
    try:
        serve.restore_copy(known, slug, file)
    except errors.Refused as refusal:
        raise UserError(_("{file} is not a copy of an organisation.", file=file)) from refusal
    finally:
        known.close()
    return {"slug": slug, "file": str(file)}


def erase(database: Database, slug: str | None, kind: str, id: str) -> Row:
    """Remove a record with what hangs under it for ever, here and on every laptop.

    Returns kind, id, `erased` (how many records) and `archived`: contracts below it, which the law says to keep,
    as (kind, id, until). Raises NotFound, and NotAllowed for a contract itself or for a user.
    """
    if kind == "user":
        raise NotAllowed(_("People are not erased but lose their access: `terrain admin user disable`."))
    entity(kind)
    with _opened(database, slug) as hands:
        try:
            done = hands.erase(kind, id)
        except errors.Refused as refusal:
            if refusal.code == "retained":
                until = _retained_until(hands.row(kind, id) or {})
                text = _(
                    "This is a contract: the law (Code de commerce, L. 123-22) keeps it until {until}.",
                    until=until,
                )
                raise NotAllowed(text) from refusal
            raise NotFound(_("No {kind} has the id {id}.", kind=kind, id=id)) from refusal
        archived = [(one, each, _retained_until(hands.row(one, each) or {})) for one, each in done.archived]
    kept = [{"kind": one, "id": each, "until": until} for one, each, until in archived if until]
    return {"kind": kind, "id": id, "erased": len(done.gone), "archived": kept}


def _retained_until(row: Row) -> str:
    """Ten years after a contract was made; empty for what is no contract but part of one."""
    made = next((row[name] for name in ("decided_on", "ordered_on", "issued_on") if row.get(name)), None)
    return f"{int(made[:4]) + RETENTION_YEARS}{made[4:10]}" if made else ""


# Rows


def _create(hands: Administration, kind: str, values: Row) -> Row:
    id = new_id()
    fields: dict[str, tuple[Value, Value]] = {
        name: (None, value) for name, value in values.items() if value is not None
    }
    hands.write([Op(kind, id, "create", 0, fields)])
    return {"id": id, **values}


def _update(hands: Administration, kind: str, row: Row, values: Row) -> None:
    fields = {name: (row[name], value) for name, value in values.items()}
    hands.write([Op(kind, row["id"], "update", row["rev"], fields)])


def _find(hands: Administration, kind: str, text: str) -> Row:
    """The row of that id, e-mail, code or name; raises NotFound."""
    keys = [key for key in ("id", "email", "code", "name") if key in _columns(kind)]
    rows = hands.rows(kind)
    for key in keys:
        found = [row for row in rows if _same(row[key], text)]
        if len(found) == 1:
            return found[0]
    match kind:
        case "user":
            raise NotFound(_("There is no user “{text}”.", text=text))
        case "team":
            raise NotFound(_("There is no team “{text}”.", text=text))
        case _:
            raise NotFound(_("There is no territory “{text}”.", text=text))


def _columns(kind: str) -> tuple[str, ...]:
    return sync_schema().tables[kind].columns()


def _require_new(hands: Administration, kind: str, name: str) -> None:
    if any(_same(row["name"], name) for row in hands.rows(kind)):
        raise Duplicate(_("“{name}” exists already.", name=name))


def _require_password(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        problem = _("At least {n} characters.", n=SHORTEST_PASSWORD)
        raise Invalid({"password": problem})


def _same(one: str | None, other: str) -> bool:
    return one is not None and one.strip().casefold() == other.strip().casefold()


def _as_list(ids: list[str]) -> str:
    return json.dumps(ids, separators=(",", ":"))
