"""A server that was put back from last night's copy, and a laptop that reaches it by files alone."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from app import by_file
from app.syncing import SyncProblem
from sync.server import lives
from sync.server.lives import Life
from tests.sync.office import RHONE, Laptop, Office
from tests.sync.test_restored_server import put_aside, put_back


def carry_a_file(office: Office, laptop: Laptop, folder: Path) -> str:
    """There and back; what is left to do, empty for nothing."""
    request, answer = folder / "request", folder / "answer"
    by_file.write_to(laptop.workspace, request)
    by_file.exchange(office.folder / "server", request, answer)
    try:
        by_file.take_from(laptop.workspace, answer)
    except SyncProblem as problem:
        return problem.code
    return ""


def what_was_said(office: Office) -> list[Life]:
    """Of the life that was lost, as far as the server believes it."""
    table = office.store.tables["sync_result"]
    with office.store.read() as connection:
        kept = connection.scalars(select(table.c.life).where(table.c.life.is_not(None)))
        return [life for one in kept if (life := lives.decoded(one)) is not None]


def test_a_rescue_by_file_proves_what_its_laptop_had_been_given(
    office: Office, claire: Laptop, rey: Laptop, tmp_path: Path
) -> None:
    """Rey saw Claire's quote and went on with it; as it was before that, it does not come a second time."""
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync()
    rey.sync()
    copy = put_aside(office)
    quote = claire.add("quote", account=account, status="draft", subject="Savon")
    claire.sync()
    rey.sync()
    rey.save("quote", quote, subject="Lessive")
    rey.sync()
    put_back(office, copy)
    # It hears of the restore, sends its own work again, and brings the others'.
    left = [carry_a_file(office, rey, tmp_path) for _file in range(3)]
    assert left == ["needs_network", "needs_network", ""]
    (brought,) = [one for one in what_was_said(office) if one.rescued]
    assert brought.given == brought.seen > 0, "a cursor came along, and what was seen is believed"
    claire.sync()
    assert claire.rows("conflict", state="open") == []
    assert [row["subject"] for row in claire.rows("quote")] == ["Lessive"]
    rey.sync()
    assert claire.content() == rey.content()
