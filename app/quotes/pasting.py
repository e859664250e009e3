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
from app.entity import entity
from app.folding import fold
from app.i18n import mark as m_
from app.i18n import translate as _
from app.money import parse_decimal
from app.quotes import editing
from app.quotes.adding import add_entry, free_line
from app.quotes.sheet import ONE, ZERO, Sheet, with_line
from app.quotes.suggesting import Suggestion, find_products, priced
from app.units import code_of

MOST_ROWS = 2000
HEADINGS = {
    "reference": ("ref", "reference", "sku", "code", "article", "ean", "item no"),
    "label": ("designation", "libelle", "description", "produit", "label", "product", "name"),
    "quantity": ("qte", "quantite", "qty", "quantity", "nombre"),
    "price": ("pu", "prix", "price", "unit price", "unit cost", "unit ht", "unitaire"),
    "discount": ("remise", "discount", "rem"),
    "unit": ("unite", "unit", "uom", "unite de vente", "unit of measure"),
    "vat": (
        "tva",
        "taux tva",
        "taux de tva",
        "tva %",
        "% tva",
        "tva (%)",
        "vat",
        "vat rate",
        "vat %",
        "vat (%)",
    ),
}
_WHOLE = ("unit", "vat")
"""Headings that mean something else where more words follow."""
RATES = tuple(map(Decimal, ("20", "10", "5.5", "2.1", "0", "8.5", "1.75", "1.05", "13", "0.9")))
"""The rates of VAT that the French format knows: by them a column of rates is told from one of amounts."""
NOTHING = ("-", "\u2013", "\u2014")
"""How a spreadsheet writes a figure that is none."""
_REFUSED = {
    "quantity": m_("Row {n} of what was pasted: “{text}” is no quantity."),
    "price": m_("Row {n} of what was pasted: “{text}” is no price."),
    "discount": m_("Row {n} of what was pasted: “{text}” is no discount."),
}
PIECES = ("pcs", "pces", "piece", "pieces", "unite", "unites", "unit", "units")
_DIGITS = re.compile(r"\d{5,}")
_AND_UNIT = re.compile(r"(?P<figure>[-+\u2212]?\d[\d\s.,]*)\s*(?P<unit>[^\W\d_]\S*)")
"""« 12 pcs », « 2,5 m² »."""
_PER_UNIT = re.compile(r"\s*(?:/|par\b|per\b).*$", re.IGNORECASE)
"""What follows a price: « 12,50 € / m »."""
_SUM = re.compile(r"(?:sous-? ?|grand |sub-?)?total\b|(?:montant )?(?:tva|vat)\b|net a payer|montant total")
"""How a row of sums begins, folded."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was meant; without a price the rules make it."""

    reference: str = ""
    label: str = ""
    quantity: Decimal = ONE
    price: Decimal | None = None
    discount: str = ""
    unit: str = ""
    vat: str = ""
    comment: bool = False
    """Words alone, in a range of figures: a title or a remark."""
    is_sum: bool = False
    """It adds up the rows above: no line is made of it."""
    number: int = 1
    """Which row of the copied range it is; headings and empty rows count."""

    @property
    def name(self) -> str:
        """What it says it is."""
        return self.label or self.reference


def read_rows(text: str) -> list[Row]:
    """The rows of a copied range, without empty rows and the row of headings; those of sums are marked.

    Raises ValueError with one sentence where none is left, or too many, or where a figure cannot be read.
    """
    numbered = _cells(text)
    numbers, cells = [number for number, _row in numbered], [row for _number, row in numbered]
    if len(cells) > MOST_ROWS:
        raise ValueError(
            _("At most {most} rows are pasted at once; these are {n}.", most=MOST_ROWS, n=len(cells))
        )
    if not cells:
        raise ValueError(_("There is no row of text to paste."))
    width = max(len(row) for row in cells)
    table = [row + [""] * (width - len(row)) for row in cells]
    columns = _from_headings(table[0])
    rows, numbers = (table[1:], numbers[1:]) if columns else (table, numbers)
    columns = _priced(columns, rows) if columns else _guessed(rows, width)
    columns = _with_rates(columns, rows)
    read = [_row(each, columns, number) for number, each in zip(numbers, rows, strict=True)]
    found = [row for row in read if row.name]
    if all(row.is_sum for row in found):
        raise ValueError(_("No row names a product or says what it is."))
    return found


def _cells(text: str) -> list[tuple[int, list[str]]]:
    """Number and cells of each row that holds anything; a spreadsheet puts a cell of several lines into quotes."""
    text = text.lstrip("\ufeff")
    try:
        rows = list(csv.reader(io.StringIO(text), "excel-tab", strict=True))
    except csv.Error:
        rows = []
    if not rows or any("\t" in cell for row in rows for cell in row):
        # Not a spreadsheet's quotes: an inch, a name.
        rows = [line.split("\t") for line in text.splitlines()]
    stripped = [[" ".join(cell.split()) for cell in row] for row in rows]
    return [(number, row) for number, row in enumerate(stripped, start=1) if any(row)]


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
    products = find_products(session, sorted(set(named.values())))
    found = priced(session, [(product, ONE) for product in products], account, price_list)
    by_id = {each.product["id"]: each for each in found}
    return {
        text: by_id[id] for text in sought if (id := named.get(text) or named.get(text.upper(), "")) in by_id
    }


def add_rows(sheet: Sheet, rows: Sequence[Row], known: dict[str, Suggestion], at: int | None = None) -> Sheet:
    """The sheet with a line for each row but those of sums: the product that it names, else a line of free text.

    Raises ValueError with one sentence that names the row.
    """
    at = len(sheet.lines) if at is None else at
    for row in rows:
        if row.is_sum:
            continue
        try:
            after = _add_row(sheet, row, known, at)
        except ValueError as problem:
            raise ValueError(
                _("Row {n} of what was pasted: {problem}", n=row.number, problem=problem)
            ) from None
        at += len(after.lines) - len(sheet.lines)
        sheet = after
    return sheet


def _add_row(sheet: Sheet, row: Row, known: dict[str, Suggestion], at: int) -> Sheet:
    found = known.get(row.reference) or known.get(row.label)
    if found is None and row.comment:
        return add_entry(sheet, "text", " ".join(filter(None, (row.reference, row.label))), at)
    if found is None:
        line = free_line(sheet, row.label or row.reference, row.quantity, row.price or ZERO)
        line["sku"] = row.reference if row.label and row.reference else None
        line["unit"] = row.unit or line["unit"]
        after = with_line(sheet, line, at)
    else:
        after = editing.add_product(sheet, dataclasses.replace(found, quantity=row.quantity), at)
        if row.price is not None and row.price != after.lines[at]["unit_price"]:
            after = editing.set_cell(after, at, "unit_price", str(row.price))
    if row.vat and (sheet.quote["vat_category"] or "S") == "S":
        after = editing.set_cell(after, at, "vat_rate", row.vat)
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


def _with_rates(columns: dict[str, int], rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """The columns, without one headed “VAT” that holds amounts."""
    at = columns.get("vat")
    rates = at is not None and all(_number(row[at]) in RATES for row in rows if row[at])
    return columns if rates else {name: column for name, column in columns.items() if name != "vat"}


def _cell(cells: Sequence[str], columns: dict[str, int], name: str) -> str:
    text = cells[columns[name]] if name in columns else ""
    return "" if text in NOTHING else text


def _is_sum(cells: Sequence[str], columns: dict[str, int]) -> bool:
    """Whether a row adds up those above it: it says so, and sells nothing."""
    words = _cell(cells, columns, "label") or _cell(cells, columns, "reference")
    figures = columns.keys() & {"quantity", "price"}
    return bool(figures and not _cell(cells, columns, "quantity") and _SUM.match(fold(words)))


def _row(cells: Sequence[str], columns: dict[str, int], number: int) -> Row:
    def cell(name: str) -> str:
        return _cell(cells, columns, name)

    if _is_sum(cells, columns):
        # Its figures are none of a line: « 2 000,00 env. » stops no paste.
        return Row(cell("reference"), cell("label"), is_sum=True, number=number)

    def figure(name: str, text: str) -> Decimal | None:
        found = _number(text)
        if found is None and text:
            raise ValueError(_(_REFUSED[name], n=number, text=cell(name)))
        return found

    quantity, unit = _apart(cell("quantity"))
    price, discount = _PER_UNIT.sub("", cell("price")), cell("discount")
    figures = columns.keys() & {"quantity", "price"}
    return Row(
        reference=cell("reference"),
        label=cell("label"),
        quantity=ONE if (found := figure("quantity", quantity)) is None else found,
        price=figure("price", price),
        discount=discount if figure("discount", discount) else "",
        unit=code_of(cell("unit") or unit) if cell("unit") or unit else "",
        vat=cell("vat"),
        comment=bool(figures) and not any(cell(name) for name in figures),
        number=number,
    )


def _apart(text: str) -> tuple[str, str]:
    """(figure, unit) of a quantity: « 12 pcs »."""
    found = None if _number(text) is not None else _AND_UNIT.fullmatch(text)
    if found is None:
        return text, ""
    unit = "C62" if fold(found["unit"]).strip(".") in PIECES else code_of(found["unit"])
    return (found["figure"], unit) if unit else (text, "")


def _number(text: str) -> Decimal | None:
    try:
        return parse_decimal(text, i18n.language()) if text else None
    except ValueError:
        return None


def _is_code(text: str) -> bool:
    return bool(_DIGITS.fullmatch(text))


def _is_price(text: str) -> bool:
    return "€" in text or bool(re.search(r"[.,]\d{2,}\s*$", text))
