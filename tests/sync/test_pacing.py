"""When a laptop synchronises by itself: after edits, by the clock, after trouble, and never all at once."""

from __future__ import annotations

import pytest

from sync.pacing import Pacing, Rhythm

EVERY = Rhythm().every


def at_rest(chance: float = 0.5) -> Pacing:
    """A laptop that synchronised at second 0."""
    pacing = Pacing(0.0, chance=lambda: chance)
    pacing.started(0.0)
    pacing.succeeded(0.0)
    return pacing


def test_a_laptop_synchronises_soon_after_it_started() -> None:
    pacing = Pacing(100.0, chance=lambda: 0.5)
    assert not pacing.look(100.0)
    assert pacing.look(103.0)


def test_an_edit_is_sent_after_a_moment_of_quiet_and_typing_does_not_delay_it_for_ever() -> None:
    pacing = at_rest()
    pacing.edited(10.0)
    pacing.edited(12.0)
    assert not pacing.look(14.0)
    assert pacing.look(15.0)
    for second in range(16, 40):
        pacing.edited(float(second))
    assert pacing.look(30.0)


def test_an_edit_during_a_run_is_sent_after_it() -> None:
    pacing = at_rest()
    pacing.started(10.0)
    pacing.reached("pulling")
    pacing.edited(11.0)
    assert not pacing.look(12.0), "there is never a second run"
    pacing.succeeded(12.0)
    assert pacing.wait(12.0) == 3.0


def test_the_timer_is_armed_whatever_happened() -> None:
    for code in ("offline", "server_busy", "protocol", "sign_in_needed", "cloned", "unheard_of"):
        pacing = at_rest()
        pacing.started(1.0)
        assert pacing.wait(1.0) < 1000, "even while it runs"
        pacing.failed(2.0, code)
        assert 0 < pacing.wait(2.0) < 2000, code
    pacing = at_rest()
    pacing.started(1.0)
    pacing.stopped(2.0)
    assert 0 < pacing.wait(2.0) < 1000


def test_trouble_lengthens_the_wait_up_to_a_limit_and_success_forgets_it() -> None:
    pacing, waits = at_rest(), []
    for _attempt in range(12):
        pacing.started(0.0)
        pacing.failed(0.0, "offline")
        waits.append(pacing.wait(0.0))
    assert waits == sorted(waits) and waits[0] < 10 and waits[-1] <= 330
    assert pacing.state == "offline"
    pacing.started(0.0)
    pacing.succeeded(0.0)
    assert (pacing.state, pacing.code, pacing.failures) == ("idle", "", 0)


def test_the_server_is_obeyed_when_it_says_when_to_come_back() -> None:
    pacing = at_rest(chance=0.0)
    pacing.started(0.0)
    pacing.failed(0.0, "server_busy", retry_after=120.0)
    assert pacing.state == "waiting"
    pacing.online(1.0)
    pacing.edited(2.0)
    pacing.woke(3.0)
    assert not pacing.look(119.0)
    assert pacing.look(120.0)


def test_what_only_a_person_can_mend_is_said_and_tried_now_and_then() -> None:
    pacing = at_rest()
    pacing.started(0.0)
    pacing.failed(0.0, "sign_in_needed")
    assert (pacing.state, pacing.code) == ("needs-attention", "sign_in_needed")
    pacing.online(1.0)
    pacing.edited(1.0)
    assert not pacing.look(60.0)
    pacing.wanted(60.0)
    assert pacing.look(60.0)


def test_laptops_that_failed_together_do_not_return_together() -> None:
    moments = set()
    for chance in (0.0, 0.3, 0.6, 0.99):
        pacing = at_rest(chance)
        pacing.failed(0.0, "server_busy", retry_after=30.0)
        moments.add(pacing.due)
    assert len(moments) == 4 and min(moments) >= 30.0


def test_the_network_coming_back_and_waking_hasten_the_next_sync() -> None:
    pacing = at_rest()
    for _attempt in range(8):
        pacing.failed(0.0, "offline")
    pacing.online(1.0)
    assert pacing.wait(1.0) < 5
    asleep = at_rest()
    assert not asleep.look(1.0)
    assert not asleep.look(200.0)
    assert asleep.wait(200.0) < 5, "two looks far apart: the laptop slept"


def test_a_clock_that_is_set_back_delays_nothing() -> None:
    pacing = at_rest()
    assert not pacing.look(10.0)
    assert not pacing.look(10.0 - 10 * 365 * 86400)
    assert pacing.wait(10.0 - 10 * 365 * 86400) <= EVERY * 1.25


def test_a_connection_paid_by_the_byte_is_used_seldom_but_edits_still_go() -> None:
    pacing = at_rest()
    pacing.use_metered(True, 0.0)
    assert pacing.wait(0.0) > 2 * EVERY
    pacing.edited(10.0)
    assert pacing.look(13.0)


def test_nothing_starts_while_paused_and_soon_when_it_ends() -> None:
    pacing = at_rest()
    pacing.pause(True, 0.0)
    for second in range(0, 4000, 10):
        assert not pacing.look(float(second))
    pacing.pause(False, 4000.0)
    assert pacing.look(4003.0)


def test_a_busy_server_that_says_when_to_come_back_is_no_failure() -> None:
    pacing = at_rest()
    for _attempt in range(10):
        pacing.started(0.0)
        pacing.failed(0.0, "server_busy", retry_after=90.0)
    assert pacing.failures == 0 and pacing.state == "waiting"
    assert 90.0 <= pacing.wait(0.0) <= 95.0


def test_a_run_that_waits_for_the_server_is_still_the_only_one() -> None:
    pacing = at_rest()
    pacing.started(0.0)
    pacing.reached("pushing")
    pacing.reached("waiting")
    pacing.woke(1.0)
    pacing.online(1.0)
    assert not pacing.look(30.0), "there is never a second run"
    pacing.reached("pushing")
    pacing.succeeded(31.0)
    assert (pacing.state, pacing.failures) == ("idle", 0) and not pacing.running


@pytest.mark.parametrize("phase", ["connecting", "pushing", "pulling", "applying", "waiting"])
def test_each_phase_of_a_run_is_a_state(phase: str) -> None:
    pacing = at_rest()
    pacing.reached("pulling")
    assert pacing.state == "idle", "a run that was not begun has no phase"
    pacing.started(0.0)
    pacing.reached(phase)  # type: ignore[arg-type]
    assert pacing.state == phase and pacing.running
