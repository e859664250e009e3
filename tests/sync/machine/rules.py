"""The rules by which chance plays the company: every step is one call of the world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.sync.machine import company, decisions, mergers, mischief, promises
from tests.sync.machine.laptop import Laptop, Row
from tests.sync.machine.network import CALLS, FAULTS, Fault
from tests.sync.machine.world import Form, World, fields

TEN_YEARS = 3_652
DRAFT = "deleted_at IS NULL AND status = 'draft'"
ISSUED = "deleted_at IS NULL AND status = 'issued'"

_WHO, _PICK, _KIND = range(6), range(8), tuple(company.TYPED)
RULES: dict[str, dict[str, Sequence[Any]]] = {
    "edit": {"who": _WHO, "kind": _KIND, "pick": _PICK, "number": _PICK},
    "open_a_form": {"who": _WHO, "kind": _KIND, "pick": _PICK},
    "save_the_form": {"who": _WHO, "number": _PICK},
    "leave_a_draft": {"who": _WHO, "pick": _PICK},
    "count_a_visit": {"who": _WHO, "pick": _PICK},
    "add": {"who": _WHO, "kind": ("account", "contact", "task", "quote", "product"), "pick": _PICK},
    "merge": {"who": _WHO, "pick": _PICK, "number": _PICK},
    "several": {"who": _WHO, "pick": _PICK},
    "delete": {"who": _WHO, "kind": _KIND, "pick": _PICK},
    "restore": {"who": _WHO, "kind": _KIND, "pick": _PICK},
    "move": {"who": _WHO, "pick": _PICK, "territory": company.TERRITORIES},
    "change_a_quote": {"who": _WHO, "pick": _PICK, "number": _PICK},
    "issue_a_quote": {"who": _WHO, "pick": _PICK},
    "revise_a_quote": {"who": _WHO, "pick": _PICK},
    "send_a_quote": {"who": _WHO, "pick": _PICK},
    "resolve_a_conflict": {"who": _WHO, "pick": _PICK, "number": _PICK},
    "take_back_what_is_parked": {"who": _WHO, "pick": _PICK},
    "retry_what_is_parked": {"who": _WHO, "pick": _PICK},
    "change_the_catalogue": {"who": _WHO, "pick": _PICK},
    "trespass": {"user": ("claire", "karim"), "pick": _PICK},
    "lose_a_row": {"who": _WHO, "pick": _PICK},
    "grant_or_revoke": {
        "user": ("claire", "karim", "rey"), "territory": company.TERRITORIES, "given": (True, False),
    },
    "erase": {"kind": ("account", "contact", "task"), "pick": range(6)},
    "back_up": {},
    "restore_the_server": {},
    "copy_a_laptop": {"who": _WHO},
    "sign_in_again": {"who": _WHO},
    "unpack_a_laptop": {"who": _WHO},
    "upgrade": {"who": _WHO},
    "turn_the_clock": {"who": _WHO, "days": (-TEN_YEARS, -1, 0, 1, TEN_YEARS)},
    "plan_a_fault": {
        "who": _WHO, "kind": FAULTS, "call": tuple(CALLS),
        "place": tuple(hundredth / 100 for hundredth in range(100)),
    },
    "deliver_what_is_late": {},
    "sync": {"who": _WHO},
    "sync_again": {"who": _WHO},
    "sync_once_more": {"who": _WHO},
    "push_alone": {"who": _WHO},
    "pull_alone": {"who": _WHO},
}  # fmt: skip
"""What can happen, and of what each argument is one; the sync is there three times since it happens most."""


class Company:
    """People at their laptops, a network and a server."""

    def __init__(self, world: World) -> None:
        self.world, self.cursors = world, promises.Cursors()

    # Typing

    def edit(self, who: int, kind: str, pick: int, number: int) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, kind, pick)
        names = fields(laptop, kind)
        if id is not None:
            self.world.type(laptop, kind, id, names[number % len(names)])

    def open_a_form(self, who: int, kind: str, pick: int) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, kind, pick)
        if id is not None:
            self.world.open_form(laptop, kind, id)

    def save_the_form(self, who: int, number: int) -> None:
        laptop = self._laptop(who)
        if self.world.forms and laptop.name not in self.world.forms:
            opened = sorted(self.world.forms)
            laptop = self.world.laptop(opened[number % len(opened)])
        form = self.world.forms.get(laptop.name)
        if form is not None:
            if number > 4:
                self._change_meanwhile(laptop, form, number)
            names = fields(laptop, form.kind)
            row = laptop.row(form.kind, form.id) or {}
            moved = [name for name in names if _column(row, name) != _column(form.loaded, name)]
            # What others wrote under the open form is what matters.
            some = moved if moved and number % 4 else names
            self.world.save_form(laptop, some[number % len(some)])

    def _change_meanwhile(self, laptop: Laptop, form: Form, number: int) -> None:
        """Two at one record is what matters, and chance alone brings them together seldom."""
        others = [one for one in self.world.laptops if one is not laptop and one.row(form.kind, form.id)]
        if others:
            other = others[number % len(others)]
            names = fields(other, form.kind)
            self.world.type(other, form.kind, form.id, names[number % len(names)])
            for one in (other, laptop):
                self.world.sync(one)
                self.cursors.watch(one)

    def leave_a_draft(self, who: int, pick: int) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, "account", pick)
        if id is not None:
            self.world.leave_draft(laptop, "account", id)

    def count_a_visit(self, who: int, pick: int) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, "account", pick)
        if id is not None:
            self.world.count_visit(laptop, id)

    # Records

    def add(self, who: int, kind: str, pick: int) -> None:
        laptop = self._laptop(who)
        territories = sorted(s for s in laptop.scopes() if s.startswith("territory:"))
        if kind == "account" and territories:
            where = territories[pick % len(territories)].partition(":")[2]
            self.world.add(laptop, kind, territory=where)
        elif kind == "product":
            self.world.add(laptop, kind)
        elif kind != "account":
            alone = kind == "task" and pick % 4 == 0
            self.world.add(laptop, kind, None if alone else _choose(laptop, "account", pick))

    def several(self, who: int, pick: int) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, "account", pick)
        if id is not None:
            self.world.several(laptop, id)

    def merge(self, who: int, pick: int, number: int) -> None:
        laptop = self._laptop(who)
        account, into = (_choose(laptop, "account", one) for one in (pick, number))
        if account is not None and into is not None and account != into:
            mergers.merge(self.world, laptop, account, into)

    def delete(self, who: int, kind: str, pick: int) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, kind, pick)
        if id is not None:
            self.world.delete(laptop, kind, id)

    def restore(self, who: int, kind: str, pick: int) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, kind, pick, "deleted_at IS NOT NULL")
        if id is not None:
            self.world.restore(laptop, kind, id)

    def move(self, who: int, pick: int, territory: str) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, "account", pick)
        if id is not None:
            self.world.move(laptop, id, territory)

    def change_the_catalogue(self, who: int, pick: int) -> None:
        """Which the office may do; of others it waits, parked."""
        self.edit(who, "product", pick, 0)

    # Quotes

    def change_a_quote(self, who: int, pick: int, number: int) -> None:
        laptop = self._laptop(who)
        if number % 2:
            quote = _choose(laptop, "quote", pick, DRAFT)
            if quote is not None:
                self.world.add_line(laptop, quote, number)
        else:
            line = _choose(laptop, "quote_line", pick)
            if line is not None:
                self.world.set_quantity(laptop, line, 10 + number)

    def issue_a_quote(self, who: int, pick: int) -> None:
        laptop = self._laptop(who)
        quote = _choose(laptop, "quote", pick, DRAFT)
        if quote is not None:
            self.world.issue(laptop, quote)

    def revise_a_quote(self, who: int, pick: int) -> None:
        laptop = self._laptop(who)
        quote = _choose(laptop, "quote", pick, ISSUED)
        if quote is not None:
            self.world.revise(laptop, quote)

    def send_a_quote(self, who: int, pick: int) -> None:
        laptop = self._laptop(who)
        quote = _choose(laptop, "quote", pick, ISSUED)
        if quote is not None:
            self.world.send(laptop, quote)

    # Conflicts and what is parked

    def resolve_a_conflict(self, who: int, pick: int, number: int) -> None:
        laptop = self._laptop(who)
        conflict = _choose(laptop, "conflict", pick, "deleted_at IS NULL AND state = 'open'")
        if conflict is not None:
            decisions.resolve(self.world, laptop, conflict, number)

    def take_back_what_is_parked(self, who: int, pick: int) -> None:
        laptop = self._laptop(who)
        parked = laptop.parked()
        if parked:
            decisions.withdraw(self.world, laptop, parked[pick % len(parked)])

    def erase(self, kind: str, pick: int) -> None:
        ids = self.world.laptop("julie").ids(kind)
        # Rarely: what is erased is played with no more.
        if pick < min(len(ids), 3):
            self.world.erase(kind, ids[pick])

    def retry_what_is_parked(self, who: int, pick: int) -> None:
        laptop = self._laptop(who)
        parked = laptop.parked()
        if parked:
            decisions.retry(self.world, laptop, parked[pick % len(parked)])

    # Mischief

    def trespass(self, user: str, pick: int) -> None:
        mischief.trespass(self.world, user, pick)

    def lose_a_row(self, who: int, pick: int) -> None:
        mischief.lose_a_row(self.world, self._laptop(who), pick)

    # The office and the machines

    def grant_or_revoke(self, user: str, territory: str, given: bool) -> None:
        self.world.grant(user, territory, given)

    def back_up(self) -> None:
        self.world.back_up()

    def restore_the_server(self) -> None:
        self.world.restore_server()

    def copy_a_laptop(self, who: int) -> None:
        self.world.copy_laptop(self._laptop(who))

    def unpack_a_laptop(self, who: int) -> None:
        self.world.unpack_laptop(self._laptop(who))

    def sign_in_again(self, who: int) -> None:
        self._speak(self.world.sign_in, who)

    def upgrade(self, who: int) -> None:
        laptop = self._laptop(who)
        if laptop.release == company.OLD:
            laptop.upgrade()

    def turn_the_clock(self, who: int, days: int) -> None:
        self._laptop(who).turn_clock(days)

    # The network

    def plan_a_fault(self, who: int, kind: str, call: str, place: float) -> None:
        self.world.plan_fault(self._laptop(who), Fault(kind, call, place))

    def deliver_what_is_late(self) -> None:
        self.world.network.deliver_late()

    def sync(self, who: int) -> None:
        self._speak(self.world.sync, who)

    def sync_again(self, who: int) -> None:
        self._speak(self.world.sync, who)

    def sync_once_more(self, who: int) -> None:
        self._speak(self.world.sync, who)

    def push_alone(self, who: int) -> None:
        self._speak(self.world.push, who)

    def pull_alone(self, who: int) -> None:
        self._speak(self.world.pull, who)

    def _laptop(self, number: int) -> Laptop:
        return self.world.laptops[number % len(self.world.laptops)]

    def _speak(self, work, who: int) -> None:  # type: ignore[no-untyped-def]
        laptop = self._laptop(who)
        work(laptop)
        self.cursors.watch(laptop)


def _column(row: Row, name: str) -> Any:
    return row.get(name.partition(".")[0])


def _choose(laptop: Laptop, kind: str, number: int, where: str = "deleted_at IS NULL") -> str | None:
    ids = laptop.ids(kind, where)
    return ids[number % len(ids)] if ids else None
