"""A stranger's client and ours at one server: they agree, and neither overwrites the other."""

from __future__ import annotations

import ast
import json
import random
import sys
from pathlib import Path

from tests.e2e.programs import PASSWORD, Laptop, serving, terrain
from tests.e2e.stranger import Stranger

SHOWN = ("name", "phone", "city", "notes", "last_name", "summary")


def test_the_strangers_program_uses_nothing_of_ours() -> None:
    tree = ast.parse((Path(__file__).parent / "stranger.py").read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) == {"requests"}


def test_a_client_written_from_the_page_alone_agrees_with_ours(tmp_path: Path) -> None:
    admin = ("admin", "--dir", str(tmp_path / "server"))
    terrain(*admin, "init", "--org", "demo", "--name", "Hygiène Rhône-Alpes")
    terrain(*admin, "territory", "add", "Rhône")
    for email, name in (("claire@example.fr", "Claire"), ("karim@example.fr", "Karim")):
        terrain(
            *admin, "user", "add", "--email", email, "--name", name, "--role", "rep", "--territory", "Rhône"
        )
    ours = Laptop(tmp_path / "ours")
    with serving(tmp_path / "server") as address:
        ours.enrol(f"{address}/demo", "claire@example.fr")
        ours.run("sync")
        stranger = Stranger(f"{address}/demo")
        stranger.call("sync/pull", {"cursor": ""}, status=401)
        assert stranger.enrol("karim@example.fr", PASSWORD)["role"] == "rep"
        stranger.pull()
        (territory,) = stranger.of("territory")

        made = stranger.create(
            "account", name="Garage Müller", territory=territory["id"], phone="+33478000001"
        )
        contact = stranger.create("contact", account=made["id"], last_name="Lefèvre")
        assert stranger.push(contact, made)["outcome"] == "applied", (
            "their order in a transaction means nothing"
        )
        stranger.pull()
        assert stranger.rows["contact", contact["id"]]["scope"] == f"territory:{territory['id']}"

        ours.run("sync")
        assert ours.run("show", "account", made["id"])["name"] == "Garage Müller"
        ours.run("set", "account", made["id"], "phone=+33478000002")
        ours.run("sync")
        # The stranger has not pulled: what he saw is no longer what stands.
        result = stranger.push(stranger.update("account", made["id"], phone="+33478000003"))
        assert result["outcome"] == "conflict"
        stranger.pull()
        assert stranger.differing() == []
        (conflict,) = stranger.of("conflict")
        assert (conflict["record_kind"], conflict["record"], conflict["field"]) == (
            "account",
            made["id"],
            "phone",
        )
        kept = {one["value"] for one in json.loads(conflict["candidates"])}
        standing = stranger.rows["account", made["id"]]["phone"]
        assert kept | {standing} == {"+33478000002", "+33478000003"}

        assert stranger.push(_unknown())["outcome"] == "parked"
        resolved = stranger.update(
            "conflict", conflict["id"], state="resolved", resolution=json.dumps(standing)
        )
        assert stranger.push(resolved)["outcome"] in ("applied", "merged")
        stranger.pull()
        ours.run("sync")
        assert stranger.differing() == []
        for kind in ("account", "contact", "territory"):
            theirs = {row["id"]: row for row in stranger.of(kind)}
            found = {row["id"]: row for row in ours.run("list", kind)}
            assert found.keys() == theirs.keys()
            for id, row in found.items():
                shown = ours.run("show", kind, id)
                for name in SHOWN:
                    if shown.get(name) is not None or theirs[id].get(name) is not None:
                        assert shown[name] == theirs[id][name], (kind, name, row)
        assert ours.run("status")["conflicts"] == 0
        _exchange_files(ours, stranger, made["id"], tmp_path)


def _exchange_files(ours: Laptop, stranger: Stranger, account: str, folder: Path) -> None:
    """Bytes that one attached the other has, to the last one."""
    theirs = random.Random(1).randbytes(300_000)
    attached = stranger.attach("account", account, "plan.bin", theirs)
    ours.run("sync")
    ours.run("attachment", attached["id"], "-o", str(folder / "plan.bin"))
    assert (folder / "plan.bin").read_bytes() == theirs
    (folder / "note.txt").write_text("Rappeler mardi.\n" * 1_000, encoding="utf-8")
    ours.run("attach", "account", account, str(folder / "note.txt"))
    ours.run("sync")
    stranger.pull()
    (row,) = [one for one in stranger.of("attachment") if one["name"] == "note.txt"]
    assert row["arrived"] == "file"
    assert stranger.fetch(row["sha256"], first=1_000) == (folder / "note.txt").read_bytes()
    assert stranger.differing() == []


def _unknown() -> dict[str, object]:
    return {"table": "spaceship", "id": "s1", "kind": "create", "fields": {"name": [None, "Soyuz"]}}
