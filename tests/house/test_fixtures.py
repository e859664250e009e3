"""What every test stands on is itself so: no real folder, no real keyring, and silence."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import keyring
import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest_plugins = ["pytester"]


def test_the_users_folders_are_the_tests_own(home: Path):
    for folder in (platformdirs.user_data_dir("terrain"), Path.home()):
        assert Path(folder).is_relative_to(home)


@pytest.mark.parametrize("turn", [1, 2])
def test_the_keyring_is_empty_at_the_start_of_each_test(turn: int):
    assert keyring.get_password("terrain", "key") is None
    keyring.set_password("terrain", "key", str(turn))
    assert keyring.get_password("terrain", "key") == str(turn)


@given(st.integers())
def test_generated_examples_run_under_the_common_fixtures(number: int):
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"


def test_an_expected_error_in_the_log_passes(logged_errors: list[logging.LogRecord]):
    logging.getLogger("terrain").error("expected")
    assert [record.getMessage() for record in logged_errors] == ["expected"]


def test_an_unexpected_error_in_the_log_fails(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    pytester.makeconftest("from tests.conftest import *\nfrom tests.conftest import _homes")
    pytester.makepyfile("import logging\n\ndef test_logs(): logging.error('boom')")
    pytester.makeini("[pytest]\nqt_api = pyside6\n")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*unexpected in the log: boom*"])
