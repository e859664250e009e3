"""The messages of the program: found in the source, compared with the French, compiled for gettext.

`python -m tests.house.messages` writes `resources/translations/fr.mo`; with `--check` it writes nothing
and fails when that file is stale or a message lacks its French.
"""

from __future__ import annotations

import ast
import re
import string
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
TRANSLATIONS = ROOT / "resources" / "translations"
COMPILED = TRANSLATIONS / "fr.mo"
SOURCES = ("app", "ui")
MARKERS = {"translate": 1, "mark": 1, "translate_plural": 2}
HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n > 1);\n"

Message = str | tuple[str, str]
"""One text, or the English singular and plural."""
French = dict[Message, str | tuple[str, ...]]


class Disagreement(Exception):
    """Two areas translate one message differently."""


@dataclass(frozen=True)
class Place:
    """Where a message stands in the source."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def messages(root: Path = ROOT) -> dict[Message, Place]:
    """Every message that the source names, with the first place that names it."""
    found: dict[Message, Place] = {}
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            if name == "app/i18n.py":
                continue
            for message, line in _messages_in(ast.parse(path.read_text(encoding="utf-8"))):
                found.setdefault(message, Place(name, line))
    return found


def _messages_in(tree: ast.Module) -> Iterator[tuple[Message, int]]:
    aliases = {
        alias.asname or alias.name: MARKERS[alias.name]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "app.i18n"
        for alias in node.names
        if alias.name in MARKERS
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            count = aliases.get(node.func.id, 0)
        elif isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "i18n":
            count = MARKERS.get(node.func.attr, 0)
        else:
            count = 0
        texts = tuple(
            part.value
            for part in node.args[:count]
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value
        )
        if count and len(texts) == count:
            yield (texts[0] if count == 1 else (texts[0], texts[1])), node.lineno


def areas(folder: Path = TRANSLATIONS / "fr") -> dict[str, Catalog]:
    """The French files by area name."""
    catalogues = {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            catalogues[path.stem] = read_po(file, locale="fr", abort_invalid=True)
    return catalogues


def french(folder: Path = TRANSLATIONS / "fr") -> French:
    """All areas in one; Disagreement, with every case of it, when two of them say different things."""
    merged: French = {}
    origin: dict[Message, str] = {}
    clashes = []
    for area, catalogue in areas(folder).items():
        for entry in catalogue:
            if not entry.id or entry.fuzzy or not _full(entry.string):
                continue
            message = tuple(entry.id) if isinstance(entry.id, list | tuple) else entry.id
            text = tuple(entry.string) if isinstance(entry.string, list | tuple) else entry.string
            if merged.setdefault(message, text) != text:
                there, here = f"{merged[message]!r} in {origin[message]}.po", f"{text!r} in {area}.po"
                clashes.append(f"{message!r} is {there} and {here}")
            origin.setdefault(message, area)
    if clashes:
        raise Disagreement("\n".join(clashes))
    return merged


def _full(text: str | tuple[str, ...]) -> bool:
    return all(text) if isinstance(text, list | tuple) else bool(text)


def compiled(texts: French) -> bytes:
    """The bytes of the .mo file: the same texts give the same bytes, whenever and wherever."""
    entries = {"": HEADER}
    for message, text in texts.items():
        key = message if isinstance(message, str) else "\0".join(message)
        entries[key] = text if isinstance(text, str) else "\0".join(text)
    pairs = sorted((key.encode(), text.encode()) for key, text in entries.items())
    start = 28 + 16 * len(pairs)  # the header, then two tables of (length, offset)
    tables: list[list[tuple[int, int]]] = [[], []]
    blob = b""
    for side in (0, 1):
        for pair in pairs:
            tables[side].append((len(pair[side]), start + len(blob)))
            blob += pair[side] + b"\0"
    numbers = [0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0]
    numbers += [number for table in tables for row in table for number in row]
    return struct.pack(f"<{len(numbers)}I", *numbers) + blob


def places(text: str) -> set[str]:
    """The names of the `{places}` in a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def incomplete(root: Path = ROOT) -> list[str]:
    """What a French reader would miss: messages without French, and `{places}` that differ."""
    texts = french(root / "resources" / "translations" / "fr")
    problems = []
    for message, place in messages(root).items():
        if message not in texts:
            problems.append(f"{place}: no French for {message!r}")
            continue
        english = {message} if isinstance(message, str) else set(message)
        expected = set().union(*map(places, english))
        text = texts[message]
        for form in (text,) if isinstance(text, str) else text[-1:]:
            if places(form) != expected:
                problems.append(f"{place}: places of {message!r} and {form!r} differ")
    return problems


RULES = {
    r"(?<![\u202f?!])[;?!](?=\s|$)": "U+202F goes before ; ? !",
    r"(?<!\u00a0):(?=\s|$)": "U+00A0 goes before :",
    r"«(?!\u00a0)": "U+00A0 goes after «",
    r"(?<!\u00a0)»": "U+00A0 goes before »",
    r"\.\.\.": "… is one character",
    r"(?<=[^\W\d_])'(?=[\w{«])": "the apostrophe is ’",
    r"[\d}]%": "a thin or no-break space goes before %",
}


def typography(text: str) -> list[str]:
    """The rules of French spacing that a text breaks."""
    shown = re.sub(r"&\w+;|https?://\S+", "", text)
    return [rule for pattern, rule in RULES.items() if re.search(pattern, shown)]


def badly_set(folder: Path = TRANSLATIONS / "fr") -> list[str]:
    """Every French text that breaks a rule of typography, with the rule."""
    problems = []
    for text in french(folder).values():
        for form in (text,) if isinstance(text, str) else text:
            problems += [f"{rule}: {form!r}" for rule in typography(form)]
    return problems


def main(arguments: list[str]) -> int:
    """Compile, or check that what is compiled is fresh and complete."""
    try:
        content = compiled(french())
    except Disagreement as disagreement:
        print(disagreement, file=sys.stderr)
        return 1
    if "--check" not in arguments:
        COMPILED.parent.mkdir(parents=True, exist_ok=True)
        COMPILED.write_bytes(content)
        print(f"{COMPILED.relative_to(ROOT)}: {len(french())} messages")
    problems = incomplete() + badly_set()
    if not COMPILED.exists() or COMPILED.read_bytes() != content:
        problems.append("resources/translations/fr.mo is stale: python dev.py translations")
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    return 1 if problems and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
