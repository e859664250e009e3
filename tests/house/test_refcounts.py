"""PySide6 6.12.0 drops a reference to None and True per call on Python 3.11, and then aborts."""

import sys

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel

CALLS = 20_000


class Sender(QObject):
    """Something that emits."""

    sent = Signal()


def test_setter_calls_leave_the_references_to_none_still(qtbot):
    label = QLabel()
    qtbot.addWidget(label)
    before = sys.getrefcount(None)
    for number in range(CALLS):
        label.setText("a" if number % 2 else "b")
    assert abs(sys.getrefcount(None) - before) < 100


def test_emitting_leaves_the_references_to_true_and_none_still(qtbot):
    sender = Sender()
    received = []
    sender.sent.connect(lambda: received.append(None))
    before_true, before_none = sys.getrefcount(True), sys.getrefcount(None)
    for _ in range(CALLS):
        sender.sent.emit()
    assert len(received) == CALLS
    received.clear()
    assert abs(sys.getrefcount(True) - before_true) < 100
    assert abs(sys.getrefcount(None) - before_none) < 100
