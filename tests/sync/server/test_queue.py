"""What waits of one device waits in its order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.protocol import Op
from sync.server.queue import Queue


def _ops(rows: str) -> list[Op]:
    return [Op("account", row, "update") for row in rows]


def test_later_work_waits_behind_the_last_that_names_one_of_its_rows() -> None:
    queue = Queue()
    queue.add("first", _ops("ab"))
    queue.add("second", _ops("b"))
    assert queue.ahead_of("third", _ops("ab")) == "second"
    assert queue.ahead_of("third", _ops("a")) == "first"
    assert queue.ahead_of("third", _ops("c")) is None


def test_who_parks_again_keeps_his_place() -> None:
    queue = Queue()
    for uuid in ("first", "second"):
        queue.add(uuid, _ops("a"))
    queue.remove("first")
    queue.add("first", _ops("a"))
    assert queue.ahead_of("first", _ops("a")) is None
    assert queue.ahead_of("second", _ops("a")) == "first"


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.text("abc", min_size=1, max_size=3))))
def test_it_is_the_list_of_those_who_wait_and_nothing_more(done: list[tuple[bool, int, str]]) -> None:
    queue = Queue()
    order: list[str] = []
    waiting: dict[str, set[str]] = {}
    for waits, number, rows in done:
        uuid = str(number)
        if waits:
            queue.add(uuid, _ops(rows))
            order += [uuid] if uuid not in order else []
            waiting.setdefault(uuid, set()).update(rows)
        else:
            queue.remove(uuid)
            waiting.pop(uuid, None)
        for asked in [*order, "new"]:
            before = order[: order.index(asked)] if asked in order else order
            ahead = [one for one in before if waiting.get(one, set()) & set(rows)]
            assert queue.ahead_of(asked, _ops(rows)) == (ahead[-1] if ahead else None)
