"""The features whose declarations make the schema."""

from __future__ import annotations

from functools import cache

import app.accounts.model
import app.activities.model
import app.attachments.model
import app.catalogue.model
import app.conflicts.model
import app.opportunities.model
import app.people.model
import app.quotes.model
import app.visits.model  # noqa: F401
from app.entity import Entity, kinds, sync_table
from sync.schema import SyncSchema

SCHEMA_VERSION = 7
"""Grows with each release that adds a table or a column: the number of the newest migration."""


@cache
def sync_schema() -> SyncSchema:
    """All declared entities as the data that sync works on."""
    return SyncSchema(
        version=SCHEMA_VERSION,
        metadata=Entity.metadata,
        tables={kind: sync_table(kind) for kind in kinds()},
    )
