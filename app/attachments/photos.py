"""Photos made fit to keep: upright, of a sensible size, without where and by what they were taken, with a small one."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import NotAllowed
from app.i18n import translate as _
from app.picture_colours import to_plain, to_upright

LONGEST = 2048
"""Pixels of the longer side: a label on a shelf stays readable, and a hundred photos stay below 100 MB."""
SMALL = 320
QUALITY = 86
PLAIN_PNG_BYTES = 1_500_000
"""A PNG above this is a photo, and is kept as JPEG."""
WITHOUT_SMALL_BYTES = 40_000
"""Up to this a picture is its own small one."""
MOST_PIXELS = 250_000_000
"""Of a picture that is opened at all: a few kilobytes can unpack into gigabytes."""
_UNREAD = {".heic", ".heif"}
_UNREAD_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
"""What a telephone writes at the beginning of such a photo, whatever it is called: ISO/IEC 23008-12, annex B."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as it is kept."""

    data: bytes
    media_type: str
    width: int
    height: int
    small: bytes | None

    @property
    def suffix(self) -> str:
        """Of a file's name."""
        return ".png" if self.media_type == "image/png" else ".jpg"


def make(source: Path | bytes, name: str = "") -> Photo | None:
    """The picture in a file, None where it is none that we read.

    Nothing of its metadata is kept: neither place, time and camera (EXIF), nor texts (XMP, IPTC). Raises
    NotAllowed for a picture that we know and cannot read, OSError for a file that the system does not give.
    """
    from PIL import Image, UnidentifiedImageError

    # Our own limit: the library's would only warn, once per process.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            if image.format in ("GIF", "PDF", "EPS", "WMF"):
                return None
            if image.width * image.height > MOST_PIXELS:
                raise NotAllowed(
                    _("“{name}” is too large a picture. Make it smaller, then add it again.", name=name)
                )
            if image.format in ("JPEG", "MPO"):
                image.draft("RGB", (LONGEST, LONGEST))
            return _kept(_bare(to_upright(image)))
    except NotAllowed:
        raise
    except UnidentifiedImageError:
        if Path(name).suffix.lower() in _UNREAD or _is_heic(source):
            raise NotAllowed(
                _(
                    "“{name}” is a HEIC photo, which Terrain cannot read. Save it as JPEG, then add it.",
                    name=name,
                )
            ) from None
        return None
    except Exception as problem:
        if isinstance(problem, OSError) and problem.errno is not None:
            raise  # the system's: the file itself cannot be read
        # A file of any origin: whatever the reader stumbles over, the picture cannot be read.
        raise NotAllowed(_("“{name}” is damaged: the picture cannot be read.", name=name)) from problem


def _is_heic(source: Path | bytes) -> bool:
    """Whether it is one under another name: as a plain file it would tell where it was taken."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            head = file.read(12)
    else:
        head = source[:12]
    return head[4:8] == b"ftyp" and head[8:12] in _UNREAD_BRANDS


def _bare(image: Any) -> Any:
    """The pixels alone, in the screen's colours, reduced."""
    from PIL import Image

    image = to_plain(image)
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    return bare


def _kept(image: Any) -> Photo:
    png = _written(image, "PNG") if image.mode == "RGBA" or _few_colours(image) else b""
    as_png = bool(png) and (image.mode == "RGBA" or len(png) <= PLAIN_PNG_BYTES)
    data = png if as_png else _written(image, "JPEG", QUALITY)
    small = None
    if len(data) > WITHOUT_SMALL_BYTES:
        small = _small(image)
    return Photo(data, "image/png" if as_png else "image/jpeg", image.width, image.height, small)


def _few_colours(image: Any) -> bool:
    """Drawings and screens stay sharp as PNG; a photo has thousands of colours."""
    reduced = image.copy()
    reduced.thumbnail((128, 128))
    return reduced.getcolors(2_000) is not None and image.getcolors(20_000) is not None


def _small(image: Any) -> bytes:
    from PIL import Image

    reduced = image.copy()
    reduced.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    if reduced.mode == "RGBA":
        ground = Image.new("RGB", reduced.size, "white")
        ground.paste(reduced, mask=reduced.getchannel("A"))
        reduced = ground
    return _written(reduced, "JPEG", 74)


def _written(image: Any, kind: str, quality: int | None = None) -> bytes:
    written = io.BytesIO()
    options = {"quality": quality, "optimize": True, "progressive": True} if quality else {"optimize": True}
    image.save(written, kind, **options)
    return written.getvalue()
