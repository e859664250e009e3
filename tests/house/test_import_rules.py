"""Each import rule of pyproject.toml catches what it forbids: a rule that no violation breaks is a wish."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKELETON = {
    "app": ["__init__", "entity", "serve", "records", "accounts/__init__", "accounts/model"],
    "sync": [
        "__init__",
        "schema",
        "errors",
        "engine",
        "client",
        "merge",
        "server/__init__",
        "server/service",
    ],
    "ui": ["__init__", "main", "table/__init__", "table/model", "form/__init__", "form/field"],
    "resources": ["__init__"],
}
ALLOWED = {
    "app/serve.py": "import sync.server.service",
    "app/records.py": "import sqlalchemy\nimport sync.schema\nimport resources",
    "sync/client.py": "import requests\nfrom sync import errors, schema",
    "sync/server/service.py": "import litestar\nfrom sync import errors, merge, schema",
    "ui/main.py": "import PySide6.QtWidgets, resources\nfrom app import records\nfrom sync import errors",
}
VIOLATIONS = [
    ("floors", "sync/engine.py", "import app.records"),
    ("floors", "sync/server/service.py", "from app import entity"),
    ("floors", "app/accounts/model.py", "import ui.main"),
    ("floors", "resources/__init__.py", "import sync.schema"),
    ("no-qt-below", "app/records.py", "from PySide6.QtCore import QObject"),
    ("no-qt-below", "sync/client.py", "from PySide6 import QtCore"),
    ("ui-shows", "ui/form/field.py", "from sqlalchemy import select"),
    ("ui-shows", "ui/main.py", "import requests"),
    ("ui-sync", "ui/table/model.py", "from sync.engine import run"),
    ("ui-sync", "ui/main.py", "from sync import schema"),
    ("server-door", "sync/engine.py", "from sync.server import service"),
    ("server-door", "app/records.py", "import sync.server.service"),
    ("server-knows", "sync/server/service.py", "from sync.engine import run"),
    ("web-framework", "app/records.py", "from litestar import get"),
    ("web-framework", "sync/client.py", "import litestar"),
    ("no-circles", "ui/form/field.py", "import ui.table.model"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter on the packages of a folder, with our rules."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    return subprocess.run(
        [*command, "--no-cache", "--no-logo", "--config", str(ROOT / "pyproject.toml")],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Small packages in our shape, which keep every rule."""
    for name in [f"{floor}/{module}.py" for floor, modules in SKELETON.items() for module in modules]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ALLOWED.get(name, "") + "\n")
    (tmp_path / "ui/table/model.py").write_text("import ui.form.field\n")
    return tmp_path


def rules() -> dict[str, str]:
    """Name of each rule by its identifier."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {rule["id"]: rule["name"] for rule in settings["tool"]["importlinter"]["contracts"]}


def test_what_the_rules_allow_passes(packages: Path):
    done = lint(packages)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("rule", "file", "line"), VIOLATIONS)
def test_a_planted_violation_breaks_its_rule(rule: str, file: str, line: str, packages: Path):
    with (packages / file).open("a") as source:
        source.write(line + "\n")
    done = lint(packages)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{rules()[rule]} BROKEN" in done.stdout


def test_every_rule_has_a_planted_violation():
    assert {rule for rule, _, _ in VIOLATIONS} == set(rules())


def test_the_project_keeps_the_rules():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def declared_entities(path: Path) -> set[str]:
    """The classes of a file that are entities."""
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "Entity" for base in node.bases)
    }


def imported(path: Path) -> set[str]:
    """The absolute names that a file imports, for types alone included."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def crossings(app: Path) -> list[str]:
    """Where a feature imports an entity of another, or the module that declares it."""
    owners: dict[str, str] = {}
    for path in app.glob("*/*.py"):
        if entities := declared_entities(path):
            module = ".".join(("app", *path.relative_to(app).with_suffix("").parts))
            owners |= dict.fromkeys([module, *(f"{module}.{name}" for name in entities)], path.parent.name)
    return [
        f"{path.relative_to(app.parent).as_posix()} imports {name}"
        for path in sorted(app.glob("*/**/*.py"))
        for name in sorted(imported(path) & owners.keys())
        if path.relative_to(app).parts[0] != owners[name]
    ]


def test_no_feature_imports_the_declarations_of_another():
    assert crossings(ROOT / "app") == []


def test_an_import_of_anothers_declarations_is_found(packages: Path):
    (packages / "app/accounts/model.py").write_text("class Account(Entity):\n    pass\n")
    (packages / "app/quotes").mkdir()
    (packages / "app/quotes/model.py").write_text("from app.accounts.model import Account\n")
    assert crossings(packages / "app") == ["app/quotes/model.py imports app.accounts.model.Account"]


FOREIGN = {
    "resources": ("app", "sync", "ui", "PySide6"),
    "sync": ("app", "ui", "PySide6"),
    "app": ("ui", "PySide6"),
    "ui": ("sqlalchemy", "requests", "litestar", "sync"),
}


def foreign(root: Path) -> list[str]:
    """Names of another floor that a file imports, for types alone included."""
    return [
        f"{path.relative_to(root).as_posix()} imports {name}"
        for floor, others in FOREIGN.items()
        for path in sorted((root / floor).rglob("*.py"))
        for name in sorted(imported(path))
        if name.split(".")[0] in others and not f"{name}.".startswith("sync.errors.")
    ]


def test_no_type_comes_from_a_forbidden_floor():
    assert foreign(ROOT) == []


def test_a_type_from_a_forbidden_floor_is_found(packages: Path):
    (packages / "ui/main.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sqlalchemy.orm import Session\n"
    )
    assert foreign(packages) == ["ui/main.py imports sqlalchemy.orm.Session"]
