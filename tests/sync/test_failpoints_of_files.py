"""Whoever dies at whichever commit while attachments travel: the next run goes on, and nothing is lost or doubled."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from app import attachments
from app.attachments.keeping import SMALL_BYTES
from app.workspace import Workspace
from sync.server.store import Store
from tests.app.carrying import LARGE, answered, attach, back, bytes_of, kept, noise, sealed, there
from tests.sync.office import RHONE, Laptop, Office

MOST = 60
"""More commits than any of these journeys makes."""
ENDS = {"laptop": (Workspace, "exclusive"), "server": (Store, "_writing")}
Journey = Callable[[Office, Laptop, Path], None]


class Died(Exception):
    """The process is gone."""


class Death:
    """Comes to one end at one of its commits: just before it, or just after."""

    def __init__(self, at: int, after: bool) -> None:
        self.left, self.after, self.came = at, after, False

    @contextmanager
    def at(self, end: str) -> Iterator[None]:
        owner, name = ENDS[end]
        with mock.patch.object(owner, name, self._mortal(getattr(owner, name))):
            yield

    def _mortal(self, honest: Callable[..., Any]) -> Callable[..., Any]:
        @contextmanager
        def mortal(*arguments: Any, **named: Any) -> Iterator[Any]:
            with honest(*arguments, **named) as connection:
                yield connection
                here, self.left = self.left == 0, self.left - 1
                self.came = self.came or here
                if here and not self.after:
                    raise Died
            if here:
                raise Died

        return mortal


def _by_network(office: Office, laptop: Laptop, _folder: Path) -> None:
    assert laptop.sync()["files"]["problem"] == ""


def _by_file(office: Office, laptop: Laptop, folder: Path) -> None:
    there(laptop, folder)
    answered(office, folder)
    back(laptop, folder)


def _travel(journey: Journey, office: Office, laptop: Laptop, folder: Path, end: str, death: Death) -> None:
    """The journey with its death, then again without."""
    with death.at(end):
        try:
            journey(office, laptop, folder)
        except Died:
            assert death.came
    journey(office, laptop, folder)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("journey", [_by_network, _by_file])
def test_an_attachment_arrives_once_and_whole_whoever_dies(
    journey: Journey, end: str, after: bool, office: Office, claire: Laptop, rey: Laptop, tmp_path: Path
) -> None:
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    attachments.keep_all(rey.workspace, True)
    for laptop in (claire, rey):
        _by_network(office, laptop, tmp_path)
    deaths = 0
    for at in itertools.count():
        assert at < MOST
        file = noise(tmp_path, LARGE + at, seed=at)
        plan = attach(claire, account, file)
        up, down = Death(at, after), Death(at, after)
        _travel(journey, office, claire, tmp_path, end, up)
        _travel(journey, office, rey, tmp_path, end, down)
        assert bytes_of(claire, plan) == bytes_of(rey, plan) == file.read_bytes()
        for laptop in (claire, rey):
            assert len(laptop.rows("attachment")) == len(sealed(laptop)) == len(kept(office)) == at + 1
        if not (up.came or down.came):
            break
        deaths += up.came + down.came
    assert deaths > 2
    for laptop in (claire, rey):
        assert laptop.sync()["files"] == {"sent": 0, "received": 0, "bytes": 0, "waiting": 0, "problem": ""}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_new_laptop_gets_the_attachments_of_its_first_load_wherever_it_died(
    after: bool, office: Office, claire: Laptop, tmp_path: Path
) -> None:
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    file = noise(tmp_path, SMALL_BYTES // 2)
    plan = attach(claire, account, file)
    _by_network(office, claire, tmp_path)
    for at in itertools.count():
        assert at < MOST
        fresh, death = office.enrol("rey"), Death(at, after)
        _travel(_by_network, office, fresh, tmp_path, "laptop", death)
        assert bytes_of(fresh, plan) == file.read_bytes(), f"died at commit {at}"
        if not death.came:
            break
    assert at > 2
