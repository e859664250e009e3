"""The towns of the demonstration and the territory that each belongs to."""

from __future__ import annotations

import json
from bisect import bisect
from functools import cache
from itertools import accumulate
from random import Random
from typing import NamedTuple

import resources

TERRITORY_OF = {"69": "RH", "42": "RH", "01": "RH", "71": "RH", "38": "IS", "73": "SA", "74": "SA"}
"""Department to the code of its territory."""


class Town(NamedTuple):
    """A commune with its postcodes and the coordinates of its centre."""

    insee: str
    name: str
    postcodes: tuple[str, ...]
    department: str
    population: int
    latitude: float
    longitude: float


@cache
def towns() -> tuple[Town, ...]:
    """Every town of the extract."""
    rows = json.loads(resources.read("demo/communes.json"))["rows"]
    return tuple(Town(r[0], r[1], tuple(r[2]), *r[3:]) for r in rows)


@cache
def _weights() -> list[int]:
    # Salespeople work around Lyon first: the Rhône weighs three times its population.
    weigh = {"69": 3, "38": 2}
    return list(accumulate(town.population * weigh.get(town.department, 1) for town in towns()))


def draw_town(rng: Random) -> Town:
    """A town, as likely as it is peopled."""
    limits = _weights()
    return towns()[bisect(limits, rng.random() * limits[-1])]


def town_of(name: str, postcode: str) -> Town:
    """The town `name` that has `postcode`."""
    return next(town for town in towns() if town.name == name and postcode in town.postcodes)


def near(town: Town, rng: Random) -> tuple[float, float]:
    """A latitude and a longitude within about a kilometre of the town's centre."""
    latitude = town.latitude + (rng.random() - 0.5) * 0.014
    return round(latitude, 5), round(town.longitude + (rng.random() - 0.5) * 0.02, 5)
