"""A laptop that worked alone is enrolled: what it said of its company, and the paper of what it issued before."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from app import alone, company, quote_look, records
from app.quotes import paper
from app.quotes.style import read_style
from app.seller import find_company
from app.workspace import Workspace
from tests.app.test_company import logo, terms
from tests.blank import blank_workspace
from tests.sync.office import RHONE, Laptop, Office, issue_a_quote

SIREN = "732829320"


def work_alone(folder: Path, files: Path, **values: Any) -> tuple[Workspace, str]:
    """A laptop without a server that has issued one quote under its company's logo and terms."""
    workspace = blank_workspace(folder)
    company_values = {
        "name": "Atelier Valmont",
        "siren": SIREN,
        "capital": "120000",
        "town": "Lyon",
        **values,
    }
    alone.introduce(workspace, "Julie", company_values)
    company.keep_file(workspace, "logo", logo(files, side=300))
    company.keep_file(workspace, "terms_file", terms(files))
    quote_look.keep(workspace, {"density": "compact", "mail_fr_subject": "Devis {number}"})
    with workspace.transaction() as session:
        account = records.add(session, "account", {"name": "Garage Lefèvre"})
        quote = issue_a_quote(session, account)
    return workspace, quote


def joined(office: Office, tmp_path: Path, name: str, **values: Any) -> tuple[Laptop, str]:
    workspace, quote = work_alone(office.folder / "alone", tmp_path, **values)
    workspace.close()
    laptop = office.enrol(name, "alone")
    laptop.sync()
    return laptop, quote


def known(laptop: Laptop) -> dict[str, Any]:
    with laptop.workspace.read() as session:
        return find_company(session)


def found(office: Office, **values: Any) -> Laptop:
    """The office's first laptop, on which the company was written."""
    julie = office.enrol("julie")
    julie.sync()
    company.keep(julie.workspace, values)
    julie.sync()
    return julie


def prints_the_same(laptop: Laptop, quote: str) -> bool:
    with laptop.workspace.read() as session:
        shown = paper.open_paper(session, quote)
        issued = records.get(session, "quote", quote)["pdf_hash"]
    assert shown.document.logo and shown.document.terms_file and shown.complete
    return hashlib.sha256(shown.render()).hexdigest() == issued


def test_the_office_brings_what_its_server_does_not_say_yet(office: Office, tmp_path: Path):
    julie = found(office, name="ATELIER VALMONT", town="Vienne")
    laptop, quote = joined(office, tmp_path, "julie")
    julie.sync(), julie.sync()
    for one in (laptop, julie):
        kept = known(one)
        assert (kept["town"], kept["siren"], kept["capital"]) == ("Vienne", SIREN, 120000)
        assert read_style(kept["quote_style"]).density == "compact"
        with one.workspace.read() as session:
            assert [bool(company.file_of(session, name).content) for name in company.FILES] == [True, True]
        assert prints_the_same(one, quote)
    assert laptop.sql("SELECT count(*) FROM sync_entry") == [(0,)], "nothing waits"
    assert laptop.rows("attachment", record_kind="quote") == []


@pytest.mark.parametrize("introduced", [True, False])
def test_customers_of_a_laptop_that_worked_alone_come_into_its_users_territory(
    office: Office, rey: Laptop, tmp_path: Path, introduced: bool
):
    workspace = blank_workspace(office.folder / "alone")
    if introduced:
        alone.introduce(workspace, "Claire", {"name": "Atelier Valmont"})
    with workspace.transaction() as session:
        account = records.add(session, "account", {"name": "Garage Lefèvre"})
        records.add(session, "contact", {"account": account, "last_name": "Lefèvre"})
    workspace.close()
    claire = office.enrol("claire", "alone")
    claire.sync(), rey.sync()
    assert [row["last_name"] for row in rey.rows("contact")] == ["Lefèvre"]
    assert [row["territory"] for row in rey.rows("account")] == [RHONE]
    with claire.workspace.transaction() as session:
        kept = records.add(session, "account", {"name": "À moi", "territory": None})
    again = office.enrol("claire", "alone")
    again.sync(), again.sync()
    assert again.get("account", kept)["territory"] is None, "what she wants for herself stays so"


def test_a_server_that_says_nothing_of_the_company_is_told(office: Office, tmp_path: Path):
    laptop, quote = joined(office, tmp_path, "julie")
    other = office.enrol("claire")
    other.sync(), other.sync()
    assert known(other)["name"] == "Atelier Valmont" and known(other)["logo"]
    assert prints_the_same(laptop, quote)


def test_what_the_server_says_stays(office: Office, tmp_path: Path):
    julie = found(office, name="Atelier Valmont", siren=SIREN)
    company.keep_file(julie.workspace, "logo", logo(tmp_path, side=160))
    quote_look.keep(julie.workspace, {"accent": "#0A6B43", "density": "comfortable"})
    julie.sync()
    before = known(julie)["logo"]
    laptop, quote = joined(office, tmp_path, "julie")
    kept = known(laptop)
    assert kept["logo"] == before and kept["terms_file"]
    assert kept["quote_style"] == {
        "accent": "#0A6B43",
        "density": "comfortable",
        "mail_fr_subject": "Devis {number}",
    }
    julie.sync(), julie.sync()
    assert prints_the_same(julie, quote), "with the logo that it was issued with"


@pytest.mark.parametrize(
    ("name", "values"),
    [("claire", {}), ("julie", {"siren": "552100554"})],
    ids=["a rep", "another company"],
)
def test_the_company_stays_as_it_is_and_the_quotes_take_their_files_along(
    office: Office, tmp_path: Path, name: str, values: dict[str, Any]
):
    found(office, name="Atelier Valmont", siren=SIREN)
    laptop, quote = joined(office, tmp_path, name, **values)
    kept = known(laptop)
    assert (kept["logo"], kept["terms_file"], kept["town"], kept["quote_style"]) == (None,) * 4
    assert {row["record"] for row in laptop.rows("attachment")} == {quote}
    other = office.enrol(name)
    other.sync(), other.sync()
    assert prints_the_same(laptop, quote) and prints_the_same(other, quote)


def test_what_no_quote_was_printed_with_leaves_with_the_company(office: Office, tmp_path: Path):
    found(office, name="Atelier Valmont", siren=SIREN)
    workspace = blank_workspace(office.folder / "alone")
    alone.introduce(workspace, "Claire", {"name": "Atelier Valmont"})
    company.keep_file(workspace, "logo", logo(tmp_path, side=300))
    workspace.close()
    laptop = office.enrol("claire", "alone")
    laptop.sync()
    assert laptop.rows("attachment") == [] and laptop.sql("SELECT count(*) FROM sync_blob") == [(0,)]
