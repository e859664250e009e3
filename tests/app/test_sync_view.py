"""What the sync says in words: addresses, times, causes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app import formats
from app.i18n import set_language
from app.sync_view import Run, duration, explain, server_address, spoken_at


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("crm.morel.fr/demo", "https://crm.morel.fr/demo"),
        (" https://crm.morel.fr/demo/ ", "https://crm.morel.fr/demo"),
        ("localhost:8100/demo", "http://localhost:8100/demo"),
        ("http://127.0.0.1:8100/demo", "http://127.0.0.1:8100/demo"),
        ("", ""),
    ],
)
def test_an_address_is_made_whole(typed: str, whole: str):
    assert server_address(typed) == whole


def test_times_are_told_as_people_do(monkeypatch: pytest.MonkeyPatch):
    now = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
    monkeypatch.setattr(formats, "now", lambda: now)
    monkeypatch.setattr(formats, "_zone", UTC)
    assert spoken_at(now) == "14:00"
    assert spoken_at(now, with_today=True) == "aujourd’hui 14:00"
    assert spoken_at(now - timedelta(days=1)) == "hier 14:00"
    assert spoken_at(now - timedelta(days=2)) == "19 nov. 14:00"
    assert spoken_at(now - timedelta(days=400)) == "17 oct. 2025 14:00"


def test_a_run_says_its_counts_or_its_cause():
    at = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
    good = Run(1, at, 18.2, "done", None, 12, 41, 0, 0, 0)
    assert good.text == "41 reçus, 12 envoyés, 0 conflit, 18\u00a0s"
    lost = Run(2, at, 1.0, "offline", "offline", 0, 0, 0, 0, 0)
    assert lost.title == "Interrompue\u00a0: réseau perdu"
    assert "Rien n’a été perdu" in lost.text
    odd = Run(3, at, 1.0, "refused", "teapot", 0, 0, 0, 0, 0)
    assert "teapot" in odd.title and "teapot" in odd.explanation


def test_every_cause_has_a_sentence_in_both_languages():
    for language in ("fr", "en"):
        set_language(language)
        for code in ("offline", "sign_in_needed", "update_needed", "server_busy", "protocol", "certificate"):
            assert len(explain(code)) > 20


def test_durations_are_short():
    assert [duration(s) for s in (0.2, 18, 300)] == ["moins de 1\u00a0s", "18\u00a0s", "5\u00a0min"]
