"""Rows of a spreadsheet become lines of a quote: columns known by their headings, else by what is in them."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app import i18n
from app.catalogue.pricing import open_book
from app.entity import entity
from app.folding import fold
from app.i18n import translate as _
from app.money import parse_decimal
from app.quotes import editing
from app.quotes.adding import free_line
from app.quotes.sheet import ONE, ZERO, Sheet, with_line
from app.quotes.suggesting import Suggestion, find_products
from app.units import code_of

MOST_ROWS = 2000
HEADINGS = {
    "reference": ("ref", "reference", "sku", "code", "article", "ean", "item no"),
    "label": ("designation", "libelle", "description", "produit", "label", "product", "name"),
    "quantity": ("qte", "quantite", "qty", "quantity", "nombre"),
    "price": ("pu", "prix", "price", "unit price", "unit cost", "unit ht", "unitaire"),
    "discount": ("remise", "discount", "rem"),
    "unit": ("unite", "unit", "uom", "unite de vente", "unit of measure"),
}
_WHOLE = ("unit",)
"""Headings that mean something else where more words follow."""
_DIGITS = re.compile(r"\d{5,}")


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was meant; without a price the rules make it."""

    reference: str = ""
    label: str = ""
    quantity: Decimal = ONE
    price: Decimal | None = None
    discount: str = ""
    unit: str = ""


def read_rows(text: str) -> list[Row]:
    """The rows of a copied range; empty rows and the row of headings are left out.

    Raises ValueError with one sentence where none is left, or too many.
    """
    cells = _cells(text)
    if len(cells) > MOST_ROWS:
        raise ValueError(
            _("At most {most} rows are pasted at once; these are {n}.", most=MOST_ROWS, n=len(cells))
        )
    if not cells:
        raise ValueError(_("There is no row of text to paste."))
    width = max(len(row) for row in cells)
    table = [row + [""] * (width - len(row)) for row in cells]
    columns = _from_headings(table[0])
    rows = table[1:] if columns else table
    columns = _priced(columns, rows) if columns else _guessed(rows, width)
    found = [row for row in (_row(each, columns) for each in rows) if row.reference or row.label]
    if not found:
        raise ValueError(_("No row names a product or says what it is."))
    return found


def _cells(text: str) -> list[list[str]]:
    """The cells of each row that holds anything; a spreadsheet puts a cell of several lines into quotes."""
    text = text.lstrip("\ufeff")
    try:
        rows = list(csv.reader(io.StringIO(text), "excel-tab", strict=True))
    except csv.Error:
        rows = []
    if not rows or any("\t" in cell for row in rows for cell in row):
        # Not a spreadsheet's quotes: an inch, a name.
        rows = [line.split("\t") for line in text.splitlines()]
    stripped = [[" ".join(cell.split()) for cell in row] for row in rows]
    return [row for row in stripped if any(row)]


def find_suggestions(
    session: Session, rows: Sequence[Row], account: str | None, price_list: str | None
) -> dict[str, Suggestion]:
    """The products that the rows name by reference or bar code, by the text that named them."""
    sought = {text for row in rows for text in (row.reference, row.label) if text}
    table = entity("product").__table__
    upper = [text.upper() for text in sought]
    query = select(table.c.id, table.c.sku, table.c.ean).where(
        or_(table.c.sku.in_(upper), table.c.ean.in_(sought)),
        table.c.deleted_at.is_(None),
        table.c.status.is_distinct_from("hidden"),
    )
    named = {str(name): id for id, sku, ean in session.execute(query) for name in (sku, ean) if name}
    products = {product["id"]: product for product in find_products(session, sorted(set(named.values())))}
    book = open_book(session, account, list(products), price_list)
    return {
        text: Suggestion(product, ONE, book.price(product), book)
        for text in sought
        if (product := products.get(named.get(text) or named.get(text.upper(), "")))
    }


def add_rows(sheet: Sheet, rows: Sequence[Row], known: dict[str, Suggestion], at: int | None = None) -> Sheet:
    """The sheet with a line for each row: the product that it names, else a line of free text.

    Raises ValueError with one sentence that names the row.
    """
    at = len(sheet.lines) if at is None else at
    for number, row in enumerate(rows, start=1):
        try:
            after = _add_row(sheet, row, known, at)
        except ValueError as problem:
            raise ValueError(_("Row {n}: {problem}", n=number, problem=problem)) from None
        at += len(after.lines) - len(sheet.lines)
        sheet = after
    return sheet


def _add_row(sheet: Sheet, row: Row, known: dict[str, Suggestion], at: int) -> Sheet:
    found = known.get(row.reference) or known.get(row.label)
    if found is None:
        line = free_line(sheet, row.label or row.reference, row.quantity, row.price or ZERO)
        line["sku"] = row.reference if row.label and row.reference else None
        line["unit"] = row.unit or line["unit"]
        after = with_line(sheet, line, at)
    else:
        priced = dataclasses.replace(
            found, quantity=row.quantity, price=found.book.price(found.product, row.quantity)
        )
        after = editing.add_product(sheet, priced, at)
        if row.price is not None and row.price != priced.price.unit_price:
            after = editing.set_cell(after, at, "unit_price", str(row.price))
    return editing.set_cell(after, at, "discount_percent", row.discount) if row.discount else after


def _from_headings(first: Sequence[str]) -> dict[str, int]:
    """Which column is what, where the first row says so: it must name at least two."""
    found: dict[str, int] = {}
    for at, cell in enumerate(first):
        # « P.U. HT », « Réf. », « Prix unitaire »
        word = " ".join(fold(cell).replace(".", "").strip(" :").split())
        for name, headings in HEADINGS.items():
            begins = name not in _WHOLE and any(word.startswith(f"{each} ") for each in headings)
            if name not in found and (begins or word in headings):
                found[name] = at
                break
    return found if len(found) > 1 else {}


def _priced(columns: dict[str, int], rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """The columns, where one headed “Unit” that holds figures alone is the price that no other one is."""
    if "unit" not in columns or "price" in columns:
        return columns
    cells = [cell for row in rows if (cell := row[columns["unit"]])]
    if not cells or any(_number(cell) is None for cell in cells):
        return columns
    return {"price" if name == "unit" else name: at for name, at in columns.items()}


def _guessed(rows: Sequence[Sequence[str]], width: int) -> dict[str, int]:
    """Texts are reference and label in that order; % is a discount, cents are a price, the rest a quantity."""
    found: dict[str, int] = {}
    columns = {at: [row[at] for row in rows if row[at]] for at in range(width)}
    texts = [
        at for at, cells in columns.items() if cells and not all(_number(cell) is not None for cell in cells)
    ]
    codes = [at for at, cells in columns.items() if at not in texts and cells and all(map(_is_code, cells))]
    named = sorted([*texts, *codes[:1]])
    found.update(zip(("reference", "label") if len(named) > 1 else ("label",), named, strict=False))
    figures = [at for at, cells in columns.items() if cells and at not in found.values()]
    for at in [each for each in figures if any("%" in cell for cell in columns[each])][:1]:
        found["discount"] = at
    rest = [at for at in figures if at not in found.values() and _number(columns[at][0]) is not None]
    prices = [at for at in rest if any(_is_price(cell) for cell in columns[at])]
    if prices:
        found["price"] = prices[0]
    left = [at for at in rest if at not in found.values()]
    # A total behind the price is worked out, not taken over.
    for name, at in zip([n for n in ("quantity", "price", "discount") if n not in found], left, strict=False):
        if name != "discount" or not prices:
            found[name] = at
    return found


def _row(cells: Sequence[str], columns: dict[str, int]) -> Row:
    def cell(name: str) -> str:
        return cells[columns[name]] if name in columns else ""

    discount, quantity = cell("discount"), _number(cell("quantity"))
    return Row(
        reference=cell("reference"),
        label=cell("label"),
        quantity=ONE if quantity is None else quantity,
        price=_number(cell("price")),
        discount="" if _number(discount) in (None, ZERO) else discount,
        unit=code_of(cell("unit")) if cell("unit") else "",
    )


def _number(text: str) -> Decimal | None:
    try:
        return parse_decimal(text, i18n.language()) if text else None
    except ValueError:
        return None


def _is_code(text: str) -> bool:
    return bool(_DIGITS.fullmatch(text))


def _is_price(text: str) -> bool:
    return "€" in text or bool(re.search(r"[.,]\d{2,}\s*$", text))
