"""Quotes by the command line."""

from __future__ import annotations

import io
import json
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import pypdf
import pytest

from app.quotes import telephone
from app.workspace import Workspace
from sync import state

CASES = json.loads((Path(__file__).parents[2] / "files" / "quote_cases.json").read_text(encoding="utf-8"))


@pytest.fixture
def draft(terrain):
    """A draft of two lines, 75.60 with VAT."""
    account = terrain("add", "account", "name=Hôtel Bellevue").line
    quote = terrain("add", "quote", f"account={account}", "status=draft").line
    for position, quantity in ((1, 2), (2, 4)):
        terrain(
            *(
                "add",
                "quote_line",
                f"quote={quote}",
                "kind=item",
                f"position={position}",
                "description=Savon",
            ),
            *(f"quantity={quantity}", "unit_price=10.50", "vat_rate=20"),
        )
    return quote


def test_price_gives_each_reference_case_its_amounts(run, tmp_path):
    file = tmp_path / "cases.json"
    file.write_text(json.dumps([case["inputs"] for case in CASES]))
    assert run("quote", "price", file).data == [case["expected"] for case in CASES]


def test_price_takes_one_object_from_stdin_and_needs_no_profile(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(CASES[0]["inputs"])))
    answer = run("--profile", "/nowhere", "quote", "price", "-")
    assert (answer.code, answer.data) == (0, CASES[0]["expected"])


@pytest.mark.parametrize("text", ["{", "7", '{"lines": 3}', '[{"lines": [{"qty": "x"}]}]', "[4]"])
def test_inputs_that_have_no_honest_total_are_refused(run, tmp_path, text):
    file = tmp_path / "inputs.json"
    file.write_text(text)
    answer = run("quote", "price", file)
    assert (answer.code, answer.out, len(answer.err.splitlines())) == (1, "", 1)


@pytest.mark.parametrize(
    ("place", "inputs"),
    [
        ("doc_discuont", {"lines": [], "doc_discuont": {"type": "percent", "value": "50"}}),
        ("lines.1.discont", {"lines": [{"qty": 1, "unit_price": 1, "vat_rate": 20, "discont": "50"}]}),
        ("doc_charges.1.rate", {"doc_charges": [{"label": "Port", "amount": 1, "vat_rate": 20, "rate": 5}]}),
        ("deposit.percent", {"deposit": {"type": "percent", "value": 30, "percent": 30}}),
        ("inputs", CASES[0]),
    ],
)
def test_a_key_that_means_nothing_is_refused_by_its_place(run, tmp_path, place, inputs):
    file = tmp_path / "inputs.json"
    file.write_text(json.dumps(inputs))
    answer = run("quote", "price", file)
    assert (answer.code, answer.out) == (1, "")
    assert place in answer.err


def total_of(terrain, quote):
    return terrain("show", "quote", quote, "--json").data["total_ttc"]


def test_the_total_of_a_draft_follows_its_lines(terrain, draft, tmp_path):
    assert total_of(terrain, draft) == "75.60"
    first, second = terrain("list", "quote_line", "--where", f"quote={draft}", "--json").data
    assert {first["net"], second["net"]} == {"21.00", "42.00"}
    terrain("set", "quote_line", first["id"], "quantity=10")
    terrain("delete", "quote_line", second["id"])
    assert total_of(terrain, draft) == "126.00"
    terrain("set", "quote", draft, "discount_type=percent", "discount_value=10")
    assert total_of(terrain, draft) == "113.40"
    file = tmp_path / "lines.jsonl"
    line = {"quote": draft, "kind": "item", "position": 3, "description": "Gant", "quantity": "1",
            "unit_price": "5", "vat_rate": "20"}  # fmt: skip
    operations = [{"op": "add", "kind": "quote_line", "fields": line}]
    operations += [{"op": "delete", "kind": "quote_line", "id": first["id"]}]
    file.write_text(json.dumps(operations))
    terrain("batch", str(file))
    assert total_of(terrain, draft) == "5.40"


def test_a_draft_without_an_honest_total_has_none(terrain, draft):
    terrain("set", "quote", draft, "discount_type=amount", "discount_value=1000")
    assert total_of(terrain, draft) is None
    terrain("set", "quote", draft, "discount_type=", "discount_value=")
    assert total_of(terrain, draft) == "75.60"


def test_a_quote_that_is_added_without_a_status_is_a_draft(terrain, tmp_path):
    account = terrain("add", "account", "name=Hôtel Bellevue").line
    one = terrain("add", "quote", f"account={account}").line
    file = tmp_path / "quotes.jsonl"
    file.write_text(json.dumps({"op": "add", "kind": "quote", "fields": {"account": account}}))
    other = terrain("batch", str(file)).line
    found = terrain("list", "quote", "--where", "status=draft", "--json").data
    assert {quote["id"] for quote in found} == {one, other}


def test_issue_prints_the_number_and_freezes_the_quote(terrain, draft):
    number = terrain("quote", "issue", draft).line
    assert number.startswith(f"D{date.today().year % 100}-L")
    found = terrain("show", "quote", draft, "--json").data
    assert (found["number"], found["status"], found["total_ttc"]) == (number, "issued", "75.60")
    assert found["snapshot"]["number"] == number
    assert "revision" in terrain("set", "quote", draft, "subject=Other", refused=True).err
    assert terrain("quote", "issue", draft, refused=True).out == ""


def test_a_revision_keeps_the_number_and_supersedes_the_first(terrain, draft):
    number = terrain("quote", "issue", draft, "--json").data["number"]
    revision = terrain("quote", "revise", draft).line
    assert terrain("show", "quote", draft, "--json").data["status"] == "issued"
    assert terrain("quote", "issue", revision).line == f"{number}-R2"
    assert terrain("show", "quote", draft, "--json").data["status"] == "superseded"


def test_pdf_writes_the_document(terrain, draft, tmp_path):
    number = terrain("quote", "issue", draft).line
    terrain("quote", "pdf", draft, "-o", str(tmp_path / "quote.pdf"))
    text = pypdf.PdfReader(tmp_path / "quote.pdf").pages[0].extract_text()
    assert number in text
    assert [file.name for file in tmp_path.iterdir() if "pdf" in file.name] == ["quote.pdf"]


def test_a_pdf_that_is_not_the_file_that_was_issued_says_so(terrain, draft, tmp_path):
    terrain("quote", "issue", draft)
    file = str(tmp_path / "quote.pdf")
    assert terrain("quote", "pdf", draft, "-o", file).err == ""
    terrain("set", "quote", draft, f"pdf_hash=1234567890ab{0:052}")
    answer = terrain("quote", "pdf", draft, "-o", file)
    assert "1234567890ab" in answer.err and answer.line == file


def test_a_pdf_that_cannot_be_written_is_a_refusal(terrain, draft, tmp_path):
    answer = terrain("quote", "pdf", draft, "-o", str(tmp_path / "no" / "folder" / "quote.pdf"), refused=True)
    assert "folder" in answer.err


def test_the_life_of_a_quote_on_the_command_line(terrain, draft):
    assert terrain("quote", "accept", draft, refused=True).err
    number = terrain("quote", "issue", draft).line
    terrain("quote", "send", draft)
    terrain("quote", "accept", draft, "--note", "Vu au comptoir")
    order = terrain("quote", "order", draft, "--reference", "BC-9", "--json").data
    assert order["number"].startswith("C")
    kept = terrain("show", "order", order["id"], "--json").data
    assert (kept["quote"], kept["customer_reference"]) == (draft, "BC-9")
    revision = terrain("quote", "revise", draft).line
    terrain("set", "quote", revision, "subject=Autre objet")
    found = terrain("quote", "compare", draft, revision, "--json").data
    assert (found["before"], found["after"]) == (number, f"{number}-R2")
    # The last day of a revision is drawn at its issue.
    assert [change["after"] for change in found["head"]] == ["Autre objet", ""]


def test_two_revisions_are_compared_in_the_words_and_figures_of_the_user(terrain, draft):
    terrain("quote", "issue", draft)
    revision = terrain("quote", "revise", draft).line
    (line, *_rest) = terrain("list", "quote_line", "--where", f"quote={revision}", "--json").data
    terrain("set", "quote_line", line["id"], "unit_price=1234,5")
    terrain("quote", "issue", revision)
    said = terrain("quote", "compare", draft, revision).out
    assert "Unit price: 10.50 → 1,234.50" in said and "Total excl. VAT: 63.00 → 2,511.00" in said


def test_an_accepted_quote_is_ordered_with_what_was_taken_and_with_nothing_more(terrain, draft):
    (first, second) = terrain("list", "quote_line", "--where", f"quote={draft}", "--json").data
    for line in (first, second):
        terrain("set", "quote_line", line["id"], "choice_kind=option", "selected=yes")
    copies = [terrain("quote", "duplicate", draft).line for _copy in range(2)]
    totals = []
    for quote, taken in (
        (draft, ["--choose", first["id"]]),
        (copies[0], ["--choose", "none"]),
        (copies[1], []),
    ):
        terrain("quote", "issue", quote)
        terrain("quote", "accept", quote, *taken)
        order = terrain("quote", "order", quote, "--json").data["id"]
        totals.append(terrain("show", "order", order, "--json").data["total_ht"])
    assert totals == [f"{10.5 * float(first['quantity']):.2f}", "0.00", "63.00"]


def test_a_draft_of_an_e_mail_goes_to_whom_one_says(terrain, run, profile, draft, tmp_path):
    terrain("quote", "issue", draft)
    file = tmp_path / "quote.eml"
    terrain("quote", "mail", draft, "-o", str(file), "--to", "anne@hotel.example")
    assert b"To: anne@hotel.example" in file.read_bytes()
    answer = terrain("quote", "mail", draft, "-o", str(file), "--to", "nobody", refused=True)
    assert answer.err.startswith("--to: ")
    answer = terrain(
        "quote", "mail", draft, "-o", str(file), "--to", "anne@hotel.example, jean", refused=True
    )
    assert "jean" in answer.err


def test_the_mentions_of_a_quote_name_their_sources(terrain, draft):
    said = terrain("quote", "mentions", draft, "--json").data
    assert {"late_payment", "early_payment"} <= {each["id"] for each in said["texts"]}
    assert all(each["source"] for each in said["texts"])
    assert said["questions"] == ["headcount"]
    assert "How many people does the customer employ?" in terrain("quote", "mentions", draft).out


def test_only_a_manager_approves(terrain, draft):
    assert terrain("quote", "ask-approval", draft, "--json").data["challenge"] is None
    assert terrain("show", "quote", draft, "--json").data["status"] == "to_approve"
    assert terrain("quote", "approve", draft, refused=True).err
    assert terrain("quote", "issue", draft, refused=True).err


@pytest.fixture
def codes(terrain, profile, monkeypatch):
    """Three codes on this laptop, left by its manager for himself."""
    monkeypatch.setitem(telephone.SCRYPT, "n", 2)
    monkeypatch.setattr(telephone, "CODES", 3)
    manager = terrain("add", "user", "name=Rey", "role=manager", "active=yes").line
    with closing(Workspace.open(profile)) as workspace, workspace.transaction() as session:
        state.put(session.connection(), "user", manager)
    return terrain("quote", "codes", manager).line


def test_what_the_manager_misheard_is_read_out_with_the_next_number_until_the_last(terrain, draft, codes):
    first = terrain("quote", "ask-approval", draft)
    assert "number 1, " in first.out and "2 codes remain after it." in first.out
    asked = terrain("quote", "ask-approval", draft, "--next", "--json").data["challenge"]
    assert (asked["number"], asked["left"]) == (2, 1)
    assert "number 3, " in (last := terrain("quote", "ask-approval", draft, "--next").out)
    refused = terrain("quote", "ask-approval", draft, "--next", refused=True)
    assert "last code" in refused.err and not refused.out
    assert terrain("quote", "ask-approval", draft).out == last, "the last code is still to be answered"


def test_a_next_number_without_any_codes_is_refused(terrain, draft):
    refused = terrain("quote", "ask-approval", draft, "--next", refused=True)
    assert "No manager has left codes" in refused.err and not refused.out
    assert terrain("show", "quote", draft, "--json").data["status"] == "draft"


def test_a_pdf_without_a_seal_is_refused(terrain, draft, tmp_path):
    terrain("quote", "issue", draft)
    file = tmp_path / "quote.pdf"
    terrain("quote", "pdf", draft, "-o", str(file))
    assert terrain("quote", "verify", str(file), refused=True).err
    (tmp_path / "none.pdf").write_bytes(b"no pdf at all")
    assert terrain("quote", "verify", str(tmp_path / "none.pdf"), refused=True).err


def test_a_photo_that_bears_no_code_is_refused(terrain, draft, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"no picture")
    answer = terrain("quote", "paper", str(tmp_path / "photo.jpg"), "--signer", "Hélène", refused=True)
    assert answer.err
