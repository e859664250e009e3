"""Pictures as telephones and scanners make them, for the tests."""

from __future__ import annotations

import io
import random
import struct
from pathlib import Path

from PIL import Image, TiffImagePlugin, TiffTags


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


BITS, MAKER, TURN = 0x0102, 0x010F, 0x0112


def odd_photos() -> dict[str, bytes]:
    """Pictures of 40 by 20 whose metadata are not what they should be; what camera wrote them does not matter."""
    turned = (TURN, 3, 1, struct.pack("<HH", 6, 0))
    written = io.BytesIO()
    own = TiffImagePlugin.ImageFileDirectory_v2()
    own.tagtype[0x8773] = TiffTags.ASCII
    own[0x8773] = "no profile"
    Image.new("RGB", (40, 20), "red").save(written, "TIFF", tiffinfo=own)
    return {
        "bits in a byte": _with_exif((BITS, 1, 3, b"\x08\x08\x08\0"), turned),
        "maker as a number": _with_exif((MAKER, 11, 1, struct.pack("<f", 1.5)), turned),
        "turned by words": _with_exif((TURN, 2, 3, b"no\0\0")),
        "turned by nine": _with_exif((TURN, 3, 1, struct.pack("<HH", 9, 0))),
        "metadata that are none": _jpeg(b"Exif\0\0nothing"),
        "a profile of words": written.getvalue(),
    }


def immense_photo() -> bytes:
    """A JPEG of a few hundred bytes that says to be 65000 pixels wide and high."""
    small = _with_exif((TURN, 3, 1, struct.pack("<HH", 6, 0)))
    return small.replace(struct.pack(">HH", 20, 40), struct.pack(">HH", 65000, 65000), 1)


def _with_exif(*entries: tuple[int, int, int, bytes]) -> bytes:
    """A JPEG with these entries (tag, type, count, value)."""
    packed = b"".join(struct.pack("<HHI4s", *entry) for entry in entries)
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    return _jpeg(b"Exif\0\0" + head + packed + bytes(4))


def _jpeg(exif: bytes) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(written, "JPEG", quality=95, exif=exif)
    return written.getvalue()
