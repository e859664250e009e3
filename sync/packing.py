"""How a message travels: compressed, safe against a small body that unpacks to a huge one, and known to be whole."""

from __future__ import annotations

import base64
import gzip
import hashlib
import sys
import zlib
from typing import BinaryIO

from sync import errors

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def compress(data: bytes, accepted: str) -> tuple[bytes, str]:
    """`data` in the best encoding that the Accept-Encoding header `accepted` allows, and its name."""
    offered = {part.split(";")[0].strip() for part in accepted.lower().split(",") if not part.endswith("q=0")}
    if len(data) < 512:
        return data, "identity"
    if "zstd" in offered:
        return zstd.compress(data, 3), "zstd"
    if "gzip" in offered:
        return gzip.compress(data, 1), "gzip"
    return data, "identity"


_WINDOW: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 24}
"""A frame may ask for 16 MB to be unpacked, and not for the 128 MB that a hostile header could."""


def decompress(data: bytes, encoding: str, limit: int) -> bytes:
    """`data` unpacked, at most `limit` bytes; raises `errors.Refused("too_big")` or `errors.Protocol`."""
    try:
        if encoding in ("", "identity"):
            plain = data
        elif encoding == "zstd":
            unpacker = zstd.ZstdDecompressor(options=_WINDOW)
            plain = unpacker.decompress(data, max_length=limit + 1)
            _require_complete((unpacker.eof and not unpacker.unused_data) or len(plain) > limit)
        elif encoding == "gzip":
            inflater = zlib.decompressobj(wbits=31)
            plain = inflater.decompress(data, limit + 1)
            _require_complete((inflater.eof and not inflater.unused_data) or len(plain) > limit)
        else:
            raise errors.Refused("unknown_encoding", encoding)
    except (zstd.ZstdError, zlib.error) as problem:
        raise errors.Protocol(str(problem)) from problem
    if len(plain) > limit:
        raise errors.Refused("too_big", f"more than {limit} bytes")
    return plain


def digest(body: bytes) -> str:
    """The `Content-Digest` (RFC 9530) of a body as it travels: what a network spoils is noticed."""
    return _in_header(hashlib.sha256(body).digest())


def digest_of(file: BinaryIO) -> str:
    """The same of a file, which is read from its beginning and left there."""
    file.seek(0)
    found = hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]
    file.seek(0)
    return _in_header(found)


def require_digest(body: bytes, header: str | None) -> None:
    """Refuse a body that is not the one that was sent; one without a digest is taken as it is."""
    if header:
        require_sha256(hashlib.sha256(body).digest(), header)


def require_sha256(found: bytes, header: str | None) -> None:
    """The same of a body that was added up while it came."""
    if header and "sha-256=:" in header and _in_header(found) not in header:
        raise errors.Protocol("the message was damaged on the way")


def _in_header(sha256: bytes) -> str:
    return f"sha-256=:{base64.b64encode(sha256).decode()}:"


def _require_complete(complete: bool) -> None:
    if not complete:
        raise errors.Protocol("the body is cut off, or goes on after its end")
