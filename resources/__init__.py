"""The files that ship with the program: icons, fonts, templates, translations, demonstration data."""

from pathlib import Path

_FOLDER = Path(__file__).parent


def path(name: str) -> Path:
    """The file or folder `name`, a path with forward slashes below `resources/`."""
    return _FOLDER.joinpath(*name.split("/"))


def read(name: str) -> bytes:
    """The bytes of the file `name`."""
    return path(name).read_bytes()
