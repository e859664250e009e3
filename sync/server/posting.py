"""Posts the letters that laptops brought, each once, whatever dies meanwhile and whatever copy is put back.

A mark lies beside the bytes for each letter, made before the mail server hears of it: of several processes one
makes it, and a database that is put back from its copy does not take it back. A letter whose mark has no answer
was cut off while it went out: it may have arrived, so it is not sent again, and its row says so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Table, select

from sync import errors, letters
from sync.blob_messages import FILE
from sync.clock import format_time
from sync.server import blobs, head
from sync.server.change import last_edit
from sync.server.store import Organisations, Store
from sync.server.working import Working

log = logging.getLogger(__name__)

LOOK_EVERY_S = 3.0
AGAIN_AFTER_S = (20.0, 120.0, 600.0, 3600.0)
"""How long a letter waits that the mail server did not take yet."""
CUT_OFF_S = 900.0
"""After which a mark without an answer is one of a process that is gone."""
MARKS = "letters"

Post = Callable[[str, str, bytes], tuple[str, str]]
"""Posts a letter, given its id, its author's address and its bytes; answers a word of `sync.letters`, and words."""
AddressOf = Callable[[Connection, Mapping[str, Table], str], str]
"""The e-mail address of a user; empty for one who has none or no access any more."""


@dataclass
class Posting:
    """The letters of one organisation; it remembers what it has looked at and what has to wait."""

    store: Store
    post: Post
    address_of: AddressOf
    _seen: int = 0
    _waiting: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Letter -> (how often it was tried, when it is tried again)."""

    def look(self) -> int:
        """Post what came since the last look, and what has waited long enough; how many went."""
        return sum(self._try(id) for id in self._due())

    def _due(self) -> list[str]:
        table = self.store.tables.synced[self.store.schema.blob]
        with self.store.read() as connection:
            upto, _epoch = head.current(connection, self.store)
            fresh = select(table.c.id).where(
                table.c.rev > self._seen,
                table.c.record_kind == letters.KIND,
                table.c.arrived == FILE,
                table.c.deleted_at.is_(None),
            )
            found = list(connection.scalars(fresh.order_by(table.c.rev))) if upto > self._seen else []
        self._seen = upto
        now = time.monotonic()
        return list(dict.fromkeys([*found, *(id for id, (_n, at) in self._waiting.items() if at <= now)]))

    def _try(self, id: str) -> bool:
        try:
            return self._post(id)
        except errors.SyncError:
            log.info("the database does not answer: a letter waits")
        except Exception:
            # One letter that cannot be read holds up no other.
            log.exception("a letter cannot be posted", extra={"facts": {"letter": id}})
        self._wait(id)
        return False

    def _post(self, id: str) -> bool:
        assert self.store.blobs is not None
        with self.store.read() as connection:
            working = Working(connection, self.store)
            row = working.get(self.store.schema.blob, id)
            if row is None or row["deleted_at"] is not None or row["arrived"] != FILE:
                self._waiting.pop(id, None)
                return False
            user = last_edit(working, row, self.store.schema.blob, "sha256").user
            author = self.address_of(connection, self.store.tables.synced, user)
        content = b"".join(blobs.read(blobs.place(self.store.blobs, str(row["sha256"]))))
        mark = self._mark(id)
        try:
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch(exist_ok=False)
        except FileExistsError:
            self._resume(id, mark)
            return False
        word, words = self.post(id, author, content)
        if word == letters.LATER:
            mark.unlink()
            self._wait(id)
            log.info("the mail server does not take letters now", extra={"facts": {"reason": words}})
            return False
        said = " ".join(f"{word} {words}".split())
        mark.write_text(said, encoding="utf-8")
        self._tell(id, said)
        return word == letters.POSTED

    def _resume(self, id: str, mark: Path) -> None:
        """Another process has it, or had it: what it wrote down is told again, what it did not is not known."""
        said = mark.read_text(encoding="utf-8")
        if not said and time.time() - mark.stat().st_mtime > CUT_OFF_S:
            said = f"{letters.UNSURE} {_now()}"
            mark.write_text(said, encoding="utf-8")
        if said:
            self._tell(id, said)
        else:
            self._wait(id)

    def _wait(self, id: str) -> None:
        tried = self._waiting.get(id, (0, 0.0))[0]
        wait = AGAIN_AFTER_S[min(tried, len(AGAIN_AFTER_S) - 1)]
        self._waiting[id] = (tried + 1, time.monotonic() + wait)

    def _tell(self, id: str, said: str) -> None:
        def write(connection: Connection) -> None:
            working = Working(connection, self.store)
            working.mark()
            row = working.get(self.store.schema.blob, id)
            if row is not None and row["arrived"] == FILE:
                working.put(self.store.schema.blob, id, {"arrived": said})
            head.commit(working, _now())

        self.store.run(write)
        self._waiting.pop(id, None)

    def _mark(self, id: str) -> Path:
        assert self.store.blobs is not None
        return self.store.blobs / MARKS / id


def watch(
    known: Organisations,
    post: Post | None,
    address_of: AddressOf,
    ready: Callable[[Store], object],
    stop: threading.Event,
) -> None:
    """Post the letters of all organisations, again and again, until `stop`; `ready` is called once for each.

    Without `post` no letter goes, and that is all that each is told.
    """
    found: dict[str, Posting] = {}
    while not stop.wait(LOOK_EVERY_S):
        for slug in _names(known):
            try:
                if slug not in found and (store := known.find(slug)) is not None and store.blobs is not None:
                    ready(store)
                    found[slug] = Posting(store, post or _nothing, address_of)
                if slug in found and post is not None and not stop.is_set():
                    found[slug].look()
            except errors.SyncError:
                log.info("the database does not answer: letters are looked at later")
            except Exception:
                # One organisation's letter that cannot be read holds up no other's.
                log.exception("letters cannot be posted", extra={"facts": {"organisation": slug}})


def _names(known: Organisations) -> list[str]:
    try:
        return known.names()
    except errors.SyncError:
        return []


def _nothing(_id: str, _author: str, _content: bytes) -> tuple[str, str]:
    return letters.LATER, ""


def _now() -> str:
    return format_time(datetime.now(UTC))
