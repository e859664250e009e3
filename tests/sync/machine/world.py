"""A company at work: what people do to their laptops, one step at a time, and how it all heals."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sync import errors, forks
from sync.overlay import is_leaving
from sync.protocol import Op
from sync.server import direct
from tests.sync.machine import company, disaster, mergers
from tests.sync.machine.laptop import Laptop, Row
from tests.sync.machine.ledger import Ledger, Place
from tests.sync.machine.network import Fault, Network
from tests.sync.machine.server import Server

MOST_COPIES = 2
HEALING_ROUNDS = 5
"""After so many rounds of everybody's sync nothing may wait any more."""


@dataclass
class Form:
    """A record as somebody saw it when he opened it, long ago perhaps."""

    kind: str
    id: str
    loaded: Row


@dataclass
class World:
    """The server, the laptops, the network between them and the ledger of what was typed."""

    server: Server
    network: Network
    laptops: list[Laptop]
    ledger: Ledger = field(default_factory=Ledger)
    forms: dict[str, Form] = field(default_factory=dict)
    backup: Any = None
    damaged: set[str] = field(default_factory=set)
    """The laptops whose file was damaged, or that knew a server which was set back: only there may sums differ."""
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def laptop(self, name: str) -> Laptop:
        return next(one for one in self.laptops if one.name == name)

    # Typing

    def type(self, laptop: Laptop, kind: str, id: str, name: str, form: Form | None = None) -> bool:
        """Somebody types a word into a field, of a form perhaps that he opened before the last pull."""
        row = laptop.row(kind, id)
        if row is None or row["deleted_at"] is not None or not self.may_type(laptop, kind, row):
            return False
        # A field that came with an update after the form was opened is as it is.
        seen = row | form.loaded if form else row
        column, _dot, key = name.partition(".")
        word = self.ledger.word()
        values: dict[str, Any] = {column: _with_word(seen[column], column, key, word)}
        if column in ("line1", "town"):
            values = {part: seen[part] for part in ("line1", "town")} | values
        bases = {(kind, id, part): seen[part] for part in values if not key and seen[part] != row[part]}
        replaced = json.loads(seen[column] or "{}").get(key) if key else seen[column]
        if key and form:
            values = {column: _with_word(row[column], column, key, word)}
            if json.loads(row[column] or "{}").get(key) != replaced:
                bases[kind, id, name] = None if replaced is None else json.dumps(replaced)
        with laptop.action(bases) as connection:
            laptop.update(connection, kind, id, **values)
            if kind == "quote_line":
                self._retotal(laptop, connection, row["quote"])
        kept = column in ("notes", "tags")
        self.ledger.typed(word, Place(laptop.name, kind, id, name), None if kept else replaced)
        return True

    def open_form(self, laptop: Laptop, kind: str, id: str) -> None:
        row = laptop.row(kind, id)
        if row is not None:
            self.forms[laptop.name] = Form(kind, id, row)

    def save_form(self, laptop: Laptop, name: str) -> None:
        form = self.forms.pop(laptop.name, None)
        if form is not None:
            with laptop.write() as connection:
                form.id = forks.follow(connection, form.kind, form.id, form.loaded["rev"])
            if form.kind == "account":
                form.id = mergers.standing(laptop, form.id)
        if form is not None and name in fields(laptop, form.kind):
            self.type(laptop, form.kind, form.id, name, form)

    def leave_draft(self, laptop: Laptop, kind: str, id: str) -> None:
        """A form was left with words in it that were not saved: nothing owed, and nothing to leak."""
        with laptop.write() as connection:
            connection.exec_driver_sql(
                'INSERT OR REPLACE INTO draft (kind, id, "values", loaded, at) VALUES (?, ?, ?, ?, ?)',
                (kind, id, "{}", "{}", laptop.now()),
            )

    def count_visit(self, laptop: Laptop, account: str) -> None:
        """A visit is counted, and its day kept: fields that add up and that take the latest."""
        row = laptop.row("account", account)
        if row is None or row["deleted_at"] is not None:
            return
        self.ledger.visits[account] += 1
        with laptop.action() as connection:
            values = {"visits": (row["visits"] or 0) + 1, "last_visit": laptop.now()[:10]}
            laptop.update(connection, "account", account, **values)

    def change(self, laptop: Laptop, kind: str, id: str, **values: Any) -> None:
        """Somebody changes fields that the ledger does not follow."""
        with laptop.action() as connection:
            laptop.update(connection, kind, id, **values)

    # Records

    def add(self, laptop: Laptop, kind: str, account: str | None = None, territory: str | None = None) -> str:
        """A new record, below an account where it can have one."""
        id, word = self._new_id(kind), self.ledger.word()
        name = company.TYPED[kind][0]
        values: dict[str, Any] = {"id": id, name: word, "created_by": laptop.user}
        if kind != "product":
            values |= {"territory": territory} if kind == "account" else {"account": account}
        if kind == "quote":
            values |= {"status": "draft", "total": 0, "revision": 1}
        with laptop.action() as connection:
            laptop.insert(connection, kind, **values)
        self.ledger.typed(word, Place(laptop.name, kind, id, name))
        return id

    def several(self, laptop: Laptop, account: str) -> None:
        """One action on several rows: all of it arrives, or none."""
        row = laptop.row("account", account)
        if row is None or row["deleted_at"] is not None:
            return
        task, words = self._new_id("task"), (self.ledger.word(), self.ledger.word())
        with laptop.action() as connection:
            laptop.update(connection, "account", account, phone=words[0])
            laptop.insert(connection, "task", id=task, subject=words[1], account=account)
        self.ledger.typed(words[0], Place(laptop.name, "account", account, "phone"), row["phone"])
        self.ledger.typed(words[1], Place(laptop.name, "task", task, "subject"))

    def delete(self, laptop: Laptop, kind: str, id: str) -> None:
        row = laptop.row(kind, id)
        if row is None or row["deleted_at"] is not None or not self.may_type(laptop, kind, row):
            return
        unborn = self._unsent_below(laptop, kind, id)
        with laptop.action() as connection:
            laptop.bury(connection, kind, id, laptop.now())
            if kind == "quote_line":
                self._retotal(laptop, connection, row["quote"])
        self.ledger.forget(*unborn)

    def restore(self, laptop: Laptop, kind: str, id: str) -> None:
        row = laptop.row(kind, id)
        if row is None or row["deleted_at"] is None or kind == "quote_line":
            return
        with laptop.action() as connection:
            laptop.unbury(connection, kind, id, row["deleted_at"])
            if row.get("merged_into"):
                laptop.update(connection, kind, id, merged_into=None)

    def move(self, laptop: Laptop, account: str, territory: str) -> None:
        row = laptop.row("account", account)
        if row is None or row["deleted_at"] is not None or row["territory"] == territory:
            return
        with laptop.action() as connection:
            laptop.update(connection, "account", account, territory=territory)

    # Quotes

    def add_line(self, laptop: Laptop, quote: str, quantity: int = 1) -> str | None:
        row = laptop.row("quote", quote)
        if row is None or not self.may_type(laptop, "quote", row):
            return None
        line, word = self._new_id("quote_line"), self.ledger.word()
        with laptop.action() as connection:
            laptop.insert(connection, "quote_line", id=line, quote=quote, label=word, quantity=quantity)
            self._retotal(laptop, connection, quote)
        self.ledger.typed(word, Place(laptop.name, "quote_line", line, "label"))
        return line

    def set_quantity(self, laptop: Laptop, line: str, quantity: int) -> None:
        row = laptop.row("quote_line", line)
        if row is None or row["deleted_at"] is not None or not self.may_type(laptop, "quote_line", row):
            return
        if row["quantity"] == quantity:
            return
        with laptop.action() as connection:
            laptop.update(connection, "quote_line", line, quantity=quantity)
            self._retotal(laptop, connection, row["quote"])

    def issue(self, laptop: Laptop, quote: str) -> None:
        """The quote gets its number from this laptop's own series, and never changes again."""
        row = laptop.row("quote", quote)
        if row is None or not self.may_type(laptop, "quote", row):
            return
        with laptop.action() as connection:
            number = row["number"] or laptop.draw_number(connection)
            laptop.update(connection, "quote", quote, status="issued", number=number)

    def send(self, laptop: Laptop, quote: str) -> None:
        """An issued quote goes to the customer: its state is all that may change of it."""
        row = laptop.row("quote", quote)
        if row is None or row["status"] != "issued" or self._is_leaving(laptop, row):
            return
        with laptop.action() as connection:
            laptop.update(connection, "quote", quote, status="sent")

    def revise(self, laptop: Laptop, quote: str) -> None:
        """A revision is another quote, with the lines of the first."""
        row = laptop.row("quote", quote)
        if row is None or row["deleted_at"] is not None or row["status"] != "issued":
            return
        if self._is_leaving(laptop, row):
            return
        id, word = self._new_id("quote"), self.ledger.word()
        kept = {name: row[name] for name in ("account", "number", "total", "owner")}
        lines = laptop.sql(
            "SELECT quantity FROM quote_line WHERE quote = ? AND deleted_at IS NULL ORDER BY id", quote
        )
        with laptop.action() as connection:
            more = {"status": "draft", "supersedes": quote, "revision": row["revision"] + 1, "subject": word}
            laptop.insert(connection, "quote", id=id, **kept | more)
            for (quantity,) in lines:
                laptop.insert(
                    connection, "quote_line", id=self._new_id("quote_line"), quote=id, quantity=quantity
                )
        self.ledger.typed(word, Place(laptop.name, "quote", id, "subject"))

    # The office

    def grant(self, user: str, territory: str, given: bool) -> None:
        """The administrator gives or takes a territory."""
        with self.server.store.write() as connection:
            users = self.server.store.tables["user"]
            before = connection.scalar(
                users.select().where(users.c.id == user).with_only_columns(users.c.territories)
            )
            held = set(json.loads(before))
            after = json.dumps(sorted(held | {territory} if given else held - {territory}))
            op = Op("user", user, "update", 0, {"territories": (before, after)}, self.server.service.now())
            direct.write(connection, self.server.store, [op], self.server.service.now())

    def erase(self, kind: str, id: str) -> None:
        """Somebody asked that nothing be kept of a record: neither it, nor what hangs below it."""
        self.server.erase(kind, id)

    def back_up(self) -> None:
        """Last night's backup."""
        self.backup = self.server.copy()

    def restore_server(self) -> None:
        """The server burns down, and comes back as it was last night."""
        if self.backup is None:
            return
        self.server.restore(self.backup)
        self.network.late.clear()
        self.damaged |= {laptop.name for laptop in self.laptops}
        self.ledger.forget(*self.ledger.lost(disaster.words_left(self.server, self.laptops)))
        visits = disaster.visits_left(self.server, self.laptops)
        self.ledger.visits.update({id: visits[id] for id in self.ledger.visits})

    # Machines

    def copy_laptop(self, laptop: Laptop) -> None:
        """Somebody copies the profile's folder to a second machine."""
        copies = len(self.laptops) - len(company.PEOPLE)
        if copies >= MOST_COPIES or laptop.remote is None:
            return
        copy = Laptop(f"{laptop.user}-{copies + 2}", laptop.user, self.server.clock, laptop.release)
        copy.copy_of(laptop, "XYZ"[copies] * 3)
        copy.remote = self.network.remote(copy, laptop.remote.token)
        self.laptops.append(copy)
        self.damaged |= {copy.name} if laptop.name in self.damaged else set()

    def unpack_laptop(self, owner: Laptop) -> None:
        """Whose laptop it is gets a second one, on which he may work before it is enrolled by its first sync."""
        more = len(self.laptops) - len(company.PEOPLE)
        if more >= MOST_COPIES:
            return
        laptop = Laptop(f"{owner.user}-{more + 2}", owner.user, self.server.clock, company.NEW)
        laptop.create()
        laptop.knows(self.network, owner.password)
        self.laptops.append(laptop)

    def plan_fault(self, laptop: Laptop, fault: Fault) -> None:
        self.network.faults.setdefault(laptop.name, []).append(fault)

    # Sync

    def sync(self, laptop: Laptop) -> None:
        self._online(laptop, laptop.sync)

    def sign_in(self, laptop: Laptop) -> None:
        """Its user enrols a laptop that he has once more, by his password."""
        self._online(laptop, laptop.sign_in)

    def push(self, laptop: Laptop) -> None:
        self._online(laptop, laptop.push)

    def pull(self, laptop: Laptop) -> None:
        self._online(laptop, laptop.pull)

    def _online(self, laptop: Laptop, work: Callable[[], object]) -> None:
        """Faults may end it; anything else may not."""
        try:
            with self.speaking(laptop):
                work()
        except errors.SyncError as problem:
            planned = ("offline", "protocol", "cloned", "sign_in_needed")
            if problem.code not in planned:
                raise

    @contextmanager
    def speaking(self, laptop: Laptop) -> Iterator[None]:
        """`engine._now` is this laptop's clock."""
        self.network.acting = laptop
        try:
            yield
        finally:
            self.network.acting = None

    def heal(self) -> int:
        """Everybody comes back; how many rounds it took until nothing moved any more."""
        self.network.heal()
        at_rest: dict[str, int] = {}
        for round in range(1, HEALING_ROUNDS + 1):
            moved = False
            for laptop in self.laptops:
                if at_rest.get(laptop.name) == self.server.head():
                    continue  # its last sync had nothing to do, and nothing has happened since
                with self.speaking(laptop):
                    report = laptop.sync()
                if report.pushed or report.pulled or report.removed or laptop.waiting():
                    moved = True
                else:
                    at_rest[laptop.name] = self.server.head()
            if not moved:
                return round
        return HEALING_ROUNDS

    # Parts

    def _new_id(self, kind: str) -> str:
        return f"{kind}-{next(self._ids):04}"

    def may_type(self, laptop: Laptop, kind: str, row: Row) -> bool:
        """What the program itself refuses: an issued quote and its lines, and of one that is leaving what is left."""
        if kind not in ("quote", "quote_line"):
            return True
        quote = row if kind == "quote" else laptop.row("quote", row["quote"])
        return quote is not None and self._is_draft(quote) and not self._is_leaving(laptop, quote)

    @staticmethod
    def _is_leaving(laptop: Laptop, quote: Row) -> bool:
        with laptop.write() as connection:
            return is_leaving(connection, "quote", quote["id"])

    @staticmethod
    def _is_draft(quote: Row) -> bool:
        return bool(quote["deleted_at"] is None and quote["status"] == "draft")

    @staticmethod
    def _retotal(laptop: Laptop, connection: Any, quote: str) -> None:
        total = connection.exec_driver_sql(
            "SELECT coalesce(sum(quantity), 0) FROM quote_line WHERE quote = ? AND deleted_at IS NULL",
            (quote,),
        ).scalar_one()
        row = laptop.row("quote", quote)
        if row is not None and row["total"] != total:
            laptop.update(connection, "quote", quote, total=total)

    def _unsent_below(self, laptop: Laptop, kind: str, id: str) -> list[str]:
        """What the deletion takes with it that the server may never have had: let go knowingly."""
        found = [str(laptop.row(kind, id))]
        for child, link in laptop.schema.children(kind):
            for (below,) in laptop.sql(f'SELECT id FROM "{child.name}" WHERE "{link}" = ?', id):
                found += self._unsent_below(laptop, child.name, below)
        return found


def fields(laptop: Laptop, kind: str) -> tuple[str, ...]:
    """What this laptop's release lets people type into."""
    known = laptop.schema.tables[kind].fields
    return tuple(name for name in company.TYPED[kind] if name.partition(".")[0] in known)


def _with_word(seen: Any, column: str, key: str, word: str) -> str:
    """The value of a field after `word` was typed into it."""
    if key:
        keys = json.loads(seen or "{}") | {key: word}
        return json.dumps(keys, sort_keys=True, separators=(",", ":"))
    if column == "notes":
        return f"{seen}\n{word}" if seen else word
    if column == "tags":
        return json.dumps([*json.loads(seen or "[]"), word], separators=(",", ":"))
    return word
