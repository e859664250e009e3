"""Names that say nothing are not used: each thing is named for what it is."""

from __future__ import annotations

import ast

from tests.house import source

EMPTY_ENDINGS = ("Manager", "Helper", "Handler", "Utils", "Util", "Misc", "Common")
EMPTY_MODULES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "manager",
    "managers",
    "base",
    "tools",
}
# One word per thing, in code as in tables: these belong to other programs' vocabularies.
FOREIGN_CLASSES = {"Company", "Customer", "Deal", "Party"}


def test_no_module_is_a_drawer():
    assert [
        source.name(path)
        for path in source.files()
        if EMPTY_MODULES & {path.stem, *path.relative_to(source.ROOT).parts[:-1]}
    ] == []


def test_no_class_has_an_empty_name():
    assert [
        f"{source.name(path)}:{node.lineno} {node.name}"
        for path in source.floor("app", "sync", "ui", "installer")
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.ClassDef)
        and (node.name.endswith(EMPTY_ENDINGS) or node.name in FOREIGN_CLASSES)
    ] == []


def test_every_test_is_a_sentence():
    """At least three words after `test_`, so that a failure reads as what no longer holds."""
    assert [
        f"{source.name(path)}:{node.lineno} {node.name}"
        for path in source.floor("tests")
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and len(node.name.split("_")) < 4
    ] == []
