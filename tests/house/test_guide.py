"""The pages for people: no link leads nowhere, and what they tell to press is on the screens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo

import resources

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page
    for page in ROOT.rglob("*.md")
    # Tools keep pages of their own in hidden folders, and some appear while the tests are gathered.
    if not any(part.startswith(".") or part == "build" for part in page.relative_to(ROOT).parts)
)
GUIDE = [page for page in PAGES if "guide" in page.relative_to(ROOT).as_posix()]
KEY = re.compile(r"(Ctrl|Maj|Shift|F\d|Enter|Entrée|Alt|Esc|Échap).*")
EMPHASIS = {"en": {"why", "option", "alternative", "right button", "recovery passphrase"},
            "fr": {"pourquoi", "option", "variante", "bouton droit", "phrase de secours"}}  # fmt: skip
"""Bold for its weight, not the name of something on a screen."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page: Path):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    inside = [link.partition("#")[0] for link in links if not re.match(r"https?:|mailto:|#", link)]
    assert [link for link in inside if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", GUIDE, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_the_guide_tells_to_press_is_called_so_in_the_program(page: Path):
    language = "fr" if "fr" in (page.parent.name, page.stem[-2:]) else "en"
    known = EMPHASIS[language] | {_plain(text) for text in _messages(language)}
    bold = re.findall(r"\*\*(.+?)\*\*", page.read_text(encoding="utf-8"))
    named = {_plain(part) for words in bold for part in words.split(" › ") if not KEY.fullmatch(words)}
    assert sorted(named - known) == []


def _messages(language: str) -> list[str]:
    with resources.path("translations/fr.mo").open("rb") as file:
        found = [message.id if language == "en" else message.string for message in read_mo(file)]
    return [text for one in found for text in (one if isinstance(one, tuple | list) else (one,))]


def _plain(text: str) -> str:
    """Without what differs between a page and a button: the dots, the kind of apostrophe and space, `{n}`."""
    text = re.sub(r"\{\w+\}", "N", text).replace("’", "'").replace("\u00a0", " ").replace("\u202f", " ")
    return text.rstrip("…").strip()
