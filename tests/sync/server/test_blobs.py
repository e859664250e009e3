"""Who may bring and read the bytes of attachments, and that they are what their name says."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import pytest
from sqlalchemy import select, update

from sync import errors
from sync.blob_messages import MAX_BLOB_BYTES, PIECE_BYTES, BlobGet, BlobPut, BlobState
from sync.protocol import Op
from sync.server import blobs
from tests.sync.server.conftest import Company, Laptop, create

CONTENT = random.Random(5).randbytes(2 * PIECE_BYTES + 1234)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def attachment(id: str, account: str | None = "a1", digest: str = DIGEST, **values: Any) -> Op:
    return create("attachment", id, account=account, sha256=digest, size=len(CONTENT), **values)


def put(laptop: Laptop, content: bytes = CONTENT, offset: int = 0, digest: str = DIGEST) -> BlobState:
    """One request with a piece, or with nothing the question how far the server is."""
    session = laptop.service.connect(laptop.token)
    return session.put_blob(BlobPut(digest, len(CONTENT), offset, content[offset : offset + PIECE_BYTES]))


def ask(laptop: Laptop, digest: str = DIGEST) -> BlobState:
    return laptop.service.connect(laptop.token).put_blob(BlobPut(digest, len(CONTENT)))


def upload(laptop: Laptop) -> BlobState:
    state = ask(laptop)
    while not state.complete:
        state = put(laptop, offset=state.offset)
    return state


def get(laptop: Laptop, offset: int = 0, digest: str = DIGEST) -> bytes:
    content = laptop.service.connect(laptop.token).get_blob(BlobGet(digest, offset))
    assert content.size == len(CONTENT)
    return b"".join(content.pieces)


def refusal(laptop: Laptop, digest: str = DIGEST) -> str:
    """How reading is refused."""
    with pytest.raises(errors.Refused) as refused:
        get(laptop, digest=digest)
    return refused.value.code


@pytest.fixture
def sam(company: Company) -> Laptop:
    laptop = company.laptop("sam")
    laptop.pull()
    return laptop


@pytest.fixture
def nora_2(company: Company) -> Laptop:
    return company.laptop("nora")


@pytest.fixture
def row(nora: Laptop) -> str:
    """An attachment of Nora's in the north, whose bytes are still on her laptop."""
    nora.do(create("account", "a1", name="Morel", territory="north"), attachment("f1"))
    return "f1"


def test_bytes_come_in_pieces_and_are_open_to_who_reads_the_row(nora, office, sam, row):
    assert ask(nora) == BlobState(0, len(CONTENT))
    assert put(nora) == BlobState(PIECE_BYTES, len(CONTENT))
    assert refusal(office) == "not_found", "half a file is none"
    assert ask(nora).offset == PIECE_BYTES
    assert upload(nora).complete
    assert get(nora) == get(office) == CONTENT
    assert get(office, len(CONTENT) - 10) == CONTENT[-10:]
    assert refusal(sam) == "not_found"


def test_the_row_tells_all_its_readers_that_its_bytes_arrived(nora, office, row):
    office.pull()
    assert office.row("attachment", row)["arrived"] is None
    upload(nora)
    office.pull()
    assert office.row("attachment", row)["arrived"] == "file"


def test_a_small_picture_arrives_before_the_file_and_is_open_like_it(nora, office):
    small = "e" * 64
    nora.do(create("account", "a1", territory="north"), attachment("f1", digest=small, thumbnail=DIGEST))
    upload(nora)
    office.pull()
    assert office.row("attachment", "f1")["arrived"] == "thumbnail"
    assert get(office) == CONTENT


def test_bytes_that_are_sent_again_or_elsewhere_do_no_harm(nora, office, row):
    put(nora)
    assert put(nora) == BlobState(PIECE_BYTES, len(CONTENT)), "an answer that was lost"
    assert put(nora, offset=2 * PIECE_BYTES).offset == PIECE_BYTES, "a piece too far"
    assert upload(nora).complete
    assert upload(nora).complete
    assert put(nora, b"x" * PIECE_BYTES).complete, "what is complete is not written any more"
    assert get(office) == CONTENT


def test_the_user_s_second_laptop_sends_on_its_own(nora, nora_2, office, row):
    put(nora, b"x" * PIECE_BYTES)
    assert ask(nora_2).offset == 0
    assert upload(nora_2).complete
    assert get(office) == CONTENT


def test_bytes_that_are_not_what_their_name_says_are_thrown_away(nora, office, row):
    wrong = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    put(nora, wrong)
    put(nora, wrong, PIECE_BYTES)
    with pytest.raises(errors.Refused) as refused:
        put(nora, wrong, 2 * PIECE_BYTES)
    assert refused.value.code == "damaged"
    assert refusal(office) == "not_found"
    assert ask(nora).offset == 0
    upload(nora)
    assert get(office) == CONTENT


def test_bytes_that_the_server_s_disk_spoilt_are_taken_anew_from_who_has_them(company, nora, office, row):
    upload(nora)
    kept = blobs.place(company.store.blobs, DIGEST)
    content = bytearray(kept.read_bytes())
    content[1000] ^= 1
    kept.write_bytes(content)
    assert get(office) != CONTENT
    upload(nora)
    assert get(office) == CONTENT


def test_nobody_reads_bytes_by_making_a_row_with_their_name(company, nora, sam, row):
    upload(nora)
    sam.do(create("account", "a2", territory="south"), attachment("mine", "a2"))
    assert refusal(sam) == "not_found"
    assert ask(sam) == BlobState(0, len(CONTENT)), "he must show that he has them"
    assert upload(sam).complete
    assert get(sam) == CONTENT


def test_nobody_reads_bytes_by_writing_their_name_into_a_row_of_who_has_them(office, sam):
    north, south = (
        create("account", id, territory=where) for id, where in (("a1", "north"), ("a2", "south"))
    )
    office.do(north, south, attachment("f1"), attachment("f2", "a2", "c" * 64))
    upload(office)
    sam.pull()
    assert sam.do(sam.edit("attachment", "f2", sha256=DIGEST)).outcome == "applied"
    assert refusal(sam) == "not_found"
    office.pull()
    assert get(office) == CONTENT


def test_a_row_that_is_not_his_and_one_that_is_not_there_are_refused_alike(nora, sam, row):
    upload(nora)
    for digest in (DIGEST, "0" * 64, "nonsense", "../" * 10, DIGEST.upper()):
        assert refusal(sam, digest) == "not_found"
        with pytest.raises(errors.Refused, match="not_found"):
            ask(sam, digest)


def test_who_names_bytes_that_others_brought_gets_the_answers_of_bytes_that_are_nowhere(nora, sam, row):
    upload(nora)
    sam.do(create("account", "s1", territory="south"))
    other = hashlib.sha256(b"nobody's").hexdigest()
    said = []
    for n, digest in enumerate((DIGEST, other)):
        sam.do(create("attachment", f"mine-{n}", account="s1", sha256=digest, size=len(CONTENT)))
        session = sam.service.connect(sam.token)
        pieces = [BlobPut(digest, len(CONTENT), 0, b""), BlobPut(digest, len(CONTENT), 0, b"x" * PIECE_BYTES)]
        said.append([session.put_blob(piece) for piece in pieces])
        with pytest.raises(errors.Refused) as refused:
            session.get_blob(BlobGet(digest))
        said[-1].append(refused.value.code)
        sam.pull()
        said[-1].append(sam.row("attachment", f"mine-{n}")["arrived"])
    assert said[0] == said[1]


def test_bytes_that_no_row_of_the_caller_names_are_not_taken(company, nora, office, row):
    with pytest.raises(errors.Refused, match="not_found"):
        put(office)
    with pytest.raises(errors.Refused, match="not_found"):
        put(nora, digest="1" * 64)
    assert not list(company.store.blobs.rglob("*"))


def test_a_second_row_with_the_same_bytes_needs_no_second_upload_by_the_same_user(nora, office, row):
    upload(nora)
    nora.do(attachment("f2"))
    assert ask(nora).complete
    office.pull()
    assert office.row("attachment", "f2")["arrived"] == "file"


def test_bytes_follow_the_account_to_another_territory(nora, office, sam, row):
    upload(nora)
    office.pull()
    office.do(office.edit("account", "a1", territory="south"))
    assert refusal(nora) == "not_found"
    assert get(sam) == CONTENT


def test_bytes_of_an_account_that_left_meanwhile_are_still_delivered(nora, office, sam, row):
    put(nora)
    office.pull()
    office.do(office.edit("account", "a1", territory="south"))
    assert upload(nora).complete
    assert get(sam) == CONTENT
    assert refusal(nora) == "not_found"


def test_bytes_of_the_company_s_records_are_open_to_all(nora, office, sam):
    office.do(create("product", "p1", label="Savon"))
    office.do(attachment("f1", None, record_kind="product", record="p1"))
    upload(office)
    assert get(nora) == get(sam) == CONTENT
    nora.pull()
    assert nora.row("attachment", "f1")["scope"] == "company"


def test_a_deleted_attachment_opens_nothing(nora, office, row):
    upload(nora)
    nora.pull()
    nora.do(Op("attachment", row, "delete", nora.row("attachment", row)["rev"]))
    assert refusal(office) == "not_found"


@pytest.mark.parametrize("wipe", [0, 1])
def test_a_laptop_whose_access_was_taken_away_carries_no_bytes(company, nora, row, wipe):
    upload(nora)
    devices = company.store.tables["sync_device"]
    with company.store.write() as connection:
        gone = update(devices).where(devices.c.id == nora.id)
        connection.execute(gone.values(revoked_at="2026-01-01T00:00:00.000Z", wipe=wipe))
    for call in (get, ask):
        with pytest.raises(errors.SignInNeeded):
            call(nora)


def test_what_is_too_large_or_makes_no_sense_is_refused(nora, row):
    session = nora.service.connect(nora.token)
    with pytest.raises(errors.Refused, match="too_big"):
        session.put_blob(BlobPut(DIGEST, MAX_BLOB_BYTES + 1))
    for size, offset, data in ((10, 0, b"x" * 11), (10, 11, b""), (-1, 0, b""), (10, -5, b"abc")):
        with pytest.raises(errors.Protocol):
            session.put_blob(BlobPut(DIGEST, size, offset, data))


def test_a_device_that_sends_too_much_in_an_hour_is_told_to_come_back(nora, row, monkeypatch):
    monkeypatch.setattr(blobs, "BYTES_PER_HOUR", PIECE_BYTES)
    put(nora)
    put(nora, offset=PIECE_BYTES)
    with pytest.raises(errors.ServerBusy) as busy:
        put(nora, offset=2 * PIECE_BYTES)
    assert busy.value.retry_after > 60


def test_bytes_that_no_row_names_any_more_are_removed(company, nora, office, row):
    upload(nora)
    with company.store.write() as connection:
        assert blobs.remove_unreferenced(connection, company.store) == 0
    table = company.store.tables.synced["attachment"]
    with company.store.write() as connection:
        nora_row = connection.execute(select(table.c.rev).where(table.c.id == row)).scalar_one()
        connection.execute(update(table).where(table.c.id == row).values(sha256="0" * 64))
        assert blobs.remove_unreferenced(connection, company.store) == 1
        connection.execute(update(table).where(table.c.id == row).values(sha256=DIGEST, rev=nora_row))
    assert [path for path in company.store.blobs.rglob("*") if path.is_file()] == []
    assert refusal(office) == "not_found"
