"""What Alembic runs: the migrations on the connection, and in the transaction, of the caller."""

from __future__ import annotations

from alembic import context

from app.features import sync_schema

context.configure(connection=context.config.attributes["connection"], target_metadata=sync_schema().metadata)
context.run_migrations()
