"""Photos are kept without where and by what they were taken, upright and of a sensible size."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from app.attachments import photos
from app.errors import NotAllowed
from app.picture_colours import open_plain
from app.quotes import paper_code
from app.quotes.pdf_picture import open_picture
from tests.app.attachments.pictures import immense_photo, odd_photos, photo


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def made(data: bytes, name: str = "photo.jpg") -> photos.Photo:
    found = photos.make(data, name)
    assert found is not None
    return found


def test_nothing_of_a_photo_s_metadata_is_kept():
    source = photo()
    assert opened(source).getexif().get_ifd(0x8825)[2] == (45.0, 45.0, 50.0)
    kept = made(source)
    for data in (kept.data, kept.small):
        assert data is not None
        image = opened(data)
        assert dict(image.getexif()) == {}
        assert not {"exif", "xmp", "comment", "photoshop", "icc_profile"} & image.info.keys()
        assert b"SecretPhone" not in data and b"taken at home" not in data


def test_a_photo_taken_upright_is_kept_upright():
    kept = made(photo(1600, 1200, turned=True))
    assert (kept.width, kept.height) == (1200, 1600)
    # What was at the upper left is now at the upper right.
    red, green, blue = opened(kept.data).convert("RGB").getpixel((1100, 50))
    assert red > 200 > 60 > max(green, blue)


def test_a_large_photo_is_reduced_and_gets_a_small_picture():
    kept = made(photo(6000, 4000))
    assert max(kept.width, kept.height) == photos.LONGEST
    assert kept.small is not None and max(opened(kept.small).size) == photos.SMALL
    assert len(kept.small) < 40_000


def test_a_drawing_stays_a_png_and_keeps_what_is_transparent():
    drawing = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    drawing.paste((10, 90, 200, 255), (20, 20, 120, 120))
    written = io.BytesIO()
    drawing.save(written, "PNG")
    kept = made(written.getvalue(), "plan.png")
    assert kept.media_type == "image/png"
    assert opened(kept.data).getpixel((200, 100))[3] == 0
    assert kept.small is None


def test_what_is_no_picture_is_told_from_one_that_cannot_be_read():
    assert photos.make(b"%PDF-1.7 ...", "offre.pdf") is None
    with pytest.raises(NotAllowed, match="HEIC"):
        photos.make(b"\0\0\0\x24ftypheic" + bytes(60), "IMG_1.HEIC")
    with pytest.raises(NotAllowed, match="HEIC"):
        photos.make(b"\0\0\0\x24ftypheic" + bytes(60), "called otherwise.jpg")
    with pytest.raises(NotAllowed):
        photos.make(photo()[:3000], "coupée.jpg")


def test_a_picture_that_would_unpack_into_gigabytes_is_refused_unread():
    written = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(written, "PNG", optimize=True)
    assert len(written.getvalue()) < 100_000
    with pytest.raises(NotAllowed):
        photos.make(written.getvalue(), "bombe.png")


@pytest.mark.parametrize("name", odd_photos())
def test_a_photo_with_odd_metadata_is_kept_without_them(name: str):
    data = odd_photos()[name]
    size = (20, 40) if name in ("bits in a byte", "maker as a number") else (40, 20)
    kept = made(data)
    assert (kept.width, kept.height) == size
    assert open_plain(data).size == size
    drawn = open_picture(data, "0")
    assert drawn is not None


def test_a_photo_that_says_to_be_immense_is_refused_unread():
    data = immense_photo()
    with pytest.raises(NotAllowed, match="trop"):
        photos.make(data, "bombe.jpg")
    with pytest.raises(ValueError):
        open_plain(data)
    assert open_picture(data, "0") is None
    with pytest.raises(ValueError):
        paper_code.read_photo(data)


def test_a_folder_is_the_system_s_refusal_and_no_damaged_photo(tmp_path: Path):
    with pytest.raises(OSError):
        photos.make(tmp_path, "rayon.jpg")
