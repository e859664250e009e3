"""Words for quotes: price, issue, revise, pdf, mail."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.cli.output import Output
from app.cli.profile_words import opened
from app.errors import Invalid
from app.file_writing import write_whole
from app.i18n import translate as _


def price(options: argparse.Namespace, output: Output) -> None:
    """Arithmetic alone: one object in, one out; a list in, a list out. Always JSON, no profile needed."""
    from app.quotes import totals_output

    text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text(encoding="utf-8-sig")
    try:
        found = json.loads(text)
    except ValueError as problem:
        raise Invalid({options.file: _("This is no JSON: {problem}.", problem=problem)}) from None
    several = isinstance(found, list)
    priced: list[dict[str, Any]] = []
    for number, inputs in enumerate(found if several else [found], start=1):
        if not isinstance(inputs, dict):
            raise Invalid({str(number): _("A quote's inputs are an object.")})
        try:
            priced.append(totals_output.price(inputs))
        except Invalid as refusal:
            if not several:
                raise
            raise Invalid({f"{number}.{name}": p for name, p in refusal.problems.items()}) from None
    output.result(priced if several else priced[0])


def issue(options: argparse.Namespace, output: Output) -> None:
    """Freeze a draft; prints its number."""
    from app.quotes import issuing

    with opened(options) as workspace, workspace.transaction("quote issue") as session:
        number = issuing.issue(session, options.id)
    output.result({"id": options.id, "number": number}, number)


def revise(options: argparse.Namespace, output: Output) -> None:
    """A new draft that supersedes the quote once it is issued; prints its id."""
    from app.quotes import issuing

    with opened(options) as workspace, workspace.transaction("quote revise") as session:
        new = issuing.revise(session, options.id)
    output.result({"id": new, "supersedes": options.id}, new)


def pdf(options: argparse.Namespace, output: Output) -> None:
    """The quote as a PDF file."""
    from app.quotes import notices, paper

    with opened(options) as workspace, workspace.read() as session:
        page = paper.open_paper(session, options.id)
    content = page.render()
    for notice in notices.look_at_drawn(page, content):
        output.say(notice.text)
    _write(options, output, content)


def mail(options: argparse.Namespace, output: Output) -> None:
    """An e-mail with the quote: a draft that mail programs open for sending, or one that the server posts."""
    from app.quotes import letters, mailing

    with opened(options) as workspace:
        with workspace.read() as session:
            letter = mailing.open_letter(session, options.id)
        if options.send:
            id = letters.queue(workspace, letter, letters.Wording.of(letter, options.to))
            output.result({"id": options.id, "letter": id}, _("The e-mail leaves with the next sync."))
            return
    if options.to:
        letter = replace(letter, to=", ".join(mailing.check_addresses(options.to, "--to")))
        if not letter.recipients:
            raise Invalid({"--to": _("Enter an e-mail address such as name@example.com.")})
    _write(options, output, letter.render())


def _write(options: argparse.Namespace, output: Output, content: bytes) -> None:
    file = write_whole(Path(options.output), content)
    output.result({"id": options.id, "file": str(file), "bytes": len(content)}, str(file))
