"""A network that loses, repeats, delays, cuts and spoils what it carries: the bytes of the real messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import msgspec

from sync import client, errors, packing, protocol
from sync.protocol import (
    EnrolAnswer,
    EnrolRequest,
    Hello,
    HelloRequest,
    PullPage,
    PullRequest,
    PushAnswer,
    PushRequest,
    VerifyAnswer,
    VerifyRequest,
)
from sync.server import app as routes
from sync.server.service import Service, Session

if TYPE_CHECKING:
    from tests.sync.machine.laptop import Laptop

FAULTS = (
    "lose the request",
    "lose the answer",
    "deliver twice",
    "deliver late",
    "cut the request",
    "cut the answer",
    "spoil the request",
    "spoil the answer",
)
CALLS = {"enrol": routes._enrol, "hello": routes._hello, "push": routes._push, "pull": routes._pull,
         "verify": routes._verify}  # fmt: skip
ACCEPTED = "zstd, gzip"


class Speaker(Protocol):
    """Whoever has a device."""

    @property
    def name(self) -> str:
        """By which faults are planned for it."""


@dataclass(frozen=True)
class Fault:
    """What happens to one exchange, and at which place of the message."""

    kind: str
    call: str
    place: float = 0.5


@dataclass(frozen=True)
class Envelope:
    """What travels: packed bytes, and what the headers say of them."""

    body: bytes
    encoding: str
    digest: str

    def cut(self, place: float) -> Envelope:
        return Envelope(self.body[: int(len(self.body) * place)], self.encoding, self.digest)

    def spoilt(self, place: float) -> Envelope:
        """One byte is another one."""
        at = min(int(len(self.body) * place), len(self.body) - 1)
        other = bytes([self.body[at] ^ 0x01])
        return Envelope(self.body[:at] + other + self.body[at + 1 :], self.encoding, self.digest)


def pack(plain: bytes) -> Envelope:
    body, encoding = packing.compress(plain, ACCEPTED)
    return Envelope(body, encoding, packing.digest(body))


def unpack(envelope: Envelope) -> bytes:
    packing.require_digest(envelope.body, envelope.digest)
    return packing.decompress(envelope.body, envelope.encoding, protocol.MAX_ANSWER_BYTES)


@dataclass
class Network:
    """Between all laptops and the server."""

    service: Service
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    """By laptop: what will happen to its next exchanges."""
    late: list[Callable[[], object]] = field(default_factory=list)
    """Requests that are still under way."""
    verified: set[str] = field(default_factory=set)
    """The laptops that had to look for rows that differ."""
    acting: Laptop | None = None
    """Whose clock `now` is, while it speaks."""

    def remote(self, laptop: Laptop, token: str) -> Remote:
        return Remote(self, laptop, token)

    def deliver_late(self) -> None:
        """What was under way arrives now; nobody waits for the answer any more."""
        while self.late:
            self.late.pop(0)()

    def heal(self) -> None:
        self.deliver_late()
        self.faults.clear()

    def serve(self, token: str, call: str, envelope: Envelope) -> Envelope | client.ErrorAnswer:
        """The server's routes, without HTTP around them."""
        session: Session = self.service.connect(token)
        try:
            return pack(CALLS[call](session, unpack(envelope))[0])
        except errors.SyncError as problem:
            return protocol.ErrorAnswer(problem.code, problem.detail)

    def take_fault(self, laptop: Speaker, call: str) -> Fault | None:
        planned = self.faults.get(laptop.name, [])
        found = next((fault for fault in planned if fault.call == call), None)
        if found is not None:
            planned.remove(found)
        return found


@dataclass
class Remote:
    """`SyncProtocol` for one laptop, over the network."""

    network: Network
    laptop: Speaker
    token: str

    def renewed(self, token: str) -> Remote:
        return Remote(self.network, self.laptop, token)

    def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        return protocol.decode(self._exchange("enrol", request), EnrolAnswer)

    def hello(self, request: HelloRequest) -> Hello:
        return protocol.decode(self._exchange("hello", request), Hello)

    def push(self, request: PushRequest) -> PushAnswer:
        return protocol.decode(self._exchange("push", request), PushAnswer)

    def pull(self, request: PullRequest) -> PullPage:
        return protocol.decode_pull(self._exchange("pull", request))

    def verify(self, request: VerifyRequest) -> VerifyAnswer:
        self.network.verified.add(self.laptop.name)
        return protocol.decode(self._exchange("verify", request), VerifyAnswer)

    def _exchange(self, call: str, request: msgspec.Struct) -> bytes:
        fault = self.network.take_fault(self.laptop, call)
        kind, place = (fault.kind, fault.place) if fault else ("", 0.0)
        sent = pack(protocol.encode(request))
        if kind == "lose the request":
            raise errors.Offline(kind)
        if kind == "deliver late":
            self.network.late.append(lambda: self.network.serve(self.token, call, sent))
            raise errors.Offline(kind)
        if kind == "deliver twice":
            self.network.serve(self.token, call, sent)
        if kind == "cut the request":
            sent = sent.cut(place)
        if kind == "spoil the request":
            sent = sent.spoilt(place)
        answer = self.network.serve(self.token, call, sent)
        if isinstance(answer, protocol.ErrorAnswer):
            raise client._error_of(
                400 if answer.code != "sign_in_needed" else 401, protocol.encode(answer), {}
            )
        if kind == "lose the answer":
            raise errors.Offline(kind)
        if kind == "cut the answer":
            answer = answer.cut(place)
        if kind == "spoil the answer":
            answer = answer.spoilt(place)
        return unpack(answer)
