"""Pictures for a printed quote: JPEG and plain PNG in sRGB go into the file as they are, anything else is decoded.

PDF knows both kinds of compression: https://www.w3.org/TR/png-3/ and ISO 32000-1, 7.4.4.4 (predictors).
"""

from __future__ import annotations

import io
import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from PIL import Image
from reportlab.lib.boxstuff import aspectRatioFix
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFImageXObject,
    PDFName,
    PDFStream,
    PDFString,
)
from reportlab.pdfbase.pdfutils import readJPEGInfo

from app.picture_colours import is_screen_profile, open_plain, orientation_of

_JPEG = b"\xff\xd8"
_PNG = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB, _PALETTE = 0, 2, 3
_MOST_PIXELS = 100_000_000
_MOST_SIDE = 1600
"""Of a decoded picture, which takes as much room in the file as it has pixels."""
_UNPLAIN = {b"tRNS", b"iCCP", b"eXIf"}
"""Parts of a PNG that change how its pixels are to be seen."""
_CHANNELS = {_GREY: 1, _RGB: 3, _PALETTE: 1}


class _Ready(ABC):
    """A picture whose own bytes are what the file holds; they go into it once, however often it is drawn."""

    def __init__(self, digest: str, wide: int, high: int) -> None:
        if not 0 < wide * high <= _MOST_PIXELS:
            raise ValueError("no picture has this size")
        self._name, self._size = f"P{digest}", (wide, high)

    @abstractmethod
    def _object(self) -> Any:
        """What the file holds, as ReportLab writes it."""

    def draw(self, canvas: Any, x: float, y: float, wide: float, high: float, anchor: str) -> None:
        """Draw it as large as it can be in this box."""
        if not canvas.hasForm(self._name):
            canvas._doc.addForm(self._name, self._object())
        # A fifth of the time that drawImage takes, which looks at every pixel.
        x, y, wide, high, _scaled = aspectRatioFix(True, anchor, x, y, wide, high, *self._size)
        canvas.addLiteral(f"q {wide:.3f} 0 0 {high:.3f} {x:.3f} {y:.3f} cm")
        canvas.doForm(self._name)
        canvas.addLiteral("Q")


class _Jpeg(_Ready):
    """A photo. Raises an error for kinds that PDF does not show as they are meant."""

    def __init__(self, data: bytes, digest: str) -> None:
        wide, high, channels, _dpi = readJPEGInfo(io.BytesIO(data))
        super().__init__(digest, wide, high)
        # Four channels are a printer's inks, for which a file for the archive would need their profile.
        if channels not in (1, 3) or _is_said_otherwise(data):
            raise ValueError("not a plain JPEG")
        self._data = data

    def jpeg_fh(self) -> io.BytesIO:
        """The file itself, as ReportLab asks for it."""
        return io.BytesIO(self._data)

    def _object(self) -> Any:
        return PDFImageXObject(self._name, self)


class _Png(_Ready):
    """A drawing without transparency. Raises ValueError and struct.error for any other PNG."""

    def __init__(self, data: bytes, digest: str) -> None:
        parts: dict[bytes, bytes] = {}
        for kind, content in _chunks(data):
            parts[kind] = parts.get(kind, b"") + content
        wide, high, bits, colours, *methods = struct.unpack(">IIBBBBB", parts.get(b"IHDR", b""))
        plain = colours in _CHANNELS and bits <= 8 and not any(methods) and not parts.keys() & _UNPLAIN
        named = colours != _PALETTE or len(parts.get(b"PLTE", b"")) >= 3
        if not plain or not named or not parts.keys() >= {b"IDAT", b"IEND"}:
            raise ValueError("not a plain PNG")
        super().__init__(digest, wide, high)
        self._bits, self._colours = bits, colours
        self._palette, self._data = parts.get(b"PLTE", b""), parts[b"IDAT"]

    def _object(self) -> Any:
        wide, high = self._size
        predictor = {"Predictor": 15, "Colors": _CHANNELS[self._colours], "BitsPerComponent": self._bits}
        stream = PDFStream(
            dictionary=PDFDictionary(
                {
                    "Type": PDFName("XObject"),
                    "Subtype": PDFName("Image"),
                    "Width": wide,
                    "Height": high,
                    "BitsPerComponent": self._bits,
                    "ColorSpace": self._colour_space(),
                    "Filter": PDFName("FlateDecode"),
                    "DecodeParms": PDFDictionary({**predictor, "Columns": wide}),
                }
            ),
            content=self._data,
        )
        stream.filters = []
        return stream

    def _colour_space(self) -> Any:
        if self._colours != _PALETTE:
            return PDFName("DeviceGray" if self._colours == _GREY else "DeviceRGB")
        last = len(self._palette) // 3 - 1
        return PDFArray([PDFName("Indexed"), PDFName("DeviceRGB"), last, PDFString(self._palette, enc="raw")])


class _Pixels(ImageReader):  # type: ignore[misc]
    """Any other picture, with its transparency."""

    def __init__(self, data: bytes) -> None:
        picture = open_plain(data)
        picture.thumbnail((_MOST_SIDE, _MOST_SIDE), Image.Resampling.LANCZOS)
        super().__init__(picture)

    def draw(self, canvas: Any, x: float, y: float, wide: float, high: float, anchor: str) -> None:
        """Draw it as large as it can be in this box."""
        canvas.drawImage(self, x, y, wide, high, preserveAspectRatio=True, anchor=anchor, mask="auto")


def _is_said_otherwise(data: bytes) -> bool:
    """Whether a JPEG's metadata turn it, or give its colours another meaning than the screen's."""
    if not any(mark in data for mark in (b"Exif\0\0", b"ICC_PROFILE\0")):
        return False
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as opened:
        profile = opened.info.get("icc_profile") or b""
        return orientation_of(opened) != 1 or bool(profile and not is_screen_profile(profile))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(kind, content) of the parts of a PNG."""
    at = len(_PNG)
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def open_picture(data: bytes, digest: str) -> _Ready | _Pixels | None:
    """The picture of these bytes, known by its SHA-256; None for bytes that are none."""
    try:
        if data.startswith(_JPEG):
            return _Jpeg(data, digest)
        if data.startswith(_PNG):
            return _Png(data, digest)
    except Exception:
        pass  # a kind that PDF does not know, or no picture at all: its pixels will do, where it has any
    try:
        return _Pixels(data)  # decoded now: one that is cut off would stop the paper when it is drawn
    except ValueError:
        return None
