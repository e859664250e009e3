"""Requests that no program of ours writes: nothing in them breaks the server, nor reaches a colleague's laptop."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable
from typing import TypeVar

import msgspec
import pytest

from sync import errors
from sync import protocol as p
from sync.blob_messages import unpack
from sync.file_messages import FileRequest
from sync.protocol import EnrolRequest, HelloRequest, Op, PullRequest, PushRequest, VerifyRequest, hash_of
from sync.server.service import Session
from tests.sync.server.conftest import Company, Laptop, create

DEEP = "[" * 100_000 + "]" * 100_000
LONG = "".join(random.Random(1).choices(string.ascii_letters, k=9_000))
"""More than an index takes, however well it packs."""


@pytest.fixture
def sam(company: Company, nora: Laptop) -> Laptop:
    """The rep of the south, with one account; the north has one too."""
    nora.do(create("account", "north", name="D", territory="north"))
    laptop = company.laptop("sam")
    laptop.pull()
    laptop.do(create("account", "south", name="S", territory="south", tags='["a"]', visits=5))
    laptop.pull()
    return laptop


def _push(laptop: Laptop, *ops: str) -> list[tuple[str, str]]:
    """Push operations as they are written here; what becomes of them."""
    laptop.n += 1
    raw = [msgspec.Raw(op.encode()) for op in ops]
    sealed = p.Transaction(f"{laptop.id}-{laptop.n}", laptop.n, hash_of(raw), raw)
    request = p.decode(p.encode(PushRequest(laptop.service.now(), [sealed])), PushRequest)
    results = laptop.service.connect(laptop.token).push(request).results
    return [(one.outcome, one.reason) for one in results]


def _on_south(**fields: object) -> str:
    pairs = {name.replace("__", "."): [None, value] for name, value in fields.items()}
    return json.dumps({"table": "account", "id": "south", "kind": "update", "fields": pairs})


UNREADABLE = {
    "no number": _on_south(custom__a="NaN"),
    "no number in a list": _on_south(tags="[-Infinity]"),
    "a number without end": _on_south(custom__a="1e400"),
    "half a character": _on_south(custom__a='"\\ud800"'),
    "half a character in a list": _on_south(tags='["\\udfff"]'),
    "a hidden end of text": _on_south(custom__a='"a\\u0000b"'),
    "a hidden end of text in a name": _on_south(custom__a='{"a\\u0000b":1}'),
    "nested without end": _on_south(custom__a=DEEP),
    "nested in a list without end": _on_south(tags=DEEP),
    "nested deeper than anybody writes": _on_south(custom__a="[" * 900 + "]" * 900),
    "a number of five thousand digits": _on_south(custom__a="1" + "0" * 5_000),
    "an end of text in a field's name": _on_south(**{"na\0me": "x"}),
    "an end of text in a key": _on_south(**{"custom.a\0": '"x"'}),
    "no name at all": _on_south(**{"": "x"}),
    "a field's name without end": _on_south(**{LONG: "x"}),
    "a link without end": _on_south(owner=LONG),
    "a territory without end": _on_south(territory=LONG),
    "a number beyond all": _on_south(visits=1 << 70),
}


@pytest.mark.parametrize("written", UNREADABLE)
def test_what_no_program_could_read_waits_and_harms_nobody(
    company: Company, sam: Laptop, written: str
) -> None:
    before = sam.row("account", "south")
    assert _push(sam, UNREADABLE[written]) == [("parked", "invalid")]
    office = company.laptop("office")
    office.pull()
    after = office.row("account", "south")
    assert {**after, "rev": 0} == {**before, "rev": 0}
    assert office.do(office.edit("account", "south", phone="1")).outcome == "applied"


@pytest.mark.parametrize(
    ("table", "field"),
    [("quote", "number"), ("attachment", "sha256"), ("attachment", "thumbnail"), ("contact", "account")],
)
def test_what_rows_are_found_by_is_no_text_without_end(sam: Laptop, table: str, field: str) -> None:
    values = {"account": "south"} | ({"status": "issued"} if table == "quote" else {}) | {field: LONG}
    result = sam.do(create(table, "new", **values))
    assert (result.outcome, result.reason) == ("parked", "invalid")


def test_of_a_key_that_is_written_twice_the_last_one_counts_for_what_is_allowed_too(
    company: Company, sam: Laptop, nora: Laptop
) -> None:
    twice = '{"table":"account","id":"south","id":"north","kind":"update","fields":{"name":["D","Mine"]}}'
    assert _push(sam, twice) == [("parked", "missing_record")]
    nora.pull()
    assert nora.row("account", "north")["name"] == "D"


def test_counts_that_no_column_can_hold_are_asked_about_and_not_added(sam: Laptop) -> None:
    most = (1 << 63) - 1
    result = sam.do(Op("account", "south", "update", 1, {"visits": (-(1 << 62), most)}))
    assert result.outcome == "conflict"
    sam.pull()
    assert sam.row("account", "south")["visits"] in (5, most)


def _cursor(laptop: Laptop, **forged: object) -> str:
    return p.pack_cursor({**p.unpack_cursor(laptop.cursor), **forged})


Message = TypeVar("Message", bound=msgspec.Struct)
Say = Callable[[Session, Laptop], object]
FAR = 1 << 80
NONSENSE: dict[str, Say] = {
    "asks for a transaction": lambda s, sam: s.hello(_sent(HelloRequest("", uuids=["a\0b"]))),
    "takes back": lambda s, sam: s.push(_sent(PushRequest("", [], ["a\0b"]))),
    "a transaction's name": lambda s, sam: s.push(_sent(PushRequest("", [p.seal("a\0", 9, [])]))),
    "its clock": lambda s, sam: s.push(_sent(PushRequest("\0", []))),
    "its life": lambda s, sam: s.push(_sent(PushRequest("", [], lost={"a\0": ("", 1)}))),
    "a prefix": lambda s, sam: s.verify(_sent(VerifyRequest("territory:south", "account", "\0"))),
    "ids": lambda s, sam: s.verify(_sent(VerifyRequest("territory:south", "account", ids=["\0"]))),
    "a scope": lambda s, sam: s.file(_sent(FileRequest("territory:south\0"))),
    "a laptop's name": lambda s, sam: s.enrol(_sent(EnrolRequest(name="a\0"))),
    "a person": lambda s, sam: s.service.connect().enrol(_sent(EnrolRequest("a\0@acme.example", "x"))),
    "a long person": lambda s, sam: s.service.connect().enrol(_sent(EnrolRequest(LONG, "x"))),
    "a file's name": lambda s, sam: s.find_file("a\0"),
    "a piece nested without end": lambda s, sam: unpack(b"\x81\xa1x" + b"\x91" * 100_000 + b"\xc0"),
}


def _sent(message: Message) -> Message:
    """As it comes over a network."""
    return p.decode(p.encode(message), type(message))


@pytest.mark.parametrize("said", NONSENSE)
def test_what_no_database_can_be_asked_is_refused(sam: Laptop, said: str) -> None:
    session = sam.service.connect(sam.token)
    with pytest.raises((errors.Protocol, errors.Refused, errors.SignInNeeded)):
        NONSENSE[said](session, sam)


@pytest.mark.parametrize(
    "forged",
    [
        {"r": FAR}, {"r": -FAR}, {"b": {"territory:south": (0, -FAR, FAR)}}, {"b": {"territory:south": (FAR, 0, 1)}},
        {"b": {"territory:south": (0, 1e300, 0)}}, {"o": [-FAR, FAR, True, True]}, {"o": [FAR, -FAR, True, True]},
        {"k": "é"}, {"k": 5}, {"s": 5}, {"s": {"territory:north": 1}}, {"b": [1]}, {"e": None},
    ],
)  # fmt: skip
def test_a_cursor_of_numbers_that_cannot_be_brings_what_is_his_and_no_more(
    sam: Laptop, forged: dict[str, object]
) -> None:
    page = sam.service.connect(sam.token).pull(PullRequest(_cursor(sam, **forged)))
    scopes = {row[block.columns.index("scope")] for block in page.blocks for row in block.rows}
    assert scopes <= {"company", "territory:south", "user:sam"}


def test_a_cursor_nested_without_end_is_no_cursor(sam: Laptop) -> None:
    nested = base64.urlsafe_b64encode(f'{{"e":{DEEP}}}'.encode()).decode()
    assert sam.service.connect(sam.token).pull(PullRequest(nested)).resync
    with pytest.raises(errors.Protocol):
        p.decode(f'{{"cursor":"","more":{DEEP}}}'.encode(), PullRequest)


def test_an_operation_nested_without_end_is_a_request_that_makes_no_sense(sam: Laptop) -> None:
    with pytest.raises(errors.Protocol):
        _push(sam, _on_south(name="x")[:-1] + f',"more":{DEEP}' + "}")


def test_more_names_than_a_database_takes_in_one_question_are_answered(nora: Laptop) -> None:
    made_up = [f"t{n}" for n in range(70_000)]
    session = nora.service.connect(nora.token)
    assert session.hello(HelloRequest("", uuids=made_up)).known == []
    assert session.push(PushRequest(nora.service.now(), [], made_up)).results == []
