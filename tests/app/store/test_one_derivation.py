"""A passphrase costs a second to try on purpose: a start tries it once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import argon2.low_level
import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from app import first_start, quick_start
from app.store import keys
from app.workspace import Workspace


@pytest.fixture
def tried(memory_keyring: Any, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What Argon2 was asked, on a computer without a keyring."""
    keyring.set_keyring(NoKeyring())
    asked: list[bytes] = []
    derive = argon2.low_level.hash_secret_raw

    def watched(secret: bytes, *rest: Any, **options: Any) -> bytes:
        asked.append(secret)
        return derive(secret, *rest, **options)

    monkeypatch.setattr(argon2.low_level, "hash_secret_raw", watched)
    return asked


def test_the_first_rows_and_the_file_need_one_try(
    tried: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, "a daily passphrase")
    Workspace.create(tmp_path / "one")[0].close()
    keys._derive_once.cache_clear()
    tried.clear()
    assert quick_start.first_rows(tmp_path / "one") is not None
    Workspace.open(tmp_path / "one").close()
    assert tried == [b"a daily passphrase"]


def test_unlocking_needs_one_try(tried: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, "a daily passphrase")
    Workspace.create(tmp_path / "one")[0].close()
    monkeypatch.delenv(keys.PASSPHRASE_VARIABLE)
    keys._derive_once.cache_clear()
    tried.clear()
    first_start.unlock(tmp_path / "one", "a daily passphrase").close()
    assert tried == [b"a daily passphrase"]


def test_a_key_that_is_known_is_not_looked_for(tried: list[bytes], tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(keys.PASSPHRASE_VARIABLE, "a daily passphrase")
        Workspace.create(tmp_path / "one")[0].close()
        key = keys.load_key(tmp_path / "one")
    tried.clear()
    Workspace.open(tmp_path / "one", key).close()
    assert tried == []
