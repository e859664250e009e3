"""Posts the letters that laptops brought, each once, whatever dies meanwhile and whatever copy is put back.

A mark lies beside the bytes for each letter, made before the mail server hears of it: of several processes one
makes it, and a database that is put back from its copy does not take it back. A letter whose mark has no answer
was cut off while it went out: it may have arrived, so it is not sent again, and its row says so.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, Table, select

from sync import errors, letters
from sync.blob_messages import FILE
from sync.clock import format_time
from sync.server import blobs, head
from sync.server.change import last_edit
from sync.server.letter_marks import FOLDER, Marks
from sync.server.store import Organisations, Store
from sync.server.working import Row, Working

log = logging.getLogger(__name__)

LOOK_EVERY_S = 3.0
AGAIN_AFTER_S = (20.0, 120.0, 600.0, 3600.0)
"""How long a letter waits that the mail server did not take yet."""
GIVE_UP_AFTER_S = 3 * 86_400.0
"""From when it was put off first; then it is refused."""
CUT_OFF_S = 3000.0
"""After which a mark without an answer is one of a process that is gone: longer than any letter takes."""
MOST_A_DAY = 200
"""Letters of one author."""

Answer = tuple[str, str]
Post = Callable[[str, str, bytes], Answer]
"""Posts a letter, given its id, its author's address and its bytes; answers a word of `sync.letters`, and words."""
AuthorOf = Callable[[Connection, Mapping[str, Table], str, str], str]
"""The address of a user who has access and sees that quote: (connection, synced tables, user, quote); else empty."""


@dataclass(frozen=True)
class _Letter:
    """A letter as its row has it: who gave it its bytes, his address, and whether he ever had them himself."""

    id: str
    sha256: str
    user: str
    address: str
    is_proven: bool


@dataclass
class Posting:
    """The letters of one organisation; it remembers what it has looked at and what has to wait."""

    store: Store
    post: Post
    author_of: AuthorOf
    stop: threading.Event = field(default_factory=threading.Event)
    _seen: tuple[int, str] = (0, "")
    """Up to which revision of which epoch it has looked."""
    _waiting: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Letter -> (how often it was tried, when it is tried again)."""
    _away_until: float = 0.0
    """Until when no other letter waits for a mail server that was not reached."""

    def look(self) -> int:
        """Post what came since the last look, and what has waited long enough; how many went."""
        return sum(self._try(id) for id in self._due() if not self.stop.is_set())

    @property
    def is_due(self) -> bool:
        """Whether a letter has waited long enough."""
        return any(at <= time.monotonic() for _tried, at in self._waiting.values())

    @property
    def marks(self) -> Marks:
        """What it remembers beside the database."""
        assert self.store.blobs is not None
        return Marks(self.store.blobs / FOLDER)

    def _due(self) -> list[str]:
        table = self.store.tables.synced[self.store.schema.blob]
        with self.store.read() as connection:
            upto, epoch = head.current(connection, self.store)
            # A copy that was put back begins an epoch of its own, with the revisions of that night.
            seen = self._seen[0] if epoch == self._seen[1] else 0
            fresh = select(table.c.id).where(
                table.c.rev > seen,
                table.c.record_kind == letters.KIND,
                table.c.arrived == FILE,
                table.c.deleted_at.is_(None),
            )
            found = list(connection.scalars(fresh.order_by(table.c.rev))) if upto > seen else []
        self._seen = upto, epoch
        now = time.monotonic()
        return list(dict.fromkeys([*found, *(id for id, (_n, at) in self._waiting.items() if at <= now)]))

    def _try(self, id: str) -> bool:
        try:
            return self._post(id)
        except errors.SyncError:
            log.info("the database does not answer: a letter waits")
        except Exception:
            # One letter that cannot be read holds up no other.
            log.exception("a letter cannot be posted")
        self._wait(id)
        return False

    def _post(self, id: str) -> bool:
        with self.store.read() as connection:
            letter = self._read(connection, id)
        if letter is None:
            self._waiting.pop(id, None)
            return False
        if not self.marks.take(id):
            self._resume(id)
            return False
        word, words = self._answer(letter)
        if word == letters.LATER:
            is_first, since = self.marks.put_off(id)
            if since < GIVE_UP_AFTER_S:
                self.marks.release(id)
                self._wait(id)
                if is_first:
                    log.warning(
                        "a letter has to wait", extra={"facts": {"reason": _without_addresses(words)}}
                    )
                return False
            word = letters.REFUSED
        said = " ".join(f"{word} {words}".split())
        self.marks.answer(id, said)
        self.marks.add(letter.user)
        self._tell(id, said)
        return word == letters.POSTED

    def _read(self, connection: Connection, id: str) -> _Letter | None:
        working = Working(connection, self.store)
        row = working.get(self.store.schema.blob, id)
        if not _is_here(row):
            return None
        assert row is not None
        user, sha256 = last_edit(working, row, self.store.schema.blob, "sha256").user, str(row["sha256"])
        address = self.author_of(connection, self.store.tables.synced, user, str(row["record"]))
        return _Letter(id, sha256, user, address, blobs.is_proven(connection, self.store, sha256, user))

    def _answer(self, letter: _Letter) -> Answer:
        """What becomes of a letter whose mark is ours. Raises nothing."""
        assert self.store.blobs is not None
        if not letter.address:
            return letters.REFUSED, letters.NO_ACCESS
        if not letter.is_proven:
            # To name a digest is not to have the bytes.
            return letters.LATER, letters.NO_BYTES
        if self.marks.count(letter.user) >= MOST_A_DAY:
            return letters.LATER, letters.TOO_MANY
        if time.monotonic() < self._away_until:
            return letters.LATER, letters.UNREACHED
        path = blobs.place(self.store.blobs, letter.sha256)
        try:
            if path.stat().st_size > letters.MOST_BYTES:
                return letters.REFUSED, letters.TOO_BIG
            content = path.read_bytes()
        except OSError:
            return letters.LATER, letters.NO_BYTES
        word, words = self.post(letter.id, letter.address, content)
        if word == letters.LATER and words.startswith(letters.UNREACHED):
            self._away_until = time.monotonic() + AGAIN_AFTER_S[0]
        return word, words

    def _resume(self, id: str) -> None:
        """Another process has it, or had it: what it wrote down is told again, what it did not is not known."""
        said, age = self.marks.read(id)
        if not said and age > CUT_OFF_S:
            said = f"{letters.UNSURE} {_now()}"
            self.marks.answer(id, said)
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
            if _is_here(working.get(self.store.schema.blob, id)):
                working.put(self.store.schema.blob, id, {"arrived": said})
            head.commit(working, _now())

        self.store.run(write)
        self._waiting.pop(id, None)


@dataclass
class Watch:
    """Looks after the letters of all organisations; one without any that knows whether they go is not opened.

    Without `post` no letter goes, and that is all that each is told.
    """

    known: Organisations
    post: Post | None
    author_of: AuthorOf
    setting: str | None
    """What each organisation's setting is to hold; `tell` writes it."""
    tell: Callable[[Store], object]
    stop: threading.Event
    _found: dict[str, Posting] = field(default_factory=dict)
    _stamps: dict[str, object] = field(default_factory=dict)
    _failed: dict[str, object] = field(default_factory=dict)
    """Organisation -> how it stood when it failed: the log hears of it once."""

    def run(self) -> None:
        """Again and again, until `stop`."""
        for slug in self.known.one_by_one(LOOK_EVERY_S, LOOK_EVERY_S, self.stop):
            self.look(slug)

    def look(self, slug: str) -> None:
        """Post what waits in one organisation; it tells the log what fails, and never raises."""
        stamp: object = None
        try:
            stamp = self.known.stamp(slug)
            self._look(slug, stamp)
            self._failed.pop(slug, None)
        except errors.SyncError:
            self._stamps.pop(slug, None)
            self._say(slug, stamp, "the database does not answer: letters are looked at later", None)
        except Exception as problem:
            # One organisation that cannot be read is no reason to forget the others.
            self._say(slug, stamp, "letters cannot be posted", problem)

    def _look(self, slug: str, stamp: object) -> None:
        posting = self._found.get(slug)
        is_same = stamp is not None and stamp == self._stamps.get(slug)
        self._stamps[slug] = stamp
        if is_same and not (posting and posting.is_due):
            return
        if posting is None and self._is_worth_it(slug) and (store := self.known.find(slug)):
            if store.blobs is None:
                return
            self.tell(store)
            if self.post is not None:
                posting = self._found[slug] = Posting(store, self.post, self.author_of, self.stop)
        if posting is not None:
            posting.look()

    def _is_worth_it(self, slug: str) -> bool:
        """Whether a letter waits that can go, or the organisation does not know whether letters do."""
        ((value, waiting),) = self.known.ask(slug, _asked(self.known.schema.blob))
        return bool(value != self.setting or (waiting and self.post))

    def _say(self, slug: str, stamp: object, words: str, problem: Exception | None) -> None:
        if slug not in self._failed or self._failed[slug] != stamp:
            facts = {"facts": {"organisation": slug}}
            log.log(logging.ERROR if problem else logging.INFO, words, exc_info=problem, extra=facts)
        self._failed[slug] = stamp


def _asked(table: str) -> str:
    return (
        f"SELECT (SELECT max(\"value\") FROM setting WHERE name = '{letters.SETTING}' AND deleted_at IS NULL),"
        f" (SELECT count(*) FROM \"{table}\" WHERE record_kind = '{letters.KIND}' AND arrived = '{FILE}'"
        " AND deleted_at IS NULL)"
    )


def _is_here(row: Row | None) -> bool:
    """Whether the row is a letter that has come and has not gone."""
    return (
        row is not None
        and row["deleted_at"] is None
        and row["arrived"] == FILE
        and row["record_kind"] == letters.KIND
    )


def _without_addresses(words: str) -> str:
    return re.sub(r"\S*@\S*", "…", words)


def _now() -> str:
    return format_time(datetime.now(UTC))
