"""The questions that a type of visit asks, in the language of the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app import records
from app.i18n import language
from app.i18n import translate as _


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a template; `kind` is choice, rating, number or text."""

    key: str
    label: str
    kind: str
    choices: tuple[tuple[object, str], ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """The questions of a type of visit."""

    id: str
    type: str
    name: str
    version: int
    questions: tuple[Question, ...]


def templates(session: Session) -> tuple[Template, ...]:
    """The active templates, one per type, the newest version of each."""
    found: dict[str, Template] = {}
    for row in records.find_rows(session, "report_template", order="version"):
        if row["active"] is not False:
            questions = tuple(_question(asked) for asked in row["questions"] or ())
            found[row["type"]] = Template(
                row["id"], row["type"], row["name"] or "", row["version"] or 1, questions
            )
    return tuple(found.values())


def _question(asked: Mapping[str, Any]) -> Question:
    kind = str(asked.get("kind") or "text")
    if kind == "rating":
        low, high = int(asked.get("min") or 1), int(asked.get("max") or 5)
        choices: tuple[tuple[object, str], ...] = tuple((n, str(n)) for n in range(low, high + 1))
    elif kind == "yes_no":
        choices = (("yes", _("Yes")), ("no", _("No")))
    else:
        choices = tuple((choice["value"], _spoken(choice)) for choice in asked.get("choices") or ())
    return Question(str(asked["key"]), _spoken(asked), kind, choices, bool(asked.get("required")))


def _spoken(said: Mapping[str, Any]) -> str:
    """A label in the language of the screen, where the template has it."""
    here = said.get(f"label_{language()}") if language() != "fr" else None
    return str(here or said.get("label") or said.get("value") or "")
