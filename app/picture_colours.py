"""Pictures of any origin as screens and papers show them: upright, in sRGB, eight bits a channel."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""What is opened as a picture: never a format that another program would have to be started for."""
MOST_PIXELS = 100_000_000
"""A few kilobytes can unpack into gigabytes."""
_ORIENTATION = 0x0112
_TURNS = (
    *(
        "FLIP_LEFT_RIGHT",
        "ROTATE_180",
        "FLIP_TOP_BOTTOM",
        "TRANSPOSE",
        "ROTATE_270",
        "TRANSVERSE",
        "ROTATE_90",
    ),
)
"""What makes orientations 2 to 8 upright."""


def open_plain(data: bytes) -> Any:
    """The picture of these bytes, `RGB` or `RGBA`. Raises ValueError for bytes that are none, or too large a one."""
    return _read(data, to_plain)


def open_grey(data: bytes) -> Any:
    """The picture of these bytes in greys, as codes are read in it. Raises ValueError as `open_plain`."""
    return _read(data, lambda picture: picture.convert("L"))


def _read(data: bytes, finish: Callable[[Any], Any]) -> Any:
    from PIL import Image, TiffImagePlugin, WebPImagePlugin

    assert TiffImagePlugin and WebPImagePlugin, "imported, they are known to `Image.open`"
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if not 0 < opened.width * opened.height <= MOST_PIXELS:
                raise ValueError("no picture has this size")
            return finish(to_upright(opened))
    except Exception as problem:
        # A file of any origin: whatever the reader stumbles over, it is no picture to us.
        raise ValueError("no picture") from problem


def to_upright(image: Any) -> Any:
    """An opened picture turned as its metadata say, which are neither kept nor written again."""
    from PIL import Image

    image.load()
    turn = orientation_of(image)
    return image if turn == 1 else image.transpose(Image.Transpose[_TURNS[turn - 2]])


def orientation_of(image: Any) -> int:
    """How the camera was held, 1 to 8; 1 is upright, as is a picture whose metadata say nothing that can be read."""
    try:
        found = image.getexif().get(_ORIENTATION)
    except Exception:
        # Metadata of any origin, without which the picture is seen as well.
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def to_plain(image: Any) -> Any:
    """An opened picture as `RGB`, or as `RGBA` where something of it is clear."""
    clear = "A" in image.getbands() or "transparency" in image.info
    image = _in_screen_colours(_in_eight_bits(image), clear)
    image = image.convert("RGBA" if clear else "RGB")
    if clear and image.getextrema()[3][0] == 255:
        image = image.convert("RGB")
    return image


def is_screen_profile(profile: bytes) -> bool:
    """Whether an ICC profile is sRGB, so that its picture needs no conversion."""
    return b"sRGB" in profile or "sRGB".encode("utf-16-be") in profile


def _in_eight_bits(image: Any) -> Any:
    """Grey of sixteen bits: the library would make everything above 255 white."""
    if not image.mode.startswith(("I", "F")):
        return image
    darkest, lightest = image.getextrema()
    scale = 1 / 257 if ";16" in image.mode or lightest > 255 or darkest < 0 else 1.0
    return image.convert("F").point(lambda value: value * scale + 0.5).convert("L")


def _in_screen_colours(image: Any, clear: bool) -> Any:
    """Telephones and printers' files use other colours, and say which in metadata that we drop."""
    from PIL import Image, ImageCms

    profile = image.info.get("icc_profile")
    if not profile or not isinstance(profile, bytes):
        return image
    if image.mode in ("P", "LA", "PA"):
        image = image.convert("RGBA" if clear else "RGB")
    alpha = image.getchannel("A") if "A" in image.getbands() else None
    colours = image.convert(image.mode.removesuffix("A")) if alpha else image
    for candidate in dict.fromkeys((colours.mode, "L")):
        try:
            found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            shown = ImageCms.profileToProfile(
                colours.convert(candidate), found, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            # Broken, or of another kind of colours than the picture's.
            continue
        if isinstance(shown, Image.Image):
            if alpha:
                shown.putalpha(alpha)
            return shown
    return image
