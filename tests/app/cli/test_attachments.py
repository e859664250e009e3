"""Files of records on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.serve import InProcessServer
from sync import errors
from sync.client import HttpClient
from tests.app.attachments.pictures import photo_file
from tests.app.cli.conftest import Terrain


def test_a_photo_is_added_and_written_out(terrain: Terrain, tmp_path: Path):
    account = terrain("add", "account", "name=Boulangerie Morel").line
    id = terrain("attach", "account", account, str(photo_file(tmp_path)), "--caption", "Rayon pain").line
    row = terrain("--json", "show", "attachment", id).data
    assert (row["record_kind"], row["record"], row["account"]) == ("account", account, account)
    assert (row["media_type"], row["width"], row["caption"]) == ("image/jpeg", 1600, "Rayon pain")
    found = terrain("--json", "attachment", id, "-o", str(tmp_path / "out.jpg")).data
    assert found == {"id": id, "file": str(tmp_path / "out.jpg"), "bytes": row["size"]}
    assert (tmp_path / "out.jpg").stat().st_size == row["size"]


def test_the_answer_of_attach_is_one_json_document(terrain: Terrain, tmp_path: Path):
    (tmp_path / "offre.pdf").write_bytes(b"%PDF-1.7\n" + b"x" * 1000)
    account = terrain("add", "account", "name=Boulangerie Morel").line
    found = terrain("--json", "attach", "account", account, str(tmp_path / "offre.pdf")).data
    assert list(found) == ["id", "name", "media_type", "size", "sha256", "width", "height"]
    assert (found["name"], found["media_type"], found["size"]) == ("offre.pdf", "application/pdf", 1009)


def test_bytes_that_are_not_here_are_refused_with_when_they_come(terrain: Terrain, tmp_path: Path):
    account = terrain("add", "account", "name=Boulangerie Morel").line
    id = terrain("add", "attachment", "name=plan.pdf", f"account={account}", "sha256=" + "0" * 64).line
    answer = terrain("attachment", id, "-o", str(tmp_path / "plan.pdf"), refused=True)
    assert "laptop of who added it" in answer.err
    assert not (tmp_path / "plan.pdf").exists()
    refused = terrain("attach", "account", account, str(tmp_path / "nothing.pdf"), refused=True)
    assert "nothing.pdf" in refused.err
    assert json.loads(terrain("--json", "list", "attachment").out)[0]["id"] == id


def test_a_sync_whose_files_were_cut_says_so(run, company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _server, laptop = company
    (rhone,) = run(*laptop, "list", "territory", "--json").data
    account = run(*laptop, "add", "account", "name=Bellevue", f"territory={rhone['id']}").line
    run(*laptop, "attach", "account", account, photo_file(tmp_path))

    def is_cut(*_request: object) -> None:
        raise errors.Offline("the line was cut")

    with InProcessServer(tmp_path / "server") as running:
        run(*laptop, "enrol", "--server", running.address("acme"), "--email", "a@b.fr")
        with monkeypatch.context() as line:
            line.setattr(HttpClient, "put_blob", is_cut)
            cut = run(*laptop, "sync")
        whole = run(*laptop, "sync")
    assert cut.code == whole.code == 0
    assert "Photos and files are still on their way" in cut.out
    assert len(whole.out.splitlines()) == 1
