"""Sync by file at the server: a laptop's request taken through the same calls, and the answer written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from sync import bundle, errors, protocol
from sync.bundle import Opened, Reader, Writer
from sync.protocol import ErrorAnswer, PullRequest, PushRequest
from sync.server import exchange_key
from sync.server.service import Service, Session

MAX_PAGES = 10_000
"""Of one answer: more than any laptop's first load, fewer than a loop without end."""


@dataclass
class Exchanged:
    """What an exchange did."""

    device: str
    pushed: int = 0
    parked: int = 0
    pages: int = 0
    refused: str = ""
    """The code with which the server would not hand out rows; what was sent is taken all the same."""


def exchange(service: Service, source: BinaryIO, target: BinaryIO, max_bytes: int = 0) -> Exchanged:
    """Take in the request in `source`, write its answer to `target`; raises `errors.Refused`.

    Carrying it twice is safe, as sending it twice is: what is stored gives the stored results again. With
    `max_bytes` the answer ends after about so many, and the laptop asks for the rest with its next request.
    """
    with service.store.read() as connection:
        private = exchange_key.private(connection, service.store)
    opened, reader = bundle.open_request(source, private)
    if opened.head.organisation != service.slug:
        raise errors.Refused("bundle_unreadable", opened.head.organisation)
    reader.check()
    session = service.connect(opened.token)
    done = Exchanged(opened.head.device)
    # Before a byte is written: a laptop that is not known here gets no answer.
    session.hello(protocol.HelloRequest(service.now()))
    _answer(session, opened, reader, bundle.begin_answer(target, opened, service.now()), done, max_bytes)
    return done


def _answer(
    session: Session, opened: Opened, reader: Reader, writer: Writer, done: Exchanged, max_bytes: int
) -> None:
    for frame, message in reader.frames():
        if frame == "push":
            answer = session.push(protocol.decode(message, PushRequest))
            done.pushed += len(answer.results)
            done.parked += sum(result.outcome == "parked" for result in answer.results)
            writer.add("push", protocol.encode(answer))
        elif frame == "pull":
            try:
                _hand_out(session, protocol.decode(message, PullRequest), writer, done, max_bytes)
            except errors.UpdateNeeded as problem:
                # A newer program is wanted for rows alone: what was sent is taken.
                done.refused = problem.code
                writer.add("error", protocol.encode(ErrorAnswer(problem.code, problem.detail)))
    writer.end()


def _hand_out(
    session: Session, request: PullRequest, writer: Writer, done: Exchanged, max_bytes: int
) -> None:
    more, written, held = True, 0, request.cursor
    while more and done.pages < MAX_PAGES and (not max_bytes or written < max_bytes):
        page = session.pull(request, held)
        encoded = protocol.encode_pull(page)
        writer.add("pull", encoded)
        done.pages, written = done.pages + 1, written + len(encoded)
        request = PullRequest(page.cursor, request.max_bytes, request.now, request.version)
        more = page.more
