"""What the sync says of itself: the header, what waits, what failed and why, with a real server."""

from __future__ import annotations

import socket
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app import sync_lock
from app.workspace import Workspace
from tests.sync.office import PASSWORD, RHONE, Laptop
from ui.sync.enrol_dialog import EnrolDialog
from ui.sync.rows import OpenableRow
from ui.sync.running import Progress
from ui.widgets import Button, InfoBar, Label


def set_server(laptop: Laptop, address: str) -> None:
    with laptop.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_state SET value = ? WHERE name = 'server'", (address,))


def titles(page: Any) -> list[str]:
    return [row.button.accessibleName().removeprefix("Détail de ") for row in shown_rows(page)]


def shown_rows(page: Any) -> list[OpenableRow]:
    return [row for row in page.findChildren(OpenableRow) if row.isVisible()]


def nowhere() -> str:
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/demo"


def test_what_waits_is_listed_by_action_with_its_fields(claire: Laptop, desk_of: Any, qtbot: Any):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    claire.save("account", account, payment_terms="45 jours")
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    assert titles(page)[:2] == ["Boulangerie Morel", "Boulangerie Morel"]
    row = shown_rows(page)[0]
    qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton)
    desk.settle()
    said = {label.text() for label in row.findChildren(Label)}
    assert {"Conditions de règlement", "45 jours"} <= said
    assert "Modifié\u00a0: Conditions de règlement" in said


def test_what_is_to_send_is_shown_to_the_last_action(
    claire: Laptop, desk_of: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ui.sync.page.SHOWN_ACTIONS", 2)
    for number in range(5):
        claire.add("account", name=f"Boulangerie n° {number}", territory=RHONE)
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    for more, shown in ((3, 2), (1, 4)):
        assert len(page._board.actions) == shown
        (button,) = [one for one in page.findChildren(Button) if one.text().startswith(f"et {more} autre")]
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        desk.settle()
    assert titles(page)[:5] == [f"Boulangerie n° {number}" for number in (4, 3, 2, 1, 0)]


def test_f9_sends_what_waits_and_says_so(claire: Laptop, server: str, desk_of: Any, qtbot: Any):
    set_server(claire, server)
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk = desk_of(claire.workspace)
    assert desk.chip == "1 à envoyer"
    page = desk.go("sync")
    with qtbot.waitSignal(desk.runner.ended, timeout=20_000) as ended:
        qtbot.keyClick(desk.window, Qt.Key.Key_F9)
        assert desk.runner.running
    desk.settle()
    assert ended.args[0]["pushed"] == 1
    assert desk.chip.startswith("À jour · ")
    assert page._board.runs[0].outcome == "done"
    assert page._board.actions == ()


def test_offline_is_normal_and_never_red(claire: Laptop, desk_of: Any, qtbot: Any):
    set_server(claire, nowhere())
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    with qtbot.waitSignal(desk.runner.ended, timeout=20_000):
        desk.runner.start()
    desk.settle()
    assert desk.chip == "Hors ligne · 1 à envoyer"
    assert desk.window.header.sync_button.property("tone") == "warn"
    bar = page.findChild(InfoBar)
    assert bar.property("info") == "info"
    assert "Rien n’est perdu" in bar.text
    assert page._board.runs[0].title == "Interrompue\u00a0: réseau perdu"


def test_only_one_sync_runs_at_a_time(claire: Laptop, server: str, desk_of: Any, qtbot: Any):
    set_server(claire, server)
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk = desk_of(claire.workspace)
    before = len(claire.sql("SELECT seq FROM sync_history"))
    with qtbot.waitSignal(desk.runner.ended, timeout=20_000):
        desk.runner.start()
        desk.runner.start()
    desk.settle()
    assert len(claire.sql("SELECT seq FROM sync_history")) == before + 1


def test_a_pause_stops_and_stays_in_the_history(claire: Laptop, server: str, desk_of: Any, qtbot: Any):
    set_server(claire, server)
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    with (
        sync_lock.held(claire.workspace.folder),
        qtbot.waitSignal(desk.runner.ended, timeout=20_000) as ended,
    ):
        desk.runner.start()
        desk.runner.pause()
    desk.settle()
    assert ended.args == [None]
    assert page._board.runs[0].title == "Mise en pause"
    assert desk.chip == "1 à envoyer"
    assert page.findChild(InfoBar) is None, "paused for this run only: nothing starts syncs by itself here"


def test_the_window_does_not_wait_for_the_sync(claire: Laptop, server: str, desk_of: Any):
    set_server(claire, server)
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    desk.runner.start()
    assert desk.chip == "Synchronisation 0\u00a0%" and not page.running.isHidden()
    desk.settle()
    assert page.running.isHidden()


def test_progress_fills_the_bar_in_order():
    steps = [
        Progress("connecting", 0, 0),
        Progress("pushing", 1, 8),
        Progress("pushing", 8, 8),
        Progress("pulling", 10, 0),
        Progress("pulling", 90_000, 0),
        Progress("applying", 1, 1),
    ]
    shares = [step.share for step in steps]
    assert shares == sorted(shares) and shares[-1] < 1


def test_a_busy_server_is_said_with_the_seconds_and_the_bar_stays_where_it_was():
    pushing = Progress("connecting").told("pushing", 4, 8, now_s=1.0)
    waiting = pushing.told("waiting", 3, 0, now_s=2.0)
    assert waiting.text == "Serveur occupé, nouvel essai dans 3\u00a0s."
    assert (waiting.state, waiting.share) == ("waiting", pushing.share)
    again = waiting.told("pushing", 4, 8, now_s=5.0)
    assert (again.state, again.share) == ("pushing", pushing.share)


@pytest.mark.parametrize("every", [1, 5, 15])
@pytest.mark.parametrize(("phase", "of"), [("pushing", 900), ("pulling", 500_000), ("files", 2_000_000_000)])
def test_at_a_steady_pace_the_time_that_is_left_is_right_and_never_grows(phase: str, of: int, every: int):
    progress, left = Progress().told("pushing", 7, 7, now_s=40.0).told(phase, 0, of, now_s=50.0), []
    for second in range(91):
        if second and second % every == 0:
            progress = progress.told(phase, of * second // 90, of, now_s=50.0 + second)
        left.append(progress.remaining(50.0 + second))
    told = [one for one in left if one is not None]
    assert left[:3] == [None] * 3 and len(told) > 90 - max(3, every)
    assert all(abs(one - (90 - second)) < 2 for second, one in enumerate(left) if one is not None)
    assert all(later <= earlier + 0.01 for earlier, later in pairwise(told))


def test_a_load_that_begins_anew_by_another_way_is_told_by_that_ones_pace():
    given_up = Progress().told("pulling", 0, 1_000, now_s=0.0).told("pulling", 90, 1_000, now_s=30.0)
    by_pages = given_up.told("pulling", 0, 1_000, now_s=30.0).told("pulling", 100, 1_000, now_s=40.0)
    assert by_pages.remaining(40.0) == 90


def test_nothing_is_said_of_the_time_that_is_left_where_nobody_knows_how_much_comes():
    pulling = Progress().told("pulling", 0, 0, now_s=0.0)
    assert pulling.told("pulling", 4_000, 0, now_s=60.0).remaining(60.0) is None
    assert pulling.told("pulling", 0, 500_000, now_s=60.0).remaining(60.0) is None


def test_what_the_server_refused_is_shown_and_can_be_taken_back(claire: Laptop, desk_of: Any):
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql(
            "UPDATE sync_transaction SET state = 'parked', outcome = 'parked', reason = 'not_allowed'"
            " WHERE state = 'sealed'"
        )
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    assert desk.window.header.sync_button.property("tone") == "bad"
    (row,) = page.parked.rows
    assert row.waiting.title == "Compte, Boulangerie Morel" and row.waiting.reason
    row.take_back()
    desk.settle()
    (row,) = page.parked.rows
    assert row.waiting.decided and not row.retry.isVisible()


def test_a_retry_goes_out_again(claire: Laptop, server: str, desk_of: Any, qtbot: Any):
    set_server(claire, server)
    id = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql(
            "UPDATE sync_transaction SET state = 'parked', reason = 'missing_parent' WHERE state = 'sealed'"
        )
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    with qtbot.waitSignal(desk.runner.ended, timeout=20_000) as ended:
        page.parked.rows[0].send()
        desk.settle()
    assert ended.args[0]["pushed"] >= 1
    assert claire.get("account", id)["name"] == "Boulangerie Morel"


def test_the_diagnostic_holds_no_personal_data(claire: Laptop, desk_of: Any):
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    page.copy_diagnostic()
    desk.settle()
    text = QGuiApplication.clipboard().text()
    assert "to send 1" in text and "outbox account create 1" in text
    assert not any(word in text for word in ("Morel", "Claire", "claire", "example.fr"))


# A laptop alone


@pytest.fixture
def alone(office: Any, memory_keyring: Any, tmp_path: Any) -> Any:
    """A laptop that has worked without a server."""
    workspace, _recovery = Workspace.create(tmp_path / "alone")
    yield workspace
    workspace.close()


def test_a_laptop_alone_is_told_what_a_server_is_for(alone: Workspace, desk_of: Any):
    desk = desk_of(alone)
    page = desk.go("sync")
    assert desk.chip == "Sur cet ordinateur seul"
    assert page.alone.isVisible() and not page.start.isVisible()
    assert page.primary_focus() is page.alone.button


def test_a_wrong_password_is_told_beside_its_field(alone: Workspace, server: str, desk_of: Any, qtbot: Any):
    desk = desk_of(alone)
    page = desk.go("sync")
    page.connect_server()
    dialog = desk.window.findChild(EnrolDialog)
    dialog.submit()
    assert dialog.form.problem == "Indiquez l’adresse donnée par votre bureau."
    dialog.form.address.setText(server)
    dialog.form.email.setText("claire@example.fr")
    dialog.form.password.setText("wrong")
    dialog.submit()
    desk.settle()
    assert "mot de passe" in dialog.form.problem
    assert dialog.form.password.property("state") == "error"
    assert dialog.isVisible()


def test_connecting_sends_the_work_of_a_laptop_alone(alone: Workspace, server: str, desk_of: Any, qtbot: Any):
    from app import records

    desk = desk_of(alone)
    page = desk.go("sync")
    page.connect_server()
    dialog = desk.window.findChild(EnrolDialog)
    dialog.form.address.setText(server)
    dialog.form.email.setText("claire@example.fr")
    dialog.form.password.setText(PASSWORD)
    with alone.transaction("Task") as session:
        task = records.add(session, "task", {"subject": "Rappeler M. Girard"})
    with qtbot.waitSignal(desk.runner.ended, timeout=30_000) as ended:
        dialog.submit()
    desk.settle()
    assert ended.args[0]["pushed"] == 1
    assert desk.chip.startswith("À jour")
    with alone.read() as session:
        assert records.get(session, "task", task)["rev"] > 0


def test_another_language_keeps_the_page_and_the_runner(claire: Laptop, desk_of: Any):
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk = desk_of(claire.workspace)
    desk.go("sync")
    desk.window.set_language("en")
    desk.settle()
    assert desk.chip == "1 to send"
    assert desk.window.page.title() == "Synchronisation"
    desk.runner.look()
    desk.settle()
    assert desk.window.page._board.actions[0].details == "New"
