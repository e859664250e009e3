"""`SyncProtocol` over HTTP."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3

from sync import errors, packing, protocol
from sync.blob_messages import BlobContent, BlobGet, BlobPut, BlobState
from sync.file_messages import FileAnswer, FileContent, FileGet, FileRequest, FilesAnswer, FilesRequest
from sync.patience import Patience
from sync.protocol import (
    EnrolAnswer,
    EnrolRequest,
    ErrorAnswer,
    Hello,
    HelloRequest,
    PullPage,
    PullRequest,
    PushAnswer,
    PushRequest,
    VerifyAnswer,
    VerifyRequest,
)

CONNECT_TIMEOUT_S = 10.0
STALL_TIMEOUT_S = 60.0
"""Seconds without a byte; a slow transfer that moves is never cut."""
EXCHANGE_TIMEOUT_S = 300.0
"""The same of a carried file: the server takes in all of it before its answer begins."""
_ACCEPT = "zstd, gzip"
_NDJSON = "application/x-ndjson"
_PIECE = 1 << 18

Answer = TypeVar("Answer")
Run = TypeVar("Run", PushRequest, PullRequest)


class HttpClient:
    """One server's organisation, at `https://host/slug`. Not for several threads at once."""

    def __init__(
        self,
        address: str,
        token: str = "",
        ca: str | None = None,
        version: str = "",
        patience: Patience | None = None,
    ) -> None:
        self.address, self.token = address.rstrip("/"), token
        self._patience = patience or Patience()
        self._version = version
        self._run = secrets.token_hex(8)
        self._session = requests.Session()
        self._certificates: str | bool = ca or True
        if urlsplit(self.address).hostname in ("127.0.0.1", "localhost", "::1"):
            # A proxy must never stand between two processes of one machine.
            self._session.trust_env = False

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        return self._call("devices", request, EnrolAnswer)

    def hello(self, request: HelloRequest) -> Hello:
        return self._call("sync/hello", request, Hello)

    def push(self, request: PushRequest) -> PushAnswer:
        return self._call("sync/push", self._named(request), PushAnswer)

    def pull(self, request: PullRequest) -> PullPage:
        return protocol.decode_pull(self._send("sync/pull", self._named(request), _NDJSON))

    def _named(self, request: Run) -> Run:
        """The request under the name of this run, by which the server knows one that was taken over."""
        return msgspec.structs.replace(request, run=request.run or self._run)

    def verify(self, request: VerifyRequest) -> VerifyAnswer:
        return self._call("sync/verify", request, VerifyAnswer)

    def put_blob(self, request: BlobPut) -> BlobState:
        last = request.offset + len(request.data) - 1
        place = f"{request.offset}-{last}" if request.data else "*"
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Digest": packing.digest(request.data),
        }
        headers["Content-Range"] = f"bytes {place}/{request.size}"
        answer = self._bytes("PUT", f"blobs/{request.sha256}", headers, request.data)
        return protocol.decode(answer.content, BlobState)

    def get_blob(self, request: BlobGet) -> BlobContent:
        return BlobContent(*self._from(f"blobs/{request.sha256}", request.offset))

    def files(self, request: FilesRequest) -> FilesAnswer:
        return self._call("sync/files", request, FilesAnswer)

    def file(self, request: FileRequest) -> FileAnswer:
        return self._call("sync/file", request, FileAnswer)

    def get_file(self, request: FileGet) -> FileContent:
        return FileContent(*self._from(f"sync/files/{request.name}", request.offset))

    def _from(self, path: str, offset: int) -> tuple[int, Iterator[bytes]]:
        """The size of what lies at `path`, and its bytes from `offset` on."""
        headers = {"Range": f"bytes={offset}-", "Accept-Encoding": "identity"}
        answer = self._bytes("GET", path, headers)
        size = answer.headers.get("Content-Range", "").rpartition("/")[2]
        if not size.isdecimal():
            answer.close()
            raise errors.Protocol("an answer without Content-Range")
        return int(size), _pieces(answer)

    def _bytes(
        self, method: str, path: str, headers: dict[str, str], data: bytes | None = None
    ) -> requests.Response:
        return self._patience.obeyed(lambda: self._bytes_once(method, path, headers, data))

    def _bytes_once(
        self, method: str, path: str, headers: dict[str, str], data: bytes | None
    ) -> requests.Response:
        with _explained():
            answer = self._session.request(
                method,
                f"{self.address}/v1/{path}",
                data=data,
                headers={**headers, "Authorization": f"Bearer {self.token}"},
                verify=self._certificates,
                timeout=(CONNECT_TIMEOUT_S, STALL_TIMEOUT_S),
                stream=method == "GET",
                allow_redirects=False,
            )
            if answer.status_code not in (200, 206):
                with answer:
                    raise _error_of(answer.status_code, answer.content, answer.headers)
            return answer

    def exchange(self, request: BinaryIO, answer: BinaryIO) -> None:
        """A file that a laptop wrote, in; the file with its answer, out. See `sync.bundle`."""
        digest = packing.digest_of(request)
        self._patience.obeyed(lambda: self._exchange_once(request, answer, digest))

    def _exchange_once(self, request: BinaryIO, answer: BinaryIO, digest: str) -> None:
        request.seek(0)
        answer.seek(0)
        answer.truncate()
        with _explained():
            came = self._session.post(
                f"{self.address}/v1/sync/exchange",
                data=request,
                headers={
                    "Content-Type": "application/octet-stream",
                    "Content-Digest": digest,
                    "Accept-Encoding": "identity",
                },
                verify=self._certificates,
                timeout=(CONNECT_TIMEOUT_S, EXCHANGE_TIMEOUT_S),
                stream=True,
                allow_redirects=False,
            )
            if came.status_code != 200:
                with came:
                    raise _error_of(came.status_code, came.content, came.headers)
        found = hashlib.sha256()
        for piece in _pieces(came):
            found.update(piece)
            answer.write(piece)
        packing.require_sha256(found.digest(), came.headers.get("Content-Digest"))

    def _call(self, path: str, request: msgspec.Struct, kind: type[Answer]) -> Answer:
        return protocol.decode(self._send(path, request, "application/json"), kind)

    def _send(self, path: str, request: msgspec.Struct, accept: str) -> bytes:
        body, encoding = packing.compress(protocol.encode(request), "zstd")
        headers = {"Content-Type": "application/json", "Accept": accept}
        if encoding != "identity":
            headers["Content-Encoding"] = encoding
        return self._post(path, body, headers)

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        return self._patience.obeyed(lambda: self._post_once(path, body, headers))

    def _post_once(self, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        headers |= {"Accept-Encoding": _ACCEPT, "Content-Digest": packing.digest(body)}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        with _explained():
            with self._session.post(
                f"{self.address}/v1/{path}",
                data=body,
                headers=headers,
                # Said for each request: the environment's certificates win over the session's.
                verify=self._certificates,
                timeout=(CONNECT_TIMEOUT_S, STALL_TIMEOUT_S),
                stream=True,
                allow_redirects=False,
            ) as answer:
                raw = answer.raw.read(protocol.MAX_ANSWER_BYTES + 1, decode_content=False)
                expected = answer.headers.get("Content-Length")
                if expected is not None and len(raw) != int(expected):
                    raise errors.Offline("the answer was cut off")
                packing.require_digest(raw, answer.headers.get("Content-Digest"))
                data = packing.decompress(
                    raw, answer.headers.get("Content-Encoding", ""), protocol.MAX_ANSWER_BYTES
                )
                if answer.status_code not in (200, 201):
                    raise _error_of(answer.status_code, data, answer.headers)
                return data


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what the network does into errors of the sync."""
    try:
        yield
    except requests.exceptions.SSLError as problem:
        raise errors.Refused("certificate", str(problem)) from problem
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as problem:
        raise errors.Offline(type(problem).__name__) from problem


def _pieces(answer: requests.Response) -> Iterator[bytes]:
    with answer, _explained():
        yield from answer.iter_content(_PIECE)


def _error_of(status: int, data: bytes, headers: Mapping[str, str]) -> errors.SyncError:
    try:
        body = protocol.decode(data, ErrorAnswer)
    except errors.Protocol:
        body = ErrorAnswer(code=f"http_{status}")
    if status in (429, 503):
        # What stands before the server, and is busy in its place, says so in the header alone.
        said = headers.get("Retry-After", "")
        return errors.ServerBusy(body.retry_after or (float(said) if said.isdecimal() else 5.0), body.detail)
    if status == 401:
        return errors.SignInNeeded(body.code)
    if status == 426:
        return errors.UpdateNeeded(body.detail)
    if status >= 500 and status != 501:
        return errors.Offline(f"http_{status}")
    return errors.Refused(body.code, body.detail)
