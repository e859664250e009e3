"""The server's end of `SyncProtocol`: one organisation, seen by one device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from sync import driver, errors
from sync.blob_messages import BlobContent, BlobGet, BlobPut, BlobState
from sync.bundle import MAX_FILES_BYTES
from sync.clock import format_time
from sync.file_messages import FileAnswer, FileContent, FileGet, FileRequest, FilesAnswer, FilesRequest
from sync.protocol import (
    MAX_ANSWER_BYTES,
    OLDEST_VERSION,
    VERSION,
    EnrolAnswer,
    EnrolRequest,
    Hello,
    HelloRequest,
    Op,
    PullPage,
    PullRequest,
    PushAnswer,
    PushRequest,
    Transaction,
    VerifyAnswer,
    VerifyRequest,
)
from sync.server import (
    adapters,
    auth,
    codes,
    copied,
    exchange_key,
    head,
    history,
    horizon,
    lease,
    received,
    results,
    whole_files,
)
from sync.server.adapters import ADAPTERS, Adapter
from sync.server.announced import Owed
from sync.server.auth import Device
from sync.server.blobs import Blobs
from sync.server.pull import Cursor, Page, Pull, is_new, read_cursor
from sync.server.push import Push
from sync.server.scope_files import ScopeFile, content, find_or_make, find_path, in_order
from sync.server.scopes import GrantRule, Grants
from sync.server.store import Store
from sync.server.trouble import NoRoom
from sync.server.verify import verify

_MOST_UUIDS = 10_000


@dataclass(frozen=True)
class Service:
    """One organisation on this server. `grant_rule` says what each of its users may see."""

    store: Store
    grant_rule: GrantRule
    slug: str = ""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    speaks: int = VERSION
    oldest_push: int = OLDEST_VERSION
    oldest_pull: int = OLDEST_VERSION
    """A laptop that speaks less must update before it receives; what it sends is always taken."""
    page_bytes: int = MAX_ANSWER_BYTES // 4
    """A page is no larger, whatever the laptop asks for."""
    adapters: Mapping[int, Adapter] = field(default_factory=lambda: ADAPTERS)

    def now(self) -> str:
        """The server's time."""
        return format_time(self.clock())

    def read(self, transaction: Transaction, spoken: int) -> list[Op] | None:
        """What a laptop that speaks this version wrote; None where it cannot be read."""
        return adapters.read(transaction, spoken, self.adapters, self.speaks)

    def connect(self, token: str = "", address: str = "") -> Session:
        """What a caller with this device token may do; without one, only enrol."""
        return Session(self, token, address)


@dataclass(frozen=True)
class Session:
    """`SyncProtocol` for one caller. Every call stands alone: the server keeps no state between them."""

    service: Service
    token: str
    address: str

    @property
    def store(self) -> Store:
        return self.service.store

    def renewed(self, token: str) -> Session:
        """The same caller under another token."""
        return Session(self.service, token, self.address)

    # The protocol

    def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        """A new device: by e-mail and password, or by the token of one that found itself cloned.

        A laptop that was one of the user's before stays entitled to what it holds.
        """
        now = self.service.now()
        user = self._signed_in(request, auth.attempt_keys(request.email, self.address), now)

        def work(connection: Connection) -> EnrolAnswer:
            grants = self._grants(connection, user)
            if not grants.active:
                raise errors.SignInNeeded("disabled")
            device, series, token = auth.enrol_device(
                connection, self.store, user, request.name, request.machine, request.version, now
            )
            by_token = bool(self.token and not request.password)
            original = (
                self._device(connection) if by_token else auth.find_former(connection, request.former, user)
            )
            if original is not None:
                # What the file holds it was given under its old name.
                auth.inherit(connection, self.store, original, device)
                copied.share_parked(connection, self.store, original.id, device)
            _, epoch = head.current(connection, self.store)
            return EnrolAnswer(device, series, token, user, grants.role, epoch, self.service.slug)

        return self.store.run(work)

    def hello(self, request: HelloRequest) -> Hello:
        """Where this server and this device stand."""
        with self.store.read() as connection:
            device = self._device(connection)
            asked = request.uuids[:_MOST_UUIDS]
            known = results.find_known(connection, self.store, asked, device.user)
            parts = results.find_parts(connection, self.store, device.id, asked)
            hello = self._hello(connection, device)
            if asked and hello.lives:
                # No index leads to it: who comes after a restore asks once.
                hello.last = results.find_last(connection, self.store, device)
        hello.known, hello.parts = known, parts
        hello.cloned = request.n > 0 and hello.last_n > request.n
        return hello

    def push(self, request: PushRequest) -> PushAnswer:
        """Take in transactions: applied, merged, with a conflict, or parked; never refused for their data."""
        now = self.service.now()

        def work(connection: Connection) -> PushAnswer:
            device = auth.find_device(connection, self.token)
            grants = self._grants(connection, device.user)
            if device.disabled:
                # What somebody wrote before he left is kept for those who led him.
                grants = Grants(frozenset(), active=False)
            if device.wipe or request.epoch not in ("", head.standing(connection).epoch):
                return PushAnswer(self._hello(connection, device), [])
            lease.take(connection, device, request.run)
            push = Push(
                connection,
                self.store,
                self.service.grant_rule,
                device,
                grants,
                now,
                request.now,
                partial(self.service.read, spoken=request.protocol),
            )
            pushed = push.run(request)
            hello = self._hello(connection, device)
            hello.last_n, hello.cloned = pushed.last_n, pushed.cloned
            return PushAnswer(hello, pushed.results, pushed.expected)

        return self.store.run(work)

    def pull(self, request: PullRequest, held: str | None = None, tried: bool = False) -> PullPage:
        """One page of what this device may see and has not.

        `held` is the cursor that the device itself holds, where pages follow each other without it: it is
        entitled to nothing that it has not presented. With a scope that is new to it comes what had waited for that,
        which is `tried` before.
        """
        max_bytes = min(max(request.max_bytes, 10_000), self.service.page_bytes)
        if request.protocol < self.service.oldest_pull:
            raise errors.UpdateNeeded(str(self.service.oldest_pull))
        now = self.service.now()
        with self.store.read() as connection:
            device = self._device(connection)
            hello = self._hello(connection, device)
            if device.wipe:
                return PullPage(hello, [], [], request.cursor, False, [])
            lease.require_current(device, request.run)
            limit = horizon.find(connection)
            start = read_cursor(request.cursor, hello.epoch, hello.head, limit.rev)
            granted = frozenset(hello.scopes)
            regains = not tried and is_new(granted, start) and results.any_refused(connection, device.user)
            page = None if regains else self._page(connection, device, hello, request, start, max_bytes)
        if page is None:
            self.store.run(lambda connection: self._try_again(connection, now))
            return self.pull(request, held, tried=True)
        cursor = page.cursor.pack()
        presented = request.cursor if held in (None, request.cursor) else ""
        issued = (cursor, granted)
        is_ours = start is None or request.cursor == device.cursor_issued
        if page.more and (device.rev_presented or not is_ours):
            # An answer in pages is had when it is whole: what was written before it is judged as before.
            issued = (device.cursor_issued, device.scopes_issued)
        try:
            self._remember(device, presented, start.rev if start else 0, *issued, request.run)
            if limit.is_due(now):
                self.store.run(lambda connection: horizon.advance(connection, self.store, now))
        except NoRoom:
            # Nobody can write now. Whoever may see what he could see reads on, and is judged by what is known of him.
            if granted != device.scopes_issued:
                raise
        resync = start is None and bool(request.cursor)
        return PullPage(hello, page.blocks, page.exits, cursor, page.more, page.sums, page.settled, resync)

    def verify(self, request: VerifyRequest) -> VerifyAnswer:
        """The rows or partial sums of a scope's table, to find one that differs."""
        with self.store.read() as connection:
            device = self._device(connection)
            if request.scope not in self._grants(connection, device.user).scopes:
                raise errors.Refused("not_allowed", request.scope)
            answer = verify(connection, self.store, request)
            answer.head = head.current(connection, self.store)[0]
            return answer

    def files(self, request: FilesRequest) -> FilesAnswer:
        """Which scopes a first load may take as a file."""
        with self.store.read() as connection:
            device = self._device(connection)
            hello = self._hello(connection, device)
            if device.wipe:
                return FilesAnswer(hello)
            scopes = in_order(connection, self.store, self._grants(connection, device.user))
        found = whole_files.find_or_begin(self.store, scopes, request.whole, self.service.now())
        if found is None:
            return FilesAnswer(hello, scopes)
        cursor = Cursor(hello.epoch, found.rev, set(found.scope.splitlines())).pack()
        self._remember(device, "", 0, cursor, frozenset(hello.scopes))
        return FilesAnswer(hello, scopes, _described(found, hello, cursor))

    def file(self, request: FileRequest) -> FileAnswer:
        """The file of one scope, and the cursor for whoever has applied it."""
        with self.store.read() as connection:
            device = self._device(connection)
            if device.wipe or request.scope not in self._grants(connection, device.user).scopes:
                raise errors.Refused("not_allowed", request.scope)
        found = find_or_make(self.store, request.scope, self.service.now())
        with self.store.read() as connection:
            hello = self._hello(connection, device)
        known = read_cursor(request.cursor, hello.epoch, hello.head) or Cursor(hello.epoch, found.rev)
        # What changed since the oldest file comes with the pull, a second time for the newer ones.
        loaded = Cursor(hello.epoch, min(known.rev, found.rev), known.scopes | {request.scope}, known.behind)
        cursor = loaded.pack()
        if request.cursor in ("", device.cursor_issued):
            # One that was not handed out entitles to nothing.
            self._remember(device, "", 0, cursor, frozenset(hello.scopes))
        return _described(found, hello, cursor)

    def find_file(self, name: str) -> Path:
        """Where the bytes of a scope's file lie, for a caller who may read the scope now."""
        with self.store.read() as connection:
            device = self._device(connection)
            scopes = () if device.wipe else self._grants(connection, device.user).scopes
            return find_path(connection, self.store, name, scopes)

    def get_file(self, request: FileGet) -> FileContent:
        """The bytes of a scope's file."""
        return content(self.find_file(request.name), request.offset)

    def require_known(self) -> None:
        """Raises `errors.SignInNeeded` for whoever is no laptop of this organisation."""
        with self.store.read() as connection:
            self._device(connection)

    def put_blob(self, request: BlobPut) -> BlobState:
        """Take in bytes of a file that a row of this user names."""
        return self.blobs.put(request)

    def get_blob(self, request: BlobGet) -> BlobContent:
        """The bytes of a file that some row opens to this user."""
        return self.blobs.get(request)

    @property
    def blobs(self) -> Blobs:
        """The organisation's files, as this caller may touch them."""

        def caller(connection: Connection) -> tuple[Device, Grants]:
            device = self._device(connection)
            if device.wipe:
                raise errors.SignInNeeded("revoked")
            return device, self._grants(connection, device.user)

        return Blobs(self.store, caller, self.service.now())

    # Parts

    def _signed_in(self, request: EnrolRequest, keys: list[str], now: str) -> str:
        if self.token and not request.password:
            with self.store.read() as connection:
                device = self._device(connection)
            if device.wipe:
                raise errors.SignInNeeded("revoked")
            return device.user
        self.store.run(lambda connection: auth.begin_attempt(connection, self.store, keys, now))
        with self.store.read() as connection:
            user = auth.check_password(connection, self.store, request.email, request.password)
        if user is None or not self.store.run(
            lambda connection: codes.accept(connection, self.store, user, request.code, now)
        ):
            # One answer for all of it: nobody learns that a password was right.
            raise errors.SignInNeeded("wrong e-mail, password or one-time code")
        self.store.run(lambda connection: auth.forgive_attempt(connection, self.store, keys, now))
        return user

    def _page(
        self,
        connection: Connection,
        device: Device,
        hello: Hello,
        request: PullRequest,
        start: Cursor | None,
        max_bytes: int,
    ) -> Page:
        known = start or Cursor(hello.epoch, hello.head)
        if start is None:
            known.owed = Owed(0, hello.head, exits=bool(request.cursor), settled=True)
        elif not device.rev_presented and known.owed is None:
            # A laptop that comes back from its own copy may hold what was erased long ago.
            known.owed = Owed(0, known.rev, exits=False, settled=False)
        restored = hello.lives[0][1] if hello.lives else None
        pull = Pull(
            connection, self.store, device.id, frozenset(hello.scopes), max_bytes, hello.head, restored,
            lambda: self._grants(connection, device.user).own, device.user,
        )  # fmt: skip
        page = pull.run(known)
        if start is None or not start.seal or page.cursor.rev != start.rev:
            epoch, rev = page.cursor.epoch, page.cursor.rev
            page.cursor.seal = received.seal(connection, self.store, device.user, epoch, rev)
        return page

    def _try_again(self, connection: Connection, now: str) -> None:
        """What waits of this caller for want of a right, by the rights that he has now."""
        device = self._device(connection)
        grants = self._grants(connection, device.user)
        push = Push(connection, self.store, self.service.grant_rule, device, grants, now, now, regained=True)
        push.run(PushRequest(now, []))

    def _device(self, connection: Connection) -> Device:
        device = auth.find_device(connection, self.token)
        if not device.wipe and device.disabled:
            raise errors.SignInNeeded("disabled")
        return device

    def _grants(self, connection: Connection, user: str) -> Grants:
        return self.service.grant_rule(connection, self.store.tables.synced, user)

    def _hello(self, connection: Connection, device: Device) -> Hello:
        standing = head.standing(connection)
        grants = self._grants(connection, device.user)
        restores = history.restores(connection, self.store) if standing.is_restored else []
        lives = [(one.epoch, one.rev) for one in restores]
        return Hello(
            epoch=standing.epoch,
            server_time=self.service.now(),
            device=device.id,
            user=device.user,
            role=grants.role,
            last_n=device.last_n,
            head=standing.rev,
            scopes=[] if device.wipe else sorted(grants.scopes),
            series=device.series,
            protocol=(self.service.oldest_push, self.service.speaks),
            lives=lives,
            since_restore=device.last_n - device.restored_n if lives else 0,
            schema_version=self.store.schema.version,
            wipe=device.wipe,
            organisation=self.service.slug,
            exchange_key=exchange_key.public(standing.exchange_key),
            exchange_room=self._exchange_room,
        )

    @property
    def _exchange_room(self) -> int:
        """How many bytes of attachments a carried file may have: none where this server keeps none."""
        return MAX_FILES_BYTES if self.blobs.are_kept else 0

    def _remember(
        self,
        device: Device,
        presented: str,
        presented_rev: int,
        issued: str,
        granted: frozenset[str],
        run: str = "",
    ) -> None:
        """Keep what was handed out: the device is entitled to it from when it presents that cursor."""
        values: dict[str, object] = {}
        if presented and presented == device.cursor_issued:
            values = {"scopes_entitled": "\n".join(sorted(device.scopes_issued))}
            values["rev_presented"] = presented_rev
            if device.scopes_entitled == device.scopes_issued and device.rev_presented == presented_rev:
                values = {}
        if issued != device.cursor_issued or granted != device.scopes_issued:
            values |= {"cursor_issued": issued, "scopes_issued": "\n".join(sorted(granted))}
        if not values:
            return
        values["seen_at"] = self.service.now()
        changes = ", ".join(f"{name} = ?" for name in values)

        def work(connection: Connection) -> None:
            lease.take(connection, device, run)
            driver.write(
                connection, f"UPDATE sync_device SET {changes} WHERE id = ?", (*values.values(), device.id)
            )

        self.store.run(work)


def _described(file: ScopeFile, hello: Hello, cursor: str) -> FileAnswer:
    return FileAnswer(
        hello, file.scope, file.name, file.key, file.size, file.sha256, file.rows, file.rev, cursor
    )
