"""Where a laptop's profile and a server's organisations lie when nobody says otherwise."""

from __future__ import annotations

from pathlib import Path


def default_folder() -> Path:
    """The platform's folder for a user's data, e.g. `~/.local/share/Terrain` or `%LOCALAPPDATA%\\Terrain`."""
    import platformdirs

    return Path(platformdirs.user_data_dir("Terrain", appauthor=False))


def default_server_folder() -> Path:
    """The folder of the organisations' files of a server on this machine."""
    import platformdirs

    return Path(platformdirs.user_data_dir("Terrain server", appauthor=False))
