"""A process that is killed while somebody types loses nothing that stood still for a moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from app.store.keys import PASSPHRASE_VARIABLE
from tests.app.conftest import PASSPHRASE

ROOT = Path(__file__).resolve().parents[3]


def test_a_killed_program_reopens_on_the_draft_and_its_field(desk, profile):
    command = [sys.executable, "-m", "tests.ui.visits.typing_process", str(profile), desk.company.visit]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {PASSPHRASE_VARIABLE: PASSPHRASE},
        stdout=subprocess.PIPE,
        text=True,
    ) as typing:
        assert typing.stdout is not None
        line = typing.stdout.readline()
        os.kill(typing.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    assert line == "kept\n"
    page = desk.go("report", None, appointment=desk.company.visit)
    assert page.form.text.toPlainText() == "Coupure de courant"
    assert page.form.next.action.text() == "Rappeler"
    assert page.form.next.action.hasFocus()
