"""The company that sells: who may write it on this laptop, and its two files, the logo and the terms of sale."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app import alone, attachments, records
from app.errors import Invalid, NotAllowed
from app.formats import format_size
from app.i18n import translate as _
from app.quotes.annexed import Annexed, chosen_pages
from app.seller import find_company
from app.workspace import Changes, Workspace
from sync import capture, state

Record = dict[str, Any]

WRITERS = ("office", "admin")
FILES = ("logo", "terms_file")
MOST_BYTES = 50_000_000
"""Of a file that is looked into at all."""
LOGO_PIXELS = 640
"""Of the longer side: some 200 dots an inch in the largest place that a quote has for it."""


@dataclass(frozen=True, slots=True)
class CompanyFile:
    """One of the company's files: its name, and the bytes where they are on this laptop."""

    name: str
    content: bytes | None


def may_write(session: Session) -> bool:
    """Whether whoever works here writes the company: a laptop alone, or the office with a server."""
    if alone.is_ours(session):
        return True
    user = records.known(session, "user", state.user(session.connection()))
    return user.get("role") in WRITERS


def writable(session: Session) -> Record | None:
    """The company where whoever works here may write it, else None."""
    return find_company(session) if may_write(session) else None


def keep(workspace: Workspace, values: Mapping[str, Any], loaded: Record | None = None) -> None:
    """Write the company; `loaded` is what the form was opened with. Raises Invalid, NotAllowed."""
    with workspace.read() as session:
        mine = alone.is_ours(session)
        _check_writer(session)
    if mine:
        alone.keep_company(workspace, values, loaded)
        return
    with workspace.transaction(_("Company changed")) as session:
        known = find_company(session)
        if not known:
            records.add(session, "organisation", values)
            return
        seen = loaded if loaded and loaded.get("id") == known["id"] else known
        records.save(session, "organisation", known["id"], values, loaded=seen)


def file_of(session: Session, name: str) -> CompanyFile | None:
    """The company's logo or terms of sale; None where there is none."""
    id = find_company(session).get(name)
    row = records.known(session, "attachment", id)
    return CompanyFile(row["name"], attachments.of_digest(session, row["sha256"])) if row else None


def keep_file(workspace: Workspace, name: str, file: Path) -> bool:
    """Make a file the company's logo, a picture, or its terms of sale, a PDF. Raises Invalid, NotAllowed.

    Whether something of the file was left out that no paper could carry: scripts, forms, attached files.
    """
    with workspace.read() as session:
        _check_writer(session)
        _known(session, name)
    data = _read(name, file)
    kept = Annexed(_logo(data), stripped=False, pages=1) if name == "logo" else _terms(data)
    kept_as = f"{file.stem}.png" if name == "logo" else file.name
    folder = workspace.folder / attachments.FOLDER
    prepared = attachments.prepare(folder, kept.content, kept_as)
    with writing(workspace) as session:
        company = _known(session, name)
        id = attachments.add(session, prepared, "organisation", company["id"])
        records.save(session, "organisation", company["id"], {name: id})
    return kept.stripped


@contextmanager
def writing(workspace: Workspace) -> Iterator[Session]:
    """One change of the company that is there; of a laptop alone no server hears it. Raises NotAllowed."""
    with workspace.read() as session:
        mine, id = alone.is_ours(session), str(find_company(session).get("id"))
        _check_writer(session)
    with workspace.transaction(_("Company changed")) as session:
        # What a laptop alone says of its company is never sent: a server will have its own.
        with capture.paused(session.connection()) if mine else nullcontext():
            yield session
            session.flush()
    if mine:
        workspace.emit(Changes(frozenset({"organisation"}), frozenset({id})))


def _known(session: Session, field: str) -> Record:
    known = find_company(session)
    if not known:
        raise Invalid({field: _("Write the company's name first.")})
    return known


def _check_writer(session: Session) -> None:
    if not may_write(session):
        raise NotAllowed(_("Only the office changes the company."))


def _read(name: str, file: Path) -> bytes:
    try:
        if file.stat().st_size <= MOST_BYTES:
            return file.read_bytes()
    except OSError as problem:
        raise Invalid({name: _("This file cannot be read.")}) from problem
    words = _("This file is too large: {most} at most.", most=format_size(MOST_BYTES))
    raise Invalid({name: words})


def _logo(data: bytes) -> bytes:
    """The picture as a PNG, upright and with its transparency, as large as a quote can show it."""
    from PIL import Image

    from app.picture_colours import open_plain

    try:
        picture = open_plain(data)
    except ValueError as problem:
        raise Invalid(
            {"logo": _("This is no picture that can be read. Choose a PNG or a JPEG.")}
        ) from problem
    picture.thumbnail((LOGO_PIXELS, LOGO_PIXELS), Image.Resampling.LANCZOS)
    made = io.BytesIO()
    picture.save(made, "PNG", optimize=True)
    return made.getvalue()


def _terms(data: bytes) -> Annexed:
    """The pages of the file, as each quote carries them."""
    try:
        return chosen_pages(data)
    except ValueError as problem:
        raise Invalid({"terms_file": str(problem)}) from problem


def take_file_away(workspace: Workspace, name: str) -> None:
    """The company goes without its logo, or its terms file. Issued quotes keep theirs. Raises NotAllowed."""
    keep(workspace, {name: None})
