"""The file under a wrong key, damage, a newer program, a full disk and no write access: one clear error each."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
import sqlcipher3.dbapi2 as sqlcipher

from app import errors, records
from app import workspace as workspace_module
from app.migrations import HEAD
from app.store import keys, raw
from app.workspace import FILE, Workspace

ROOT = Path(__file__).parents[3]


def digest(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file of a folder but SQLite's shared memory, which holds no data."""
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.iterdir())
        if file.is_file() and not file.name.endswith("-shm")
    }


def connected(folder: Path, key: bytes, file: str = FILE) -> sqlcipher.Connection:
    """The file as another program would open it."""
    connection: sqlcipher.Connection = raw.connect(folder / file, key)
    return connection


@pytest.fixture
def written(profile: Path) -> Path:
    """A closed profile with one account."""
    workspace = Workspace.open(profile)
    with workspace.transaction() as session:
        records.add(session, "account", {"name": "Hôtel Bellevue"})
    workspace.close()
    return profile


def refused(folder: Path, problem: type[errors.SystemProblem]) -> str:
    """Opening raises `problem` and leaves every byte as it was; its sentence."""
    before = digest(folder)
    with pytest.raises(problem) as caught:
        Workspace.open(folder)
    assert digest(folder) == before
    assert str(caught.value).endswith((".", ". "))
    return str(caught.value)


def test_a_wrong_key_is_named(written):
    assert keys.keep_key(keys.read_envelope(written), bytes(32))
    refused(written, errors.WrongKey)


def test_a_wrong_passphrase_is_named(written, monkeypatch):
    keyring.get_keyring().entries.clear()
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, "not this one")
    refused(written, errors.WrongKey)


def test_without_keyring_and_passphrase_the_error_says_what_to_do(written):
    keyring.get_keyring().entries.clear()
    assert "TERRAIN_PASSPHRASE" in refused(written, errors.KeyMissing)


def test_either_passphrase_opens_the_file(written, template, monkeypatch):
    keyring.get_keyring().entries.clear()
    for passphrase in ("a daily passphrase", template.recovery, template.recovery.lower().replace("-", " ")):
        monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, passphrase)
        Workspace.open(written).close()


def test_a_file_damaged_at_its_head_is_refused(written):
    file = written / FILE
    content = bytearray(file.read_bytes())
    content[1000:3000] = os.urandom(2000)
    file.write_bytes(content)
    refused(written, errors.WrongKey)


def test_a_file_damaged_inside_says_so_when_it_is_read(written):
    file = written / FILE
    content = bytearray(file.read_bytes())
    for page in range(3, len(content) // raw.PAGE_SIZE):
        content[page * raw.PAGE_SIZE + 100 : page * raw.PAGE_SIZE + 200] = os.urandom(100)
    file.write_bytes(content)
    with pytest.raises((errors.Damaged, errors.WrongKey)):
        workspace = Workspace.open(written)
        with workspace.read() as session:
            records.find_rows(session, "account")


def test_a_lost_file_is_not_replaced_by_an_empty_one(written):
    for file in written.glob(FILE + "*"):
        file.unlink()
    refused(written, errors.Damaged)
    assert not (written / FILE).exists()


@pytest.mark.parametrize("content", [b"", bytes(4096)], ids=["no bytes", "noughts"])
def test_an_emptied_file_is_not_taken_for_a_fresh_one(written, content):
    (written / FILE).write_bytes(content)
    before = digest(written)
    with pytest.raises((errors.Damaged, errors.WrongKey)):
        Workspace.open(written)
    assert digest(written) == before


def test_a_file_without_any_tables_is_not_taken_for_a_fresh_one(written, template):
    (written / FILE).unlink()
    connection = connected(written, template.key)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE other (x)")
    connection.close()
    refused(written, errors.Damaged)


def test_a_new_profile_moves_the_file_of_one_that_lost_its_envelope_aside(written):
    """The envelope of a copy still opens it."""
    envelope = keys.read_envelope(written)
    (written / keys.ENVELOPE).unlink()
    Workspace.create(written)[0].close()
    Workspace.open(written).close()
    for part in written.glob(FILE + "*"):
        part.unlink()
    (written / "terrain-found-1.db").rename(written / FILE)
    keys.write_envelope(written, envelope)
    workspace = Workspace.open(written)
    with workspace.read() as session:
        assert [row["name"] for row in records.find_rows(session, "account")] == ["Hôtel Bellevue"]
    workspace.close()


def test_a_damaged_envelope_is_named(written):
    (written / keys.ENVELOPE).write_text("{")
    refused(written, errors.KeyMissing)


def test_a_file_of_a_newer_program_is_refused(written, template):
    connection = connected(written, template.key)
    connection.execute(f"PRAGMA user_version = {HEAD + 1}")
    connection.close()
    refused(written, errors.FileTooNew)


def test_a_locked_file_is_named(written, template, monkeypatch):
    monkeypatch.setattr(raw, "BUSY_TIMEOUT_MS", 50)
    workspace = Workspace.open(written)
    connection = connected(written, template.key)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(errors.Locked), workspace.transaction() as session:
        records.add(session, "account", {"name": "B"})
    connection.execute("ROLLBACK")
    connection.close()
    with workspace.transaction() as session:
        records.add(session, "account", {"name": "B"})
    workspace.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes; only root may make one."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a file system of its own needs root on Linux")
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if made.returncode != 0:
        pytest.skip(f"no mount here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_named_and_loses_nothing(template, small_disk):
    folder = template.copy_to(small_disk / "profile")
    workspace = Workspace.open(folder)
    with workspace.transaction() as session:
        records.add(session, "account", {"name": "Kept"})
    with pytest.raises(errors.DiskFull), workspace.transaction() as session:
        for number in range(2000):
            records.add(session, "account", {"name": f"A{number}", "notes": "x" * 2000})
    with workspace.read() as session:
        assert [row["name"] for row in records.find_rows(session, "account")] == ["Kept"]
    workspace.close()


def test_a_disk_without_any_room_is_named_at_the_opening_and_at_the_creation(template, small_disk):
    """Not even SQLite's index of the log fits: it is no error of its own for "full" then."""
    folder = template.copy_to(small_disk / "profile")
    with (
        (small_disk / "filling").open("wb", buffering=0) as filling,
        pytest.raises(OSError, match="No space"),
    ):
        while True:
            filling.write(bytes(4096))
    before = digest(folder)
    with pytest.raises(errors.DiskFull):
        Workspace.open(folder)
    assert digest(folder).items() >= before.items()  # an empty log may lie there
    with pytest.raises(errors.DiskFull):
        Workspace.create(small_disk / "other")
    assert not list((small_disk / "other").glob("*"))
    (small_disk / "filling").unlink()
    Workspace.open(folder).close()


@pytest.mark.skipif(sys.platform == "win32", reason="there a process has no limit to the size of its files")
def test_what_was_saved_is_not_called_lost_where_the_log_finds_no_room_in_the_file(written, monkeypatch):
    import resource

    monkeypatch.setattr(workspace_module, "_LONGEST_LOG", 0)
    workspace = Workspace.open(written)
    _soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((written / "terrain.db").stat().st_size, hard))
    try:
        with workspace.transaction() as session:
            kept = records.add(session, "account", {"name": "Kept", "notes": "x" * 100_000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    with workspace.read() as session:
        assert records.get(session, "account", kept)["name"] == "Kept"
    workspace.close()


def test_a_copy_that_does_not_fit_leaves_no_half_file(template, small_disk, workspace):
    from app.store import backup

    with workspace.transaction() as session:
        for number in range(500):
            records.add(session, "account", {"name": f"A{number}", "notes": "x" * 4000})
    with pytest.raises(errors.DiskFull):
        backup.write_backup(workspace.engine, workspace.folder, small_disk / "copy.terrain")
    assert list(small_disk.iterdir()) == []


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that every user may enter: those of pytest are its own user's."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_folder_without_write_access_is_named(template, tmp_path, open_to_all):
    """As another user: root may write everywhere."""
    if sys.platform == "win32":
        pytest.skip("access rights are another matter on Windows")
    folder = template.copy_to(open_to_all / "profile")
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "from app import records\nfrom app.errors import ReadOnly\nfrom app.workspace import Workspace\n"
        "def write(folder):\n"
        "    workspace = Workspace.open(Path(folder))\n"
        "    with workspace.transaction() as session: records.add(session, 'account', {'name': 'B'})\n"
        "    workspace.close()\n"
        "write(sys.argv[1])  # loads every module while this user may read them\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"
        "try: write(sys.argv[2])\n"
        "except ReadOnly as problem: print('ReadOnly', problem)\n"
    )
    for path in (folder, *folder.iterdir()):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = digest(folder)
    done = subprocess.run(
        [sys.executable, "-c", code, str(template.copy_to(tmp_path / "other")), str(folder)],
        env={**os.environ, "TERRAIN_PASSPHRASE": "a daily passphrase", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    folder.chmod(0o755)
    assert done.stdout.startswith("ReadOnly"), done
    assert digest(folder) == before


def test_creating_where_nothing_can_be_written_makes_no_profile(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises((errors.SystemProblem, OSError)):
        Workspace.create(blocked / "profile")
    assert blocked.read_text() == "in the way"


def test_what_was_typed_lies_nowhere_in_clear(profile):
    typed = "Confidentiel Kowalczyk 0478123456"
    workspace = Workspace.open(profile)
    with workspace.transaction(label=typed) as session:
        id = records.add(session, "account", {"name": typed, "notes": typed})
        records.add(session, "contact", {"last_name": typed, "account": id})
    for closed in (False, True):
        if closed:
            workspace.close()
        for file in profile.rglob("*"):
            content = file.read_bytes() if file.is_file() else b""
            for secret in (typed, "Kowalczyk", "kowalczyk", "CREATE TABLE"):
                for encoding in ("utf-8", "utf-16-le"):
                    assert secret.encode(encoding) not in content, file


def test_the_recovery_passphrase_is_written_nowhere(template):
    for file in template.folder.rglob("*"):
        content = file.read_bytes()
        assert template.recovery.encode() not in content
        assert template.recovery.replace("-", "").encode() not in content
        assert template.key not in content
        assert template.key.hex().encode() not in content


def test_outside_the_tests_a_passphrase_costs_what_rfc_9106_recommends() -> None:
    spec = importlib.util.find_spec("app.store.keys")
    assert spec is not None and spec.loader is not None
    as_shipped = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(as_shipped)
    assert as_shipped.COST["memory_cost"] * 1024 >= 64 * 2**20
    assert as_shipped.COST["time_cost"] >= 3


def test_an_envelope_made_at_another_cost_still_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    key, recovery = keys.make_key()
    envelope = keys.new_envelope(key, recovery)
    monkeypatch.setattr(keys, "COST", {"time_cost": 2, "memory_cost": 64, "parallelism": 1})
    assert keys.unwrap(envelope, recovery) == key
