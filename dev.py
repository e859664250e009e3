#!/usr/bin/env python3
"""The project's front door: makes the environment, then runs, tests, checks or builds Terrain.

It needs nothing but Python 3.11 or later: `python dev.py` lists its words.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
WINDOWS = os.name == "nt"
LOWEST_PYTHON = (3, 11)
CHECKS = {
    "format": ("ruff", "format", "--check", "."),
    "lint": ("ruff", "check", "."),
    "types": ("python", "-m", "mypy"),
    "import rules": ("lint-imports",),
    "translations": ("python", "-m", "tests.house.messages", "--check"),
}
"""What must hold before the tests, each with its program of the environment and that one's words."""
SOAK_RUNS_PER_HOUR = 2000
"""Runs of the company between two looks at the clock, fewer where the soak is to be shorter than an hour."""

MOST_WORKERS = 4
"""Each holds a Qt, a server and a PostgreSQL."""
MEMORY = Path("/dev/shm")
MEMORY_BYTES = 2_000_000_000
"""That must be free there; the tests take a tenth, since what a test wrote goes when it has passed."""
ONE_PROCESS = ("-n", "-s", "--pdb", "--trace", "--co")
"""Words for pytest that more than one process cannot obey, or that say themselves how many."""

# What the Qt wheels do not carry themselves: shared library -> Debian and Ubuntu package.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libX11.so.6": "libx11-6",
}
X11_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
WAYLAND_LIBRARIES = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}


class Refusal(Exception):
    """Why a word cannot be done, in one line that says what to do."""


def program(name: str) -> Path:
    """Where the environment keeps the program `name`."""
    return ENVIRONMENT / ("Scripts" if WINDOWS else "bin") / (f"{name}.exe" if WINDOWS else name)


def prepare() -> None:
    """Make `.venv` and install exactly what `uv.lock` names; quick when nothing changed."""
    wanted = _fingerprint()
    stamp = ENVIRONMENT / "terrain-installed"
    if program("terrain").exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    if not _works(program("python")):
        _make_environment()
    say("Installing the locked dependencies…")
    variables = dict(os.environ, UV_PYTHON_DOWNLOADS="never", UV_PROJECT_ENVIRONMENT=str(ENVIRONMENT))
    variables.pop("VIRTUAL_ENV", None)
    # Inexact, since uv itself may live in the environment that it fills.
    command = [_find_uv(), "sync", "--frozen", "--inexact", "--compile-bytecode"]
    command += ["--python", str(program("python"))]
    if subprocess.run(command, cwd=ROOT, env=variables).returncode:
        raise Refusal("uv could not install the dependencies of uv.lock: see its message above.")
    stamp.write_text(wanted)


def _fingerprint() -> str:
    digest = hashlib.sha256(repr((sys.version_info[:2], str(ROOT))).encode())
    for name in ("uv.lock", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _works(executable: str | Path) -> bool:
    """Whether the program starts: a found file may be a stub or belong to a removed Python."""
    try:
        return subprocess.run([str(executable), "--version"], capture_output=True, cwd=ROOT).returncode == 0
    except OSError:
        return False


def _make_environment() -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise Refusal(
            "this Python cannot make virtual environments (no module ensurepip). On Debian and Ubuntu:\n"
            f"    {_as_root()}apt-get install -y python{version}-venv"
        )
    say(f"Making {ENVIRONMENT.name} with Python {version}…")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)


def _find_uv() -> str:
    """A uv that starts: the machine's, else the environment's, else fetched into it with pip."""
    for candidate in (shutil.which("uv"), program("uv")):
        if candidate and _works(candidate):
            return str(candidate)
    say("Fetching uv…")
    python = str(program("python"))
    subprocess.run([python, "-m", "ensurepip"], capture_output=True)  # an environment without pip
    fetch = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"]
    if subprocess.run(fetch, cwd=ROOT).returncode or not _works(program("uv")):
        raise Refusal("pip could not fetch uv. Install it (https://docs.astral.sh/uv/), then try again.")
    return str(program("uv"))


def has_display() -> bool:
    """Whether a window can be shown: always on Windows and macOS."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def require_system_packages(window: bool = False) -> None:
    """On Linux, refuse with the exact command when libraries that Qt loads are absent."""
    packages = missing_packages(window)
    if packages:
        raise Refusal(
            f"Qt needs system libraries that are not installed. On Debian and Ubuntu:\n"
            f"    {_as_root()}apt-get install -y {' '.join(packages)}"
        )


def missing_packages(window: bool = False) -> list[str]:
    """The packages whose libraries do not load; `window` adds what a visible window needs."""
    if not sys.platform.startswith("linux"):
        return []
    libraries = dict(QT_LIBRARIES)
    if window:
        libraries |= X11_LIBRARIES if os.environ.get("DISPLAY") else WAYLAND_LIBRARIES
    return sorted({package for library, package in libraries.items() if not _loads(library)})


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _as_root() -> str:
    return "" if getattr(os, "geteuid", lambda: 1)() == 0 else "sudo "


def run(arguments: list[str]) -> int:
    """install what is locked and open the demonstration company (headless without a display)"""
    prepare()
    if has_display():
        require_system_packages(window=True)
        return call([program("terrain"), "demo", *arguments])
    require_system_packages()
    if "--headless" not in arguments:
        arguments = ["--headless", *arguments]
    if "--dir" not in arguments:
        arguments += ["--dir", str(ROOT / "build" / "demo")]
    say("No display here: the tour runs without a window.")
    return call([program("terrain"), "demo", *arguments], QT_QPA_PLATFORM="offscreen")


def test(arguments: list[str]) -> int:
    """run the tests; further words go to pytest"""
    prepare()
    require_system_packages()
    return run_tests(arguments)


def run_tests(arguments: list[str]) -> int:
    """Run pytest on every core; its exit code."""
    command = [program("python"), "-m", "pytest", *workers(arguments), *arguments]
    return call(command, **in_memory(MEMORY))


def in_memory(folder: Path) -> dict[str, str]:
    """Has the tests write to a folder in memory where there is one: they would wait for the disk at each commit."""
    if "TMPDIR" in os.environ or not os.access(folder, os.W_OK):
        return {}
    return {"TMPDIR": str(folder)} if shutil.disk_usage(folder).free > MEMORY_BYTES else {}


def workers(words: list[str]) -> list[str]:
    """What makes pytest use every core: for the suite and for folders, not for single files or a debugger."""
    cores = os.cpu_count() or 1
    # One more than cores: a seventh of the time a test waits for a pause of the screen or for a process.
    count = min(cores + 1, MOST_WORKERS)
    alone = any(word.startswith(ONE_PROCESS) or ".py" in word for word in words)
    # A worker keeps its part of the files until another has nothing left to do.
    return [] if cores == 1 or alone else ["-n", str(count), "--dist", "worksteal"]


def check(arguments: list[str]) -> int:
    """all that must hold before a change goes in: format, lint, types, import rules, French, tests"""
    prepare()
    require_system_packages()
    # Side by side: the type checker takes one core for as long as all the others together.
    with ExitStack() as stack:
        running = {name: stack.enter_context(_start(words)) for name, words in CHECKS.items()}
        for name, process in running.items():
            say(f"── {name}")
            say(process.communicate()[0].rstrip())
            if process.returncode:
                for other in running.values():
                    other.kill()
                return _stopped_at(name, process.returncode)
    say("── tests")
    code = run_tests(arguments)
    return _stopped_at("tests", code) if code else 0


def _start(words: tuple[str, ...]) -> subprocess.Popen[str]:
    command = [str(program(words[0])), *words[1:]]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )


def _stopped_at(name: str, code: int) -> int:
    say(f"dev.py check: stopped at “{name}”.", to_errors=True)
    return code


def bench(arguments: list[str]) -> int:
    """measure: `bench NAME`; without a name, the list; `bench quote` is all that concerns quotes"""
    folder = ROOT / "tests" / "bench"
    starts = 'if __name__ == "__main__":'  # what does not start by itself is what benchmarks share
    names = sorted(p.stem for p in folder.glob("[a-z]*.py") if starts in p.read_text(encoding="utf-8"))
    if not arguments:
        say("Benchmarks: " + (", ".join(names) or "none yet"))
        return 0
    if arguments[0] not in names:
        raise Refusal(f"no benchmark is called {arguments[0]!r}; there are: {', '.join(names) or 'none'}.")
    prepare()
    return module(f"tests.bench.{arguments[0]}", *arguments[1:])


def soak(arguments: list[str]) -> int:
    """the tests of chance for hours: `soak [--hours H] [--seed S] [words for pytest]`; a failure names its seed"""
    options = argparse.ArgumentParser(prog="dev.py soak", add_help=False)
    options.add_argument("--hours", type=float, default=1.0)
    options.add_argument("--seed", type=int, default=int(time.time()))
    chosen, words = options.parse_known_args(arguments)
    prepare()
    command = [program("python"), "-m", "pytest", "-m", "soak or not soak", "-x"]
    command += words or ["tests/sync/machine", "tests/e2e"]
    runs = str(max(20, min(SOAK_RUNS_PER_HOUR, round(chosen.hours * SOAK_RUNS_PER_HOUR))))
    end, seed = time.monotonic() + chosen.hours * 3600, chosen.seed
    while True:
        say(f"── soak, seed {seed}")
        variables = {"HYPOTHESIS_PROFILE": "soak", "TERRAIN_SEED": str(seed), "TERRAIN_RUNS": runs}
        if code := call(command, **variables):
            say(f"dev.py soak: failed. It replays with: python dev.py soak --seed {seed}", to_errors=True)
            return code
        seed += 1
        if time.monotonic() > end:
            return 0


def shots(arguments: list[str]) -> int:
    """pictures of every screen, light and dark, in French and English: `shots DIR`"""
    if not arguments:
        raise Refusal("name the folder to write to: python dev.py shots DIR")
    prepare()
    require_system_packages()
    return call([program("python"), "-m", "ui.shots", *arguments], QT_QPA_PLATFORM="offscreen")


def translations(arguments: list[str]) -> int:
    """compile resources/translations/fr/*.po into fr.mo"""
    prepare()
    return module("tests.house.messages", *arguments)


def build(arguments: list[str]) -> int:
    """the installer for this platform"""
    if not (ROOT / "installer" / "build.py").exists():
        raise Refusal("there is no installer recipe yet (installer/build.py).")
    prepare()
    return call([program("python"), ROOT / "installer" / "build.py", *arguments])


WORDS: dict[str, Callable[[list[str]], int]] = {
    word.__name__: word for word in (run, test, check, bench, soak, shots, translations, build)
}

HELP_THEMSELVES = ("run", "test")
"""Words that hand `--help` to what they start."""


def module(name: str, *arguments: str) -> int:
    """Run a module with the environment's Python; its exit code."""
    return call([program("python"), "-m", name, *arguments])


def call(command: Sequence[str | Path], **variables: str) -> int:
    """Run a command in the project's folder; its exit code."""
    try:
        done = subprocess.run([str(part) for part in command], cwd=ROOT, env=os.environ | variables)
    except KeyboardInterrupt:
        return 130
    return done.returncode


def say(text: str, to_errors: bool = False) -> None:
    """Print a line now, so that it stands before the output of what is started next."""
    print(text, file=sys.stderr if to_errors else sys.stdout, flush=True)


def main(arguments: list[str]) -> int:
    """Do one word; 1 for a refusal, 2 for wrong usage."""
    if sys.version_info < LOWEST_PYTHON:
        say("Terrain needs Python {}.{} or later.".format(*LOWEST_PYTHON), to_errors=True)
        return 1
    if not arguments or arguments[0] not in WORDS:
        asked = bool(arguments) and arguments[0] in ("-h", "--help", "help")
        lines = [f"  {name:<13}{word.__doc__}" for name, word in WORDS.items()]
        say("\n".join(["python dev.py WORD", *lines]), to_errors=not asked)
        return 0 if asked else 2
    if arguments[1:2] in (["-h"], ["--help"]) and arguments[0] not in HELP_THEMSELVES:
        say(f"python dev.py {arguments[0]}: {WORDS[arguments[0]].__doc__}")
        return 0
    # Many processes are started from here: without kept bytecode each would compile every library anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        return WORDS[arguments[0]](arguments[1:])
    except Refusal as refusal:
        say(f"dev.py: {refusal}", to_errors=True)
        return 1


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # a Windows console may be cp1252
    sys.exit(main(sys.argv[1:]))
