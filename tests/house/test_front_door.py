"""dev.py: what it refuses, it refuses in one line that says what to do; what it installs is locked."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import dev
from tests.house.source import ROOT


def test_a_missing_library_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dev.sys, "platform", "linux")
    monkeypatch.setattr(dev, "QT_LIBRARIES", {"libnowhere.so.1": "libnowhere1", "libnone.so.2": "libnone2"})
    with pytest.raises(dev.Refusal, match=r"apt-get install -y libnone2 libnowhere1$"):
        dev.require_system_packages()


def test_a_window_needs_more_than_a_picture_does(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dev.sys, "platform", "linux")
    monkeypatch.setattr(dev, "_loads", lambda library: False)
    monkeypatch.setenv("DISPLAY", ":0")
    assert set(dev.missing_packages()) < set(dev.missing_packages(window=True))


def test_a_python_that_cannot_make_environments_is_told_the_package(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dev.importlib.util, "find_spec", lambda name: None)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    with pytest.raises(dev.Refusal, match=re.escape(f"apt-get install -y python{version}-venv")):
        dev._make_environment()


@pytest.mark.parametrize("words", [[], ["-x"], ["tests/ui"], ["tests/app", "--durations=5"], ["-k", "quote"]])
def test_the_suite_and_its_folders_use_every_core(monkeypatch: pytest.MonkeyPatch, words: list[str]):
    monkeypatch.setattr(dev.os, "cpu_count", lambda: 2)
    assert dev.workers(words)[:2] == ["-n", "3"], "one more, since tests wait at times"


@pytest.mark.parametrize(
    "words", [["tests/app/test_money.py"], ["tests/app/test_money.py::x"], ["--pdb"], ["-n0"]]
)
def test_a_single_file_and_a_debugger_have_one_process(monkeypatch: pytest.MonkeyPatch, words: list[str]):
    monkeypatch.setattr(dev.os, "cpu_count", lambda: 2)
    assert dev.workers(words) == []


def test_one_core_gets_no_workers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dev.os, "cpu_count", lambda: 1)
    assert dev.workers([]) == []


def test_the_tests_write_to_memory_where_it_has_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(dev, "MEMORY_BYTES", 0)
    assert dev.in_memory(tmp_path) == {"TMPDIR": str(tmp_path)}
    assert dev.in_memory(tmp_path / "absent") == {}
    monkeypatch.setattr(dev, "MEMORY_BYTES", 1 << 62)
    assert dev.in_memory(tmp_path) == {}
    monkeypatch.setattr(dev, "MEMORY_BYTES", 0)
    monkeypatch.setenv("TMPDIR", "/somewhere")
    assert dev.in_memory(tmp_path) == {}


def test_a_check_stops_at_the_first_that_does_not_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    for name in ("prepare", "require_system_packages"):
        monkeypatch.setattr(dev, name, lambda: None)
    monkeypatch.setattr(dev, "run_tests", lambda arguments: pytest.fail("the tests are not to run"))
    says = {"good": "print('well')", "bad": "print('line 3: ill'); raise SystemExit(3)", "slow": "input()"}
    monkeypatch.setattr(dev, "CHECKS", {name: ("python", "-c", program) for name, program in says.items()})
    assert dev.check([]) == 3
    said = capsys.readouterr()
    assert said.out.split("\n") == ["── good", "well", "── bad", "line 3: ill", ""]
    assert said.err == "dev.py check: stopped at “bad”.\n"


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["fly"], 2), (["--help"], 0)])
def test_the_words_are_listed(arguments: list[str], code: int):
    command = [sys.executable, str(ROOT / "dev.py"), *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == code
    assert all(word in done.stdout + done.stderr for word in dev.WORDS)


def test_an_unknown_benchmark_is_refused_before_anything_is_installed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dev, "prepare", lambda: pytest.fail("nothing is to be installed"))
    with pytest.raises(dev.Refusal, match="no benchmark"):
        dev.bench(["nothing_of_the_kind"])


def test_the_lock_names_public_addresses_alone():
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    assert set(re.findall(r'registry = "([^"]+)"', lock)) == {"https://pypi.org/simple"}
    assert set(re.findall(r'url = "(https?://[^/]+)', lock)) == {"https://files.pythonhosted.org"}


def test_the_lock_holds_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    ours = next(package for package in lock["package"] if package["name"] == "terrain")

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[\[<>=;~! ]", line)[0].lower().replace(".", "-") for line in requirements}

    assert names(project["project"]["dependencies"]) == {r["name"] for r in ours["metadata"]["requires-dist"]}
    assert names(project["dependency-groups"]["dev"]) == {
        r["name"] for r in ours["metadata"]["requires-dev"]["dev"]
    }
