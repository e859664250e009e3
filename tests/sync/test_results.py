"""What the server made of our transactions costs by the row, however large a transaction is."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from sync import local, results
from sync.protocol import Result
from sync.schema import SyncSchema


def steps_of_an_answer(rows: int, last_index: str) -> int:
    """Hundreds of SQLite's steps to note the answer to one transaction of so many rows."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    local.LOCAL.create_all(engine)
    entries = local.LOCAL.tables["sync_entry"]
    (index,) = (one for one in entries.indexes if one.name == last_index)
    index.drop(engine)
    index.create(engine)
    count = 0

    def note_step() -> int:
        nonlocal count
        count += 1
        return 0

    with engine.begin() as connection:
        connection.execute(
            entries.insert(),
            [
                {
                    "tx": "t",
                    "kind": "account",
                    "id": f"a{n}",
                    "op": "create",
                    "field": name,
                    "at": "",
                    "base_rev": 0,
                }
                for n in range(rows)
                for name in ("name", "phone", "city", "siret")
            ],
        )
        answer = Result("t", "applied", 5, rows=[("account", f"a{n}", 5 + n) for n in range(rows)])
        connection.connection.driver_connection.set_progress_handler(note_step, 100)  # type: ignore[union-attr]
        results.settle(connection, SyncSchema(1, local.LOCAL), [answer], "2026-05-04T08:00:00.000Z")
    engine.dispose()
    return count


@pytest.mark.parametrize("last_index", ["sync_entry_tx", "sync_entry_record"])
def test_an_answer_to_four_times_the_rows_costs_four_times_as_much_in_whatever_order_a_file_was_made(
    last_index,
):
    assert steps_of_an_answer(2_000, last_index) < 6 * steps_of_an_answer(500, last_index)
