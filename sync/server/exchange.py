"""Sync by file at the server: a laptop's request taken through the same calls, and the answer written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from sync import blob_messages, bundle, errors, protocol
from sync.blob_messages import BlobsTaken, BlobsWanted
from sync.bundle import Opened, Reader, Writer
from sync.protocol import ErrorAnswer, PullRequest, PushRequest
from sync.server import exchange_files, exchange_key
from sync.server.exchange_files import Intake, Outlook
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
    more: bool = False
    """Whether there are more pages than the answer has."""
    files: int = 0
    """Attachments whose bytes are here now, their small pictures counted too."""
    given: int = 0
    """The same of those that the answer brings."""
    refused: str = ""
    """The code with which the server would not hand out rows; what was sent is taken all the same."""


def exchange(service: Service, source: BinaryIO, target: BinaryIO, max_bytes: int = 0) -> Exchanged:
    """Take in the request in `source`, write its answer to `target`; raises `errors.Refused`.

    Carrying it twice is safe, as sending it twice is: what is stored gives the stored results again. With
    `max_bytes` the answer ends after about so many, and the laptop asks for the rest with its next request.
    """
    opened, reader, session = _opened(service, source)
    reader.check()
    # Before a byte is written: a laptop that is not known here gets no answer.
    session.hello(protocol.HelloRequest(service.now()))
    done = Exchanged(opened.head.device)
    _answer(session, opened, reader, bundle.begin_answer(target, opened, service.now()), done, max_bytes)
    return done


def require_known(service: Service, source: BinaryIO) -> None:
    """Whether a request of which perhaps only the beginning is here comes from a laptop of ours; raises SyncError."""
    _opened(service, source)[2].hello(protocol.HelloRequest(service.now()))


def _opened(service: Service, source: BinaryIO) -> tuple[Opened, Reader, Session]:
    with service.store.read() as connection:
        private = exchange_key.private(connection, service.store)
    opened, reader = bundle.open_request(source, private)
    if opened.head.organisation != service.slug:
        raise errors.Refused("bundle_unreadable", opened.head.organisation)
    return opened, reader, service.connect(opened.token)


def _answer(
    session: Session, opened: Opened, reader: Reader, writer: Writer, done: Exchanged, max_bytes: int
) -> None:
    intake, outlook = Intake(session), Outlook(session.store.schema.blob)
    wanted = BlobsWanted()
    for frame, message in reader.frames():
        if frame == "push":
            answer = session.push(protocol.decode(message, PushRequest))
            done.pushed += len(answer.results)
            done.parked += sum(result.outcome == "parked" for result in answer.results)
            writer.add("push", protocol.encode(answer))
        elif frame == "piece":
            intake.take(blob_messages.unpack(message))
        elif frame == "wanted":
            wanted = protocol.decode(message, BlobsWanted)
        elif frame == "pull":
            try:
                _hand_out(session, protocol.decode(message, PullRequest), writer, done, max_bytes, outlook)
            except errors.UpdateNeeded as problem:
                # A newer program is wanted for rows alone: what was sent is taken.
                done.refused = problem.code
                writer.add("error", protocol.encode(ErrorAnswer(problem.code, problem.detail)))
    if intake.taken:
        done.files = sum(one.complete for one in intake.taken)
        writer.add("taken", protocol.encode(BlobsTaken(intake.taken)))
    if wanted.room and not done.more:
        # Rows first: what has no room for them has none for bytes.
        done.given = exchange_files.give(session, wanted, outlook.digests(wanted.small), writer)
    writer.end()


def _hand_out(
    session: Session,
    request: PullRequest,
    writer: Writer,
    done: Exchanged,
    max_bytes: int,
    outlook: Outlook,
) -> None:
    done.more, written, held = True, 0, request.cursor
    while done.more and done.pages < MAX_PAGES and (not max_bytes or written < max_bytes):
        page = session.pull(request, held)
        encoded = protocol.encode_pull(page)
        writer.add("pull", encoded)
        outlook.see(page)
        done.pages, written = done.pages + 1, written + len(encoded)
        request = PullRequest(page.cursor, request.max_bytes, request.now, request.version)
        done.more = page.more
