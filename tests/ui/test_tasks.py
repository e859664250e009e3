"""The door off the Qt thread: lanes, order, owners that are gone, cancelling, errors, closing."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QWidget

from app.errors import Cancelled, Invalid
from ui import errors
from ui.tasks import Tasks


def test_a_result_comes_back_on_the_qt_thread(tasks: Tasks, plain: Any):
    owner, got = QObject(), []
    tasks.read(
        owner,
        lambda session: threading.get_ident(),
        then=lambda ident: got.append((ident, threading.get_ident())),
    )
    assert tasks.wait_until_idle()
    worker, caller = got[0]
    assert worker != caller == threading.get_ident()


def test_nothing_comes_back_before_the_call_has_returned(tasks: Tasks):
    owner, order = QObject(), []
    for turn in range(200):
        tasks.read(owner, lambda session: None, then=lambda _none, n=turn: order.append(n))
        order.append("returned")
        time.sleep(0.0002)
    assert order == ["returned"] * 200
    assert tasks.wait_until_idle()


def test_writes_follow_each_other_in_one_transaction_each(tasks: Tasks, plain: Any):
    owner = QObject()
    for name in "abc":
        tasks.write(owner, lambda log, n=name: log.append(n), label=f"write {name}")
    assert tasks.wait_until_idle()
    assert plain.log == [part for n in "abc" for part in (f"begin write {n}", n, "committed")]


def test_a_failed_write_is_rolled_back_and_told(tasks: Tasks, plain: Any):
    owner, failed = QObject(), []

    def work(_session: Any) -> None:
        raise Invalid({"name": "?"})

    tasks.write(owner, work, failed=failed.append)
    assert tasks.wait_until_idle()
    assert plain.log[-1] == "rolled back"
    assert isinstance(failed[0], Invalid)


def test_a_closed_screen_is_not_called_back(tasks: Tasks):
    owner, got, go = QWidget(), [], threading.Event()
    tasks.background(owner, lambda token: go.wait(5), then=got.append)
    owner.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    go.set()
    assert tasks.wait_until_idle()
    assert got == []


def test_cancelled_work_learns_it_and_delivers_nothing(tasks: Tasks):
    owner, got = QObject(), []
    started = threading.Event()

    def work(token: Any) -> str:
        started.set()
        token.wait(5)
        token.check()
        return "done"

    token = tasks.background(owner, work, then=got.append, failed=got.append)
    assert started.wait(5)
    token.cancel()
    assert tasks.wait_until_idle()
    assert got == []


def test_progress_arrives_in_order_before_the_result(tasks: Tasks):
    owner, seen = QObject(), []

    def work(token: Any) -> str:
        for part in (1, 2, 3):
            token.progress(part / 4, f"{part} sur 4")
        return "fin"

    tasks.background(owner, work, then=seen.append, progress=lambda share, text: seen.append((share, text)))
    assert tasks.wait_until_idle()
    assert seen == [(0.25, "1 sur 4"), (0.5, "2 sur 4"), (0.75, "3 sur 4"), "fin"]


def test_a_cancelled_error_says_nothing(tasks: Tasks):
    owner = QObject()

    def work(_token: Any) -> None:
        raise Cancelled

    tasks.background(owner, work)
    assert tasks.wait_until_idle()
    assert errors.reports == []


def test_a_bug_in_work_is_reported_and_the_program_goes_on(tasks: Tasks, qtbot, logged_errors):
    owner, got = QWidget(), []
    qtbot.addWidget(owner)
    tasks.read(owner, lambda session: 1 / 0)
    tasks.read(owner, lambda session: "encore", then=got.append)
    assert tasks.wait_until_idle()
    assert isinstance(errors.reports[0], ZeroDivisionError)
    assert got == ["encore"]
    logged_errors.clear()


def test_closing_lets_writes_finish(plain: Any, dressed):
    tasks, owner = Tasks(plain), QObject()
    release = threading.Event()
    tasks.write(owner, lambda log: release.wait(5) and log.append("slow"))
    tasks.write(owner, lambda log: log.append("last"))
    threading.Timer(0.05, release.set).start()
    tasks.close()
    assert [entry for entry in plain.log if entry in ("slow", "last")] == ["slow", "last"]


def test_nothing_starts_after_closing(plain: Any, dressed):
    tasks = Tasks(plain)
    tasks.close()
    assert tasks.read(QObject(), lambda session: None).cancelled


@pytest.mark.parametrize("lane, threads", [("write", 1), ("read", 2), ("background", 4)])
def test_each_lane_is_as_wide_as_declared(lane: str, threads: int, tasks: Tasks):
    owner, busy, most, lock = QObject(), [0], [0], threading.Lock()

    def work(_with: Any) -> None:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        time.sleep(0.02)
        with lock:
            busy[0] -= 1

    for _turn in range(threads * 3):
        getattr(tasks, lane)(owner, work)
    assert tasks.wait_until_idle()
    assert most[0] == threads
