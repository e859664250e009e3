"""Who wins when two people changed one value: pure functions, field by field."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.schema import INTEGERS, SyncField

Value = str | int | None

MINE, BETWEEN, THEIRS = "<<<<<<<", "=======", ">>>>>>>"
"""The lines around two versions of a text that clash; what stood on the server comes first."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The value that stands from now on; `loser` is the one to keep in a conflict where `clash` is set."""

    value: Value
    clash: bool = False
    loser: Value = None


def canonical(value: object) -> str:
    """JSON as it is stored and compared."""
    return _canonical.encode(value)


# `json.dumps` would make one for each value.
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def merge(field: SyncField, base: Value, server: Value, new: Value, *, later: bool) -> Merged:
    """Three-way merge of one field. `later`: the new edit was made after the one on the server."""
    if new == base:
        return Merged(server)
    if server == base or (server == new and field.policy != "sum"):
        return Merged(new)  # two who count one more each have counted two
    match field.policy:
        case "text":
            return _merge_text(base, server, new, later)
        case "union":
            merged = _merge_sets(base, server, new)
            return merged if merged is not None else _review(server, new, later)
        case "max" | "min":
            return Merged(_extreme(server, new, field.policy == "max"))
        case "sum":
            return _merge_sum(base, server, new, later)
        case _:
            return _review(server, new, later)


def merge_group(
    base: Mapping[str, Value], server: Mapping[str, Value], new: Mapping[str, Value], *, later: bool
) -> dict[str, Merged]:
    """Fields that belong together (an address): all come from one side."""
    if all(server[name] == base[name] for name in new) or all(server[name] == new[name] for name in new):
        return {name: Merged(new[name]) for name in new}
    if all(new[name] == base[name] for name in new):
        return {name: Merged(server[name]) for name in new}
    sides = (new, server) if later else (server, new)
    return {name: Merged(sides[0][name], True, sides[1][name]) for name in new}


def _review(server: Value, new: Value, later: bool) -> Merged:
    return Merged(new, True, server) if later else Merged(server, True, new)


def _merge_sum(base: Value, server: Value, new: Value, later: bool) -> Merged:
    numbers = [value or 0 for value in (base, server, new)]
    if not all(isinstance(value, int) for value in numbers):
        return _review(server, new, later)
    was, there, here = (int(value) for value in numbers)
    total = there + here - was
    # What no column can hold nobody has counted.
    return Merged(total) if total in INTEGERS else _review(server, new, later)


def _extreme(server: Value, new: Value, largest: bool) -> Value:
    if server is None or new is None:
        return new if server is None else server
    if isinstance(server, int) and isinstance(new, int):
        return max(server, new) if largest else min(server, new)
    return (max if largest else min)(str(server), str(new))


def _as_list(value: Value) -> list[object] | None:
    if value is None or value == "":
        return []
    try:
        found = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if isinstance(found, list) else None


def _merge_sets(base: Value, server: Value, new: Value) -> Merged | None:
    was, there, here = _as_list(base), _as_list(server), _as_list(new)
    if was is None or there is None or here is None:
        return None
    keys = {canonical(item) for item in was}
    here_keys, there_keys = {canonical(i) for i in here}, {canonical(i) for i in there}
    removed = (keys - here_keys) | (keys - there_keys)
    united: dict[str, object] = {}
    for item in [*there, *here]:
        if canonical(item) not in removed:
            united.setdefault(canonical(item), item)
    return Merged(canonical(list(united.values())))


def _merge_text(base: Value, server: Value, new: Value, later: bool) -> Merged:
    lines, clash = merge_lines(*(str(v or "").split("\n") if v else [] for v in (base, server, new)))
    if not clash:
        return Merged("\n".join(lines) if lines else None)
    return Merged("\n".join(lines), True, new if not later else server)


def merge_lines(base: Sequence[str], server: Sequence[str], new: Sequence[str]) -> tuple[list[str], bool]:
    """diff3: the merged lines, and whether some clash; those are kept from both sides between marks."""
    result: list[str] = []
    clash = False
    at = 0
    at_server = at_new = 0
    for start, server_start, new_start, length in _common_runs(base, server, new):
        chunk = (base[at:start], server[at_server:server_start], new[at_new:new_start])
        lines, clashed = _merge_chunk(*chunk)
        result += lines
        clash = clash or clashed
        result += base[start : start + length]
        at, at_server, at_new = start + length, server_start + length, new_start + length
    return result, clash


def _common_runs(
    base: Sequence[str], server: Sequence[str], new: Sequence[str]
) -> list[tuple[int, int, int, int]]:
    """Runs of lines that all three share, as (in base, in server, in new, length); the last is empty."""
    in_server, in_new = _matches(base, server), _matches(base, new)
    runs: list[tuple[int, int, int, int]] = []
    for line in range(len(base)):
        if line not in in_server or line not in in_new:
            continue
        here = (line, in_server[line], in_new[line])
        if runs:
            start, start_server, start_new, length = runs[-1]
            if here == (start + length, start_server + length, start_new + length):
                runs[-1] = (start, start_server, start_new, length + 1)
                continue
        runs.append((*here, 1))
    return [*runs, (len(base), len(server), len(new), 0)]


def _matches(base: Sequence[str], other: Sequence[str]) -> dict[int, int]:
    matcher = difflib.SequenceMatcher(None, base, other, autojunk=False)
    return {
        block.a + offset: block.b + offset
        for block in matcher.get_matching_blocks()
        for offset in range(block.size)
    }


def _merge_chunk(base: Sequence[str], server: Sequence[str], new: Sequence[str]) -> tuple[list[str], bool]:
    base, server, new = list(base), list(server), list(new)
    if server in (base, new):
        return new, False
    if new == base:
        return server, False
    return [MINE, *server, BETWEEN, *new, THEIRS], True
