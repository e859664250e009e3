"""Pictures for a printed quote: a JPEG goes into the file as it is, anything else is decoded."""

from __future__ import annotations

import io
import struct
from typing import Any

from reportlab.lib.boxstuff import aspectRatioFix
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfdoc import PDFError, PDFImageXObject
from reportlab.pdfbase.pdfutils import readJPEGInfo

_JPEG = b"\xff\xd8"


class _Jpeg(ImageReader):  # type: ignore[misc]
    """What ReportLab asks of a picture, of bytes that nobody needs to decode."""

    _dataA = None  # a JPEG has no transparency

    def __init__(self, data: bytes, digest: str) -> None:
        self._bytes, self._digest = data, digest
        self._width, self._height, _channels, _dpi = readJPEGInfo(io.BytesIO(data))
        self.fileName = digest

    def jpeg_fh(self) -> io.BytesIO:
        """The file itself."""
        return io.BytesIO(self._bytes)

    def draw(self, canvas: Any, x: float, y: float, wide: float, high: float, anchor: str) -> None:
        """Draw it as large as it can be in this box; its bytes go into the file once."""
        name = f"J{self._digest}"
        if not canvas.hasForm(name):
            canvas._doc.addForm(name, PDFImageXObject(name, self))
        # Less than half of what drawImage does, and a fifth of its time.
        x, y, wide, high, _scaled = aspectRatioFix(True, anchor, x, y, wide, high, *self.getSize())
        canvas.addLiteral(f"q {wide:.3f} 0 0 {high:.3f} {x:.3f} {y:.3f} cm")
        canvas.doForm(name)
        canvas.addLiteral("Q")


class _Pixels(ImageReader):  # type: ignore[misc]
    """Any other picture, with its transparency."""

    def draw(self, canvas: Any, x: float, y: float, wide: float, high: float, anchor: str) -> None:
        """Draw it as large as it can be in this box."""
        canvas.drawImage(self, x, y, wide, high, preserveAspectRatio=True, anchor=anchor, mask="auto")


def open_picture(data: bytes, digest: str) -> _Jpeg | _Pixels | None:
    """The picture of these bytes, known by its SHA-256; None for bytes that are none."""
    if data.startswith(_JPEG):
        try:
            return _Jpeg(data, digest)
        except (PDFError, struct.error):
            pass  # a kind of JPEG that PDF does not know: its pixels will do
    try:
        return _Pixels(io.BytesIO(data))
    except OSError:
        return None
