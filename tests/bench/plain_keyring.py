"""A keyring in a plain file, for measurements on machines without one: `PYTHON_KEYRING_BACKEND` names it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend

FILE_VARIABLE = "TERRAIN_BENCH_KEYRING"


class PlainKeyring(KeyringBackend):
    """Keeps secrets unprotected in the file that `TERRAIN_BENCH_KEYRING` names."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        """The secret, or None."""
        return self._all().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret."""
        self._file().write_text(json.dumps(self._all() | {f"{service} {username}": password}))

    def _file(self) -> Path:
        return Path(os.environ[FILE_VARIABLE])

    def _all(self) -> dict[str, str]:
        return dict(json.loads(self._file().read_text())) if self._file().exists() else {}
