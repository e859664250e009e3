"""The laptop's own tables: what is to send, what the server last said, and where the sync stands."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text
from sqlalchemy.types import UserDefinedType


class AsIs(UserDefinedType[Any]):
    """A value kept as it is, text, number or bytes: SQLite's BLOB affinity converts nothing."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        return "BLOB"


LOCAL = MetaData()

entries = Table(
    "sync_entry",
    LOCAL,
    # Order of writing; AUTOINCREMENT would cost a table, and rows are only removed once sent.
    Column("seq", Integer, primary_key=True),
    Column("tx", Text),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("op", Text, nullable=False),
    Column("field", Text),
    Column("base", AsIs()),
    Column("new", AsIs()),
    Column("at", Text, nullable=False),
    Column("base_rev", BigInteger, nullable=False),
    # The revision that a pull must have passed before this entry leaves the overlay.
    Column("rev", BigInteger),
)
Index("sync_entry_record", entries.c.kind, entries.c.id)
Index("sync_entry_tx", entries.c.tx)

transactions = Table(
    "sync_transaction",
    LOCAL,
    Column("uuid", Text, primary_key=True),
    Column("n", Integer, nullable=False, unique=True),
    Column("hash", Text, nullable=False),
    # The exact bytes that travel; frozen at sealing, never encoded again.
    Column("body", AsIs(), nullable=False),
    Column("label", Text, nullable=False, server_default=""),
    Column("at", Text, nullable=False),
    # sealed -> acknowledged | parked -> (withdrawn)
    Column("state", Text, nullable=False, server_default="sealed"),
    Column("outcome", Text),
    Column("reason", Text),
    Column("rev", BigInteger),
    # By the server's clock: what was answered long ago is forgotten.
    Column("answered_at", Text),
)
Index("sync_transaction_state", transactions.c.state, transactions.c.n)

shadows = Table(
    "sync_shadow",
    LOCAL,
    # The last server version of a row that has entries not yet passed by a pull.
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("row", Text, nullable=False),
)

state = Table(
    "sync_state",
    LOCAL,
    Column("name", Text, primary_key=True),
    Column("value", AsIs()),
)
"""Cursor, epoch, device, series, granted scopes, the last numbers drawn, and the capture switch."""

pages = Table(
    "sync_page",
    LOCAL,
    # Of a pull that has not come to its end; `origin` is the laptop's cursor, `cursor` what follows.
    Column("n", Integer, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("cursor", Text, nullable=False),
    Column("body", AsIs(), nullable=False),
)

sums = Table(
    "sync_sum",
    LOCAL,
    # Of the server's live rows that are here; `total` as in `sync.sums.to_wire`.
    Column("scope", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("total", Text, nullable=False),
)

news = Table(
    "sync_news",
    LOCAL,
    Column("seq", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("field", Text),
    Column("old", AsIs()),
    Column("new", AsIs()),
    Column("by", Text),
    Column("at", Text, nullable=False),
)
Index("sync_news_record", news.c.kind, news.c.id)

history = Table(
    "sync_history",
    LOCAL,
    Column("seq", Integer, primary_key=True),
    Column("started_at", Text, nullable=False),
    Column("seconds", BigInteger),
    # done | offline | refused | interrupted
    Column("outcome", Text, nullable=False),
    Column("code", Text),
    Column("pushed", Integer, nullable=False, server_default="0"),
    Column("pulled", Integer, nullable=False, server_default="0"),
    Column("removed", Integer, nullable=False, server_default="0"),
    Column("conflicts", Integer, nullable=False, server_default="0"),
    Column("parked", Integer, nullable=False, server_default="0"),
)

blobs = Table(
    "sync_blob",
    LOCAL,
    # The bytes of attachments, which lie in files of their own. Deleting a row takes the key with it, so
    # what the file holds is gone in the same transaction, whenever the file itself goes.
    Column("sha256", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("file", Text, nullable=False),
    Column("key", AsIs(), nullable=False),
    # coming -> here
    Column("state", Text, nullable=False),
    # Whether the server has them, from us or anybody.
    Column("sent", Integer, nullable=False, server_default="0"),
    # Small pictures travel first.
    Column("thumbnail", Integer, nullable=False, server_default="0"),
    # Kept here whatever the room.
    Column("pinned", Integer, nullable=False, server_default="0"),
)
Index("sync_blob_state", blobs.c.state, blobs.c.sent)

blobs_gone = Table(
    "sync_blob_gone",
    LOCAL,
    # Files whose keys are gone, to be removed once that is committed.
    Column("file", Text, primary_key=True),
)
