"""Reading a CSV file of unknown origin: its encoding, separator and decimal mark are guessed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.errors import Invalid
from app.i18n import translate as _

SEPARATORS = ";,\t|"
_SAMPLE_ROWS = 50
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's headings, and its rows with the line on which each begins."""

    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    encoding: str
    separator: str


def read_file(file: Path) -> Sheet:
    """The sheet in a file; raises Invalid when it has no headings or is no text, OSError."""
    return read_bytes(file.read_bytes())


def read_bytes(content: bytes) -> Sheet:
    """The sheet in the bytes of a file."""
    encoding = guess_encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise Invalid({"file": _("This file is not text. Save it as CSV, then try again.")}) from None
    if "\x00" in text:
        raise Invalid({"file": _("This file is not text. Save it as CSV, then try again.")})
    separator, text = _declared_separator(text)
    separator = separator or guess_separator(text)
    rows = list(_rows(text, separator))
    if not rows:
        raise Invalid({"file": _("This file is empty.")})
    headings = tuple(heading.strip() for heading in rows[0][1])
    return Sheet(headings, tuple(rows[1:]), encoding, separator)


def guess_encoding(content: bytes) -> str:
    """UTF-8 with or without mark, UTF-16 with or without mark, else Windows' western code page."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return encoding
    head = content[:4000]
    if len(head) > 3 and head.count(b"\x00") > len(head) // 4:
        return "utf-16-le" if head[1:2] == b"\x00" else "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        # Five of its 256 places are empty; latin-1 reads whatever stands there.
        return "cp1252" if not re.search(rb"[\x81\x8d\x8f\x90\x9d]", content) else "latin-1"
    return "utf-8"


def guess_separator(text: str) -> str:
    """The separator that gives the most columns on the most lines, outside quotes."""
    best, most = ",", 0
    for separator in SEPARATORS:
        widths = [len(row) for _line, row in _rows(text[:100_000], separator, _SAMPLE_ROWS)]
        if not widths or widths[0] < 2:
            continue
        score = widths[0] * sum(width == widths[0] for width in widths)
        if score > most:
            best, most = separator, score
    return best


def _declared_separator(text: str) -> tuple[str | None, str]:
    """Excel's own first line, `sep=;`, is no heading."""
    found = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    return (found[1], text[found.end() :]) if found else (None, text)


def _rows(text: str, separator: str, most: int | None = None) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The rows that hold anything, each with its first line's number."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    line = 1
    found = 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield line, tuple(unguarded(cell) for cell in row)
                found += 1
            if most is not None and found >= most:
                return
            line = reader.line_num + 1
    except csv.Error as problem:
        if most is None:
            raise Invalid(
                {"file": _("Line {line} cannot be read: a quotation mark is missing.", line=line)}
            ) from problem


def unguarded(cell: str) -> str:
    """The cell without the apostrophe that an export puts before what a spreadsheet would compute."""
    return cell[1:] if _GUARDED.match(cell) else cell
