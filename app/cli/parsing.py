"""The parser of the command line, which speaks the program's language where the library's own words are English."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any, NoReturn

from app.i18n import mark as m_
from app.i18n import translate as _

SENTENCES = {
    r"argument : (?P<problem>.+)": "{problem}",
    r"argument (?P<name>[^:]+): (?P<problem>.+)": m_("argument {name}: {problem}"),
    r"the following arguments are required: (?P<names>.+)": m_(
        "the following arguments are required: {names}"
    ),
    r"one of the arguments (?P<names>.+) is required": m_("one of these arguments is required: {names}"),
    r"unrecognized arguments: (?P<names>.+)": m_("unknown arguments: {names}"),
    r"invalid choice: (?P<value>'.*?') \(choose from (?P<choices>.+)\)": m_(
        "{value} is none of these: {choices}"
    ),
    r"expected one argument": m_("its value is missing"),
    r"not allowed with argument (?P<name>.+)": m_("not together with {name}"),
    r"ignored explicit argument (?P<value>.+)": m_("it takes no value, not even {value}"),
}
"""What the library says, as patterns, and how the program says it; `problem` is such a sentence again."""


class Parser(argparse.ArgumentParser):
    """One that speaks the program's language."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, "add_help": False, "formatter_class": _Usage, **options})
        self._positionals.title, self._optionals.title = _("what it takes"), _("options")

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(
            2,
            _("{program}: {problem}. `{program} --help` says how.", program=self.prog, problem=_said(message))
            + "\n",
        )


class _Usage(argparse.HelpFormatter):
    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, _("usage: ") if prefix is None else prefix)


def whole(text: str) -> int:
    """A whole number that was typed."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("“{text}” is no whole number", text=text)) from None


def count(text: str) -> int:
    """How many: a whole number from 0 on."""
    number = whole(text)
    if number < 0:
        raise argparse.ArgumentTypeError(_("“{text}” is less than 0", text=text))
    return number


def _said(message: str) -> str:
    """The library's sentence in the program's language; what it is not known to say stays."""
    for pattern, sentence in SENTENCES.items():
        if found := re.fullmatch(pattern, message, re.DOTALL):
            parts = found.groupdict()
            if "problem" in parts:
                parts["problem"] = _said(parts["problem"])
            return _(sentence, **parts)
    return message
