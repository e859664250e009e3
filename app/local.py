"""The program's own tables on a laptop, which do not travel: drafts, settings, undo, search."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

from sync.local import AsIs

LOCAL = MetaData()

drafts = Table(
    "draft",
    LOCAL,
    # What a form holds that was not saved yet: (kind, id or "new").
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("values", Text, nullable=False),
    # What the form was loaded with: the base of the merge when it is saved.
    Column("loaded", Text),
    Column("focus", Text),
    Column("at", Text, nullable=False),
)

settings = Table(
    "local_setting",
    LOCAL,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

undo_steps = Table(
    "undo_step",
    LOCAL,
    # The last actions of the person, oldest first.
    Column("step", Integer, primary_key=True),
    Column("label", Text, nullable=False),
    Column("at", Text, nullable=False),
    # When it was taken back, as a count; NULL while it stands.
    Column("undone", Integer),
)

undo_changes = Table(
    "undo_change",
    LOCAL,
    # What an action did: (create | delete | restore) of a record, or `base` and `new` of one field.
    Column("step", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("op", Text, nullable=False),
    Column("field", Text),
    Column("base", AsIs()),
    Column("new", AsIs()),
)
Index("undo_change_step", undo_changes.c.step)
Index("undo_change_record", undo_changes.c.kind, undo_changes.c.id)

search_dirty = Table(
    "search_dirty",
    LOCAL,
    # Records whose search entry, or summary for kind `account_summary`, is renewed before the commit.
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
)

search_rows = Table(
    "search_row",
    LOCAL,
    # `row` is the rowid of the full-text entry, in the range of its kind; `folded` the title as search
    # compares it.
    Column("row", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("subtitle", Text, nullable=False),
    Column("folded", Text, nullable=False),
)
Index("search_row_record", search_rows.c.id, search_rows.c.kind, unique=True)
Index("search_row_folded", search_rows.c.kind, search_rows.c.folded)

account_summaries = Table(
    "account_summary",
    LOCAL,
    # What the list of accounts shows and sorts by, gathered from the account and what hangs under it.
    Column("account", Text, primary_key=True),
    Column("sort_name", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("town", Text, nullable=False),
    Column("potential", Text),
    Column("type", Text),
    # Accepted quotes of the last twelve months, without VAT, in cents.
    Column("revenue", Integer, nullable=False),
    Column("last_visit", Text),
    # The day from which a visit is due; without a visit yet it always is.
    Column("visit_due", Text, nullable=False),
    # The day on which the oldest quote counted in `revenue` leaves the twelve months.
    Column("stale_on", Text),
    sqlite_with_rowid=False,
)
for _order in ("sort_name", "last_visit", "revenue"):
    # The order first, then what the filters ask: a filtered list is read from the index alone.
    Index(
        f"account_summary_{_order}",
        account_summaries.c[_order],
        account_summaries.c.account,
        account_summaries.c.type,
        account_summaries.c.visit_due,
    )
Index(
    "account_summary_stale",
    account_summaries.c.stale_on,
    sqlite_where=account_summaries.c.stale_on.is_not(None),
)

list_counts = Table(
    "list_count",
    LOCAL,
    # How many summaries there are: counting a hundred thousand would delay the first window.
    Column("kind", Text, primary_key=True),
    Column("n", Integer, nullable=False),
)
