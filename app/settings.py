"""The settings of this laptop, declared once with their defaults."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.workspace import Workspace

DEFAULTS: dict[str, Any] = {
    "language": "fr",
    "theme": "system",
    "text_scale": 100,
    "motion": True,
    "last_route": "today",
    "backup_folder": "",
    "backup_last": "",
    "onsite_printer": "",
    "sign_pin": "",
    "sync_every": 5,
    "sync_metered": "hourly",
    "customer_mode": False,
    "person": "",
    "time_zone": "",
    "attachments": "demand",
    "attachments_room_mb": 2000,
}
"""Every setting by name. A new one needs an entry here and nowhere else."""


class Settings:
    """Settings kept in the encrypted file."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def get(self, name: str) -> Any:
        """The value of a setting, its default where it was never set; raises KeyError for an unknown name."""
        default = DEFAULTS[name]
        with self._workspace.read() as session:
            row = (
                session.connection()
                .exec_driver_sql("SELECT value FROM local_setting WHERE name = ?", (name,))
                .first()
            )
        return default if row is None else json.loads(row[0])

    def set(self, name: str, value: Any) -> None:
        """Keep a setting; raises KeyError for an unknown name."""
        if name not in DEFAULTS:
            raise KeyError(name)
        with self._workspace.exclusive() as connection:
            connection.exec_driver_sql(
                "INSERT INTO local_setting (name, value) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, json.dumps(value)),
            )
