"""Pictures of every kind that people have are printed upright, in their colours, in a file for the archive."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import pdfa
from PIL import Image, ImageDraw
from PIL.ImageCms import ImageCmsProfile, createProfile

import resources
from app import attachments, company
from app.quotes import pdf_picture, sample
from app.quotes.document import QuoteDocument
from app.quotes.pdf import render
from app.workspace import Workspace
from tests.app.quotes import samples

RED, YELLOW = (200, 30, 30), (250, 220, 60)
SIDE, EDGE = 40, 10
CLOSE = 20
"""Of three channels together: what JPEG and a conversion of colours may change."""


def square(ink: Any = RED, ground: Any = YELLOW, mode: str = "RGB", high: int = SIDE) -> Image.Image:
    """A square on a ground."""
    picture = Image.new(mode, (SIDE, high), ground)
    ImageDraw.Draw(picture).rectangle((EDGE, high // 4, SIDE - EDGE - 1, high - high // 4 - 1), fill=ink)
    return picture


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(bits: int, colours: int, rows: Iterable[bytes], interlaced: bool = False, **parts: bytes) -> bytes:
    """A PNG of these rows, as other programs write them."""
    head = struct.pack(">IIBBBBB", SIDE, SIDE, bits, colours, 0, 0, int(interlaced))
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = [(b"IHDR", head), *((name.encode(), part) for name, part in parts.items())]
    chunks += [(b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, content) for kind, content in chunks)


def plain(picture: Image.Image) -> Iterator[bytes]:
    """Its rows from the top down."""
    data, step = picture.tobytes(), len(picture.getbands()) * picture.width
    return (data[at : at + step] for at in range(0, len(data), step))


def sixteen_bits(picture: Image.Image) -> Iterator[bytes]:
    """Rows whose channels are as wide as two bytes."""
    return (b"".join(bytes((value, value)) for value in row) for row in plain(picture))


def adam7(picture: Image.Image) -> Iterator[bytes]:
    """Rows in seven passes, the first ones coarse: https://www.w3.org/TR/png-3/#8Interlace."""
    passes = (
        (0, 8, 0, 8),
        (0, 8, 4, 8),
        (4, 8, 0, 4),
        (0, 4, 2, 4),
        (2, 4, 0, 2),
        (0, 2, 1, 2),
        (1, 2, 0, 1),
    )
    for top, down, left, right in passes:
        for y in range(top, SIDE, down):
            yield bytes(part for x in range(left, SIDE, right) for part in picture.getpixel((x, y)))


@cache
def swapped_profile() -> bytes:
    """A profile in which red means blue: whoever ignores it prints the wrong colour."""
    profile = bytearray(resources.read("colour/sRGB.icc"))
    for number in range(struct.unpack_from(">I", profile, 128)[0]):
        at = 132 + 12 * number
        name = bytes(profile[at : at + 4])
        profile[at : at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(name, name)
    text = bytes(profile).replace(b"sRGB", b"odd ")
    return text.replace("sRGB".encode("utf-16-be"), "odd ".encode("utf-16-be"))


def blue_red(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    return colour[2], colour[1], colour[0]


PICTURES = {
    "PNG": (saved(square(), "PNG"), RED),
    "PNG with a palette": (saved(square().quantize(8), "PNG"), RED),
    "PNG with a small palette": (saved(square().quantize(4), "PNG", bits=2), RED),
    "PNG with a clear colour": (png(8, 2, plain(square()), tRNS=struct.pack(">3H", *YELLOW)), RED),
    "PNG in grey": (saved(square(60, 250, "L"), "PNG"), (60, 60, 60)),
    "PNG in black and white": (saved(square(0, 1, "1"), "PNG"), (0, 0, 0)),
    "PNG with transparency": (saved(square((*RED, 255), (*YELLOW, 0), "RGBA"), "PNG"), RED),
    "PNG in grey with transparency": (saved(square((60, 255), (250, 0), "LA"), "PNG"), (60, 60, 60)),
    "PNG in grey of 16 bits": (png(16, 0, sixteen_bits(square(60, 250, "L"))), (60, 60, 60)),
    "PNG of 16 bits": (png(16, 2, sixteen_bits(square())), RED),
    "PNG of 16 bits with transparency": (
        png(16, 6, sixteen_bits(square((*RED, 255), (*YELLOW, 0), "RGBA"))),
        RED,
    ),
    "PNG interlaced": (png(8, 2, adam7(square()), interlaced=True), RED),
    "PNG without its palette": (png(8, 3, [bytes(SIDE)] * SIDE), None),
    "PNG with a profile": (saved(square(), "PNG", icc_profile=swapped_profile()), blue_red(RED)),
    "PNG with the screen's profile": (
        saved(square(), "PNG", icc_profile=ImageCmsProfile(createProfile("sRGB")).tobytes()),
        RED,
    ),
    "JPEG": (saved(square(), "JPEG", quality=95), RED),
    "JPEG progressive": (saved(square(), "JPEG", quality=95, progressive=True), RED),
    "JPEG in grey": (saved(square(60, 250, "L"), "JPEG", quality=95), (60, 60, 60)),
    "JPEG in inks": (saved(square().convert("CMYK"), "JPEG", quality=95), RED),
    "JPEG in inks with a profile that is none": (
        saved(square().convert("CMYK"), "JPEG", quality=95, icc_profile=b"no profile " * 20),
        RED,
    ),
    "JPEG with a profile": (saved(square(), "JPEG", quality=95, icc_profile=swapped_profile()), blue_red(RED)),
    "JPEG with a profile of other colours": (
        saved(square(60, 250, "L"), "JPEG", quality=95, icc_profile=resources.read("colour/sRGB.icc")),
        (60, 60, 60),
    ),
    "WebP": (saved(square(), "WEBP", lossless=True), RED),
    "TIFF in inks": (saved(square().convert("CMYK"), "TIFF"), RED),
}  # fmt: skip


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def with_picture(data: bytes) -> QuoteDocument:
    (line, *_rest) = samples.document(1).lines
    return replace(samples.document(1), lines=(replace(line, picture=digest(data)),))


def colours_of(content: bytes) -> set[tuple[int, int, int]]:
    """What is seen where the first line's picture stands."""
    from ui.printing import page_images

    page = page_images(content, 1190, 1)[0]
    return {page.pixelColor(x, y).getRgb()[:3] for x in range(150, 350) for y in range(560, 760, 2)}


def near(colour: tuple[int, int, int], seen: set[tuple[int, int, int]]) -> int:
    return min(sum(abs(a - b) for a, b in zip(each, colour, strict=True)) for each in seen)


@pytest.mark.parametrize("name", PICTURES)
def test_every_kind_of_picture_is_printed_in_its_colours_for_the_archive(name: str, qapp) -> None:
    data, ink = PICTURES[name]
    content = render(with_picture(data), {digest(data): data})
    report = pdfa.validate_written(io.BytesIO(content), "3b")
    assert report.passed, report.findings
    if ink is not None:
        assert near(ink, colours_of(content)) <= CLOSE, name


def turned(orientation: int) -> bytes:
    """A picture higher than wide once it is turned as its metadata say."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(square(high=SIDE // 2), "JPEG", quality=95, exif=exif)


@pytest.mark.parametrize(
    ("orientation", "size"), [(1, (40, 20)), (3, (40, 20)), (6, (20, 40)), (8, (20, 40))]
)
def test_a_picture_stands_upright(orientation: int, size: tuple[int, int]):
    data = turned(orientation)
    with pikepdf.open(io.BytesIO(render(with_picture(data), {digest(data): data}))) as pdf:
        sizes = {
            (int(each.Width), int(each.Height))
            for each in pdf.objects
            if isinstance(each, pikepdf.Stream) and each.get("/Subtype") == "/Image"
        }
    assert sizes == {size}


@pytest.mark.parametrize("name", ["PNG of 16 bits", "JPEG in inks", "JPEG with a profile", "PNG interlaced"])
def test_a_logo_of_any_kind_is_kept_in_the_screen_s_colours(workspace: Workspace, tmp_path: Path, name: str):
    data, ink = PICTURES[name]
    file = tmp_path / "logo.png"
    file.write_bytes(data)
    company.keep(workspace, {"name": "Atelier Valmont"})
    company.keep_file(workspace, "logo", file)
    with workspace.read() as session:
        kept = company.file_of(session, "logo")
        paper = sample.sample_paper(session, {}).render()
    assert kept is not None and kept.content is not None and ink is not None
    with Image.open(io.BytesIO(kept.content)) as shown:
        assert near(ink, {shown.convert("RGB").getpixel((20, 20))}) <= CLOSE
    assert pdfa.validate_written(io.BytesIO(paper), "3b").passed


def test_a_logo_photographed_sideways_stands_upright(workspace: Workspace, tmp_path: Path):
    file = tmp_path / "logo.jpg"
    file.write_bytes(turned(6))
    company.keep(workspace, {"name": "Atelier Valmont"})
    company.keep_file(workspace, "logo", file)
    with workspace.read() as session:
        kept = company.file_of(session, "logo")
    assert kept is not None and kept.content is not None
    with Image.open(io.BytesIO(kept.content)) as shown:
        assert shown.size == (20, 40)


def test_a_photo_of_a_printer_s_colours_is_kept_as_it_looks(tmp_path: Path):
    for name in ("JPEG in inks", "PNG in grey of 16 bits", "JPEG with a profile"):
        data, ink = PICTURES[name]
        made = attachments.photos.make(data)
        assert made is not None and ink is not None
        with Image.open(io.BytesIO(made.data)) as shown:
            assert near(ink, {shown.convert("RGB").getpixel((20, 20))}) <= CLOSE, name


def test_a_png_that_is_cut_off_leaves_its_room_and_the_paper_is_printed():
    data = PICTURES["PNG"][0][:60]
    assert pdf_picture.open_picture(data, "0") is None
    assert render(with_picture(data), {digest(data): data}).startswith(b"%PDF")


def test_a_picture_without_a_size_is_left_out_and_stops_no_paper():
    for wide, high in ((0, 0), (60_000, 60_000)):
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0))
        broken = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
        assert pdf_picture.open_picture(broken, "0") is None
