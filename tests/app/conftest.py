"""A profile to work in: made once, copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.store import keys
from app.workspace import Workspace
from tests.shop import shop
from tests.sync.conftest import claire, office, rey
from tests.sync.office import RHONE, Laptop

__all__ = ["claire", "office", "rey", "shop"]

PASSPHRASE = "a daily passphrase"


@dataclass(frozen=True)
class Template:
    """A profile that nobody opens: its folder, its key and its recovery passphrase."""

    folder: Path
    key: bytes
    recovery: str

    def copy_to(self, folder: Path) -> Path:
        """The profile in another folder, its key in the keyring of the test."""
        shutil.copytree(self.folder, folder)
        assert keys.keep_key(keys.read_envelope(folder), self.key)
        return folder


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Made once: deriving keys from passphrases takes a while, as it should."""
    folder = tmp_path_factory.mktemp("template") / "profile"
    with pytest.MonkeyPatch.context() as patch:
        # As on a machine without keyring, so that the daily passphrase opens the copies too.
        patch.setattr(keys, "keep_key", lambda *_arguments: False)
        patch.setenv(keys.PASSPHRASE_VARIABLE, PASSPHRASE)
        workspace, recovery = Workspace.create(folder)
        workspace.close()
        key = keys.unwrap(keys.read_envelope(folder), recovery)
    return Template(folder, key, recovery)


@pytest.fixture
def profile(template: Template, tmp_path: Path) -> Path:
    """The folder of an empty profile whose key lies in the keyring."""
    return template.copy_to(tmp_path / "profile")


@pytest.fixture
def workspace(profile: Path) -> Iterator[Workspace]:
    """An empty open workspace."""
    opened = Workspace.open(profile)
    yield opened
    opened.close()


@pytest.fixture
def morel(claire: Laptop, rey: Laptop) -> str:
    """A customer that both laptops have."""
    id = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    claire.sync()
    rey.sync()
    return id
