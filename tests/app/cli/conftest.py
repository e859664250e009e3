"""The command line in this process: what a user would see, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.serve import InProcessServer


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


@pytest.fixture
def company(
    run: Terrain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """A server with one rep, whose laptop synchronised once; the server then goes away."""
    monkeypatch.setenv("TERRAIN_PASSWORD", "un mot de passe solide")
    server = ("admin", "--dir", tmp_path / "server")
    run(*server, "init", "--org", "acme", "--name", "ACME")
    run(*server, "territory", "add", "Rhône")
    run(
        *server, "user", "add", "--email", "a@b.fr", "--name", "Anne", "--role", "rep", "--territory", "Rhône"
    )
    with InProcessServer(tmp_path / "server") as running:
        laptop = ("--profile", tmp_path / "laptop")
        run(*laptop, "enrol", "--server", running.address("acme"), "--email", "a@b.fr")
        assert run(*laptop, "sync").code == 0
    return server, laptop
