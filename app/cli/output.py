"""What a word prints: one JSON document or lines for people on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

Advance = Callable[[int, int], None]
"""(done, of); `of` is 0 where it is not known."""


class Output:
    """One run's voice."""

    def __init__(self, *, json: bool = False, quiet: bool = False) -> None:
        self.json, self.quiet = json, quiet
        for stream in (sys.stdout, sys.stderr):
            # A Windows console's own code page has neither « nor €; text that is piped is UTF-8 everywhere.
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None and (stream.encoding or "").lower() not in ("utf-8", "utf8"):
                reconfigure(encoding="utf-8", errors="replace")

    def result(self, data: Any, lines: str | Iterable[str] | None = None) -> None:
        """The answer: `data` as JSON, or `lines` for people; `--quiet` keeps both, since they were asked for."""
        if self.json or lines is None:
            print(json.dumps(data, ensure_ascii=False, indent=1))
        elif isinstance(lines, str):
            print(lines)
        else:
            for line in lines:
                print(line)

    def say(self, line: str) -> None:
        """Something worth knowing beside the answer; nothing with `--quiet` or `--json`."""
        if not self.quiet and not self.json:
            print(line, file=sys.stderr)

    def refuse(self, sentence: str) -> None:
        """The one line of a refusal."""
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.flush()
        print(" ".join(sentence.split()), file=sys.stderr)

    @contextlib.contextmanager
    def progress(self, label: str, unit: str = "") -> Iterator[Advance]:
        """A bar on a terminal while long work runs; silent in a script."""
        if self.quiet or not sys.stderr.isatty():
            yield lambda _done, _of: None
            return
        from tqdm import tqdm

        with tqdm(desc=label, unit=unit or "it", leave=False, file=sys.stderr) as bar:

            def advance(done: int, of: int) -> None:
                if of and bar.total != of:
                    bar.total = of
                    bar.refresh()
                bar.update(done - bar.n)

            yield advance


def table(rows: Sequence[Sequence[str]], heading: Sequence[str] | None = None) -> Iterator[str]:
    """Columns under each other, two spaces apart; the last one takes what it needs."""
    every = [*([heading] if heading else []), *rows]
    if not every:
        return
    widths = [min(max(_width(row[i]) for row in every), 40) for i in range(len(every[0]))]
    for row in every:
        cells = [_padded(_cut(cell, width), width) for cell, width in zip(row, widths, strict=True)]
        cells[-1] = row[-1]
        yield "  ".join(cells).rstrip()


def _cut(text: str, width: int) -> str:
    return text if _width(text) <= width else text[: width - 1] + "…"


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Columns that the text takes on a terminal: wide signs take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )
