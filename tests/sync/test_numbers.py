"""A number on paper is never given twice: whatever is copied, restored or cut off, on laptops and at the server."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from app import records
from app.quotes import issuing
from app.store import backup
from app.workspace import Workspace
from sync.server.admin import Administration
from sync.server.copies import copy_sqlite
from tests.sync.office import RHONE, Laptop, Office, an_office

LAPTOPS = 4
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("issue", "issue", "issue", "sync", "copy", "put aside", "put back", "power cut"),
                *("server put aside", "server put back"),
            ]
        ),
        st.integers(0, LAPTOPS - 1),
    ),
    min_size=4,
    max_size=24,
)


class Printer:
    """Issues quotes on laptops that are copied, restored and cut off, and keeps every number that left one."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.papers: list[str] = []
        self.copies: dict[int, Path] = {}
        self.server_copy: Path | None = None
        laptop = office.enrol("claire")
        laptop.sync()
        self.account = laptop.add("account", name="Morel", territory=RHONE)
        laptop.sync()

    def do(self, step: str, which: int) -> None:
        laptops = self.office.laptops
        at = which % len(laptops)
        {
            "issue": self.issue,
            "sync": lambda at: laptops[at].sync(),
            "copy": self.copy,
            "put aside": self.put_aside,
            "put back": self.put_back,
            "power cut": self.power_cut,
            "server put aside": self.server_put_aside,
            "server put back": self.server_put_back,
        }[step](at)

    def issue(self, at: int) -> None:
        """A paper in the customer's hand: from here on the number is taken, whatever becomes of the laptop."""
        with self.office.laptops[at].workspace.transaction() as session:
            quote = records.add(session, "quote", {"account": self.account, "status": "draft"})
            line = {"quote": quote, "kind": "item", "position": 1, "description": "Savon"}
            records.add(session, "quote_line", {**line, "quantity": 1, "unit_price": 10, "vat_rate": 20})
            self.papers.append(issuing.issue(session, quote))

    def copy(self, at: int) -> None:
        """The folder once more, as a user or a disk image makes it."""
        laptops = self.office.laptops
        if len(laptops) == LAPTOPS:
            return
        laptop = laptops[at]
        folder = self.office.folder / f"copy-{len(laptops)}"
        laptop.workspace.close()
        shutil.copytree(laptop.workspace.folder, folder)
        laptop.workspace = Workspace.open(laptop.workspace.folder)
        laptops.append(Laptop(Workspace.open(folder), laptop.remote, laptop.user))

    def put_aside(self, at: int) -> None:
        workspace = self.office.laptops[at].workspace
        self.copies[at] = self.office.folder / f"aside-{at}.terrain"
        backup.write_backup(workspace.engine, workspace.folder, self.copies[at])

    def put_back(self, at: int) -> None:
        """Last week's copy takes the laptop's place: what was drawn since is on paper alone."""
        if at not in self.copies:
            return
        laptop = self.office.laptops[at]
        laptop.workspace.close()
        backup.restore(self.copies[at], laptop.workspace.folder, force=True)
        laptop.workspace = Workspace.open(laptop.workspace.folder)

    def power_cut(self, at: int) -> None:
        """The file as the disk has it, without a close."""
        laptop = self.office.laptops[at]
        folder = laptop.workspace.folder
        cut = folder.with_name(f"{folder.name}-cut")
        shutil.copytree(folder, cut)
        laptop.workspace.close()
        for file in cut.iterdir():
            if file.is_file():
                shutil.copyfile(file, folder / file.name)
        shutil.rmtree(cut)
        laptop.workspace = Workspace.open(folder)

    def server_put_aside(self, _at: int) -> None:
        self.server_copy = self.office.folder / "server.copy"
        copy_sqlite(self.office.folder / "server" / "demo.sqlite", self.server_copy)

    def server_put_back(self, _at: int) -> None:
        if self.server_copy is None:
            return
        copy_sqlite(self.server_copy, self.office.folder / "server" / "demo.sqlite")
        Administration(self.office.store).renew()


@settings(max_examples=4)
@given(STEPS)
def test_no_two_papers_ever_bear_one_number(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, an_office(Path(folder)) as office:
        printer = Printer(office)
        for step, which in steps:
            printer.do(step, which)
        for at in range(len(office.laptops)):
            printer.issue(at)
        assert len(set(printer.papers)) == len(printer.papers), printer.papers


def test_an_order_and_a_quote_count_apart(office: Office, claire: Laptop) -> None:
    with claire.workspace.transaction() as session:
        quote, order = (issuing.draw_number(session, date(2026, 5, 4), letter) for letter in "DC")
    assert (quote[0], order[0]) == ("D", "C") and quote[1:] == order[1:]
