"""The command line in this process: what a user would see, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import main


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)

    @property
    def line(self) -> str:
        """The one line on stdout."""
        (line,) = self.out.splitlines()
        return line


Terrain = Callable[..., Answer]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terrain:
    """Run one command line in English."""
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")

    def run(*arguments: str) -> Answer:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return run


@pytest.fixture
def terrain(run: Terrain, profile: Path) -> Terrain:
    """Run one command line on the test's profile; it must be done unless `refused` is asked for."""

    def terrain(*arguments: str, refused: bool = False) -> Answer:
        answer = run("--profile", str(profile), *arguments)
        assert answer.code == (1 if refused else 0), answer
        return answer

    return terrain
