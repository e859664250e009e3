"""The fields of one row: read, set, and merged by their policies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from sync import conflicts
from sync.clock import corrected
from sync.merge import Merged, Value, canonical, merge, merge_group
from sync.protocol import Op
from sync.schema import SyncField, SyncTable
from sync.server.change import Change, add_conflict, last_edit
from sync.server.past import Edit
from sync.server.values import split_name
from sync.server.working import Row, Working


def get_field(synced: SyncTable, row: Row, name: str) -> Value:
    column, key = split_name(synced, name)
    if column is None:
        # Of a newer laptop: kept as it came.
        kept = _as_object(row["extra"]).get(name)
        return kept if isinstance(kept, str | int) else None
    if key is None:
        return row[column]  # type: ignore[no-any-return]
    found = _as_object(row[column]).get(key)
    return None if found is None else canonical(found)


def set_field(
    working: Working, synced: SyncTable, row: Row, name: str, value: Value, *, keep: bool = True
) -> Row:
    """The row with one captured field set; without `keep` it is only looked at."""
    column, key = split_name(synced, name)
    content: object = value
    if column is None:
        column, key = "extra", name
    elif key is not None and value is not None:
        content = json.loads(str(value))
    stored: Value = value
    if key is not None:
        keys = _as_object(row[column])
        keys.pop(key, None)
        if content is not None or column == "extra":
            # A newer laptop must see that its field was emptied, and not that it is unknown here.
            keys[key] = content
        stored = canonical(keys) if keys else None
    return working.put(synced.name, row["id"], {column: stored}) if keep else {**row, column: stored}


def keys_of(text: Value) -> set[str]:
    """The keys of a field that is merged key by key."""
    return set(_as_object(text))


def _as_object(text: Value) -> dict[str, object]:
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def merge_fields(change: Change, op: Op, synced: SyncTable) -> None:
    for names in grouped(synced, op.fields):
        _merge_group(change, op, synced, names)


def grouped(synced: SyncTable, names: Iterable[str]) -> Iterable[list[str]]:
    """The fields by those that belong together."""
    found: dict[str, list[str]] = {}
    for name in names:
        declared = synced.fields.get(name)
        found.setdefault(declared.group if declared and declared.group else f".{name}", []).append(name)
    return found.values()


def whole_groups(synced: SyncTable, names: Iterable[str]) -> Iterator[list[str]]:
    """The fields by those that belong together, with what of these nobody touched."""
    for some in grouped(synced, names):
        declared = synced.fields.get(some[0])
        group = declared.group if declared else None
        yield some if group is None else [one.name for one in synced.fields.values() if one.group == group]


def merge_values(
    synced: SyncTable,
    base: Mapping[str, Value],
    server: Mapping[str, Value],
    new: Mapping[str, Value],
    *,
    later: bool,
) -> dict[str, Merged]:
    """The merge of fields that belong together, or of one by its policy. `later`: the new edit came second."""
    if len(new) > 1:
        return merge_group(base, server, new, later=later)
    (name,) = new
    declared = synced.fields.get(split_name(synced, name)[0] or "") or SyncField(name)
    return {name: merge(declared, base[name], server[name], new[name], later=later)}


def _merge_group(change: Change, op: Op, synced: SyncTable, names: list[str]) -> None:
    working = change.working
    row = working.get(op.table, op.id)
    assert row is not None
    base = {name: op.fields[name][0] for name in names}
    new = {name: op.fields[name][1] for name in names}
    server = {name: get_field(synced, row, name) for name in names}
    changed = {name for name in names if new[name] != base[name]}
    foreign = {name for name in names if server[name] not in (base[name], new[name])}
    last = last_edit(working, row, op.table, min(foreign)) if foreign and changed else None
    later = last is None or change_order(change, op) > (last.at, last.device)
    merged = merge_values(synced, base, server, new, later=later)
    if any(result.clash for result in merged.values()):
        merged = _without_erased(working, merged)
    for name, result in merged.items():
        if result.value != server[name]:
            row = set_field(working, synced, row, name, result.value)
            change.log(op, name, canonical(server[name]))
    if changed & foreign:
        change.mark("merged")
    if any(result.clash for result in merged.values()):
        _keep_loser(change, op, names, merged, last, server)
    if any(result.value != server[name] for name, result in merged.items()):
        working.put(op.table, op.id, {"updated_at": change.at(op), "updated_by": change.author.user})


def _without_erased(working: Working, merged: dict[str, Merged]) -> dict[str, Merged]:
    """Nobody is asked about a link to what was erased: of two versions the other one stands."""
    erased = working.past.erased(one for result in merged.values() for one in (result.value, result.loser))
    if not erased or len(merged) > 1:
        return merged
    ((name, result),) = merged.items()
    is_other = result.value in erased and result.loser not in erased
    return {name: Merged(result.loser if is_other else result.value)}


def change_order(change: Change, op: Op) -> tuple[str, str]:
    """By which two edits of a field are ordered: when, then the device so that no tie is left."""
    ((_rev, not_before),) = change.working.past.commits([op.base_rev])
    return corrected(op.at, change.device_now, change.now, not_before), change.author.device


def _keep_loser(
    change: Change,
    op: Op,
    names: list[str],
    merged: dict[str, Merged],
    last: Edit | None,
    server: dict[str, Value],
) -> None:
    name = next(name for name in names if merged[name].clash and merged[name].value != merged[name].loser)
    loser = merged[name].loser
    mine = loser == op.fields[name][1] or last is None
    group = {name: result.loser for name, result in merged.items()} if len(names) > 1 else {}
    seen = {name: op.fields[name][0] for name in names} if len(names) > 1 else {}
    author = change.author
    replaced = conflicts.Candidate(
        value=op.fields[name][0], user=author.user, device=author.device, at="", group=seen
    )
    candidate = conflicts.Candidate(
        value=loser,
        user=change.author.user if mine or last is None else last.user,
        device=change.author.device if mine or last is None else last.device,
        at=change.at(op) if mine or last is None else last.at,
        group=group,
    )
    if last is not None:
        # The record says who wrote to it last, and not who wrote this.
        user, at = (last.user, last.at) if mine else (author.user, change.at(op))
        candidate["over"] = conflicts.Over(user=user, at=at, value=conflicts.value_mark(merged[name].value))
    add_conflict(change, op.table, op.id, name, op.fields[name][0], candidate, replaced)
