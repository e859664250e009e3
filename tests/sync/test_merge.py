"""Who wins: a table of cases, and the laws that every merge keeps."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sync.merge
from sync.clock import corrected, format_time, parse_time
from sync.merge import BETWEEN, MINE, THEIRS, Merged, merge, merge_group, merge_lines, versions_of
from sync.schema import Policy, SyncField

POLICIES: tuple[Policy, ...] = ("review", "text", "union", "max", "min", "sum")


@pytest.mark.parametrize(
    ("policy", "base", "server", "new", "expected"),
    [
        ("review", "a", "a", "b", Merged("b")),
        ("review", "a", "b", "b", Merged("b")),
        ("review", "a", "b", "a", Merged("b")),
        ("review", "a", "b", "c", Merged("c", True, "b")),
        ("max", "2026-01-01", "2026-03-01", "2026-02-01", Merged("2026-03-01")),
        ("min", None, 5, 3, Merged(3)),
        ("max", 1, None, 3, Merged(3)),
        ("sum", 10, 12, 11, Merged(13)),
        ("sum", None, 2, 3, Merged(5)),
        ("union", '["a","b"]', '["b","c"]', '["a","b","d"]', Merged('["b","c","d"]')),
        ("union", None, '["a"]', '["b"]', Merged('["a","b"]')),
        ("union", None, "not json", '["b"]', Merged('["b"]', True, "not json")),
        ("text", "1\n2\n3", "1a\n2\n3", "1\n2\n3b", Merged("1a\n2\n3b")),
        ("text", "1\n2\n3", "2\n3", "1\n2\n3\n4", Merged("2\n3\n4")),
        ("text", None, "x", "x\ny", Merged(f"{MINE}\nx\n{BETWEEN}\nx\ny\n{THEIRS}", True, "x")),
    ],
)
def test_each_policy_merges_by_its_rule(
    policy: Policy, base: object, server: object, new: object, expected: Merged
) -> None:
    assert merge(SyncField("f", policy=policy), base, server, new, later=True) == expected  # type: ignore[arg-type]


def test_an_earlier_edit_gives_way_and_is_kept() -> None:
    assert merge(SyncField("f"), "a", "b", "c", later=False) == Merged("b", True, "c")


def test_fields_that_belong_together_come_from_one_side() -> None:
    base = {"line": "1", "town": "A"}
    server, new = {"line": "2", "town": "A"}, {"line": "1", "town": "B"}
    merged = merge_group(base, server, new, later=True)
    assert {name: result.value for name, result in merged.items()} == new
    assert {name: result.loser for name, result in merged.items()} == server
    unchanged = merge_group(base, server, base, later=True)
    assert {name: result.value for name, result in unchanged.items()} == server


texts = st.lists(st.sampled_from("abcd"), max_size=6).map("\n".join)
sets = st.lists(st.sampled_from("abcd"), unique=True).map(lambda items: json.dumps(items))
numbers = st.integers(-1000, 1000)
triples = st.one_of(*(st.tuples(*[st.one_of(st.none(), values)] * 3) for values in (texts, sets, numbers)))


@given(st.sampled_from(POLICIES), triples, st.booleans())
def test_where_one_side_alone_changed_its_value_stands(
    policy: Policy, values: tuple[object, object, object], later: bool
) -> None:
    base, mine, _ = values
    field = SyncField("f", policy=policy)
    assert merge(field, base, base, mine, later=later) == Merged(mine)  # type: ignore[arg-type]
    assert merge(field, base, mine, base, later=later) == Merged(mine)  # type: ignore[arg-type]
    if policy != "sum":
        assert merge(field, base, mine, mine, later=later) == Merged(mine)  # type: ignore[arg-type]


@given(triples, st.booleans())
def test_a_review_loses_neither_value(values: tuple[object, object, object], later: bool) -> None:
    base, server, new = values
    merged = merge(SyncField("f"), base, server, new, later=later)  # type: ignore[arg-type]
    if len({base, server, new}) == 3:
        assert merged.clash
        assert {merged.value, merged.loser} == {server, new}


@given(sets, sets, sets)
def test_sets_merge_alike_from_both_sides(base: str, one: str, other: str) -> None:
    field = SyncField("f", "json", "union")
    here = merge(field, base, one, other, later=True).value
    there = merge(field, base, other, one, later=True).value
    assert set(json.loads(str(here))) == set(json.loads(str(there)))


@given(numbers, numbers, numbers)
def test_counters_and_extremes_merge_alike_from_both_sides(base: int, one: int, other: int) -> None:
    for policy in ("sum", "max", "min"):
        field = SyncField("f", "integer", policy)  # type: ignore[arg-type]
        here, there = (merge(field, base, *pair, later=True).value for pair in ((one, other), (other, one)))
        assert here == there


def between(*versions: str) -> list[str]:
    return [MINE, *f"\n{BETWEEN}\n".join(versions).split("\n"), THEIRS]


@pytest.mark.parametrize(
    ("base", "server", "new", "merged", "clash"),
    [
        (["x"], ["c"], between("a", "b"), between("c", "a", "b"), True),
        (["x"], between("a", "b"), ["c"], between("a", "b", "c"), True),
        (["x"], between("a", "b"), ["b"], between("a", "b"), False),
        (["x"], ["a"], between("a", "b"), between("a", "b"), True),
        (["x"], between("a", "b"), between("b", "c"), between("a", "b", "c"), True),
        (between("a", "b"), between("a", "c"), between("a", "d"), between("a", "c", "d"), True),
        (["x"], between(*"abc"), between(*"cab"), between(*"abc"), False),
        ([], [THEIRS, "a"], [MINE, "b"], [MINE, THEIRS, "a", BETWEEN, MINE, "b", THEIRS], True),
        (["x"], ["a"], [MINE] * 5_000, [MINE, "a", BETWEEN, *[MINE] * 5_000, THEIRS], True),
    ],
)
def test_what_is_in_question_is_joined_once(
    base: list[str], server: list[str], new: list[str], merged: list[str], clash: bool
) -> None:
    assert merge_lines(base, server, new) == (merged, clash)


def test_the_versions_of_a_text_are_told_without_their_marks() -> None:
    text = "\n".join(["before", *between("a", "b"), "after", *between("c", "d", "e")])
    assert versions_of(text) == ["before\na\nafter\nc", "before\nb\nafter\nd", "before\nb\nafter\ne"]
    assert versions_of("=======\nplain") == ["=======\nplain"]


def test_of_a_text_with_very_many_lines_alike_only_beginning_and_end_are_compared() -> None:
    many = [""] * 100_000
    assert merge_lines(many, ["a", *many], [*many, "b"]) == (["a", *many, "b"], False)
    some = [""] * 200
    one, other = [*some, "a", *some, "b", *some], ["", *some, "c", *some, "d", *some[1:]]
    merged, clash = merge_lines([""] * 600, one, other)
    assert clash, "each side changed more than one place"
    assert {"a", "b", "c", "d"} < set(merged)


lines = st.lists(st.sampled_from("abcdef"), max_size=8)


@pytest.mark.parametrize("most_pairs", [0, 250_000])
@given(base=lines, one=lines, other=lines)
def test_no_added_line_of_a_text_is_lost(
    most_pairs: int, base: list[str], one: list[str], other: list[str]
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sync.merge, "_MOST_PAIRS", most_pairs)
        merged, clash = merge_lines(base, one, other)
    for side in (one, other):
        for line in set(side) - set(base):
            assert line in merged
    assert clash == (MINE in merged)


@given(lines, lines, lines)
def test_a_text_clashes_from_both_sides_or_from_none(
    base: list[str], one: list[str], other: list[str]
) -> None:
    here, there = merge_lines(base, one, other), merge_lines(base, other, one)
    assert here[1] == there[1]
    if not here[1]:
        assert here[0] == there[0]


NOW = "2026-05-04T08:00:00.000Z"


@pytest.mark.parametrize(
    ("at", "device_now", "expected"),
    [
        ("2026-05-04T07:00:00.000Z", NOW, "2026-05-04T07:00:00.000Z"),
        ("2036-05-04T07:00:00.000Z", "2036-05-04T08:00:00.000Z", "2026-05-04T07:00:00.000Z"),
        ("1999-01-01T00:00:00.000Z", "1999-01-01T00:10:00.000Z", "2026-05-04T07:50:00.000Z"),
        ("2027-01-01T00:00:00.000Z", NOW, NOW),
        ("0001-01-01T00:00:00.000Z", "9999-12-31T00:00:00.000Z", "2026-05-01T00:00:00.000Z"),
        ("yesterday", NOW, NOW),
    ],
)
def test_a_clock_that_is_wrong_is_corrected(at: str, device_now: str, expected: str) -> None:
    assert corrected(at, device_now, NOW, "2026-05-01T00:00:00.000Z") == expected


@given(st.datetimes(), st.datetimes())
def test_a_corrected_time_is_never_in_the_future(at: object, device_now: object) -> None:
    done, device = (parse_time(str(moment)) for moment in (at, device_now))
    assert done is not None
    assert device is not None
    assert corrected(format_time(done), format_time(device), NOW) <= NOW


def test_two_who_count_one_more_each_have_counted_two() -> None:
    counter = SyncField("visits", "integer", "sum")
    assert merge(counter, 3, 4, 4, later=True) == Merged(5)
