"""An eco-participation stands right under its product, and goes with it everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_eco_of(line: Mapping[str, Any], above: Mapping[str, Any]) -> bool:
    """Whether a line is the eco-participation of the product on the line above it."""
    return bool(
        above.get("product") and line.get("choice_kind") == "eco" and line.get("sku") == above.get("sku")
    )
