"""What stands under a line's description: its part in the offer, why its price, what is earned on it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app import formats
from app.i18n import translate as _
from app.quotes.product_line import is_obsolete
from app.quotes.sheet import Sheet
from app.quotes.totals import LineAmounts

HUNDRED = Decimal(100)


def line_margin(line: dict[str, Any], amounts: LineAmounts | None) -> Decimal | None:
    """The margin on a line in percent; None where its cost is unknown or it brings nothing."""
    if amounts is None or line["cost"] is None or amounts.net_ht <= 0:
        return None
    quantity = line["quantity"] if line["quantity"] is not None else Decimal(1)
    return Decimal((amounts.net_ht - line["cost"] * quantity) / amounts.net_ht * HUNDRED)


def role_words(line: dict[str, Any]) -> list[str]:
    """Which part the line plays, where it is more than an item."""
    words = []
    match line["choice_kind"]:
        case "option":
            words.append(_("Option, taken") if line["selected"] else _("Option"))
        case "alternate":
            group = line["option_group"] or ""
            words.append(
                _("Alternative {group}, chosen", group=group)
                if line["selected"]
                else _("Alternative {group}", group=group)
            )
    if line["discountable"] is False and line["choice_kind"] != "eco":
        words.append(_("without the global discount"))
    return words


def obsolete_words(sheet: Sheet, line: dict[str, Any]) -> str:
    """That the line's product is no longer sold, and by reference what replaces it."""
    if not is_obsolete(sheet, line):
        return ""
    names = ", ".join(product["sku"] for product in sheet.substitutes.get(line["product"], ()))
    return _("obsolete, see {names}", names=names) if names else _("obsolete")


def note_words(
    line: dict[str, Any], amounts: LineAmounts | None, sheet: Sheet, why: str, discreet: bool
) -> tuple[str, bool]:
    """(the words, whether the margin is below the floor); `discreet` tells only what a customer may read.

    `why` is the reason of the price.
    """
    words, low, floor = role_words(line), False, sheet.margin_floor
    if not discreet:
        if obsolete := obsolete_words(sheet, line):
            words.append(obsolete)
        if why:
            words.append(why)
        margin = line_margin(line, amounts)
        if margin is not None:
            low = margin < floor
            percent = formats.format_percentage(round(margin, 1))
            words.append(
                _("margin {percent}, below the floor", percent=percent)
                if low
                else _("margin {percent}", percent=percent)
            )
    return " · ".join(words), low
