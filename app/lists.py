"""The long lists of the screens: their filters, orders and columns, each pair served by a covering index.

A screen loads the first rows at once (`first`), then all ids in the background (`ids`) and the rows of
the window that it shows (`rows`). Plain SQL throughout: the first window is painted before SQLAlchemy
is loaded (`app.quick_start`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app import formats
from app.i18n import mark as _

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """One list. The unary plus in filters keeps to the index of the order, which covers their columns."""

    kind: str
    table: str
    id: str
    columns: tuple[tuple[str, str], ...]
    """(name, expression) of each column of a row, in order."""
    filters: dict[str, str]
    sorts: dict[str, str]
    labels: dict[str, str]
    """English labels of filters, sorts and columns."""
    joins: str = ""
    always: str = "1"

    def names(self) -> tuple[str, ...]:
        """The columns' names, in the order of a row."""
        return tuple(name for name, _expression in self.columns)

    def ids_query(self, filter: str, sort: str) -> str:
        """All ids of a filter in an order."""
        return (
            f"SELECT {self.id} FROM {self.table} WHERE {self.always} AND {self.filters[filter]}"
            f" ORDER BY {self.sorts[sort]}"
        )

    def rows_query(self, ids: str) -> str:
        """The rows of the ids that a query or a list of marks gives, in no order."""
        shown = ", ".join(expression for _name, expression in self.columns)
        return f"SELECT {shown} FROM {self.table} {self.joins} WHERE {self.id} IN ({ids})"


def _unsent(kind: str, id: str) -> str:
    return f"EXISTS (SELECT 1 FROM sync_entry AS e WHERE e.kind = '{kind}' AND e.id = {id})"


_STATUSES = (
    "draft",
    "to_approve",
    "issued",
    "sent",
    "accepted",
    "refused",
    "expired",
    "superseded",
    "replaced",
)

LISTS: dict[str, ListOf] = {
    "account": ListOf(
        kind="account",
        table="account_summary",
        id="account_summary.account",
        columns=(
            ("id", "account_summary.account"),
            ("name", "name"),
            ("town", "town"),
            ("potential", "potential"),
            ("type", "type"),
            ("revenue", "revenue"),
            ("last_visit", "last_visit"),
            ("unsent", _unsent("account", "account_summary.account")),
        ),
        filters={
            "all": "1",
            "customers": "+type = 'customer'",
            "prospects": "+type = 'prospect'",
            "to_visit": "+visit_due <= :today AND +type IN ('customer', 'prospect')",
        },
        sorts={
            "name": "sort_name, account",
            "last_visit": "last_visit DESC, account DESC",
            "revenue": "revenue DESC, account DESC",
        },
        labels={
            "all": _("All"),
            "customers": _("Customers"),
            "prospects": _("Prospects"),
            "to_visit": _("To visit"),
            "name": _("Name"),
            "town": _("Town"),
            "potential": _("Potential"),
            "type": _("Type"),
            "revenue": _("Revenue, 12 months"),
            "last_visit": _("Last visit"),
        },
    ),
    "contact": ListOf(
        kind="contact",
        table="contact",
        id="contact.id",
        joins="LEFT JOIN account_summary AS a ON a.account = contact.account",
        always="+contact.deleted_at IS NULL",
        columns=(
            ("id", "contact.id"),
            ("first_name", "contact.first_name"),
            ("last_name", "contact.last_name"),
            ("job", "contact.job"),
            ("role", "contact.role"),
            ("account", "a.name"),
            ("decision_role", "contact.decision_role"),
            ("mobile", "contact.mobile"),
            ("phone", "contact.phone"),
            ("left_on", "contact.left_on"),
            ("unsent", _unsent("contact", "contact.id")),
        ),
        filters={
            "all": "+left_on IS NULL",
            "decide": "+left_on IS NULL AND +decision_role IN ('decides', 'buys')",
            "left": "+left_on IS NOT NULL",
        },
        sorts={"name": "last_name COLLATE NOCASE, first_name COLLATE NOCASE, contact.id"},
        labels={
            "all": _("All"),
            "decide": _("Decide or buy"),
            "left": _("Have left"),
            "name": _("Name"),
        },
    ),
    "quote": ListOf(
        kind="quote",
        table="quote",
        id="quote.id",
        joins="LEFT JOIN account_summary AS a ON a.account = quote.account",
        always="+quote.deleted_at IS NULL",
        columns=(
            ("id", "quote.id"),
            ("number", "quote.number"),
            ("account", "a.name"),
            ("total_ht", "quote.total_ht"),
            ("total_ttc", "quote.total_ttc"),
            ("status", "quote.status"),
            ("created_at", "quote.created_at"),
            ("issued_on", "quote.issued_on"),
            ("valid_until", "quote.valid_until"),
            ("subject", "quote.subject"),
            ("unsent", _unsent("quote", "quote.id")),
        ),
        filters={"all": "1"} | {status: f"+status = '{status}'" for status in _STATUSES},
        sorts={
            "newest": "created_at DESC, id DESC",
            "number": "number DESC, id DESC",
            "total": "total_ht DESC, id DESC",
            "issued": "issued_on DESC, id DESC",
        },
        labels={
            "all": _("All"),
            "newest": _("Newest first"),
            "number": _("Number"),
            "account": _("Account"),
            "total": _("Total excl. VAT"),
            "total_ht": _("Total excl. VAT"),
            "total_ttc": _("Total incl. VAT"),
            "status": _("Status"),
            "issued": _("Issued on"),
            "issued_on": _("Issued on"),
            "valid_until": _("Valid until"),
            "subject": _("Subject"),
        },
    ),
    "product": ListOf(
        kind="product",
        table="product",
        id="product.id",
        always="+product.deleted_at IS NULL AND +product.status IS NOT 'hidden'",
        columns=(
            ("id", "product.id"),
            ("sku", "product.sku"),
            ("label_fr", "product.label_fr"),
            ("label_en", "product.label_en"),
            ("family", "product.family"),
            ("list_price", "product.list_price"),
            ("status", "product.status"),
            ("unsent", _unsent("product", "product.id")),
        ),
        filters={"all": "1", "family": "+family = :family"},
        sorts={"sku": "sku, id", "label": "label_fr, id", "price": "list_price, id"},
        labels={
            "all": _("All"),
            "family": _("Family"),
            "sku": _("Reference"),
            "label": _("Label"),
            "price": _("List price"),
        },
    ),
}

INDEXES: tuple[str, ...] = (
    # What hangs under an account, as summaries, search entries and record pages ask for it.
    "site_account ON site (account, deleted_at, kind, id, town, postcode, phone)",
    "contact_account ON contact (account, deleted_at)",
    "contact_name ON contact (last_name COLLATE NOCASE, first_name COLLATE NOCASE, id, decision_role, left_on,"
    " deleted_at)",
    "opportunity_account ON opportunity (account, deleted_at)",
    "quote_account ON quote (account, deleted_at, status, decided_on, issued_on, total_ht)",
    "visit_report_account ON visit_report (account, deleted_at, start)",
    "appointment_account ON appointment (account, deleted_at, kind, state, start)",
    "quote_line_quote ON quote_line (quote, deleted_at, position)",
    # The order first, then what the filters ask: a filtered list is read from the index alone.
    "quote_newest ON quote (created_at, id, status, deleted_at)",
    "quote_number ON quote (number, id, status, deleted_at)",
    "quote_total ON quote (total_ht, id, status, deleted_at)",
    "quote_issued ON quote (issued_on, id, status, deleted_at)",
    "product_sku ON product (sku, id, family, status, deleted_at)",
    "product_label ON product (label_fr, id, family, status, deleted_at)",
    "product_price ON product (list_price, id, family, status, deleted_at)",
)
"""Created beside the tables; those of `account_summary` stand with its table in `app.local`."""


def install(connection: Connection) -> None:
    """Make the indexes that are missing, and drop those that only begin another one: each costs every write."""
    for index in INDEXES:
        connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS {index}")
    tables = connection.exec_driver_sql("SELECT DISTINCT tbl_name FROM sqlite_schema WHERE type = 'index'")
    for table in tables.scalars().all():
        columns = _indexes(connection, table)
        for name, ours in columns.items():
            if any(len(other) > len(ours) and other[: len(ours)] == ours for other in columns.values()):
                connection.exec_driver_sql(f'DROP INDEX "{name}"')


def _indexes(connection: Connection, table: str) -> dict[str, list[tuple[str, str]]]:
    """The columns, each with its collation, of the indexes that refuse nothing and leave out no row."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, column, collation in connection.exec_driver_sql(
        "SELECT i.name, c.name, c.coll FROM pragma_index_list(?) AS i, pragma_index_xinfo(i.name) AS c"
        """ WHERE i.origin = 'c' AND i."unique" = 0 AND i.partial = 0 AND c.key ORDER BY i.name, c.seqno""",
        (table,),
    ):
        found.setdefault(name, []).append((column, collation))
    return found


def ids(
    session: Session | Connection, kind: str, filter: str = "all", sort: str = "name", **values: str
) -> list[str]:
    """All ids of a list in its order. `values` fill a filter's places: `family` of products."""
    query = LISTS[kind].ids_query(filter, sort)
    return [row[0] for row in _fetch(session, query, _bound(values))]


def first(
    session: Session | Connection,
    kind: str,
    filter: str = "all",
    sort: str = "name",
    limit: int = 200,
    **values: str,
) -> list[Row]:
    """The first rows of a list in its order, without loading all ids."""
    listed = LISTS[kind]
    query = f"{listed.ids_query(filter, sort)} LIMIT {int(limit)}"
    return rows(session, kind, [row[0] for row in _fetch(session, query, _bound(values))])


def rows(session: Session | Connection, kind: str, ids: Sequence[str]) -> list[Row]:
    """The rows of a window in the order of `ids`; one that is gone is left out. Columns: `LISTS[kind].names()`."""
    if not ids:
        return []
    found = _fetch(session, LISTS[kind].rows_query(", ".join("?" * len(ids))), tuple(ids))
    by_id = {row[0]: tuple(row) for row in found}
    return [by_id[id] for id in ids if id in by_id]


def families(session: Session | Connection) -> list[str]:
    """The product families there are, in order."""
    query = (
        "SELECT DISTINCT family FROM product"
        " WHERE deleted_at IS NULL AND status IS NOT 'hidden' AND family IS NOT NULL ORDER BY family"
    )
    return [row[0] for row in _fetch(session, query, ())]


def today() -> str:
    """The day to which visits are due."""
    return formats.now().date().isoformat()


def _bound(values: dict[str, str]) -> dict[str, str]:
    return {"today": today(), **values}


def _fetch(session: Session | Connection, query: str, values: Any) -> list[Any]:
    """The driver's own rows: a hundred thousand ids are wanted in a blink."""
    plain: Any = session
    connection = plain.connection() if hasattr(plain, "get_bind") else plain
    found: list[Any] = connection.connection.dbapi_connection.execute(query, values).fetchall()
    return found
