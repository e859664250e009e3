"""The bytes of attachments in a sync by file, at the server: taken in and handed out as over the network.

Whatever becomes of them, the rows of the file are taken and answered.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sync import bundle, errors
from sync.blob_messages import (
    DIGEST,
    FILE,
    BlobContent,
    BlobGet,
    BlobPut,
    BlobState,
    BlobsWanted,
    BlobTaken,
    pack,
)
from sync.bundle import Writer
from sync.protocol import PullPage
from sync.schema import COMPANY
from sync.server.service import Session

log = logging.getLogger(__name__)

MAX_LOOKED_AT = 10_000
"""Of the digests that one answer could bring."""


class Intake:
    """Takes the pieces that a request holds; a refusal is of one attachment, and of nothing else."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._taken: dict[str, BlobTaken] = {}

    @property
    def taken(self) -> list[BlobTaken]:
        """What became of each."""
        return list(self._taken.values())

    def take(self, piece: BlobPut) -> None:
        """Take one piece in, or what of it is not here yet."""
        known = self._taken.get(piece.sha256)
        if known and (known.complete or known.code):
            return
        try:
            self._taken[piece.sha256] = BlobTaken(piece.sha256, self._put(piece).complete)
        except (errors.Refused, errors.ServerBusy) as problem:
            self._taken[piece.sha256] = BlobTaken(piece.sha256, code=problem.code)
        except OSError as problem:
            _log(problem)
            self._taken[piece.sha256] = BlobTaken(piece.sha256, code="disk")

    def _put(self, piece: BlobPut) -> BlobState:
        state = self._session.put_blob(piece)
        have = state.offset - piece.offset
        if not state.complete and 0 < have < len(piece.data):
            # A transfer that was cut off, over the network or here, ended within this piece.
            return self._session.put_blob(BlobPut(piece.sha256, piece.size, state.offset, piece.data[have:]))
        return state


@dataclass
class Outlook:
    """The attachments in the pages of an answer whose bytes may go with it."""

    table: str
    _thumbnails: list[str] = field(default_factory=list)
    _files: list[tuple[int, str]] = field(default_factory=list)
    """(size, digest); the company's count as nothing, since they come however large they are."""

    def see(self, page: PullPage) -> None:
        """Notice the rows of a page: what a laptop fetches unasked."""
        for block in page.blocks:
            if block.table == self.table:
                for values in block.rows:
                    self._see(dict(zip(block.columns, values, strict=True)))

    def _see(self, row: dict[str, object]) -> None:
        arrived, size = row.get("arrived"), row.get("size")
        if row.get("deleted_at") is not None or not arrived:
            return
        if row.get("thumbnail"):
            self._thumbnails.append(str(row["thumbnail"]))
        if arrived == FILE and row.get("sha256") and isinstance(size, int):
            self._files.append((0 if row.get("scope") == COMPANY else size, str(row["sha256"])))

    def digests(self, small: int) -> list[str]:
        """Small pictures first, then files up to `small` bytes, the smallest first."""
        return [*self._thumbnails, *(sha256 for size, sha256 in sorted(self._files) if size <= small)]


def give(session: Session, wanted: BlobsWanted, seen: Sequence[str], writer: Writer) -> int:
    """Hand out what the caller may read of what he asked for, then of what his rows name; how many.

    Each whole or not at all; what has no room is asked for with the next file.
    """
    room, count = max(0, min(wanted.room, bundle.MAX_FILES_BYTES)), 0
    # What the caller's own laptop uploaded it has.
    others = session.blobs.not_brought(seen[:MAX_LOOKED_AT]) if seen else []
    for sha256 in _once(wanted.sha256[: bundle.MAX_ASKED], others):
        content = _content(session, sha256)
        if content is not None and content.size <= room:
            room -= content.size
            count += _write(writer, sha256, content)
    return count


def _content(session: Session, sha256: str) -> BlobContent | None:
    """The bytes, None where they are not for this caller or not here."""
    try:
        return session.get_blob(BlobGet(sha256))
    except errors.Refused:
        return None
    except OSError as problem:
        _log(problem)
        return None


def _write(writer: Writer, sha256: str, content: BlobContent) -> bool:
    """Whether it is all there; what is cut off the laptop does not take, and asks for again."""
    offset = 0
    for data in _readable(content.pieces) if content.size else [b""]:
        writer.add("piece", pack(BlobPut(sha256, content.size, offset, data)))
        offset += len(data)
    return offset == content.size


def _readable(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except OSError as problem:
        _log(problem)


def _log(problem: OSError) -> None:
    log.error("an attachment cannot be read or written", extra={"facts": {"reason": problem.strerror}})


def _once(*digests: Iterable[str]) -> Iterator[str]:
    return iter({one: None for part in digests for one in part if DIGEST.fullmatch(one)})
