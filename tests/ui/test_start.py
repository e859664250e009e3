"""The start of the real program: what it has loaded when the first rows are on screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.demo.tour import build_alone
from ui.tracing import VARIABLE


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the program tells when it has painted its first rows, on a profile of 250 accounts."""
    folder = tmp_path_factory.mktemp("start") / "profile"
    secret = {
        "TERRAIN_PASSPHRASE": "correct horse",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in secret.items():
            patch.setenv(name, value)
        build_alone(folder, accounts=250)[0].close()
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.main", "--profile", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | secret | {VARIABLE: "1", "QT_QPA_PLATFORM": "offscreen"},
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_window_shows_the_first_two_hundred_accounts_before_the_file_is_open(
    told: dict[str, Any],
) -> None:
    assert (told["moment"], told["rows"]) == ("rows", 200)


@pytest.mark.parametrize("library", ["sqlalchemy", "reportlab", "requests", "babel", "PIL"])
def test_no_library_that_the_first_rows_do_not_need_is_loaded_before_them(
    told: dict[str, Any], library: str
) -> None:
    assert library not in told["modules"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Windows and macOS always have a screen")
@pytest.mark.parametrize("words", [[], ["demo"]], ids=["the desktop", "the demonstration"])
def test_without_a_screen_one_sentence_says_so_before_anything_is_made(
    words: list[str], tmp_path: Path
) -> None:
    place = ["--dir", str(tmp_path / "demo")] if words else ["--profile", str(tmp_path / "profile")]
    without = {"QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY", "LC_ALL", "LC_MESSAGES"}

    ended = subprocess.run(
        [sys.executable, "-m", "ui.main", *words, *place],
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name not in without} | {"LANG": "en"},
        cwd=Path(__file__).parents[2],
    )

    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "There is no screen here: open Terrain in a desktop session, or use its commands (terrain --help)."
    ]
    assert not list(tmp_path.iterdir())
