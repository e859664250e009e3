"""Who wins when two people changed one value: pure functions, field by field."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.schema import INTEGERS, SyncField

Value = str | int | None

MINE, BETWEEN, THEIRS = "<<<<<<<", "=======", ">>>>>>>"
"""The lines around two versions of a text that clash; what stood on the server comes first."""


_MOST_MARKS = 50
_MOST_PAIRS = 250_000
"""Of equal lines in two versions of a text: the time to compare them grows with their number."""


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
    """diff3: the merged lines, and whether some clash; those are kept from both sides between marks.

    Where versions stand between marks already, one that is none of them joins them.
    """
    lines, clash = _merge_lines(base, server, new)
    if clash and (MINE in server or MINE in new) and None not in (_parsed(server), _parsed(new)):
        lines = _joined(lines)
        clash = lines != list(server)
    return lines, clash


def versions_of(text: str) -> list[str]:
    """The versions of a text that stand in it between marks, without these; the text itself where there are none."""
    parts = _parsed(text.split("\n"))
    return [text] if parts is None else ["\n".join(lines) for lines in _versions(parts)]


def _merge_lines(base: Sequence[str], server: Sequence[str], new: Sequence[str]) -> tuple[list[str], bool]:
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
    if _pairs(base, other) > _MOST_PAIRS:
        return _common_ends(base, other)
    matcher = difflib.SequenceMatcher(None, base, other, autojunk=False)
    return {
        block.a + offset: block.b + offset
        for block in matcher.get_matching_blocks()
        for offset in range(block.size)
    }


def _pairs(base: Sequence[str], other: Sequence[str]) -> int:
    counts = Counter(other)
    return sum(counts[line] for line in base)


def _common_ends(base: Sequence[str], other: Sequence[str]) -> dict[int, int]:
    """The lines alike at the beginning and at the end."""
    shorter = min(len(base), len(other))
    head = next((at for at in range(shorter) if base[at] != other[at]), shorter)
    left = shorter - head
    tail = next((at for at in range(left) if base[-1 - at] != other[-1 - at]), left)
    found = {at: at for at in range(head)}
    return found | {len(base) - 1 - at: len(other) - 1 - at for at in reversed(range(tail))}


def _merge_chunk(base: Sequence[str], server: Sequence[str], new: Sequence[str]) -> tuple[list[str], bool]:
    base, server, new = list(base), list(server), list(new)
    if server in (base, new):
        return new, False
    if new == base:
        return server, False
    return [MINE, *server, BETWEEN, *new, THEIRS], True


@dataclass(frozen=True, slots=True)
class _Block:
    """What stands between marks: some versions, in which there may be marks again."""

    versions: list[list[str | _Block]]


def _joined(lines: Sequence[str]) -> list[str]:
    """The lines with no marks inside marks, and no version twice between them."""
    parts = _parsed(lines)
    if parts is None:
        return list(lines)
    found: list[str] = []
    for part in parts:
        if isinstance(part, str):
            found.append(part)
            continue
        versions = [list(one) for one in dict.fromkeys(map(tuple, _versions([part])))]
        if len(versions) == 1:
            found += versions[0]
            continue
        found.append(MINE)
        for place, version in enumerate(versions):
            found += [BETWEEN, *version] if place else version
        found.append(THEIRS)
    return found


def _parsed(lines: Sequence[str]) -> list[str | _Block] | None:
    """The lines, and what stands between marks; None where the marks are not whole, or more than anybody decides."""
    if sum(line in (MINE, BETWEEN) for line in lines) > _MOST_MARKS:
        return None
    found: list[str | _Block] = []
    here, around = found, list[tuple[_Block, list[str | _Block]]]()
    for line in lines:
        if line == MINE:
            block = _Block([[]])
            here.append(block)
            around.append((block, here))
            here = block.versions[0]
        elif line in (BETWEEN, THEIRS) and not around:
            return None
        elif line == BETWEEN:
            here = []
            around[-1][0].versions.append(here)
        elif line == THEIRS:
            here = around.pop()[1]
        else:
            here.append(line)
    return None if around else found


def _versions(parts: Sequence[str | _Block]) -> list[list[str]]:
    """The texts that the parts may be: of several blocks the first ones together, the second ones, and so on."""
    choices = [
        [[part]]
        if isinstance(part, str)
        else [one for version in part.versions for one in _versions(version)]
        for part in parts
    ]
    count = max(map(len, choices), default=1)
    return [[line for some in choices for line in some[min(place, len(some) - 1)]] for place in range(count)]
