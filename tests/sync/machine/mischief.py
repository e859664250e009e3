"""What nobody of the company does: a request that a stranger forges, and a row that vanishes from a disk."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from sync import sums
from sync.protocol import EnrolRequest, Op, PushRequest, seal
from sync.server.head import current
from tests.sync.machine import company
from tests.sync.machine.laptop import PASSWORD, Laptop, Row
from tests.sync.machine.network import Remote
from tests.sync.machine.world import World

KINDS = ("account", "contact", "task")
"""Of whose records a stranger writes the telephone number."""
LEAVES = ("contact", "task")
"""Below which there is nothing that would hang in the air."""


@dataclass(frozen=True)
class Stranger:
    """Somebody's own program, on a network of his own."""

    name: str = "stranger"


def out_of_reach(world: World, user: str) -> list[tuple[str, Row]]:
    """The records that a user may not see, as the server has them."""
    store = world.server.store
    with store.read() as connection:
        scopes = company.grants(connection, store.tables.synced, user).scopes
        return [
            (kind, dict(row))
            for kind in KINDS
            for table in [store.tables.synced[kind]]
            for row in connection.execute(select(table).order_by(table.c.id)).mappings()
            if row["deleted_at"] is None and row["scope"] not in scopes
        ]


def trespass(world: World, user: str, pick: int) -> None:
    """A new device of the user writes to a record as if it had seen it long ago: it changes nothing."""
    found = out_of_reach(world, user)
    if not found:
        return
    kind, row = found[pick % len(found)]
    remote = Remote(world.network, Stranger(), "")
    answer = remote.enrol(EnrolRequest(f"{user}@acme.example", PASSWORD))
    remote, now = remote.renewed(answer.token), world.server.service.now()
    op = Op(kind, row["id"], "update", 1, {"phone": (row["phone"], "forged")}, now)
    name = f"forged-{answer.device}"
    remote.push(PushRequest(now, [seal(name, 1, [op])], epoch=answer.epoch))
    table = world.server.store.tables.synced[kind]
    with world.server.store.read() as connection:
        there = connection.execute(select(table).where(table.c.id == row["id"])).mappings().one()
        assert dict(there) == row, f"a claim was believed: {dict(there)}"
    remote.push(PushRequest(now, [], withdraw=[name], epoch=answer.epoch))


def lose_a_row(world: World, laptop: Laptop, pick: int) -> None:
    """All of a row goes from a laptop's file although nobody took it away; its sum shows it."""
    with world.server.store.read() as connection:
        _rev, epoch = current(connection, world.server.store)
    if laptop.state("epoch") != epoch:
        return  # what a restored server lacks may be nowhere else
    # Of what it wrote itself it tells in what it sent: that would outlive a row that left by no exit.
    sent = "SELECT 1 FROM sync_transaction WHERE instr(cast(body AS text), id)"
    at_rest = f"rev > 0 AND scope IN (SELECT value FROM json_each(?)) AND NOT EXISTS ({sent})"
    found = [
        (kind, id, scope, rev)
        for kind in LEAVES
        for id, scope, rev in laptop.sql(
            f'SELECT id, scope, rev FROM "{kind}" WHERE deleted_at IS NULL AND {at_rest} ORDER BY id',
            laptop.state("scopes"),
        )
    ]
    if not found:
        return
    kind, id, scope, rev = found[pick % len(found)]
    place = (scope, kind)
    with laptop.write() as connection:
        connection.exec_driver_sql("UPDATE sync_state SET value = 0 WHERE name = 'capture'")
        connection.exec_driver_sql(f'DELETE FROM "{kind}" WHERE id = ?', (id,))
        connection.exec_driver_sql("DELETE FROM sync_news WHERE kind = ? AND id = ?", (kind, id))
        ((total,),) = laptop.sql("SELECT total FROM sync_sum WHERE scope = ? AND kind = ?", *place)
        left = sums.to_wire(int(total, 16) - sums.row_hash(kind, id, rev))
        connection.exec_driver_sql(
            "UPDATE sync_sum SET count = count - 1, total = ? WHERE scope = ? AND kind = ?", (left, *place)
        )
        connection.exec_driver_sql("UPDATE sync_state SET value = 1 WHERE name = 'capture'")
    world.damaged.add(laptop.name)
