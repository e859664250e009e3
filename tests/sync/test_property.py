"""Whatever three people do to their laptops, in whatever order: nothing typed is lost, and all ends equal."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app import records
from app.entity import fields
from app.errors import Invalid, NotAllowed, NotFound
from app.serve import grants, organisations
from app.syncing import SyncProblem, connect
from app.workspace import Workspace
from sync.server.service import Service
from tests.sync.office import ISERE, RHONE, Laptop, Office, Unreliable, an_office

PEOPLE = ("claire", "karim", "rey")
TYPED = {
    "account": ("name", "payment_terms", "notes", "website"),
    "contact": ("last_name", "job"),
    "quote": ("subject", "notes"),
    "quote_line": ("description",),
}
KINDS = tuple(TYPED)
WORD = re.compile(r"typed\d+x")

who = st.sampled_from(PEOPLE)
pick = st.integers(0, 5)
record = st.tuples(st.sampled_from(KINDS), pick)
STEP = st.one_of(
    st.tuples(st.just("edit"), who, record, pick),
    st.tuples(st.just("edit"), who, record, pick),
    st.tuples(st.just("open"), who, record),
    st.tuples(st.just("save_form"), who, pick),
    st.tuples(st.just("several"), who, pick),
    st.tuples(st.just("line"), who, pick),
    st.tuples(st.just("delete"), who, record),
    st.tuples(st.just("restore"), who, record),
    st.tuples(st.just("move"), who, pick, st.sampled_from((RHONE, ISERE))),
    st.tuples(st.just("issue"), who, pick),
    st.tuples(st.just("lose"), who, st.sampled_from(("push", "pull"))),
    st.tuples(st.just("sync"), who),
    st.tuples(st.just("sync"), who),
    st.tuples(st.just("sync"), who),
)


@dataclass
class Person:
    """Somebody at a laptop, with perhaps a form left open and an answer about to be lost."""

    name: str
    laptop: Laptop
    form: tuple[str, str, dict[str, Any]] | None = None
    losing: list[str] = field(default_factory=list)

    def lose(self, call: str) -> bool:
        if call in self.losing:
            self.losing.remove(call)
            return True
        return False

    def choose(self, kind: str, number: int, gone: bool = False) -> str | None:
        state = "IS NOT" if gone else "IS"
        ids = self.laptop.sql(f'SELECT id FROM "{kind}" WHERE deleted_at {state} NULL ORDER BY id')
        return ids[number % len(ids)][0] if ids else None


@dataclass
class World:
    """The company as the steps change it, and every word that somebody typed into it."""

    office: Office
    people: dict[str, Person]
    words: Iterator[int] = field(default_factory=itertools.count)
    typed: dict[str, tuple[str, str, str, str]] = field(default_factory=dict)
    """word -> (author, kind, id, field), until somebody replaces it who saw it."""

    def word(self) -> str:
        return f"typed{next(self.words)}x"

    def act(self, step: tuple[Any, ...]) -> None:
        name, person, *rest = step
        try:
            getattr(self, name)(self.people[person], *rest)
        except (NotAllowed, NotFound, Invalid):
            return

    def edit(self, person: Person, chosen: tuple[str, int], number: int) -> None:
        kind, index = chosen
        id = person.choose(kind, index)
        if id is not None:
            self._type(person, kind, id, number)

    def open(self, person: Person, chosen: tuple[str, int]) -> None:
        kind, index = chosen
        id = person.choose(kind, index)
        if id is not None:
            person.form = (kind, id, person.laptop.get(kind, id))

    def save_form(self, person: Person, number: int) -> None:
        if person.form is None:
            return
        (kind, id, loaded), person.form = person.form, None
        self._type(person, kind, id, number, loaded)

    def several(self, person: Person, number: int) -> None:
        account = person.choose("account", number)
        if account is None:
            return
        seen, words = person.laptop.get("account", account), (self.word(), self.word())
        with person.laptop.workspace.transaction() as session:
            records.save(session, "account", account, {"payment_terms": words[0]})
            task = records.add(session, "task", {"subject": words[1], "account": account})
        self._keep(person, "account", account, "payment_terms", seen, words[0])
        self.typed[words[1]] = (person.name, "task", task, "subject")

    def line(self, person: Person, number: int) -> None:
        quote = person.choose("quote", number)
        if quote is None:
            return
        word = self.word()
        line = person.laptop.add("quote_line", quote=quote, position=9, description=word, quantity="1")
        self.typed[word] = (person.name, "quote_line", line, "description")

    def delete(self, person: Person, chosen: tuple[str, int]) -> None:
        id = person.choose(*chosen)
        if id is not None:
            person.laptop.delete(chosen[0], id)

    def restore(self, person: Person, chosen: tuple[str, int]) -> None:
        id = person.choose(*chosen, gone=True)
        if id is not None:
            with person.laptop.workspace.transaction() as session:
                records.restore(session, chosen[0], id)

    def move(self, person: Person, number: int, territory: str) -> None:
        account = person.choose("account", number)
        if account is not None:
            person.laptop.save("account", account, territory=territory)

    def issue(self, person: Person, number: int) -> None:
        quote = person.choose("quote", number)
        if quote is not None:
            person.laptop.save("quote", quote, status="issued")

    def lose(self, person: Person, call: str) -> None:
        person.losing.append(call)

    def sync(self, person: Person) -> None:
        try:
            person.laptop.sync()
        except SyncProblem as problem:
            assert problem.code == "offline", problem

    def _type(
        self, person: Person, kind: str, id: str, number: int, loaded: dict[str, Any] | None = None
    ) -> None:
        name = TYPED[kind][number % len(TYPED[kind])]
        seen, word = loaded or person.laptop.get(kind, id), self.word()
        values = {key: value for key, value in seen.items() if key in fields(kind)} if loaded else {}
        values[name] = f"https://{word}.fr" if name == "website" else word
        with person.laptop.workspace.transaction() as session:
            records.save(session, kind, id, values, loaded)
        self._keep(person, kind, id, name, seen, word)

    def _keep(self, person: Person, kind: str, id: str, name: str, seen: dict[str, Any], word: str) -> None:
        """What the person saw and replaced is gone knowingly, and so is his own earlier version."""
        for replaced in WORD.findall(str(seen.get(name) or "")):
            self.typed.pop(replaced, None)
        place = (person.name, kind, id, name)
        for mine in [old for old, where in self.typed.items() if where == place]:
            del self.typed[mine]
        self.typed[word] = place

    # After the steps

    def heal(self) -> None:
        """Everybody comes back: a few rounds must be enough."""
        for person in self.people.values():
            person.losing.clear()
        for _round in range(3):
            for person in self.people.values():
                person.laptop.sync()

    def check(self) -> None:
        self._nothing_is_lost()
        for person in self.people.values():
            self._nothing_waits(person)
            self._equals_the_server(person)
            self._nothing_foreign(person)

    def _nothing_is_lost(self) -> None:
        store = self.office.store
        with store.read() as connection:
            kept = " ".join(
                str(tuple(row))
                for table in store.tables.synced.values()
                for row in connection.execute(table.select())
            )
            parked = store.tables["sync_result"]
            kept += str(list(connection.scalars(parked.select().with_only_columns(parked.c.ops))))
        lost = {word: where for word, where in self.typed.items() if word not in kept}
        assert not lost, lost

    def _nothing_waits(self, person: Person) -> None:
        sql = person.laptop.sql
        assert sql("SELECT n FROM sync_transaction WHERE state = 'sealed'") == [], person.name
        parked = "(SELECT uuid FROM sync_transaction WHERE state = 'parked')"
        assert sql(f"SELECT tx, kind, id, op, field, rev FROM sync_entry WHERE tx NOT IN {parked}") == [], (
            person.name
        )

    def _equals_the_server(self, person: Person) -> None:
        laptop = person.laptop
        scopes = set(json.loads(laptop.sql("SELECT value FROM sync_state WHERE name = 'scopes'")[0][0]))
        marked = {id for (id,) in laptop.sql("SELECT id FROM sync_entry")}

        def unmarked(content: dict[str, list[Any]]) -> dict[str, list[Any]]:
            return {kind: [row for row in rows if row[0] not in marked] for kind, rows in content.items()}

        theirs = unmarked(self.office.content(scopes))
        for kind, rows in unmarked(laptop.content()).items():
            assert rows == theirs[kind], (person.name, kind)
        assert laptop.differing() is None, person.name

    def _nothing_foreign(self, person: Person) -> None:
        laptop = person.laptop
        scopes = laptop.sql("SELECT value FROM sync_state WHERE name = 'scopes'")[0][0]
        with self.office.store.read() as connection:
            foreign = [
                row.id
                for table in self.office.store.tables.synced.values()
                for row in connection.execute(table.select())
                if row.scope not in json.loads(scopes)
            ]
        marked = "(SELECT id FROM sync_entry)"
        names = json.dumps(foreign)
        tables = [*laptop.workspace.schema.tables, "search_row", "draft", "sync_news", "sync_shadow"]
        for table in tables:
            found = laptop.sql(
                f'SELECT id FROM "{table}" WHERE id IN (SELECT value FROM json_each(?)) AND id NOT IN {marked}',
                names,
            )
            assert found == [], (person.name, table)
        bodies = laptop.sql("SELECT cast(body AS text) FROM sync_transaction WHERE state = 'acknowledged'")
        left = set(foreign) - {id for (id,) in laptop.sql("SELECT id FROM sync_entry")}
        assert not [body for (body,) in bodies if any(f'"id":"{id}"' in body for id in left)], person.name


def _furnish(claire: Laptop, rey: Laptop) -> None:
    for laptop, territory in ((claire, RHONE), (rey, ISERE)):
        for number in range(2):
            account = laptop.add(
                "account", name=f"Compte {number}", territory=territory, payment_terms="30 jours"
            )
            laptop.add("contact", account=account, last_name="Morel")
        quote = laptop.add("quote", account=account, status="draft", subject="Savon")
        for position in range(2):
            laptop.add("quote_line", quote=quote, position=position, description="Savon", quantity="6")


def _template(folder: Path) -> dict[str, str]:
    """A company with work done and three laptops that have it, closed and ready to be copied."""
    with an_office(folder) as office:
        laptops = {name: office.enrol(name, name) for name in PEOPLE}
        for laptop in laptops.values():
            laptop.sync()
        _furnish(laptops["claire"], laptops["rey"])
        for _round in range(2):
            for laptop in laptops.values():
                laptop.sync()
        return office.ids


@contextmanager
def _a_world(template: Path, folder: Path, ids: dict[str, str]) -> Iterator[World]:
    shutil.copytree(template, folder)
    known = organisations(folder / "server")
    store = known.find("demo")
    assert store is not None
    office = Office(folder, Service(store, grants, "demo"), ids)
    people = {}
    for name in PEOPLE:
        workspace = Workspace.open(folder / name)
        client = connect(workspace)
        client.close()
        person = Person(name, Laptop(workspace, office.service.connect(client.token), ids[name]))
        person.laptop.remote = Unreliable(office.service.connect(client.token), person.lose)
        people[name] = person
    try:
        yield World(office, people)
    finally:
        for person in people.values():
            person.laptop.workspace.close()
        known.close()
        shutil.rmtree(folder)


def test_nothing_typed_is_lost_and_all_laptops_end_equal(tmp_path: Path) -> None:
    template = tmp_path / "template"
    template.mkdir()
    ids = _template(template)
    numbers = itertools.count()

    @settings(
        max_examples=500 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 6,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(STEP, min_size=5, max_size=30))
    def whatever_happens(steps: list[tuple[Any, ...]]) -> None:
        with _a_world(template, tmp_path / f"world-{next(numbers)}", ids) as world:
            for step in steps:
                world.act(step)
            world.heal()
            world.check()

    whatever_happens()
