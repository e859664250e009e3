"""What every test stands on: no screen, no real folder, no real keyring, French, and silence in the logs."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

# Before any import of Qt: without a display it would abort the interpreter.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_SCALE_FACTOR", "1")

import keyring
import keyring.backend
import keyring.errors
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings

from app import i18n
from app.store import keys
from sync.server import auth
from tests.cheap import CHEAP

# What failed once fails everywhere and again; only the soak draws by chance.
settings.register_profile(
    "ci",
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    derandomize=True,
)
settings.register_profile("soak", settings.get_profile("ci"), max_examples=5_000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# A test makes objects by ten thousands, nearly none of them rubbish: the collector need not look that often.
gc.set_threshold(20_000)

# Variables that a developer may have set for the program: a test says itself what it needs.
KEPT_VARIABLES = ("TERRAIN_DATA", "TERRAIN_TEST_PG_URL")


# Tens of seconds each: begun last, one of them would keep one core busy while the others have nothing to do.
LONGEST = (
    "tests/e2e/",
    "tests/sync/machine/",
    "tests/sync/server/test_concurrency.py",
    "tests/sync/server/test_failover.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; the others stay in their order."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


# Passphrases and passwords cost seconds to try on purpose: not in each of a thousand tests.
keys.COST = dict(CHEAP)
auth.hasher = PasswordHasher(**CHEAP)


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring that lives as long as one test."""

    priority = 1.0  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        try:
            del self.entries[service, username]
        except KeyError:
            raise keyring.errors.PasswordDeleteError(f"no entry for {username}") from None


@pytest.fixture(autouse=True)
def memory_keyring() -> Iterator[MemoryKeyring]:
    """An empty keyring in place of the machine's."""
    before = keyring.get_keyring()
    ours = MemoryKeyring()
    keyring.set_keyring(ours)
    yield ours
    keyring.set_keyring(before)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def home(_homes: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own home folder, made when something writes to it."""
    folder = _homes / f"{abs(hash(request.node.nodeid)):x}"
    for name in [name for name in os.environ if name.startswith("TERRAIN_") and name not in KEPT_VARIABLES]:
        monkeypatch.delenv(name)
    variables = {
        "HOME": folder,
        "USERPROFILE": folder,
        "APPDATA": folder / "AppData" / "Roaming",
        "LOCALAPPDATA": folder / "AppData" / "Local",
        "XDG_DATA_HOME": folder / ".local" / "share",
        "XDG_CONFIG_HOME": folder / ".config",
        "XDG_STATE_HOME": folder / ".local" / "state",
        "XDG_CACHE_HOME": _homes / "cache",  # shared: fontconfig would build its cache anew for each test
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",  # for the processes that a test starts
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    if sys.platform == "win32":
        _redirect_windows_folders(folder, monkeypatch)
    return folder


def _redirect_windows_folders(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows tells its folders by a system call that no variable changes."""
    import platformdirs.windows

    monkeypatch.setattr(platformdirs.windows, "get_win_folder", lambda name: str(folder / name))


@pytest.fixture(autouse=True)
def french() -> Iterator[None]:
    """Every test starts and ends in French, as the program does."""
    i18n.set_language("fr")
    yield
    i18n.set_language("fr")


class _Errors(logging.Handler):
    """Keeps what was logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def logged_errors() -> list[logging.LogRecord]:
    """The errors logged so far: a test that takes this fixture expects some, and looks at them."""
    return []


@pytest.fixture(autouse=True)
def no_unexpected_error_in_the_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """An error in the log that no test expects fails the test in which it happened."""
    handler = _Errors()
    expected = "logged_errors" in request.fixturenames
    if expected:
        handler.records = request.getfixturevalue("logged_errors")
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    if handler.records and not expected:
        pytest.fail("unexpected in the log: " + "; ".join(r.getMessage() for r in handler.records))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data that nobody here wrote; see CONTRIBUTING.md."""
    named = os.environ.get("TERRAIN_DATA", "")
    if named and Path(named).is_dir():
        return Path(named).resolve()
    reason = f"TERRAIN_DATA names no folder ({named!r})" if named else "TERRAIN_DATA is not set"
    if named or os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
