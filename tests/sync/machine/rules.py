"""The rules by which chance plays the company: every step is one call of the world."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.sync.machine import company, promises
from tests.sync.machine.founding import Founding
from tests.sync.machine.laptop import Laptop
from tests.sync.machine.network import FAULTS, Fault
from tests.sync.machine.world import World, fields

who = st.integers(0, 5)
pick = st.integers(0, 7)
kinds = st.sampled_from(tuple(company.TYPED))
TEN_YEARS = 3_652
DRAFT = "deleted_at IS NULL AND status = 'draft'"
ISSUED = "deleted_at IS NULL AND status = 'issued'"


class Company(RuleBasedStateMachine):
    """People at their laptops. `founding` is set by the test that runs the machine."""

    founding: ClassVar[Founding]

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.world: World = self._stack.enter_context(self.founding.fresh())
        self.cursors = promises.Cursors()

    # Typing

    @rule(who=who, kind=kinds, pick=pick, number=pick)
    def edit(self, who: int, kind: str, pick: int, number: int) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, kind, pick)
        names = fields(laptop, kind)
        if id is not None:
            self.world.type(laptop, kind, id, names[number % len(names)])

    @rule(who=who, kind=kinds, pick=pick)
    def open_a_form(self, who: int, kind: str, pick: int) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, kind, pick)
        if id is not None:
            self.world.open_form(laptop, kind, id)

    @rule(who=who, number=pick)
    def save_the_form(self, who: int, number: int) -> None:
        laptop = self._laptop(who)
        form = self.world.forms.get(laptop.name)
        if form is not None:
            names = fields(laptop, form.kind)
            self.world.save_form(laptop, names[number % len(names)])

    @rule(who=who, pick=pick)
    def leave_a_draft(self, who: int, pick: int) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, "account", pick)
        if id is not None:
            self.world.leave_draft(laptop, "account", id)

    @rule(who=who, pick=pick)
    def count_a_visit(self, who: int, pick: int) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, "account", pick)
        if id is not None:
            self.world.count_visit(laptop, id)

    # Records

    @rule(who=who, kind=st.sampled_from(("account", "contact", "task", "quote")), pick=pick)
    def add(self, who: int, kind: str, pick: int) -> None:
        laptop = self._laptop(who)
        territories = sorted(s for s in laptop.scopes() if s.startswith("territory:"))
        if kind == "account" and territories:
            where = territories[pick % len(territories)].partition(":")[2]
            self.world.add(laptop, kind, territory=where)
        elif kind != "account":
            alone = kind == "task" and pick % 4 == 0
            self.world.add(laptop, kind, None if alone else _choose(laptop, "account", pick))

    @rule(who=who, pick=pick)
    def several(self, who: int, pick: int) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, "account", pick)
        if id is not None:
            self.world.several(laptop, id)

    @rule(who=who, kind=kinds, pick=pick)
    def delete(self, who: int, kind: str, pick: int) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, kind, pick)
        if id is not None:
            self.world.delete(laptop, kind, id)

    @rule(who=who, kind=kinds, pick=pick)
    def restore(self, who: int, kind: str, pick: int) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, kind, pick, "deleted_at IS NOT NULL")
        if id is not None:
            self.world.restore(laptop, kind, id)

    @rule(who=who, pick=pick, territory=st.sampled_from(company.TERRITORIES))
    def move(self, who: int, pick: int, territory: str) -> None:
        laptop = self._laptop(who)
        id = _choose(laptop, "account", pick)
        if id is not None:
            self.world.move(laptop, id, territory)

    # Quotes

    @rule(who=who, pick=pick, number=pick)
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

    @rule(who=who, pick=pick)
    def issue_a_quote(self, who: int, pick: int) -> None:
        laptop = self._laptop(who)
        quote = _choose(laptop, "quote", pick, DRAFT)
        if quote is not None:
            self.world.issue(laptop, quote)

    @rule(who=who, pick=pick)
    def revise_a_quote(self, who: int, pick: int) -> None:
        laptop = self._laptop(who)
        quote = _choose(laptop, "quote", pick, ISSUED)
        if quote is not None:
            self.world.revise(laptop, quote)

    # Conflicts and what is parked

    @rule(who=who, pick=pick, number=pick)
    def resolve_a_conflict(self, who: int, pick: int, number: int) -> None:
        laptop = self._laptop(who)
        conflict = _choose(laptop, "conflict", pick, "deleted_at IS NULL AND state = 'open'")
        if conflict is not None:
            self.world.resolve(laptop, conflict, number)

    @rule(who=who, pick=pick)
    def take_back_what_is_parked(self, who: int, pick: int) -> None:
        laptop = self._laptop(who)
        parked = laptop.sql("SELECT uuid FROM sync_transaction WHERE state = 'parked' ORDER BY n")
        if parked:
            self.world.withdraw(laptop, parked[pick % len(parked)][0])

    # The office and the machines

    @rule(user=st.sampled_from(("claire", "karim", "rey")), territory=st.sampled_from(company.TERRITORIES),
          given=st.booleans())  # fmt: skip
    def grant_or_revoke(self, user: str, territory: str, given: bool) -> None:
        self.world.grant(user, territory, given)

    @rule()
    def back_up(self) -> None:
        self.world.back_up()

    @rule()
    def restore_the_server(self) -> None:
        self.world.restore_server()

    @rule(who=who)
    def copy_a_laptop(self, who: int) -> None:
        self.world.copy_laptop(self._laptop(who))

    @rule(who=who)
    def upgrade(self, who: int) -> None:
        laptop = self._laptop(who)
        if laptop.release == company.OLD:
            laptop.upgrade()

    @rule(who=who, days=st.sampled_from((-TEN_YEARS, -1, 0, 1, TEN_YEARS)))
    def turn_the_clock(self, who: int, days: int) -> None:
        self._laptop(who).turn_clock(days)

    # The network

    @rule(
        who=who,
        kind=st.sampled_from(FAULTS),
        call=st.sampled_from(("push", "pull")),
        place=st.floats(0, 0.99),
    )
    def plan_a_fault(self, who: int, kind: str, call: str, place: float) -> None:
        self.world.plan_fault(self._laptop(who), Fault(kind, call, place))

    @rule()
    def deliver_what_is_late(self) -> None:
        self.world.network.deliver_late()

    @rule(who=who)
    def sync(self, who: int) -> None:
        self._speak(self.world.sync, who)

    @rule(who=who)
    def sync_again(self, who: int) -> None:
        self._speak(self.world.sync, who)

    @rule(who=who)
    def sync_once_more(self, who: int) -> None:
        self._speak(self.world.sync, who)

    @rule(who=who)
    def push_alone(self, who: int) -> None:
        self._speak(self.world.push, who)

    @rule(who=who)
    def pull_alone(self, who: int) -> None:
        self._speak(self.world.pull, who)

    def teardown(self) -> None:
        """All is healed, and every promise is looked at."""
        with self._stack:
            if sys.exc_info()[0] is None:
                promises.hold_when_healed(self.world)

    def _laptop(self, number: int) -> Laptop:
        return self.world.laptops[number % len(self.world.laptops)]

    def _speak(self, work, who: int) -> None:  # type: ignore[no-untyped-def]
        laptop = self._laptop(who)
        work(laptop)
        self.cursors.watch(laptop)


def _choose(laptop: Laptop, kind: str, number: int, where: str = "deleted_at IS NULL") -> str | None:
    ids = laptop.ids(kind, where)
    return ids[number % len(ids)] if ids else None
