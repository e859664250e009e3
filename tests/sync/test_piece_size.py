"""A file goes in pieces that a slow line takes in a few seconds: rows wait for one piece, and not for a megabyte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app import attachments
from app.attachments.keeping import comes_unasked
from app.syncing import laptop_of
from sync import blobs
from sync.blob_messages import PIECE_BYTES
from sync.blob_transfer import BlobTransfer, Place
from sync.engine import Engine
from sync.piece_size import AIM_S, FIRST, SMALLEST, PieceSize
from tests.app.carrying import attach, bytes_of, noise
from tests.sync.office import RHONE, Laptop


class Line:
    """A server behind a line of so many bytes a second, and the time that passes on it."""

    def __init__(self, session: Any, speed: int) -> None:
        self._session, self.speed, self.now = session, speed, 0.0
        self.pieces: list[tuple[int, float]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def put_blob(self, request: Any) -> Any:
        took = 0.2 + len(request.data) / self.speed
        self.now += took
        if request.data:
            self.pieces.append((len(request.data), took))
        return self._session.put_blob(request)


def _send(laptop: Laptop, line: Line) -> Any:
    workspace = laptop.workspace
    assert laptop.remote is not None
    Engine(laptop_of(workspace), laptop.remote).run()
    place = Place(
        workspace.schema, lambda bulk: workspace.exclusive(bulk=bulk), workspace.folder / blobs.FOLDER
    )
    piece = PieceSize(lambda: line.now)
    return BlobTransfer(place, line, piece=piece).run(comes_unasked(workspace))


def _attached(claire: Laptop, folder: Path, size: int) -> str:
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    return attach(claire, account, noise(folder, size))


def test_on_a_telephone_s_line_no_piece_takes_long(claire: Laptop, rey: Laptop, tmp_path: Path) -> None:
    plan = _attached(claire, tmp_path, 900_000)
    line = Line(claire.remote, 7_000)
    carried = _send(claire, line)
    assert (carried.sent, carried.bytes, carried.problem) == (1, 900_000, "")
    assert max(took for _size, took in line.pieces) < 10.0, "the first piece is the longest"
    assert max(took for _size, took in line.pieces[1:]) < AIM_S + 1.0
    attachments.keep_all(rey.workspace, True)
    rey.sync()
    assert bytes_of(rey, plan) == bytes_of(claire, plan) is not None


def test_on_a_quick_line_pieces_grow_to_the_largest(claire: Laptop, tmp_path: Path) -> None:
    _attached(claire, tmp_path, 4_000_000)
    line = Line(claire.remote, 10_000_000)
    assert _send(claire, line).sent == 1
    assert [size for size, _took in line.pieces][:3] == [FIRST, 4 * FIRST, PIECE_BYTES]
    assert len(line.pieces) <= 6


def test_a_line_that_becomes_slow_is_followed_and_one_that_recovers_too(
    claire: Laptop, tmp_path: Path
) -> None:
    _attached(claire, tmp_path, 4_000_000)
    line = Line(claire.remote, 10_000_000)
    put = line.put_blob

    def changing(request: Any) -> Any:
        line.speed = 3_000 if 3 <= len(line.pieces) < 8 else 10_000_000
        return put(request)

    line.put_blob = changing  # type: ignore[method-assign]
    assert _send(claire, line).sent == 1
    sizes = [size for size, _took in line.pieces]
    assert max(sizes[4:8]) <= 16_000
    assert max(sizes[8:]) > 500_000


@pytest.mark.parametrize("speed", [1, 10**12])
def test_pieces_stay_within_what_a_server_takes(speed: int) -> None:
    now = [0.0]
    piece = PieceSize(lambda: now[0])
    for _piece in range(20):
        with piece.measured(piece.bytes):
            now[0] += piece.bytes / speed
        assert SMALLEST <= piece.bytes <= PIECE_BYTES
