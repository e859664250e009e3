"""The page of the entities says what the declarations say."""

from __future__ import annotations

from pathlib import Path

from app.entity_table import lines

PAGE = Path(__file__).parents[2] / "docs" / "entities.md"


def test_the_page_of_the_entities_is_fresh():
    assert PAGE.read_text(encoding="utf-8") == "\n".join(lines()), (
        "python -m app.entity_table docs/entities.md"
    )
