"""What holds for every file: its length, its first sentence, and that no floor below prints."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.house import source

LONGEST = 450
LONGER_BECAUSE: dict[str, str] = {}  # path -> why the file is one thing that cannot be two

# The server says where it listens; the demonstration is a word of the command line too.
MAY_PRINT = ("app/cli", "app/serve.py", "ui/demo.py", "ui/shots")
GENERATED = ("app/migrations/versions/",)


def test_a_long_file_gives_its_reason():
    long = {
        source.name(path): lines
        for path in source.files()
        if (lines := source.text(path).count("\n")) > LONGEST and not source.name(path).startswith(GENERATED)
    }
    assert {name: lines for name, lines in long.items() if name not in LONGER_BECAUSE} == {}
    assert [name for name in LONGER_BECAUSE if name not in long] == [], "no longer long: strike it out"


def test_every_module_says_in_one_sentence_what_lives_there():
    silent = [
        source.name(path)
        for path in source.files()
        if source.text(path).strip() and not (ast.get_docstring(source.tree(path)) or "").strip()
    ]
    assert silent == []


def prints(path: Path) -> list[int]:
    """The lines on which a file prints."""
    return [
        node.lineno
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def test_only_the_command_line_prints():
    assert [
        f"{source.name(path)}:{line}"
        for path in source.floor("app", "sync", "ui")
        if not source.name(path).startswith(MAY_PRINT)
        for line in prints(path)
    ] == []


def test_every_package_has_its_init():
    folders = {path.parent for path in source.floor("app", "sync", "ui", "tests")}
    assert [source.name(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_the_project_names_no_machine():
    # Paths of one person's machine have no meaning to a reader.
    words = ("/" + "work/", "/" + "root/", "C:\\" + "Users\\")
    documents = [*source.ROOT.glob("*.md"), *(source.ROOT / "docs").rglob("*.md")]
    found = [
        f"{source.name(path)}: {word}"
        for path in (*source.files(), *documents, source.ROOT / ".ci" / "run")
        for word in words
        if word in source.text(path)
    ]
    assert found == []
