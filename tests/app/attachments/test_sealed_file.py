"""A sealed file gives back what was written, whole, from any place, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from sync import sealed_file
from sync.sealed_file import CHUNK, Broken, Writer, new_key, read, stored_size

SIZES = (1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7)


def sealed(path: Path, content: bytes, key: bytes) -> Path:
    with Writer(path, key, len(content)) as writer:
        for start in range(0, len(content), 100_000):
            writer.write(content[start : start + 100_000])
        assert writer.complete
    return path


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_is_read_from_any_place(size: int, tmp_path: Path):
    content, key = random.Random(size).randbytes(size), new_key()
    path = sealed(tmp_path / "file", content, key)
    assert path.stat().st_size == stored_size(size)
    assert b"".join(read(path, key, size)) == content
    for offset, upto in ((0, 1), (size // 2, size), (size - 1, size), (size // 3, size // 2)):
        assert b"".join(read(path, key, size, offset, upto)) == content[offset:upto]


def test_nothing_of_the_content_lies_on_the_disk(tmp_path: Path):
    content, key = b"Boulangerie Morel " * 50_000, new_key()
    assert b"Morel" not in sealed(tmp_path / "file", content, key).read_bytes()


@pytest.mark.parametrize("cut", [0, 1, 100, CHUNK, CHUNK + 28, CHUNK + 29, 2 * CHUNK + 56, 2 * CHUNK + 60])
def test_a_writer_that_was_cut_off_goes_on_after_the_last_whole_chunk(cut: int, tmp_path: Path):
    content, key = random.Random(1).randbytes(3 * CHUNK + 500), new_key()
    whole = sealed(tmp_path / "whole", content, key).read_bytes()
    path = tmp_path / "part"
    path.write_bytes(whole[:cut])
    with Writer(path, key, len(content)) as writer:
        assert writer.offset == cut // (CHUNK + 28) * CHUNK
        assert not writer.complete
        writer.write(content[writer.offset :])
        assert writer.complete
    assert b"".join(read(path, key, len(content))) == content


def test_chunks_that_are_swapped_cut_changed_or_foreign_do_not_open(tmp_path: Path):
    content, key = random.Random(1).randbytes(3 * CHUNK), new_key()
    path = sealed(tmp_path / "file", content, key)
    whole, step = path.read_bytes(), CHUNK + 28
    changed = bytearray(whole)
    changed[step + 50] ^= 1
    other = sealed(tmp_path / "other", content, new_key()).read_bytes()
    for damaged in (
        whole[step : 2 * step] + whole[:step] + whole[2 * step :],
        whole[:-1],
        bytes(changed),
        other,
    ):
        path.write_bytes(damaged)
        with pytest.raises(Broken):
            list(read(path, key, len(content)))
    with pytest.raises(Broken):
        list(sealed_file.read(sealed(tmp_path / "short", content, key), key, 2 * CHUNK + 5))


def test_more_than_was_announced_is_refused(tmp_path: Path):
    with Writer(tmp_path / "file", new_key(), 10) as writer, pytest.raises(ValueError):
        writer.write(bytes(11))
