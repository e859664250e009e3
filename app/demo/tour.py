"""A complete company on this machine: a server, two laptops, a week offline, and the way back to the office."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from app import attachments, records, search, syncing
from app.demo import pictures
from app.demo.data import generate
from app.demo.seeding import stored
from app.errors import NotAllowed
from app.i18n import translate as _
from app.money import round_half_up
from app.quotes import editing, issuing, paper, suggesting
from app.serve import fill
from app.store.keys import PASSPHRASE_VARIABLE
from app.workspace import Workspace
from sync import bulk, state

SLUG = "demo"
PASSWORD = "terrain-demo"
"""Of everybody in the demonstration, whose people and customers are invented."""
REP, MANAGER, OFFICE = "claire.dubois", "m.rey", "julie.perrin"
_MARK = ".terrain-demo"
_DOMAIN = "hygiene-ra.example"
_BATCH = 5_000

Say = Callable[[str], None]


@dataclass
class Report:
    """What the tour did: `report.json`."""

    accounts: int = 0
    products: int = 0
    quotes: int = 0
    pdf: str = ""
    screenshots: list[str] = field(default_factory=list)
    syncs: list[dict[str, Any]] = field(default_factory=list)
    equal: bool = False
    seconds: float = 0.0

    def write(self, file: Path) -> None:
        """Keep the report as JSON."""
        file.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")


def run(
    folder: Path, accounts: int = 1200, seed: int = 7, say: Say | None = None, leave_unsent: bool = False
) -> Report:
    """The whole tour in `folder`, which an earlier tour may have filled; raises NotAllowed for another's.

    With `leave_unsent` the rep goes on working after the last sync. Leaves `laptop-1` (the rep),
    `laptop-2` (the manager), `server` and `quote.pdf`.
    """
    started, tell = time.monotonic(), say or (lambda _text: None)
    report = Report()
    prepare(folder)
    tell(_("Founding the company: {accounts} accounts", accounts=accounts))
    _found(folder / "server", accounts, seed)
    with _server(folder / "server") as address:
        tell(_("Two laptops enrol and receive their rows"))
        rep = _laptop(folder / "laptop-1", address, REP, report)
        manager = _laptop(folder / "laptop-2", address, MANAGER, report)
        office = _laptop(folder / "office", address, OFFICE, report)
        tell(_("A week offline: a customer found, a visit report, a quote, its PDF"))
        report.pdf = str(_offline_week(rep, folder / "quote.pdf"))
        _meanwhile_at_the_office(office)
        tell(_("Back at the office: everybody synchronises"))
        for workspace in (office, rep, manager, office, rep):
            report.syncs.append(syncing.sync_now(workspace))
        report.equal = _equal(rep, manager)
        with rep.read() as session:
            report.products = records.count(session, "product")
            report.quotes = records.count(session, "quote")
        with manager.read() as session:
            report.accounts = records.count(session, "account")
        if leave_unsent:
            _after_the_last_sync(rep)
        for workspace in (rep, manager, office):
            workspace.close()
    report.seconds = round(time.monotonic() - started, 2)
    return report


def build_alone(
    folder: Path, accounts: int = 1200, seed: int = 7, progress: Callable[[int, int], None] | None = None
) -> tuple[Workspace, str]:
    """The demonstration company in one new profile without a server, and its recovery passphrase."""
    workspace, recovery = Workspace.create(folder)
    user = ""
    with workspace.exclusive() as connection, bulk.without_triggers(connection, workspace.schema):
        state.put(connection, "search_later", 1)
        bulk.drop_indexes(connection, workspace.schema)
        # By the columns that a row fills: the driver takes six times longer over a NULL than over a text.
        batches: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        for number, (kind, values) in enumerate(stored(generate(accounts, seed)), start=1):
            if kind == "user" and str(values.get("email", "")).startswith(REP):
                user = values["id"]
            batch = batches.setdefault((kind, *values), [])
            batch.append(tuple(values.values()))
            if len(batch) == _BATCH:
                _insert(connection, kind, list(values), batch)
                batch.clear()
            if progress is not None and number % 1000 == 0:
                progress(number, 0)
        for (kind, *columns), rows in batches.items():
            _insert(connection, kind, columns, rows)
        bulk.restore_indexes(connection)
        for picture in pictures.contents():
            attachments.keep_bytes(connection, picture)
        state.put(connection, "user", user)
        state.put(connection, "search_later", 0)
        search.rebuild(connection)
    return workspace, recovery


def _insert(connection: Connection, kind: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    if rows:
        names, places = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
        connection.exec_driver_sql(f'INSERT INTO "{kind}" ({names}) VALUES ({places})', rows)


def prepare(folder: Path) -> None:
    """An empty folder for a tour; an earlier tour's is cleared, anybody else's is refused."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise NotAllowed(_("“{folder}” is not empty. Name an empty folder with --dir.", folder=folder))
        for child in folder.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    # The people here are invented: without a keyring a passphrase that everybody knows will do.
    os.environ.setdefault(PASSPHRASE_VARIABLE, PASSWORD)


def _found(folder: Path, accounts: int, seed: int) -> None:
    passwords: dict[str, tuple[str, str]] = {}

    def rows() -> Iterator[tuple[str, dict[str, Any]]]:
        for kind, values in stored(generate(accounts, seed)):
            if kind == "user":
                passwords[values["id"]] = (values["email"], PASSWORD)
            yield kind, values

    fill(folder, SLUG, rows(), passwords, pictures.contents())


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """A server process on a free loopback port; the address of the organisation. Its log lies in its folder."""
    log = (folder / "server.log").open("w", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.main", "serve", "--dir", str(folder), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise NotAllowed(_("The server did not start."))
        yield f"{url}/{SLUG}"
    finally:
        process.terminate()
        process.wait(20)
        log.close()
        assert process.stdout is not None
        process.stdout.close()


def _laptop(folder: Path, address: str, name: str, report: Report) -> Workspace:
    syncing.enrol(folder, address, f"{name}@{_DOMAIN}", PASSWORD)
    workspace = Workspace.open(folder)
    report.syncs.append(syncing.sync_now(workspace))
    return workspace


def _offline_week(workspace: Workspace, pdf: Path) -> Path:
    """What Claire does with no network: find, report, quote, correct a telephone number."""
    with workspace.read() as session:
        account = records.get(session, "account", search.find(session, "boul mor", kinds=("account",))[0].id)
        shown = records.find_rows(session, "product", order="sku")[::27]
    folder = workspace.folder / attachments.FOLDER
    photos = [
        attachments.prepare(folder, pictures.shelf(shown[first:] + shown[:first]), f"Rayon {word}.jpg")
        for first, word in ((0, "entrée"), (5, "atelier"))
    ]
    with workspace.transaction(_("Visit report")) as session:
        report = records.add(
            session,
            "visit_report",
            {
                "account": account["id"],
                "type": "customer_visit",
                "outcome": "positive",
                "start": f"{date.today().isoformat()}T13:30:00.000Z",
                "summary": "Bon accueil, Mme Morel compare avec Hygiapro (−8 % sur les bobines). "
                "Veut un prix palier dès 24 lots.",
                "next_action": "Rappeler avec le tarif palier",
            },
        )
        added = [attachments.add(session, photo, "visit_report", report) for photo in photos]
        records.save(session, "visit_report", report, {"photos": added})
        records.save(session, "account", account["id"], {"phone": "04 65 71 22 10"}, account)
    with workspace.transaction(_("Quote")) as session:
        quote = editing.new_quote(session, account["id"])
        blank = sheet = editing.open_sheet(session, quote)
        for text in ("distributeur savon x 6", "bobine x 24", "tapis x 2"):
            sheet = editing.add_product(sheet, suggesting.suggest(session, text, account["id"])[0])
        editing.save(session, blank, sheet)
    with workspace.transaction(_("Issue")) as session:
        issuing.issue(session, quote)
    with workspace.read() as session:
        pdf.write_bytes(paper.pdf(session, quote))
    return pdf


def _after_the_last_sync(workspace: Workspace) -> None:
    """A draft quote and a note that wait to be sent."""
    with workspace.read() as session:
        account = records.find_rows(session, "account", {"name": "Boulangerie Morel"})[0]
    with workspace.transaction(_("Quote")) as session:
        quote = editing.new_quote(session, account["id"], subject="Équipement de l'atelier")
        blank = sheet = editing.open_sheet(session, quote)
        for text in ("distributeur inox x 6", "bobine ouate x 24", "tapis x 2", "savon x 12"):
            sheet = editing.add_product(sheet, suggesting.suggest(session, text, account["id"])[0])
        editing.save(session, blank, sheet)
    with workspace.transaction(_("Account")) as session:
        records.save(session, "account", account["id"], {"payment_terms": "45 jours"}, account)


def _meanwhile_at_the_office(workspace: Workspace) -> None:
    """Prices rise by 3 %, and the same telephone number is corrected differently."""
    with workspace.transaction(_("New prices")) as session:
        for product in records.find_rows(session, "product", order="sku", limit=40):
            records.save(
                session,
                "product",
                product["id"],
                {"list_price": round_half_up(product["list_price"] * 103 / 100)},
            )
        account = records.find_rows(session, "account", {"name": "Boulangerie Morel"})[0]
        records.save(session, "account", account["id"], {"phone": "04 65 71 22 19"}, account)


def _equal(one: Workspace, other: Workspace) -> bool:
    """Whether both laptops hold the same content in every scope that both hold."""
    return _content(one, other) == _content(other, one)


def _content(workspace: Workspace, other: Workspace) -> dict[str, list[Any]]:
    shared = json.dumps(sorted(_scopes(workspace) & _scopes(other)))
    with workspace.read() as session:
        connection = session.connection()
        return {
            table.name: [
                tuple(row)
                for row in connection.exec_driver_sql(
                    f'SELECT * FROM "{table.name}" WHERE deleted_at IS NULL'
                    " AND scope IN (SELECT value FROM json_each(?)) ORDER BY id",
                    (shared,),
                )
            ]
            for table in workspace.schema.tables.values()
        }


def _scopes(workspace: Workspace) -> set[str]:
    with workspace.read() as session:
        return set(json.loads(state.get(session.connection(), "scopes") or "[]"))
