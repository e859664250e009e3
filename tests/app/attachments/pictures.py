"""Pictures as telephones and scanners make them, for the tests."""

from __future__ import annotations

import io
import random
from pathlib import Path

from PIL import Image


def photo(width: int = 1600, height: int = 1200, seed: int = 1, turned: bool = False) -> bytes:
    """A JPEG with a place, a camera and a thumbnail in its EXIF, as a telephone writes it."""
    noise = random.Random(seed).randbytes(64 * 48 * 3)
    image = Image.frombytes("RGB", (64, 48), noise).resize((width, height), Image.Resampling.BICUBIC)
    image.paste((255, 0, 0), (0, 0, width // 4, height // 4))
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    if turned:
        exif[0x0112] = 6  # to be turned right by a quarter
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (45.0, 45.0, 50.0)
    place[3], place[4] = "E", (4.0, 50.0, 6.0)
    written = io.BytesIO()
    image.save(written, "JPEG", quality=90, exif=exif, comment=b"taken at home")
    return written.getvalue()


def photo_file(folder: Path, name: str = "rayon.jpg", seed: int = 1) -> Path:
    """A photo in a file."""
    file = folder / name
    file.write_bytes(photo(seed=seed))
    return file
