"""The server put together: entities and rules handed to `sync.server`."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import uvicorn
from sqlalchemy import Connection, Table, make_url, select, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from app import migrations, server_log, whole_file, workers
from app.errors import SystemProblem
from app.features import sync_schema
from app.i18n import translate as _
from app.post_office import PostOffice
from sync import driver, errors
from sync.clock import format_time
from sync.letters import SETTING
from sync.merge import canonical
from sync.protocol import Op
from sync.schema import COMPANY, OFFICE
from sync.server import auth, blobs, erasure, expected, load, posting
from sync.server.admin import Administration, restore
from sync.server.app import make_app
from sync.server.exchange import Exchanged, exchange
from sync.server.scopes import Grants
from sync.server.service import Service
from sync.server.store import Organisations, Store, WholeFile

log = logging.getLogger(__name__)

COMPANY_WRITERS = ("office", "admin")
_SETTING_ID = "01980000-0000-7000-8000-006d61696c01"
"""The same on every server, so that two processes that write it first write one row."""
_FIRST_LOOK_S = 2.0
_LETTER_S = 20.0
"""How long a stop waits for a letter that is going out."""


def organisations(database: str | Path, blobs: str | Path | None = None) -> Organisations:
    """The organisations of a folder of SQLite files, or of a PostgreSQL URL.

    Attachments' bytes lie in `blobs`, beside the SQLite files unless it is named. Raises SystemProblem for a
    URL that cannot be read.
    """
    whole = WholeFile(whole_file.shape, whole_file.make)
    try:
        return Organisations(database, sync_schema(), migrations.evolve, blobs, whole)
    except (ArgumentError, ValueError) as problem:
        raise SystemProblem(
            _("The URL of --database cannot be read. It is like postgresql://user@host:5432/name.")
        ) from problem


def silent_database(database: str | Path) -> str:
    """Where the database of a PostgreSQL URL should be and does not answer; empty where it does.

    Host, port and name alone: the rest of a URL may hold a password.
    """
    known = organisations(database)
    try:
        if known.postgres:
            known.check()
    except (errors.ServerBusy, SQLAlchemyError):
        url = make_url(str(database))
        return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"
    finally:
        known.close()
    return ""


def administration(known: Organisations, slug: str) -> Administration | None:
    """The administrator's hands on an organisation; None where there is none of that name."""
    store = known.find(slug)
    if store is None:
        return None
    # A copy that was brought back by other means than ours does not bring back what was erased.
    erasure.reapply(store)
    return Administration(store)


def found(known: Organisations, slug: str) -> Administration:
    """A new, empty organisation; raises `sync.errors.Refused` for a bad or a taken name."""
    return Administration(known.create(slug))


def restore_copy(known: Organisations, slug: str, file: Path) -> Administration:
    """An organisation put back from its copy; raises `sync.errors.Refused`."""
    return restore(known, slug, file)


def exchange_file(known: Organisations, slug: str, source: BinaryIO, target: BinaryIO) -> Exchanged:
    """Take in a laptop's file and write the answer; raises `sync.errors.SyncError`."""
    store = known.find(slug)
    if store is None:
        raise errors.Refused("bundle_unreadable", slug)
    return exchange(Service(store, grants, slug), source, target)


_USER = 'SELECT role, territories, active FROM "user" WHERE id = ? AND deleted_at IS NULL'
_ALL_SCOPES = "SELECT 'territory:' || id FROM territory UNION ALL SELECT 'parked:' || id FROM \"user\""
"""Asked by every call of the office."""


def grants(connection: Connection, tables: Mapping[str, Table], user: str) -> Grants:
    """What a user may see: a rep his territories, a manager those of his teams, office and admin all."""
    users = tables["user"]
    found = driver.read(connection, _USER, (user,))
    if not found or found[0][2] == 0:
        return Grants(frozenset(), active=False)
    role, territories = found[0][0] or "rep", found[0][1]
    scopes = {COMPANY, f"user:{user}", f"parked:{user}"}
    own = frozenset(f"territory:{id}" for id in _ids(territories))
    if role in COMPANY_WRITERS:
        scopes |= {OFFICE, *(scope for (scope,) in driver.read(connection, _ALL_SCOPES))}
    else:
        scopes |= own
    if role == "manager":
        teams = _teams(connection, tables, user)
        led = _territories(connection, tables, teams)
        scopes |= led | _parked_of_team(connection, users, set(teams), led)
    return Grants(frozenset(scopes), role, role in COMPANY_WRITERS, own=own)


def fill(
    database: str | Path,
    slug: str,
    rows: Iterable[tuple[str, dict[str, Any]]],
    passwords: Mapping[str, tuple[str, str]],
    files: Iterable[bytes] = (),
) -> int:
    """A new organisation with many stored rows at once, users' (e-mail, password) by id; how many rows.

    `files` are the bytes of attachments among the rows.
    """
    known = organisations(database)
    try:
        store = known.create(slug)
        count = load.load(store, rows, format_time(datetime.now(UTC)))
        with store.write() as connection:
            for user, (email, password) in passwords.items():
                auth.set_password(connection, store, user, email, password)
            blobs.bring(connection, store, files, format_time(datetime.now(UTC)))
        return count
    finally:
        known.close()


def _teams(connection: Connection, tables: Mapping[str, Table], manager: str) -> list[str]:
    teams = tables["team"]
    live = (teams.c.manager == manager) & teams.c.deleted_at.is_(None)
    return list(connection.scalars(select(teams.c.id).where(live)))


def _territories(connection: Connection, tables: Mapping[str, Table], teams: list[str]) -> set[str]:
    territories = tables["territory"]
    statement = select(territories.c.id).where(territories.c.team.in_(teams))
    return {f"territory:{id}" for id in connection.scalars(statement)}


def _parked_of_team(connection: Connection, users: Table, teams: set[str], led: set[str]) -> set[str]:
    """Where the parked work travels of those in one of the teams, or in one of their territories."""
    statement = select(users.c.id, users.c.teams, users.c.territories)
    found = set()
    for id, joined, worked in connection.execute(statement.where(users.c.role == "rep")):
        if teams & set(_ids(joined)) or led & {f"territory:{one}" for one in _ids(worked)}:
            found.add(f"parked:{id}")
    return found


def _ids(text: str | None) -> list[str]:
    found = json.loads(text) if text else []
    return [str(id) for id in found] if isinstance(found, list) else []


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio does not switch off Nagle's wait: an answer would come 40 ms late.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as problem:
        listener.close()
        raise SystemProblem(
            _(
                "The address {host}:{port} cannot be used: {reason}.",
                host=host,
                port=port,
                reason=problem.strerror,
            )
        ) from problem
    return listener


def _server(known: Organisations, **options: object) -> uvicorn.Server:
    asgi = make_app(known, grants, str(sync_schema().version), os.environ.get("TERRAIN_METRICS_TOKEN", ""))
    config = uvicorn.Config(
        asgi,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=10,
        **options,  # type: ignore[arg-type]
    )
    return uvicorn.Server(config)


def serve(
    database: str | Path,
    host: str = "127.0.0.1",
    port: int = 8100,
    tls_cert: str | None = None,
    tls_key: str | None = None,
    ready_callback: Callable[[str], None] | None = None,
    blobs: str | Path | None = None,
    processes: int = 1,
    office: PostOffice | None = None,
) -> None:
    """Serve in the foreground until SIGTERM or Ctrl+C. Prints the address on one line when ready.

    Port 0 takes a free one. `office` posts the e-mails that laptops queue. Raises SystemProblem where the
    address cannot be used; a database that does not answer is told to the log and may come later.
    """
    if processes > 1 and sys.platform == "win32":
        raise SystemProblem(_("On Windows the server is one process."))
    server_log.start()
    if silent := silent_database(database):
        # It may come later: each call asks for it anew, and is told to come back until then.
        log.warning(
            "the database does not answer: check the URL of --database and that PostgreSQL runs; "
            "laptops are told to come back until it does",
            extra={"facts": {"database": silent}},
        )
    listener = _listen(host, port)
    scheme = "https" if tls_cert else "http"
    shown = f"[{host}]" if ":" in host else host
    url = f"{scheme}://{shown}:{listener.getsockname()[1]}"
    listener.listen(512)

    def say_ready() -> None:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        if ready_callback is not None:
            ready_callback(url)

    def work() -> None:
        known = organisations(database, blobs)
        stop = threading.Event()
        watch = expected.Watch(known, grants)
        watching = threading.Thread(target=watch.run, args=(_FIRST_LOOK_S, stop), name="expected")
        watching.start()
        letters = threading.Thread(
            target=post_letters, args=(known, office, stop), name="letters", daemon=True
        )
        letters.start()
        try:
            server = _server(known, ssl_certfile=tls_cert, ssl_keyfile=tls_key)
            workers.spare_what_stays()
            _run(server, listener)
        finally:
            stop.set()
            # The letter that is going out ends first; one that a slow mail server holds up says that it is unsure.
            letters.join(_LETTER_S)
            known.close()
            watching.join()

    # The listening socket queues whoever calls while a process starts.
    say_ready()
    try:
        work() if processes <= 1 else workers.run(processes, work)
    finally:
        listener.close()


def post_letters(known: Organisations, office: PostOffice | None, stop: threading.Event) -> None:
    """Post what laptops queue, and tell the laptops of each organisation whether this server does; until `stop`."""
    value = canonical({"sender": office.sender}) if office else None
    watch = posting.Watch(
        known,
        office.post if office else None,
        author_of,
        value,
        lambda store: tell_post(store, value),
        stop,
    )
    watch.run()


_ADDRESS = text(
    'SELECT u.email FROM "user" AS u JOIN user_credential AS c ON c."user" = u.id'
    " WHERE u.id = :user AND c.disabled_at IS NULL"
)
_QUOTE = text("SELECT scope FROM quote WHERE id = :quote AND deleted_at IS NULL")


def author_of(connection: Connection, tables: Mapping[str, Table], user: str, quote: str) -> str:
    """The address of a letter's author; empty for one whose access ended, or who does not see the quote."""
    may = grants(connection, tables, user)
    scope = connection.execute(_QUOTE, {"quote": quote}).scalar()
    if not may.active or scope not in may.scopes:
        return ""
    return str(connection.execute(_ADDRESS, {"user": user}).scalar() or "")


def tell_post(store: Store, value: str | None) -> None:
    """The laptops' setting; several processes write the same one."""
    hands = Administration(store)
    known = next((row for row in hands.rows("setting") if row["name"] == SETTING), None)
    if (known["value"] if known else None) == value:
        return
    fields: dict[str, Any] = {"value": (known["value"] if known else None, value)}
    if known:
        hands.write([Op("setting", known["id"], "update", known["rev"], fields)])
    else:
        hands.write([Op("setting", _SETTING_ID, "create", 0, {"name": (None, SETTING), **fields})])


def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    """Run until a signal."""
    if threading.current_thread() is threading.main_thread() and sys.platform != "win32":
        # A stop may come before uvicorn listens for one; and it raises the signal again when it has stopped,
        # although a stop that was asked for is no failure.
        signal.signal(signal.SIGTERM, lambda *_ignored: setattr(server, "should_exit", True))
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass


class InProcessServer:
    """A real server on a free loopback port, in a thread: for tests and the demonstration."""

    def __init__(self, database: str | Path, blobs: str | Path | None = None) -> None:
        self.organisations = organisations(database, blobs)
        self.url = ""

    def address(self, slug: str) -> str:
        """The address of an organisation, as a laptop is given it."""
        return f"{self.url}/{slug}"

    def __enter__(self) -> InProcessServer:
        self._server = _server(self.organisations)
        self._listener = _listen("127.0.0.1", 0)
        self._listener.listen(512)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, name="terrain-server", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join(15)
        self._listener.close()
        self.organisations.close()
