"""What must hold, while the company works and when all is healed."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import Any

from sqlalchemy import select

from sync import sums
from sync.protocol import unpack_cursor
from tests.sync.machine import company, decisions
from tests.sync.machine.laptop import Laptop
from tests.sync.machine.world import HEALING_ROUNDS, World

ID = re.compile(
    r"\b(?:account|contact|task|quote|quote_line)-\d{4}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f-]{21}\b"
)
"""Ids of records as people make them, and of the forks and conflicts that the server names."""


def hold_when_healed(world: World) -> None:
    """All promises: raises AssertionError with what is broken."""
    rounds = world.heal()
    rows = _server_rows(world)
    assert rounds < HEALING_ROUNDS, "the laptops never come to rest"
    for laptop in world.laptops:
        nothing_waits(laptop)
        what_is_parked_is_shown(laptop)
        it_shows_the_servers_rows(laptop, rows)
        nothing_foreign_lies_in_its_file(laptop, rows, world.server.erased())
        its_sums_are_those_of_its_rows(laptop)
    surprised = world.network.verified - world.damaged
    assert not surprised, f"sums differed at {surprised}, where nothing had been damaged"
    nothing_typed_is_lost(world, rows)
    nothing_typed_hides_in_a_merged_account(world, rows)
    nothing_erased_is_there(world, rows)
    nothing_counts_twice(world, rows)
    the_servers_sums_are_those_of_its_rows(world, rows)
    totals_are_those_of_the_lines(rows)
    numbers_never_meet(rows)


def hold_to_the_end(world: World) -> None:
    """They hold when all is healed, and once more when everybody has taken back what was parked."""
    hold_when_healed(world)
    parked = [(laptop, uuid) for laptop in world.laptops for uuid in laptop.parked()]
    for laptop, uuid in parked:
        decisions.withdraw(world, laptop, uuid)
    if parked:
        hold_when_healed(world)


def reasons_of_what_waits(world: World) -> list[str]:
    """Why what waits for a decision was not applied, laptop by laptop."""
    why = "SELECT reason FROM sync_transaction WHERE state = 'parked'"
    return [reason for laptop in world.laptops for (reason,) in laptop.sql(why)]


def _server_rows(world: World) -> dict[str, list[dict[str, Any]]]:
    with world.server.store.read() as connection:
        return {
            kind: [dict(row) for row in connection.execute(select(table).order_by(table.c.id)).mappings()]
            for kind, table in world.server.store.tables.synced.items()
        }


def _parked_on_server(world: World, *outcomes: str) -> list[bytes]:
    table = world.server.store.tables["sync_result"]
    with world.server.store.read() as connection:
        found = connection.scalars(select(table.c.ops).where(table.c.outcome.in_(outcomes)))
        return [bytes(ops) for ops in found if ops is not None]


def nothing_typed_is_lost(world: World, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Each word is in a row, a conflict or a parked transaction, unless somebody let it go knowingly."""
    kept = str(list(rows.values())) + str(_parked_on_server(world, "parked"))
    erased = world.server.erased()
    lost = {word: place for word, place in world.ledger.lost(kept).items() if place.id not in erased}
    assert not lost, f"lost: {lost}"


def nothing_typed_hides_in_a_merged_account(world: World, rows: dict[str, list[dict[str, Any]]]) -> None:
    """What somebody wrote to it who did not merge it stands on the survivor, or is asked about."""
    shown = {kind: [row for row in rows[kind] if not _is_merged(row)] for kind in rows}
    kept = str(list(shown.values())) + str(_parked_on_server(world, "parked"))
    erased = world.server.erased()
    hidden = {word: place for word, place in world.ledger.lost(kept).items() if place.id not in erased}
    assert not hidden, f"hidden: {hidden}"


def _is_merged(row: dict[str, Any]) -> bool:
    return bool(row.get("merged_into") and row["deleted_at"])


def nothing_erased_is_there(world: World, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Neither as a row, nor in a conflict or in what waits; the link of what hung on it may name it."""
    erased = world.server.erased()
    links = {name for table in company.schema().tables.values() for name, f in table.fields.items() if f.link}
    kept = [{name: row[name] for name in row if name not in links} for kind in rows for row in rows[kind]]
    found = erased & set(ID.findall(str(kept) + str(_parked_on_server(world, "parked", "withdrawn"))))
    found |= erased & {row["record"] for row in rows["conflict"]}
    assert not found, f"the server still tells of {sorted(found)}, which were erased"


def nothing_counts_twice(world: World, rows: dict[str, list[dict[str, Any]]]) -> None:
    """What adds up is the sum of what was counted, less what waits parked."""
    # Of two accounts that became one each keeps what was counted on it until then.
    expected = {id: n for id, n in world.ledger.visits.items() if id not in world.ledger.merged}
    for ops in _parked_on_server(world, "parked", "withdrawn"):
        for op in json.loads(ops):
            base, new = op.get("fields", {}).get("visits", (0, 0))
            if op["table"] == "account" and op["id"] in expected:
                expected[op["id"]] -= (new or 0) - (base or 0)
    there = {row["id"]: row["visits"] or 0 for row in rows["account"]}
    wrong = {id: (there[id], count) for id, count in expected.items() if id in there and there[id] != count}
    assert not wrong, f"counted (there, expected): {wrong}"


def nothing_waits(laptop: Laptop) -> None:
    """The outbox is empty but for what is parked, which is shown."""
    waiting = laptop.sql("SELECT n, state FROM sync_transaction WHERE state IN ('sealed', 'withdrawing')")
    assert waiting == [], f"{laptop.name} never delivers {waiting}"
    entries = laptop.sql(
        "SELECT kind, id, op, field, rev FROM sync_entry WHERE tx IS NULL OR tx NOT IN"
        " (SELECT uuid FROM sync_transaction WHERE state = 'parked')"
    )
    assert entries == [], f"{laptop.name} never lets go of {entries}"
    covered = "(SELECT kind, id FROM sync_entry)"
    shadows = laptop.sql(f"SELECT kind, id FROM sync_shadow WHERE (kind, id) NOT IN {covered}")
    assert shadows == [], f"{laptop.name} keeps shadows of nothing: {shadows}"


def what_is_parked_is_shown(laptop: Laptop) -> None:
    """A record that parked work makes is a row of this laptop, until its author takes that back."""
    made = laptop.sql("SELECT DISTINCT kind, id FROM sync_entry WHERE op = 'create'")
    unseen = [(kind, id) for kind, id in made if laptop.row(kind, id) is None]
    assert unseen == [], f"{laptop.name} does not show {unseen}, which it waits to send"


def it_shows_the_servers_rows(laptop: Laptop, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Content, not sums: field by field what the server has in its scopes, but for what is parked."""
    scopes, marked = laptop.scopes(), _marked(laptop)
    for kind, table in laptop.schema.tables.items():
        columns = table.columns()
        theirs = {
            row["id"]: _as_known(row, columns)
            for row in rows[kind]
            if row["scope"] in scopes and row["deleted_at"] is None and row["id"] not in marked
        }
        names = ", ".join(f'"{name}"' for name in columns)
        found = laptop.sql(f'SELECT {names} FROM "{kind}" WHERE deleted_at IS NULL')
        ours = {
            values[0]: dict(zip(columns, values, strict=True)) for values in found if values[0] not in marked
        }
        for id in theirs.keys() | ours.keys():
            assert ours.get(id) == theirs.get(id), (
                f"{laptop.name} shows {ours.get(id)} where the server has {theirs.get(id)}"
            )
    assert laptop.state("differing") is None, f"{laptop.name}: {laptop.state('differing')} differ"


def _as_known(row: dict[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    """A row as a laptop of this release keeps it: what it does not know in `extra`."""
    known = {name: row[name] for name in columns}
    foreign = {name: value for name, value in row.items() if name not in columns and value is not None}
    if foreign:
        extra = json.loads(known["extra"] or "{}") | foreign
        known["extra"] = json.dumps(extra, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return known


def nothing_foreign_lies_in_its_file(
    laptop: Laptop, rows: dict[str, list[dict[str, Any]]], erased: set[str]
) -> None:
    """Of a row outside its scopes no table says anything, but for its own parked work; of an erased one none.

    A link of a row within them may name it: what is moved, merged or revised may end in two territories.
    """
    scopes, marked = laptop.scopes(), _marked(laptop)
    foreign = {row["id"] for kind in rows for row in rows[kind] if row["scope"] not in scopes}
    foreign = (foreign - marked) | erased
    for table, content in _told(laptop, marked).items():
        found = foreign & set(ID.findall(content))
        assert not found, f"{laptop.name} may not see {sorted(found)}, but {table} tells of it"


def _told(laptop: Laptop, marked: set[str]) -> dict[str, str]:
    """What the tables of a laptop say, but for what waits there and for where links lead."""
    tables, own = laptop.schema.tables, "id NOT IN (SELECT id FROM sync_entry)"
    links = {name for table in tables.values() for name, field in table.fields.items() if field.link}
    told = {
        kind: str([laptop.sql(f'SELECT "{name}" FROM "{kind}" WHERE {own}') for name in table.columns()
                   if name not in links])
        for kind, table in tables.items() if kind != "conflict"
    }  # fmt: skip
    values = f"field NOT IN ({', '.join(map(repr, sorted(links | {'id'})))})"
    told["conflict"] = str(laptop.sql("SELECT id, record FROM conflict"))
    told["candidates"] = str(laptop.sql(f"SELECT base, candidates, resolution FROM conflict WHERE {values}"))
    asked = f"id NOT IN (SELECT id FROM conflict WHERE NOT ({values}))"
    told["sync_news"] = str(laptop.sql(f"SELECT * FROM sync_news WHERE {own} AND {values} AND {asked}"))
    told["draft"] = str(laptop.sql(f"SELECT * FROM draft WHERE {own}"))
    bodies = laptop.sql("SELECT cast(body AS text) FROM sync_transaction WHERE state <> 'parked'")
    sent = [op for (body,) in bodies for op in json.loads(body) if op["id"] not in marked]
    for op in sent:
        op["fields"] = {name: pair for name, pair in op.get("fields", {}).items() if name not in links}
    told["sync_transaction"] = str(sent)
    return told | {
        table: str(laptop.sql(f"SELECT * FROM {table}"))
        for table in ("sync_page", "sync_history", "sync_state")
    }


def its_sums_are_those_of_its_rows(laptop: Laptop) -> None:
    """The sums that a laptop keeps in passing are those of the rows that it has from the server."""
    kept = laptop.sql("SELECT scope, kind, count, total FROM sync_sum WHERE count <> 0")
    found: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    marked = _marked(laptop)
    if marked:
        return
    for kind in laptop.schema.tables:
        for scope, id, rev in laptop.sql(f'SELECT scope, id, rev FROM "{kind}" WHERE deleted_at IS NULL'):
            found[scope, kind].append((id, rev))
    counted = {(*key, len(some), sums.to_wire(sums.total(key[1], some))) for key, some in found.items()}
    assert set(kept) == counted, f"{laptop.name}: {set(kept) ^ counted}"


def the_servers_sums_are_those_of_its_rows(world: World, rows: dict[str, list[dict[str, Any]]]) -> None:
    table = world.server.store.tables["scope_sum"]
    with world.server.store.read() as connection:
        kept = {
            (one["scope"], one["table_name"], one["count"], sums.to_wire(one["total"]))
            for one in connection.execute(select(table)).mappings()
            if one["count"] or one["total"]
        }
    found: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for kind in rows:
        for row in rows[kind]:
            if row["deleted_at"] is None:
                found[row["scope"], kind].append((row["id"], row["rev"]))
    assert kept == {(*key, len(some), sums.to_wire(sums.total(key[1], some))) for key, some in found.items()}


def totals_are_those_of_the_lines(rows: dict[str, list[dict[str, Any]]]) -> None:
    """A document is never a mixture: each quote's total is that of the lines that stand on it."""
    sums_of_lines: dict[str, int] = defaultdict(int)
    for line in rows["quote_line"]:
        if line["deleted_at"] is None:
            sums_of_lines[line["quote"]] += line["quantity"] or 0
    wrong = {
        quote["id"]: (quote["total"], sums_of_lines[quote["id"]])
        for quote in rows["quote"]
        if quote["deleted_at"] is None and (quote["total"] or 0) != sums_of_lines[quote["id"]]
    }
    assert not wrong, f"totals (quote, lines): {wrong}"


def numbers_never_meet(rows: dict[str, list[dict[str, Any]]]) -> None:
    """No two quotes went out under one number."""
    first: dict[str, str] = {}
    for quote in rows["quote"]:
        if quote["number"] and quote["supersedes"] is None and quote["deleted_at"] is None:
            other = first.setdefault(quote["number"], quote["id"])
            assert other == quote["id"], f"{quote['number']} is on {other} and on {quote['id']}"


class Cursors:
    """Watches every laptop's cursor between two steps: in one epoch it never goes back."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str], int] = {}

    def watch(self, laptop: Laptop) -> None:
        fields = unpack_cursor(laptop.state("cursor") or "")
        if not fields:
            return
        key = (laptop.name, laptop.state("device"), fields["e"])
        assert fields["r"] >= self._seen.get(key, 0), f"the cursor of {laptop.name} went back"
        self._seen[key] = fields["r"]


def _marked(laptop: Laptop) -> set[str]:
    return {id for (id,) in laptop.sql("SELECT DISTINCT id FROM sync_entry")}
