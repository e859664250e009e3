"""The messages of sync, their encoding, and `SyncProtocol`, which the client and the server implement."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Literal, Protocol, TypeVar

import msgspec

from sync import errors

VERSION = 1
"""The protocol that this program speaks."""
OLDEST_VERSION = 1
"""The oldest one that the server still takes in a push."""

MAX_OPS = 500
"""Operations of one request; a bigger transaction goes alone, in numbered parts."""
MAX_REQUEST_BYTES = 1_000_000
"""Of one push before compression, a lone bigger transaction's part included."""
MAX_ANSWER_BYTES = 64_000_000
"""Of one answer before compression: what a client unpacks at most."""
MAX_ROW_BYTES = 8_000_000
"""Of one row as it stands in a page: as much as a request may hold, and a page with one more still is an answer."""
ERASED = "erased"
"""In place of a scope in an exit: the row goes from a laptop with whatever of it was not sent."""
PAGE_BYTES = 8_000_000
"""A pull page of about one second of work: with so many rows what was reassigned comes at one go, and is not staged."""

Message = TypeVar("Message")
Value = str | int | None
"""A stored value, exactly as it lies in its column."""
OpKind = Literal["create", "update", "delete", "restore"]
Outcome = Literal["applied", "merged", "conflict", "parked", "withdrawn"]


class Op(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change of one row. A create carries `[None, value]` per field; a delete carries no field.

    `fields` maps a captured field, or `field.key` of a JSON field captured by key (there both values
    are the JSON text of that key, None = absent), to `[base, new]`. A changed coupled group carries
    all its fields. `base_rev` is the rev of the row that the user saw; for a document with lines and
    for its lines it is the highest rev of the document and all its lines. `at` is the device's clock
    when the user did it (`…Z`, milliseconds).
    """

    table: str
    id: str
    kind: OpKind
    base_rev: int = 0
    fields: dict[str, tuple[Value, Value]] = {}
    at: str = ""


class Transaction(msgspec.Struct, frozen=True, omit_defaults=True):
    """One user action. `ops` holds the frozen bytes of each operation; nothing re-encodes them.

    `hash` is the SHA-256 of `[` + the operations' bytes joined by `,` + `]`, of all parts together.
    A transaction that goes in parts repeats uuid, n and hash, with `part` from 1 to `parts`.

    After a restore, `epoch` is the life that the server lost. Of what goes to it again `seen` is the revision
    that it had there; of what others had written (`rescued`), the last one that this laptop had received, and no
    higher than its cursor of that life proves.
    What made a version of its own there makes it again: `forks` is the `map` of its result; with others' work, the
    versions on which unsent work stands that names the old ids. `stated` are rows of documents: those that come whole
    with a statement of this laptop; with others' work, those on which unsent work stands, which is to find just that.
    """

    uuid: str
    n: int
    hash: str
    ops: list[msgspec.Raw]
    part: int = 1
    parts: int = 1
    epoch: str = ""
    seen: int = 0
    rescued: bool = False
    forks: list[tuple[str, str, str]] = []
    stated: list[str] = []

    def operations(self) -> list[Op]:
        """The operations, decoded; raises `errors.Protocol` where they are not well formed."""
        try:
            return [_op_decoder.decode(raw) for raw in self.ops]
        except UNREADABLE as problem:
            raise errors.Protocol(str(problem)) from problem


class Result(msgspec.Struct, omit_defaults=True):
    """What became of one transaction. Stored by the server and given again for the same uuid and hash.

    `rev` is the last revision that it took: an entry stays in the overlay until a pull has passed it.
    `rows` are all rows named, restamped even where nothing changed. `outside` are rows that landed
    outside the device's scopes, to be treated as exits. `reason` says why it is parked. `map` gives
    the new id of each row of a document that forked: (table, old id, new id).
    """

    uuid: str
    outcome: Outcome
    rev: int = 0
    rows: list[tuple[str, str, int]] = []
    outside: list[tuple[str, str]] = []
    reason: str = ""
    map: list[tuple[str, str, str]] = []


class Hello(msgspec.Struct, omit_defaults=True):
    """What the server says of itself and of this device; every push and pull answer repeats it.

    Rows of a scope that `scopes` no longer names are to be dropped once their entries are delivered.
    `cloned` asks for a new identity: enrol with the present token, then send under their own uuids,
    what `known` does not name. `series` is the code of the numbers that the device may draw. `parts`
    names, by uuid, the parts that are here of transactions that are not complete. `lives` are the epochs that
    began with a copy and the last revision of each copy, the oldest first: what is newer was lost with the server.
    `since_restore` is how many transactions this device has sent in this epoch where the copy knew it already: who
    sees the epoch for the first time and finds some was copied; so was who never had `last`, what it sent last.
    """

    epoch: str
    server_time: str
    device: str
    user: str
    role: str
    last_n: int
    head: int
    scopes: list[str]
    series: str
    protocol: tuple[int, int] = (OLDEST_VERSION, VERSION)
    schema_version: int = 0
    wanted_version: str = ""
    wipe: bool = False
    cloned: bool = False
    known: list[str] = []
    parts: dict[str, list[int]] = {}
    lives: list[tuple[str, int]] = []
    since_restore: int = 0
    last: str = ""
    organisation: str = ""
    exchange_key: str = ""
    """The organisation's public key for sync by file (X25519, base64); see `sync.bundle`."""
    exchange_room: int = 0
    """How many bytes of attachments the server takes in such a file: none where it does not know them."""


class EnrolRequest(msgspec.Struct, omit_defaults=True):
    """A laptop asks for an identity. With a valid device token in the call, no password is needed."""

    email: str = ""
    password: str = ""
    code: str = ""
    name: str = ""
    """The laptop's name, for the list of devices."""
    machine: str = ""
    version: str = ""
    former: str = ""
    """SHA-256, in hex, of the token that this laptop had until now: it stays entitled to what it holds."""


class EnrolAnswer(msgspec.Struct, omit_defaults=True):
    """The new identity. `token` is shown once: the server keeps only its hash."""

    device: str
    series: str
    token: str
    user: str
    role: str
    epoch: str
    organisation: str = ""


class HelloRequest(msgspec.Struct, omit_defaults=True):
    """`now` is the device's clock, `n` its last number. `uuids` asks which transactions are stored."""

    now: str
    n: int = 0
    uuids: list[str] = []
    version: str = ""
    protocol: int = 1
    run: str = ""


class PushRequest(msgspec.Struct, omit_defaults=True):
    """Transactions in the order of their numbers, and parked ones that their author takes back.

    `protocol` is the version in which the operations are written; 1 where it is not said. `run` names one
    run of the sync (letters and digits): a newer run takes over, the older one is refused, `superseded`.
    `epoch` is the one that the laptop knows: a server that came back from a copy since takes nothing, and
    answers with no results, until the laptop has asked what is known and numbered the rest anew. `lost` are, by
    epoch, the lost lives that it knew: the last cursor there, since it must have been given what it brings again of
    others' work, and the last revision that the server still has.
    """

    now: str
    transactions: list[Transaction]
    withdraw: list[str] = []
    device: str = ""
    version: str = ""
    protocol: int = 1
    run: str = ""
    epoch: str = ""
    lost: dict[str, tuple[str, int]] = {}


class PushAnswer(msgspec.Struct, omit_defaults=True):
    """One result per transaction that is complete. `expected`: a number was missing; go on from there."""

    hello: Hello
    results: list[Result]
    expected: int | None = None


class PullRequest(msgspec.Struct, omit_defaults=True):
    """`cursor` is the last answer's, empty at first."""

    cursor: str = ""
    max_bytes: int = PAGE_BYTES
    now: str = ""
    version: str = ""
    protocol: int = 1
    run: str = ""


class Rows(msgspec.Struct, tag="rows", tag_field="t"):
    """Rows of one table, each an array in the order of `columns`. `deleted_at` set = a tombstone."""

    table: str
    columns: list[str]
    rows: list[Sequence[Value]]


class Sum(msgspec.Struct, array_like=True, frozen=True):
    """The live rows of one table in one scope: how many, and Σ mod 2⁶⁴ of `sync.sums.row_hash`, as hex."""

    scope: str
    table: str
    count: int
    total: str


class PullPage(msgspec.Struct):
    """One page, one snapshot. Apply pages together with the last cursor; keep the row of the higher rev.

    `resync`: the cursor is too old or of another epoch; this page starts afresh, beside the old rows.
    `settled`: results of this device's parked transactions that changed since.
    `sums` come on the last page (`more` is false), for each granted scope and table that has rows.
    """

    hello: Hello
    blocks: list[Rows]
    exits: list[tuple[str, str, str]]
    cursor: str
    more: bool
    sums: list[Sum]
    settled: list[Result] = []
    resync: bool = False


class VerifyRequest(msgspec.Struct, omit_defaults=True):
    """Asks for the rows of a scope's table whose id starts with `prefix`, or for these `ids` whole."""

    scope: str
    table: str
    prefix: str = ""
    ids: list[str] = []


class VerifyAnswer(msgspec.Struct, omit_defaults=True):
    """Either the rows (id, rev), or, where they are many, sums (prefix, count, total) one step deeper.

    Asked for ids it gives those of them that are live in the scope, whole, in `block`; where it says `more`, there
    was no room for all, and those that are missing are to be asked for again. `head` is the server's at that moment.
    """

    rows: list[tuple[str, int]] = []
    parts: list[tuple[str, int, str]] = []
    block: Rows | None = None
    head: int = 0
    more: bool = False


class ErrorAnswer(msgspec.Struct, omit_defaults=True):
    """The body of every answer that is not a success."""

    code: str
    detail: str = ""
    retry_after: float = 0.0


class SyncProtocol(Protocol):
    """What a laptop may ask of a server; over HTTP, or of the service itself in one process."""

    def enrol(self, request: EnrolRequest) -> EnrolAnswer: ...

    def hello(self, request: HelloRequest) -> Hello: ...

    def push(self, request: PushRequest) -> PushAnswer: ...

    def pull(self, request: PullRequest) -> PullPage: ...

    def verify(self, request: VerifyRequest) -> VerifyAnswer: ...


# Sealing: the bytes of a transaction are fixed once.


def freeze(op: Op) -> bytes:
    """The bytes of one operation, to be kept and sent as they are."""
    return _encoder.encode(op)


def hash_of(ops: Iterable[bytes | msgspec.Raw]) -> str:
    """The hash of a transaction from its operations' frozen bytes."""
    return hashlib.sha256(b"[" + b",".join(ops) + b"]").hexdigest()


def seal(uuid: str, n: int, ops: Iterable[Op]) -> Transaction:
    """A transaction ready to be kept and sent."""
    frozen = [msgspec.Raw(freeze(op)) for op in ops]
    return Transaction(uuid, n, hash_of(frozen), frozen)


# Encoding: JSON, and pages as lines of JSON so that they can be read while they arrive.


class PullHead(msgspec.Struct, tag="head", tag_field="t"):
    """The first line of a page."""

    hello: Hello
    resync: bool = False


class PullExits(msgspec.Struct, tag="exits", tag_field="t"):
    """Rows that left all scopes of the device: (table, id, the scope that they left)."""

    exits: list[tuple[str, str, str]]


class PullEnd(msgspec.Struct, tag="end", tag_field="t"):
    """The last line of a page; without it the page was cut off."""

    cursor: str
    more: bool
    sums: list[Sum]
    settled: list[Result]


Line = PullHead | Rows | PullExits | PullEnd
UNREADABLE = (msgspec.MsgspecError, RecursionError)
"""What decoding raises: the second of what is nested without end."""
_encoder = msgspec.json.Encoder()
_op_decoder = msgspec.json.Decoder(Op)
_line_decoder = msgspec.json.Decoder(Line)


def encode(message: msgspec.Struct) -> bytes:
    """A message as JSON."""
    return _encoder.encode(message)


def decode(data: bytes, kind: type[Message]) -> Message:
    """A message of `kind` from JSON; raises `errors.Protocol`.

    No text outside the operations holds U+0000, which not every database can be asked about.
    """
    try:
        found = msgspec.json.decode(data, type=kind)
    except UNREADABLE as problem:
        raise errors.Protocol(str(problem)) from problem
    if b"\\u0000" in data and _has_nul(found):
        raise errors.Protocol("U+0000 in a text")
    return found


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, msgspec.Struct):
        return any(_has_nul(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, dict):
        return any(_has_nul(one) for pair in value.items() for one in pair)
    return isinstance(value, list | tuple) and any(map(_has_nul, value))


def encode_pull(page: PullPage) -> bytes:
    """A page as NDJSON: a head, one line per block of rows, exits, and an end."""
    lines: list[msgspec.Struct] = [PullHead(page.hello, page.resync), *page.blocks]
    if page.exits:
        lines.append(PullExits(page.exits))
    lines.append(PullEnd(page.cursor, page.more, page.sums, page.settled))
    # Line by line: other threads of a laptop go on between two of them.
    return b"".join([_encoder.encode(line) + b"\n" for line in lines])


def decode_pull(data: bytes) -> PullPage:
    """A page from NDJSON; raises `errors.Protocol` on a page that is cut off or damaged."""
    try:
        head, *body = (line for line in map(_line_of, data.splitlines()) if line is not None)
    except (*UNREADABLE, ValueError) as problem:
        raise errors.Protocol(str(problem)) from problem
    end = body.pop() if body else None
    if not isinstance(head, PullHead) or not isinstance(end, PullEnd):
        raise errors.Protocol("the page is cut off")
    page = PullPage(head.hello, [], [], end.cursor, end.more, end.sums, end.settled, head.resync)
    for line in body:
        if isinstance(line, Rows):
            page.blocks.append(line)
        elif isinstance(line, PullExits):
            page.exits.extend(line.exits)
        else:
            raise errors.Protocol("lines out of order")
    return page


def _line_of(data: bytes) -> Line | None:
    """One line of a page; None for an empty one, and for one of a kind that only later releases know."""
    if not data:
        return None
    try:
        line: Line = _line_decoder.decode(data)
        return line
    except msgspec.ValidationError:
        tag = msgspec.json.decode(data, type=dict[str, Any]).get("t")
        if not isinstance(tag, str) or tag in ("head", "rows", "exits", "end"):
            raise
        return None


def pack_cursor(fields: dict[str, Any]) -> str:
    """A cursor; only the server looks inside."""
    return base64.urlsafe_b64encode(_encoder.encode(fields)).decode()


def unpack_cursor(cursor: str) -> dict[str, Any]:
    """The fields of a cursor; empty for an empty or a foreign one."""
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode())) if cursor else {}
    except (*UNREADABLE, binascii.Error, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
