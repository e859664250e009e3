"""A sync by a file on the command line, from the laptop to the server's machine and back."""

from __future__ import annotations

from app import sync_lock, syncing
from app.serve import InProcessServer
from tests.app.attachments.pictures import photo_file


def test_a_laptop_without_a_network_synchronises_by_two_files(run, company, tmp_path):
    server, laptop = company
    (rhone,) = run(*laptop, "list", "territory", "--json").data
    run(*laptop, "add", "account", "name=Bellevue", f"territory={rhone['id']}")
    assert run(*laptop, "sync").code == 1
    written = run(*laptop, "sync", "--to", tmp_path / "request")
    assert written.code == 0 and "1 action" in written.line
    done = run(*server, "exchange", tmp_path / "request", "-o", tmp_path / "answer", "--json").data
    assert (done["pushed"], done["parked"], done["organisation"]) == (1, 0, "acme")
    taken = run(*laptop, "sync", "--from", tmp_path / "answer", "--json").data
    assert (taken["pushed"], taken["conflicts"]) == (1, 0)
    assert run(*laptop, "status", "--json").data["to_send"] == 0


def test_a_file_that_does_not_fit_is_one_clear_line(run, company, tmp_path):
    _server, laptop = company
    run(*laptop, "sync", "--to", tmp_path / "request")
    (tmp_path / "letter").write_text("Dear all")
    for file, says in (("request", "terrain admin exchange"), ("letter", "no file of a Terrain sync")):
        answer = run(*laptop, "sync", "--from", tmp_path / file)
        assert (answer.code, answer.out, len(answer.err.splitlines())) == (1, "", 1)
        assert says in answer.err
    assert "nowhere" in run(*laptop, "sync", "--from", tmp_path / "nowhere").err


def test_a_connected_computer_carries_a_file_without_a_profile(run, company, tmp_path):
    _server, laptop = company
    run(*laptop, "sync", "--to", tmp_path / "request")
    with InProcessServer(tmp_path / "server") as running:
        carried = run(
            "carry", tmp_path / "request", "-o", tmp_path / "answer", "--server", running.address("acme")
        )
    assert carried.code == 0, carried
    assert run(*laptop, "sync", "--from", tmp_path / "answer").code == 0


def test_a_second_program_does_not_synchronise_at_the_same_time(run, company, tmp_path, monkeypatch):
    _server, laptop = company
    monkeypatch.setattr(syncing, "WAIT_S", 0.2)
    with sync_lock.held(tmp_path / "laptop") as free:
        assert free
        answer = run(*laptop, "sync")
    assert answer.code == 1 and "Another Terrain" in answer.err


def test_a_photo_goes_from_one_laptop_to_another_by_files_alone(run, company, tmp_path):
    server, first = company
    second = ("--profile", tmp_path / "second")
    with InProcessServer(tmp_path / "server") as running:
        run(*second, "enrol", "--server", running.address("acme"), "--email", "a@b.fr")
        run(*second, "sync")
    (rhone,) = run(*first, "list", "territory", "--json").data
    account = run(*first, "add", "account", "name=Bellevue", f"territory={rhone['id']}", "--json").data["id"]
    photo = photo_file(tmp_path)
    id = run(*first, "attach", "account", account, photo, "--json").data["id"]
    here = run(*first, "attachment", id, "-o", tmp_path / "here.jpg")
    assert here.code == 0

    def by_file(laptop) -> list[str]:
        """Both sentences of a journey there and back."""
        there = run(*laptop, "sync", "--to", tmp_path / "request")
        assert run(*server, "exchange", tmp_path / "request", "-o", tmp_path / "answer").code == 0
        return [there.out, run(*laptop, "sync", "--from", tmp_path / "answer").out]

    there, back = by_file(first)
    assert "1 attachment travels along." in there and "1 attachment reached the server." in back
    there, back = by_file(second)
    assert "attachment" not in there and "1 file or small picture came along." in back
    asked = run(*second, "attachment", id, "-o", tmp_path / "there.jpg")
    assert asked.code == 1, "it is wished for now, and no network brings it"
    by_file(second)
    assert run(*second, "attachment", id, "-o", tmp_path / "there.jpg").code == 0
    assert (tmp_path / "there.jpg").read_bytes() == (tmp_path / "here.jpg").read_bytes()
