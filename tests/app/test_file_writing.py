"""Files stand whole under their name, or not at all."""

from pathlib import Path

import pytest

from app.file_writing import whole, write_whole


def test_a_file_takes_the_place_of_the_one_before_when_all_is_written(tmp_path: Path):
    file = tmp_path / "devis.pdf"
    file.write_bytes(b"before")
    with whole(file) as partial:
        partial.write_bytes(b"after")
        assert file.read_bytes() == b"before"
    assert file.read_bytes() == b"after"
    assert list(tmp_path.iterdir()) == [file]


def test_what_fails_in_the_middle_leaves_the_file_before_and_nothing_beside_it(tmp_path: Path):
    file = tmp_path / "devis.pdf"
    file.write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), whole(file) as partial:
        partial.write_bytes(b"half")
        raise KeyboardInterrupt
    assert file.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_written_is_told_of_the_file_that_was_asked_for(tmp_path: Path):
    file = tmp_path / "nowhere" / "devis.pdf"
    with pytest.raises(OSError) as told:
        write_whole(file, b"never")
    assert told.value.filename == str(file)


def test_a_folder_in_the_place_of_the_file_is_told_and_stays(tmp_path: Path):
    file = tmp_path / "devis.pdf"
    file.mkdir()
    with pytest.raises(OSError) as told:
        write_whole(file, b"never")
    assert told.value.filename == str(file)
    assert list(tmp_path.iterdir()) == [file]
