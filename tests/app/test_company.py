"""The company on a laptop: who may write it, and its logo and terms, which every quote prints."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from app import attachments, company, records
from app.errors import Invalid, NotAllowed
from app.quotes import sample
from app.seller import find_company
from app.workspace import Workspace
from tests.sync.office import Laptop, Office


def logo(folder: Path, side: int = 1200) -> Path:
    file = folder / "logo.png"
    picture = Image.effect_noise((side, side // 4), 90).convert("RGBA")
    picture.putalpha(128)
    picture.save(file)
    return file


def terms(folder: Path, pages: int = 2, kilobytes: int = 0) -> Path:
    file = folder / "cgv.pdf"
    with pikepdf.new() as pdf:
        for _page in range(pages):
            pdf.add_blank_page()
        if kilobytes:
            noise = pikepdf.Stream(pdf, random.Random(7).randbytes(kilobytes * 1000))
            pdf.pages[0].obj.Resources = pikepdf.Dictionary(Properties=pikepdf.Dictionary(Noise=noise))
        pdf.save(file)
    return file


def fact(workspace: Workspace, name: str) -> object:
    with workspace.read() as session:
        return find_company(session).get(name)


def test_a_laptop_alone_prints_the_logo_and_the_terms_that_it_was_given(workspace: Workspace, tmp_path: Path):
    company.keep(workspace, {"name": "Atelier Valmont"})
    company.keep_file(workspace, "logo", logo(tmp_path))
    company.keep_file(workspace, "terms_file", terms(tmp_path))
    with workspace.read() as session:
        kept = company.file_of(session, "logo")
        paper = sample.sample_paper(session, {})
        entries = session.connection().exec_driver_sql("SELECT count(*) FROM sync_entry").scalar()
    assert kept is not None and kept.name == "logo.png" and kept.content is not None
    with Image.open(io.BytesIO(kept.content)) as shown:
        assert shown.size == (company.LOGO_PIXELS, company.LOGO_PIXELS // 4) and "A" in shown.getbands()
    with pikepdf.open(io.BytesIO(paper.render())) as pdf:
        assert len(pdf.pages) == 3, "one of the quote, two of the terms"
    assert entries == 0, "no server ever hears of the company of a laptop alone"


def test_a_company_goes_without_its_logo_again(workspace: Workspace, tmp_path: Path):
    company.keep(workspace, {"name": "Atelier Valmont"})
    company.keep_file(workspace, "logo", logo(tmp_path))
    company.take_file_away(workspace, "logo")
    with workspace.read() as session:
        assert company.file_of(session, "logo") is None


@pytest.mark.parametrize("name", company.FILES)
def test_a_file_that_no_quote_could_print_is_refused(workspace: Workspace, tmp_path: Path, name: str):
    company.keep(workspace, {"name": "Atelier Valmont"})
    other = tmp_path / "notes.txt"
    other.write_text("no picture and no PDF")
    with pytest.raises(Invalid) as refusal:
        company.keep_file(workspace, name, other)
    assert name in refusal.value.problems and fact(workspace, name) is None


def test_files_need_a_company(workspace: Workspace, tmp_path: Path):
    with pytest.raises(Invalid):
        company.keep_file(workspace, "logo", logo(tmp_path))


def test_the_office_writes_the_company_and_every_laptop_prints_its_files(
    office: Office, claire: Laptop, tmp_path: Path
):
    julie = office.enrol("julie")
    julie.sync()
    company.keep(julie.workspace, {"name": "Atelier Valmont", "town": "Lyon"})
    company.keep_file(julie.workspace, "logo", logo(tmp_path))
    company.keep_file(julie.workspace, "terms_file", terms(tmp_path, kilobytes=400))
    julie.sync()
    claire.sync()
    claire.sync()
    assert fact(claire.workspace, "town") == "Lyon"
    with claire.workspace.read() as session:
        files = [company.file_of(session, name) for name in company.FILES]
        assert company.writable(session) is None
    assert all(file is not None and file.content for file in files), "however large they are"
    assert claire.sql("SELECT count(*) FROM sync_blob WHERE pinned = 1") == [(2,)], "and they stay"


def test_a_rep_does_not_write_the_company(office: Office, claire: Laptop, tmp_path: Path):
    julie = office.enrol("julie")
    julie.sync()
    company.keep(julie.workspace, {"name": "Atelier Valmont"})
    julie.sync()
    claire.sync()
    with pytest.raises(NotAllowed):
        company.keep(claire.workspace, {"name": "Atelier Claire"})
    with pytest.raises(NotAllowed):
        company.keep_file(claire.workspace, "logo", logo(tmp_path))
    assert claire.rows("attachment") == []


def test_two_people_of_the_office_change_two_fields(office: Office):
    one, other = office.enrol("julie"), office.enrol("julie")
    one.sync()
    company.keep(one.workspace, {"name": "Atelier Valmont", "town": "Lyon"})
    one.sync()
    other.sync()
    with other.workspace.read() as session:
        opened = find_company(session)
    company.keep(one.workspace, {"name": "Atelier Valmont", "town": "Vienne"})
    one.sync()
    company.keep(other.workspace, {"name": "Atelier Valmont", "town": "Lyon", "phone": "0472000000"}, opened)
    for laptop in (other, one, other):
        laptop.sync()
    assert {fact(laptop.workspace, "town") for laptop in (one, other)} == {"Vienne"}
    assert {fact(laptop.workspace, "phone") for laptop in (one, other)} == {"+33472000000"}


def test_a_logo_that_was_kept_is_an_attachment_of_the_company(workspace: Workspace, tmp_path: Path):
    company.keep(workspace, {"name": "Atelier Valmont"})
    company.keep_file(workspace, "logo", logo(tmp_path))
    with workspace.read() as session:
        known = find_company(session)
        (row,) = records.find_rows(session, "attachment", {"record": known["id"]})
        assert (row["id"], row["record_kind"]) == (known["logo"], "organisation")
        assert attachments.is_here(session, row["sha256"])
