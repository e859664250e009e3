"""A CSV file is read whatever wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import Invalid
from app.transfer.reading import read_bytes, read_file

TEXT = "Société;Ville;CA\r\nŒuvres Müller;Besançon;1 250,50\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_is_guessed(encoding: str):
    sheet = read_bytes(TEXT.encode(encoding))
    assert sheet.headings == ("Société", "Ville", "CA")
    assert sheet.rows == ((2, ("Œuvres Müller", "Besançon", "1 250,50")),)


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_the_separator_is_guessed(separator: str):
    text = separator.join(("a", "b", "c")) + "\n" + separator.join(('"x,;|y"', "2", "3")) + "\n"
    sheet = read_bytes(text.encode())
    assert (sheet.separator, sheet.rows[0][1]) == (separator, ("x,;|y", "2", "3"))


def test_excels_own_first_line_is_no_heading():
    assert read_bytes(b"sep=;\r\na;b\r\n1;2\r\n").headings == ("a", "b")


def test_a_row_over_several_lines_has_the_number_of_its_first():
    sheet = read_bytes(b'a,b\n"one\ntwo",2\n\n3,4\n')
    assert [line for line, _row in sheet.rows] == [2, 5]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x00"])
def test_what_is_no_table_is_refused_with_a_sentence(content: bytes):
    with pytest.raises(Invalid):
        read_bytes(content)


def test_nasty_files_are_read_or_refused_with_a_sentence(real_data: Path):
    for file in sorted((real_data / "csv").rglob("*.csv")):
        try:
            assert read_file(file).headings
        except Invalid as problem:
            assert str(problem)
