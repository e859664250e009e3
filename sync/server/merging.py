"""Records merged into another: what hung on them moves, and later writes to them go to their survivor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sync import conflicts, held_ids
from sync.held_ids import ids_in
from sync.merge import Value, canonical, versions_of
from sync.protocol import Op
from sync.schema import SyncTable
from sync.server.allowed import may_write
from sync.server.change import BIRTH, Change, Parked, add_conflict, last_edit
from sync.server.fields import get_field, grouped, keys_of, merge_values, set_field, whole_groups
from sync.server.past import Edit
from sync.server.working import Row

Pair = tuple[Value, Value]


def redirect(change: Change, ops: list[Op]) -> list[Op]:
    """The operations with those that name a merged record led to its survivor.

    Mergers themselves are reduced to the one field that says so: `gather` does the rest for all rows, of which
    the device may not have all.
    """
    for table, link in change.working.store.shape.merged_into.items():
        ops = _redirect(change, change.table(table), link, ops)
    return ops


def with_links_led(change: Change, ops: list[Op]) -> list[Op]:
    """The operations with the links of other tables' rows that name a merged record led to its survivor."""
    for table in change.working.store.shape.merged_into:
        named = {id for op in ops if op.table != table for id in _named(change, op, table)}
        led, _hidden = _leading(change, change.table(table), named)
        if led:
            ops = [op if op.table == table else _relinked(change, op, table, led, {}) for op in ops]
    return ops


def gather(change: Change, op: Op) -> None:
    """Carry out the mergers of an applied operation: everything that hangs on the record goes to its survivor."""
    synced = change.table(op.table)
    link = synced.merged_into
    if link is None:
        return
    working = change.working
    row = working.get(op.table, op.id)
    if row is None or row[link] is None or link not in op.fields:
        return
    target = survivor(change, synced, str(row[link]))
    _hand_over(change, synced, row, target, op)
    _fill(change, synced, row, target, op)
    for child, name in _links_to(change, op.table):
        for below in working.find_all(child.name, name, [op.id], op.table):
            if below["id"] != target:
                # Not logged as somebody's edit: where it hangs is no part of what a person wrote.
                working.put(child.name, below["id"], {name: target})
    _lead_structures(change, op.table, op.id, target)
    at = change.at(op)
    values: dict[str, Value] = {link: target, "deleted_at": at, "updated_at": at}
    working.put(op.table, op.id, values | {"updated_by": change.author.user})


def _lead_structures(change: Change, table: str, id: str, target: str) -> None:
    """Where the id stands in structured data, that of its survivor stands from now on."""
    working = change.working
    for child, holding in working.store.shape.holding.items():
        for name in (name for name, named in holding.items() if named == table):
            for row in working.find_holding(child, name, id):
                value = held_ids.led(row[name], lambda one: target if one == id else one)
                working.put(child, row["id"], {name: value})


def survivor(change: Change, synced: SyncTable, id: str) -> str:
    """The record that stands for this one: itself, unless it was merged."""
    seen = {id}
    while True:
        row = change.working.get(synced.name, id)
        following = None if row is None or row["deleted_at"] is None else row[str(synced.merged_into)]
        if following is None or following in seen:
            return id
        id = str(following)
        seen.add(id)


def _redirect(change: Change, synced: SyncTable, link: str, ops: list[Op]) -> list[Op]:
    table = synced.name
    ops, moved = _sound_mergers(change, synced, link, ops)
    parting = {op.id for op in ops if op.table == table and (op.kind == "restore" or link in op.fields)}
    named = {id for op in ops for id in _named(change, op, table)} - parting
    led, hidden = _leading(change, synced, named)
    for op in ops if hidden else ():
        _require_led(change, synced, op, hidden)
    if not led and not moved:
        return ops
    found: list[Op] = []
    for op in ops:
        if op.table == table and op.kind == "delete" and (op.id in moved or op.id in led):
            change.working.touch(table, op.id)
            continue
        if op.table == table and op.id in led:
            change.working.touch(table, op.id)
            op = _on_survivor(change, synced, op, led[op.id])
            change.working.led.add((change.uuid, op.id))
        found.append(_relinked(change, op, table, led, moved))
    return found


def _leading(change: Change, synced: SyncTable, ids: Iterable[str]) -> tuple[dict[str, str], set[str]]:
    """The merged ones among records: with the survivors to which their author is led, and the others."""
    ids = list(ids)
    change.working.load(synced.name, ids)
    found = {id: one for id in ids if (one := survivor(change, synced, id)) != id}
    led = {id: one for id, one in found.items() if _is_led(change, synced, id, one)}
    return led, found.keys() - led.keys()


def _is_led(change: Change, synced: SyncTable, id: str, target: str) -> bool:
    """Whether a survivor is his to write to, or one of which he cannot know that it left him by the merger."""
    working, link, held = change.working, str(synced.merged_into), change.author.held
    row, stays = working.get(synced.name, id), working.get(synced.name, target)
    assert row is not None and stays is not None
    if not may_write(change, synced.name, row):
        return False
    if may_write(change, synced.name, stays):
        return True
    while row is not None and row["id"] != target:
        rev = last_edit(working, row, synced.name, link).rev
        if rev == 0 or any(rev > one.rev for one in held):
            return True
        row = working.get(synced.name, str(row[link]))
    return False


def _require_led(change: Change, synced: SyncTable, op: Op, hidden: set[str]) -> None:
    """Park what would be written to a record that is another one by now, which its author may not see."""
    if op.table == synced.name and op.id in hidden:
        raise Parked("missing_record", op.id)
    for link, table in change.working.store.shape.parents[op.table]:
        new = op.fields[link][1] if link in op.fields else None
        if table == synced.name and new in hidden:
            raise Parked("missing_parent", str(new))


def _sound_mergers(
    change: Change, synced: SyncTable, link: str, ops: list[Op]
) -> tuple[list[Op], dict[str, str]]:
    """Without mergers that mean nothing, or come second; and what the rest move: id -> survivor."""
    moved: dict[str, str] = {}
    if not any(link in op.fields and op.table == synced.name for op in ops):
        return ops, moved
    found: list[Op] = []
    for op in ops:
        pair = op.fields.get(link) if op.table == synced.name else None
        if pair is None or pair[1] is None:
            found.append(op)
            continue
        row = change.working.get(op.table, op.id)
        target = survivor(change, synced, str(pair[1]))
        before = survivor(change, synced, op.id)
        into = change.working.get(op.table, target)
        if into is None or not may_write(change, op.table, into):
            raise Parked("missing_record", str(pair[1]))
        if target in (op.id, before):
            # Merged already, or the other way round.
            moved[op.id] = before
        elif row is not None and row["deleted_at"] is not None and row[link] is not None:
            # The first merger stands, and somebody decides about the second.
            author = change.author
            candidate = conflicts.Candidate(
                value=pair[1], user=author.user, device=author.device, at=change.at(op), group={}
            )
            add_conflict(change, op.table, op.id, link, pair[0], candidate)
            moved[op.id] = before
        else:
            moved[op.id] = target
            found.append(op)
            continue
        fields = {name: values for name, values in op.fields.items() if name != link}
        if fields:
            found.append(Op(op.table, op.id, op.kind, op.base_rev, fields, op.at))
        else:
            change.working.touch(op.table, op.id)
    return found, moved


def _named(change: Change, op: Op, table: str) -> list[str]:
    """The ids of records of `table` that the operation names."""
    found = [op.id] if op.table == table else []
    for name, target in change.working.store.shape.holding[op.table].items():
        if target == table and name in op.fields:
            found += sorted(ids_in(op.fields[name][0]) | ids_in(op.fields[name][1]))
    for name in change.working.store.shape.links(change.table(op.table).name, table):
        if name in op.fields:
            found += [str(value) for value in op.fields[name] if value]
    return found


def _on_survivor(change: Change, synced: SyncTable, op: Op, target: str) -> Op:
    """A write to a merged record as one to its survivor; what is empty there clashes with nothing."""
    row = change.working.get(synced.name, target)
    assert row is not None
    there = {name: get_field(synced, row, name) for name in op.fields}
    base = {name: pair[0] for name, pair in op.fields.items()}
    fields: dict[str, Pair] = {}
    for names in grouped(synced, op.fields):
        from_there = _from_empty(synced, {name: base[name] for name in names}, there)
        fields |= {name: (from_there[name], op.fields[name][1]) for name in names}
    kind = "update" if op.kind == "create" else op.kind
    return Op(op.table, target, kind, op.base_rev, fields, op.at)


def _relinked(change: Change, op: Op, table: str, led: dict[str, str], moved: dict[str, str]) -> Op:
    synced = change.table(op.table)
    holding = change.working.store.shape.holding[op.table]
    fields: dict[str, Pair] = {}
    for name, (base, new) in op.fields.items():
        declared = synced.fields.get(name)
        if holding.get(name) == table:
            pair = _relinked_within((base, new), led, moved)
            if pair[0] != pair[1] or op.kind == "create":
                fields[name] = pair
            else:
                # The merger says it everywhere.
                change.working.touch(op.table, op.id)
        elif declared is None or declared.link != table or name == synced.merged_into:
            fields[name] = (base, new)
        elif base in moved and op.kind != "create" and new is not None:
            # The merger moves it with all the others.
            change.working.touch(op.table, op.id)
        else:
            fields[name] = (led.get(str(base), base), led.get(str(new), new))
    return Op(op.table, op.id, op.kind, op.base_rev, fields, op.at) if fields != op.fields else op


def _relinked_within(pair: Pair, led: dict[str, str], moved: dict[str, str]) -> Pair:
    """Ids in structured data led to survivors; of what the transaction itself moves only the new ones."""
    base, new = (held_ids.led(value, lambda id: led.get(id, id)) for value in pair)
    new = held_ids.led(new, lambda id: moved.get(id, id))
    both = held_ids.led(base, lambda id: moved.get(id, id))
    return (new, new) if both == new else (base, new)


def _links_to(change: Change, table: str) -> Iterator[tuple[SyncTable, str]]:
    for child in change.working.store.schema.tables.values():
        for name, declared in child.fields.items():
            if declared.link == table and name != child.merged_into:
                yield child, name


def _hand_over(change: Change, synced: SyncTable, row: Row, target: str, op: Op) -> None:
    """What others wrote to the record after the merger was decided, and its open conflicts, go along."""
    edits: dict[str, list[Edit]] = {}
    for edit in _unseen(change, synced, row, op):
        edits.setdefault(edit.field, []).append(edit)
    for names in whole_groups(synced, edits):
        _hand_over_fields(change, synced, row, target, {name: edits.get(name, []) for name in names})
    _hand_over_conflicts(change, synced, row, target, op)


def _unseen(change: Change, synced: SyncTable, row: Row, op: Op) -> list[Edit]:
    """What was done to the record that its merger had not seen there, the oldest first."""
    working, past, key = change.working, change.working.past, (synced.name, row["id"])
    joined = working.find_all(synced.name, str(synced.merged_into), [row["id"]], synced.name)
    all_of_it = _was_joined(change, synced, joined, op.base_rev)
    apart = (BIRTH, conflicts.DELETION, synced.merged_into)

    def is_unseen(edit: Edit) -> bool:
        if all_of_it or past.is_foreign(edit, change.author.device):
            return True
        if not joined:
            return False
        return (edit.transaction, edit.id) in working.led if edit.rev == 0 else past.was_led(edit)

    here = (*past.edits_since(key, op.base_rev), *working.edits_of(*key))
    return [edit for edit in here if edit.field not in apart and is_unseen(edit)]


def _was_joined(change: Change, synced: SyncTable, joined: list[Row], base_rev: int) -> bool:
    """Whether others merged one of these into a record meanwhile: what the author wrote to it was led there."""
    working = change.working
    mergers = [last_edit(working, row, synced.name, str(synced.merged_into)) for row in joined]
    others = [edit for edit in mergers if working.past.is_foreign(edit, change.author.device)]
    return any(edit.rev == 0 or edit.rev > base_rev for edit in others)


def _hand_over_fields(
    change: Change, synced: SyncTable, row: Row, target: str, edits: dict[str, list[Edit]]
) -> None:
    """Fields that belong together: merged as if their authors had written to the survivor, which stands in doubt."""
    working = change.working
    survivor_row = working.get(synced.name, target)
    assert survivor_row is not None
    there = {name: get_field(synced, survivor_row, name) for name in edits}
    new = {name: get_field(synced, row, name) for name in edits}
    base = {name: mine[0].replaced if mine else new[name] for name, mine in edits.items()}
    base = _from_empty(synced, base, there)
    last = max((edit for mine in edits.values() for edit in mine), key=lambda edit: (edit.at, edit.device))
    merged = merge_values(synced, base, there, new, later=False)
    for name, result in merged.items():
        if result.value != there[name]:
            survivor_row = set_field(working, synced, survivor_row, name, result.value)
            # As its author's, so that it is somebody's work there too when that record is merged or deleted in turn.
            working.log(replace(last, id=target, field=name, old=canonical(there[name]), rev=0))
    clashing = next((name for name, result in merged.items() if result.clash), None)
    if clashing is not None:
        group = new if len(new) > 1 else {}
        candidate = conflicts.Candidate(
            value=new[clashing], user=last.user, device=last.device, at=last.at, group=group
        )
        add_conflict(change, synced.name, target, clashing, base[clashing], candidate)


def _fill(change: Change, synced: SyncTable, row: Row, target: str, op: Op) -> None:
    """The survivor gets what it lacks of the record, as the merger itself gave it.

    Lists and texts are joined in any case: of what others wrote the merger knows only what none of its author's own
    changes covered. The rest is said by the merger, but for one that is sent again after a restore: the survivor left
    its laptop since, and all that was done to it.
    """
    working = change.working
    routes = {rule.field for rule in synced.scope}
    stays = working.get(synced.name, target)
    assert stays is not None
    for names in whole_groups(synced, _kept(synced, row, routes)):
        if not change.may_be_cut and not _joins(synced, names[0]):
            continue
        there = {name: get_field(synced, stays, name) for name in names}
        new = {name: get_field(synced, row, name) for name in names}
        for name, value in _joined(synced, there, new).items():
            stays = set_field(working, synced, stays, name, value)
            change.log(Op(op.table, target, op.kind, op.base_rev, {}, op.at), name, canonical(there[name]))


def _joins(synced: SyncTable, name: str) -> bool:
    """Whether two people's values of the field become one."""
    return name in synced.fields and synced.fields[name].policy in ("text", "union")


def _kept(synced: SyncTable, row: Row, routes: set[str | None]) -> list[str]:
    """The fields in which a record has what its survivor may lack: not where it hangs, nor what is counted on it."""
    found: list[str] = []
    for name, field in synced.fields.items():
        if row[name] is None or field.link or field.policy == "sum" or name in routes:
            continue
        found += [f"{name}.{key}" for key in sorted(keys_of(row[name]))] if field.by_key else [name]
    return found


def _joined(synced: SyncTable, there: dict[str, Value], new: dict[str, Value]) -> dict[str, Value]:
    """What becomes of fields that belong together, of those that change."""
    if all(value is None for value in there.values()):
        return {name: value for name, value in new.items() if value is not None}
    name = min(new)
    if not _joins(synced, name):
        return {}
    if synced.fields[name].policy == "text":
        lines = str(there[name]).split("\n")
        found = (line for version in versions_of(str(new[name])) for line in version.split("\n"))
        more = [line for line in dict.fromkeys(found) if line not in lines]
        return {name: "\n".join([*lines, *more])} if more else {}
    merged = merge_values(synced, {name: None}, there, new, later=False)[name].value
    return {name: merged} if merged != there[name] else {}


def _from_empty(synced: SyncTable, base: dict[str, Value], there: dict[str, Value]) -> dict[str, Value]:
    """What is empty on the survivor clashes with nothing; but of what adds up only the difference counts."""
    (first, *_rest) = base
    declared = synced.fields.get(first)
    adds_up = declared is not None and declared.policy == "sum"
    is_empty = all(there[name] is None for name in base)
    return dict.fromkeys(base) if is_empty and not adds_up else base


def _hand_over_conflicts(change: Change, synced: SyncTable, row: Row, target: str, op: Op) -> None:
    working = change.working
    kind = working.store.schema.conflict
    if kind not in working.store.schema.tables:
        return
    for conflict in working.find_all(kind, "record", [row["id"]], synced.name):
        if conflict["state"] == "open" and conflict["deleted_at"] is None:
            for candidate in conflicts.candidates_of(conflict["candidates"]):
                if conflict["field"] not in (conflicts.DELETION, synced.merged_into):
                    add_conflict(change, synced.name, target, conflict["field"], None, candidate)
            working.put(kind, conflict["id"], {"deleted_at": change.at(op), "state": "resolved"})
