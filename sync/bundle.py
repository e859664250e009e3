"""Sync by a file: what a laptop writes for a server that it cannot reach, and what comes back.

A bundle is a line of JSON that anybody may read (whose it is, for whom, when), then sealed frames. The
request's secret is sealed to the organisation's public key (HPKE, RFC 9180: X25519, HKDF-SHA256,
AES-256-GCM); it carries the device's token, which is what signs the laptop in, as it does in a call. From
the same secret come the key of the request's frames and, with a salt of the answer's own, that of the
answer's frames: only that server can read the request, and only it can have written the answer.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync import errors, packing, protocol
from sync.protocol import UNREADABLE

MAGIC = b"TERRAIN SYNC 1\n"
MAX_FRAME_BYTES = protocol.MAX_ANSWER_BYTES + 1_000_000
ENDS_AFTER_BYTES = 16_000_000
"""A request that is longer ends: what is left goes with the next file."""
MAX_FILES_BYTES = 100_000_000
"""Of attachments in one file, either way: any of them fits in alone, and a slow line carries it in an evening."""
MAX_ASKED = 2_000
"""How many of them one file asks about."""
MAX_CARRIED_BYTES = ENDS_AFTER_BYTES + 14_000_000 + MAX_FILES_BYTES
"""What a server takes over the network: the last message of rows may be as long as a call's."""
_MAX_HEAD_BYTES = 4_000
_SECRET_BYTES = 32
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

Kind = Literal["request", "answer"]
Frame = Literal["push", "pull", "error", "piece", "wanted", "taken"]
_FRAMES: dict[bytes, Frame] = {
    b"P": "push",
    b"L": "pull",
    b"E": "error",
    b"B": "piece",
    b"W": "wanted",
    b"T": "taken",
}
_LETTERS: dict[Frame, bytes] = {name: letter for letter, name in _FRAMES.items()}

Place = tuple[int, int]
"""Of a message in its file: the byte, and the number of its frame."""


class Head(msgspec.Struct, omit_defaults=True):
    """What a bundle says openly. An answer repeats its request's `id`; `salt` is of an answer."""

    kind: Kind
    id: str
    organisation: str
    device: str
    at: str
    server: str = ""
    """Where the request wants to go: for whoever carries it over a network."""
    salt: str = ""


class _Opening(msgspec.Struct):
    token: str
    secret: bytes


@dataclass(frozen=True)
class Opened:
    """A request that the server could open: who sent it, and the secret that seals the answer."""

    head: Head
    token: str
    secret: bytes


def new_private_key() -> bytes:
    """A key pair for an organisation, as its 32 private bytes."""
    return X25519PrivateKey.generate().private_bytes_raw()


def public_key(private: bytes) -> str:
    """What laptops are told of it, as text."""
    public = X25519PrivateKey.from_private_bytes(private).public_key()
    return base64.b64encode(public.public_bytes_raw()).decode()


def new_secret() -> bytes:
    """The secret of one exchange, which the laptop keeps until the answer is there."""
    return secrets.token_bytes(_SECRET_BYTES)


def begin_request(file: BinaryIO, head: Head, token: str, secret: bytes, server_key: str) -> Writer:
    """Write the beginning of a request; frames follow."""
    line = _write_head(file, head)
    public = X25519PublicKey.from_public_bytes(base64.b64decode(server_key))
    sealed = _SUITE.encrypt(msgspec.msgpack.encode(_Opening(token, secret)), public, info=line)
    file.write(len(sealed).to_bytes(4, "big") + sealed)
    return Writer(file, _derive(secret, "request", line))


def begin_answer(file: BinaryIO, opened: Opened, at: str) -> Writer:
    """Write the beginning of the answer to a request; frames follow."""
    request = opened.head
    salt = base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    head = Head("answer", request.id, request.organisation, request.device, at, salt=salt)
    return Writer(file, _derive(opened.secret, "answer", _write_head(file, head)))


def read_head(file: BinaryIO) -> Head:
    """What a bundle says openly; raises `errors.Refused("no_bundle")` for any other file."""
    file.seek(0)
    return _read_head(file)[0]


def open_request(file: BinaryIO, private: bytes) -> tuple[Opened, Reader]:
    """Open a request with the organisation's key; raises `errors.Refused` with a code of `_refuse`."""
    file.seek(0)
    head, line = _read_head(file)
    if head.kind != "request":
        raise errors.Refused("bundle_is_answer", head.id)
    sealed = _read_block(file)
    try:
        key = X25519PrivateKey.from_private_bytes(private)
        opening = msgspec.msgpack.decode(_SUITE.decrypt(sealed, key, info=line), type=_Opening)
    except (InvalidTag, *UNREADABLE) as problem:
        raise errors.Refused("bundle_unreadable") from problem
    opened = Opened(head, opening.token, opening.secret)
    return opened, Reader(file, _derive(opening.secret, "request", line))


def open_answer(file: BinaryIO, secret: bytes) -> tuple[Head, Reader]:
    """Open an answer with the secret of its request; raises `errors.Refused`."""
    file.seek(0)
    head, line = _read_head(file)
    if head.kind != "answer":
        raise errors.Refused("bundle_is_request", head.id)
    return head, Reader(file, _derive(secret, "answer", line))


class Writer:
    """Seals frames in order; the last one says that it is the last, so that a cut file shows."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._file, self._cipher, self._count = file, AESGCM(key), 0

    def add(self, frame: Frame, message: bytes) -> None:
        """One encoded message."""
        packed, encoding = packing.compress(message, "zstd")
        mark = b"z" if encoding == "zstd" else b"-"
        self._write(_LETTERS[frame] + mark + packed, last=False)

    @property
    def is_full(self) -> bool:
        """Whether what follows belongs into another file."""
        return self._file.tell() >= ENDS_AFTER_BYTES

    def end(self) -> None:
        """Nothing follows."""
        self._write(b"", last=True)

    def _write(self, plain: bytes, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._count), plain, _place(last))
        self._count += 1
        self._file.write(len(sealed).to_bytes(4, "big") + sealed)


class Reader:
    """Opens frames in order; raises `errors.Refused("bundle_damaged")` where one is not as it was written."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._file, self._cipher, self._start = file, AESGCM(key), file.tell()
        self.place: Place = (self._start, 0)
        """Where the message lies that was given last."""

    def check(self) -> None:
        """Read all of it once: nothing is done with a file that is damaged further on."""
        for _frame in self.frames():
            pass

    def frames(self, start: Place | None = None) -> Iterator[tuple[Frame, bytes]]:
        """Every message from the first on, or from a place on, encoded as it was added."""
        at, count = start or (self._start, 0)
        while True:
            # Several may read in turn.
            self.place = at, count
            self._file.seek(at)
            sealed = _read_block(self._file)
            at = self._file.tell()
            plain = self._open(sealed, count, last=False)
            if plain is None:
                if self._open(sealed, count, last=True) is None or self._file.read(1):
                    raise errors.Refused("bundle_damaged")
                return
            count += 1
            frame = _FRAMES.get(plain[:1])
            if frame is None:
                raise errors.Refused("bundle_damaged")
            encoding = "zstd" if plain[1:2] == b"z" else "identity"
            yield frame, packing.decompress(plain[2:], encoding, protocol.MAX_ANSWER_BYTES)

    def _open(self, sealed: bytes, count: int, last: bool) -> bytes | None:
        try:
            return self._cipher.decrypt(_nonce(count), sealed, _place(last))
        except InvalidTag:
            return None


def _write_head(file: BinaryIO, head: Head) -> bytes:
    line = MAGIC + msgspec.json.encode(head) + b"\n"
    file.write(line)
    return line


def _read_head(file: BinaryIO) -> tuple[Head, bytes]:
    if file.read(len(MAGIC)) != MAGIC:
        raise errors.Refused("no_bundle")
    line = file.readline(_MAX_HEAD_BYTES)
    try:
        head = msgspec.json.decode(line, type=Head)
        base64.b64decode(head.salt, validate=True)
    except (*UNREADABLE, binascii.Error, ValueError) as problem:
        raise errors.Refused("bundle_damaged") from problem
    return head, MAGIC + line


def _read_block(file: BinaryIO) -> bytes:
    length = int.from_bytes(file.read(4), "big")
    sealed = file.read(length) if 0 < length <= MAX_FRAME_BYTES else b""
    if not sealed or len(sealed) != length:
        raise errors.Refused("bundle_damaged")
    return sealed


def _derive(secret: bytes, kind: Kind, line: bytes) -> bytes:
    """The key of a file's frames: bound to its open line, and in an answer through it to its salt."""
    return HKDF(SHA256(), 32, salt=None, info=b"terrain bundle " + kind.encode() + b"\n" + line).derive(
        secret
    )


def _nonce(count: int) -> bytes:
    # Each file has its own key: counting never repeats a nonce.
    return count.to_bytes(12, "big")


def _place(last: bool) -> bytes:
    return b"last" if last else b"more"
