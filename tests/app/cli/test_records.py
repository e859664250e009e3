"""Records by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.entity import entity
from app.features import sync_schema
from app.search.found import KINDS
from app.search.sources import SOURCES


def test_add_prints_the_id_and_show_gives_the_record_back(terrain):
    id = terrain("add", "account", "name=Hôtel Bellevue", "credit_limit=1250.5", "tags=a; b").line
    found = terrain("--json", "show", "account", id).data
    assert (found["id"], found["rev"], found["scope"]) == (id, 0, None)
    assert found["name"] == "Hôtel Bellevue"
    assert found["credit_limit"] == "1250.50"
    assert found["tags"] == ["a", "b"]
    assert found["created_at"].endswith("Z")


def test_global_options_stand_before_or_after_the_word(terrain, run, profile):
    terrain("add", "account", "name=Bellevue")
    before = run("--json", "--profile", profile, "list", "account")
    after = run("list", "account", "--json", "--profile", profile)
    assert before == after
    assert [account["name"] for account in after.data] == ["Bellevue"]


def test_what_is_kept_but_doubtful_is_said_beside_the_answer(terrain):
    added = terrain("add", "account", "name=Hôtel Bellevue", "siren=732829321")
    assert added.line and added.err == "siren: The check digit of this SIREN is wrong.\n"
    assert terrain("set", "account", added.line, "siren=732829320").err == ""
    told = terrain("set", "account", added.line, "vat_number=FR44732829320").err
    assert told == "vat_number: The key is right; VIES has not confirmed this number yet.\n"
    answer = terrain("set", "account", added.line, "siren=732829321", "--json")
    assert (answer.err, answer.data["warnings"]) == ("", {"siren": "The check digit of this SIREN is wrong."})
    assert "warnings" not in terrain("set", "account", added.line, "siren=732829320", "--json").data


def test_add_with_json_prints_an_object_with_the_id(terrain):
    id = terrain("add", "account", "name=A", "--json").data["id"]
    assert terrain("show", "account", id).code == 0


def test_every_kind_of_value_is_plain_json(terrain):
    account = terrain("add", "account", "name=A").line
    report = terrain(
        *("add", "visit_report", f"account={account}", "type=discovery", "no_next_action=yes"),
        *("start=2026-11-21T14:05:00+01:00", 'answers={"stock":"low"}'),
    ).line
    found = terrain("show", "visit_report", report, "--json").data
    assert found["account"] == account
    assert found["start"] == "2026-11-21T13:05:00.000Z"
    assert found["no_next_action"] is True
    assert found["answers"] == {"stock": "low"}
    product = terrain("add", "product", "sku=X1", "label_fr=Savon", "list_price=0.0425", "vat_rate=5.5").line
    found = terrain("show", "product", product, "--json").data
    assert (found["list_price"], found["vat_rate"]) == ("0.0425", "5.5")
    task = terrain("add", "task", "subject=Call", "due=2026-11-24").line
    assert terrain("show", "task", task, "--json").data["due"] == "2026-11-24"


def test_set_changes_a_field_and_an_empty_value_empties_it(terrain):
    id = terrain("add", "account", "name=A", "segment=Hotels", "naf=5510Z").line
    terrain("set", "account", id, "segment=", "naf=5520Z")
    found = terrain("show", "account", id, "--json").data
    assert (found["segment"], found["naf"]) == (None, "5520Z")


def test_a_company_field_is_set_listed_and_emptied_by_its_name(terrain):
    terrain("add", "custom_field", "record_kind=account", "name=badge", "field_kind=text", "label_text=Badge")
    id = terrain("add", "account", "name=A", "custom.badge=B7").line
    terrain("add", "account", "name=B")
    assert terrain("show", "account", id, "--json").data["custom"] == {"badge": "B7"}
    assert [a["id"] for a in terrain("list", "account", "--where", "custom.badge=b7", "--json").data] == [id]
    assert "custom.badge" in [f["name"] for f in terrain("fields", "account", "--json").data]
    terrain("set", "account", id, "custom.badge=")
    assert not terrain("show", "account", id, "--json").data["custom"]


def test_list_takes_conditions_by_kind_and_a_limit(terrain):
    for name, limit in (("A", "100"), ("B", "250.50"), ("C", "250.5")):
        terrain("add", "account", f"name={name}", f"credit_limit={limit}")
    found = terrain("list", "account", "--where", "credit_limit=250.5", "--json").data
    assert [account["name"] for account in found] == ["B", "C"]
    assert len(terrain("list", "account", "--limit", "2", "--json").data) == 2
    assert terrain("list", "account", "--where", "name=None of them", "--json").data == []


def test_what_was_deleted_is_no_longer_there(terrain):
    account = terrain("add", "account", "name=A").line
    contact = terrain("add", "contact", "last_name=Rey", f"account={account}").line
    terrain("delete", "account", account)
    assert "laptop" in terrain("show", "account", account, refused=True).err
    assert terrain("show", "contact", contact, refused=True).out == ""


def test_find_gives_whole_records_with_their_kind(terrain):
    id = terrain("add", "account", "name=Hôtel Bellevue").line
    terrain("add", "account", "name=Café du Port")
    (hit,) = terrain("find", "hotel", "bell", "--json").data
    assert (hit["id"], hit["kind"], hit["name"]) == (id, "account", "Hôtel Bellevue")
    assert "Bellevue" in terrain("find", "bellevue").out


def test_what_is_found_for_people_is_what_is_found_for_programs(terrain):
    account = terrain("add", "account", "name=Hôtel Bellevue").line
    terrain("add", "contact", "last_name=Rey", f"account={account}")
    shown = terrain("find", "bellevue").out.splitlines()
    found = terrain("find", "bellevue", "--json").data
    assert [line.split()[-1] for line in shown] == [hit["id"] for hit in found] and len(found) == 2
    assert [line.split()[0] for line in shown] == ["Account", "Contact"]


def test_the_kinds_that_are_found_have_the_labels_of_their_entities():
    sync_schema()
    assert {kind: entity(kind).label for kind in KINDS} == KINDS
    assert {source.kind for source in SOURCES} == set(KINDS), "in whatever order they are looked for"


def test_fields_lists_the_kinds_and_what_each_field_takes(terrain, run):
    assert "visit_report" in [kind["kind"] for kind in run("fields", "--json").data]
    status = next(f for f in terrain("fields", "task", "--json").data if f["name"] == "status")
    assert status["choices"] == ["open", "done", "cancelled"]
    assert (status["kind"], status["required"], status["policy"]) == ("choice", False, "review")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "account"), "name: "),
        (("add", "account", "nonsense"), "FIELD=VALUE"),
        (("add", "account", "name=A", "name=B"), "twice"),
        (("add", "account", "name=A", "wheels=4"), "wheels: There is no such field."),
        (("add", "account", "name=A", "potential=Z"), "A, B, C"),
        (("add", "contact", "last_name=Rey", "account=nobody"), "nobody"),
        (("add", "spaceship", "name=A"), "terrain fields"),
        (("list", "account", "--where", "wheels=4"), "wheels"),
        (("show", "account", "nobody"), "nobody"),
        (("set", "account", "nobody", "name=A"), "nobody"),
        (("delete", "account", "nobody"), "nobody"),
        (("quote", "issue", "nobody"), "nobody"),
        (("batch", "no such file.jsonl"), "no such file.jsonl"),
    ],
)
def test_a_refusal_is_one_clear_line_on_stderr(terrain, words, told):
    answer = terrain(*words, refused=True)
    assert answer.out == ""
    assert len(answer.err.splitlines()) == 1
    assert told in answer.err


def test_a_refused_command_changes_nothing(terrain):
    id = terrain("add", "account", "name=A", "segment=Hotels").line
    terrain("set", "account", id, "segment=Bars", "potential=Z", refused=True)
    assert terrain("show", "account", id, "--json").data["segment"] == "Hotels"


@pytest.mark.parametrize(
    "words", [("fly",), (), ("show", "account"), ("list",), ("quote",), ("--wings", "status")]
)
def test_wrong_usage_exits_with_two(run, words):
    assert run(*words).code == 2


def test_a_bug_is_one_line_too_unless_it_is_looked_for(terrain, monkeypatch):
    from app import records

    def broken(*_arguments, **_options):
        raise RuntimeError("a bug\nof two lines")

    monkeypatch.setattr(records, "get", broken)
    assert "RuntimeError" in terrain("show", "account", "x", refused=True).err
    monkeypatch.setenv("TERRAIN_DEBUG", "1")
    with pytest.raises(RuntimeError):
        terrain("show", "account", "x")


# Batches


def a_batch(folder: Path, *lines: object) -> str:
    file = folder / "batch.jsonl"
    file.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines), encoding="utf-8")
    return str(file)


ID = "01a20167-3906-7e0c-9fdf-6f7b29a68361"


def test_each_line_of_a_batch_is_one_transaction(terrain, tmp_path, workspace):
    file = a_batch(
        tmp_path,
        [
            {"op": "add", "kind": "contact", "fields": {"last_name": "Rey", "account": ID}},
            {"op": "add", "kind": "account", "id": ID, "fields": {"name": "A", "credit_limit": "12.50"}},
        ],
        "",
        {"op": "set", "kind": "account", "id": ID, "fields": {"segment": "Bars"}},
    )
    done = terrain("batch", file, "--json").data
    assert [each["transaction"] for each in done] == [1, 3]
    assert done[0]["ids"][1] == ID
    assert done[1]["ids"] == [ID]
    with workspace.read() as session:
        sealed = session.connection().exec_driver_sql("SELECT count(*) FROM sync_transaction").scalar()
    assert sealed == 2


def test_a_bad_line_is_named_and_those_before_it_stay(terrain, tmp_path):
    file = a_batch(
        tmp_path,
        [{"op": "add", "kind": "account", "id": ID, "fields": {"name": "A"}}],
        [
            {"op": "set", "kind": "account", "id": ID, "fields": {"segment": "Bars"}},
            {"op": "set", "kind": "account", "id": ID, "fields": {"potential": "Z"}},
        ],
        [{"op": "delete", "kind": "account", "id": ID}],
    )
    answer = terrain("batch", file, "--json", refused=True)
    assert answer.err.startswith("Line 2:")
    assert answer.data == [{"transaction": 1, "ids": [ID]}]
    assert terrain("show", "account", ID, "--json").data["segment"] is None


@pytest.mark.parametrize(
    "line",
    [
        *("{", "7", '["add"]', '[{"op": "fly"}]', '[{"op": "add"}]', '[{"op": "set", "kind": "account"}]'),
        *('[{"op": "add", "kind": "account", "fields": []}]', '[{"op": "add", "kind": "spaceship"}]'),
    ],
)
def test_a_line_that_is_no_list_of_operations_is_refused(terrain, tmp_path, line):
    answer = terrain("batch", a_batch(tmp_path, line), refused=True)
    assert answer.err.startswith("Line 1:")
    assert len(answer.err.splitlines()) == 1


def test_a_batch_can_run_twice(terrain, tmp_path):
    file = a_batch(
        tmp_path,
        {"op": "add", "kind": "account", "id": ID, "fields": {"name": "A", "credit_limit": "12.5"}},
        {"op": "set", "kind": "account", "id": ID, "fields": {"name": "A"}},
    )
    first = terrain("batch", file, "--json")
    assert terrain("batch", file, "--json").data == first.data
    assert [a["name"] for a in terrain("list", "account", "--json").data] == ["A"]


def test_what_a_batch_deleted_is_not_made_anew_when_it_runs_again(terrain, tmp_path):
    file = a_batch(
        tmp_path,
        {"op": "add", "kind": "account", "id": ID, "fields": {"name": "A"}},
        {"op": "delete", "kind": "account", "id": ID},
    )
    terrain("batch", file)
    assert terrain("batch", file, refused=True).err.startswith("Line 1:")
    assert terrain("batch", file, "--from", "2", "--json").data == [{"transaction": 2, "ids": [ID]}]


def test_an_add_whose_id_stands_with_other_values_is_refused(terrain, tmp_path):
    terrain("add", "account", f"id={ID}", "name=A")
    file = a_batch(tmp_path, {"op": "add", "kind": "account", "id": ID, "fields": {"name": "B"}})
    assert terrain("batch", file, refused=True).err.startswith("Line 1:")


def test_a_batch_may_come_from_stdin(terrain, monkeypatch):
    import io
    import sys

    line = json.dumps({"op": "add", "kind": "account", "id": ID, "fields": {"name": "A"}})
    monkeypatch.setattr(sys, "stdin", io.StringIO(line + "\n"))
    assert terrain("batch", "-").line == ID
