"""The company before each run: founded once, then set back in the time that copying its pages takes."""

from __future__ import annotations

import itertools
import json
import random
import secrets
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import sqlcipher3.dbapi2 as sqlcipher

from sync import engine
from sync.clock import format_time
from sync.protocol import Op
from sync.server import auth, direct
from tests.sync.machine import company
from tests.sync.machine.laptop import PASSWORD, Laptop
from tests.sync.machine.network import Network
from tests.sync.machine.server import InMemory, Server
from tests.sync.machine.world import World

PRODUCTS = ("product-0001", "product-0002")
OLD_RELEASES = ("karim", "rey")
"""Whose laptops start with the old release."""


class Founding:
    """A server with its laptops, all of them with the same work; `fresh` gives it back as it was."""

    def __init__(self, server: Server | None = None) -> None:
        self._chance = random.Random(0)
        self._world: World | None = None
        with self._determined():
            self.server = server or InMemory()
            self.network = Network(self.server.service)
            self._hire()
            laptops = [self._equip(user) for user in company.PEOPLE]
            self._world = World(self.server, self.network, laptops)
            self._furnish(self._world)
            self._world.heal()
        self._server_copy = self.server.copy()
        self._files = [_copy_of(laptop) for laptop in laptops]
        self._tokens = [laptop.remote.token for laptop in laptops if laptop.remote]
        self._laptops = laptops
        self._next_id = next(self._world._ids)
        self._moment = self.server.clock.moment

    @contextmanager
    def fresh(self) -> Iterator[World]:
        """The company as it was founded; what one run did to it the next one does not see."""
        with self._determined():
            world = self._set_back()
            try:
                yield world
            finally:
                for copy in world.laptops[len(self._laptops) :]:
                    copy.close()

    def close(self) -> None:
        """Let go of the databases."""
        for laptop in self._laptops:
            laptop.close()
        for file in self._files:
            file.close()
        self.server.close()

    def _set_back(self) -> World:
        self._chance.seed(1)
        self.server.put_back(self._server_copy)
        self.server.clock.moment = self._moment
        self.network.faults.clear()
        self.network.late.clear()
        self.network.verified.clear()
        self.server.listed.clear()
        for laptop, file, token in zip(self._laptops, self._files, self._tokens, strict=True):
            file.backup(laptop.raw)
            laptop.set_release(company.OLD if laptop.name in OLD_RELEASES else company.NEW)
            laptop.turn_clock(0)
            laptop.remote = self.network.remote(laptop, token)
        world = World(self.server, self.network, list(self._laptops))
        world._ids = itertools.count(self._next_id)
        world.ledger.begin_at(self._next_id)
        return world

    @contextmanager
    def _determined(self) -> Iterator[None]:
        """The same steps give the same run: names and clocks follow from what happened, not from the machine."""

        def named() -> uuid.UUID:
            return uuid.UUID(int=self._chance.getrandbits(128), version=4)

        def now() -> str:
            speaking = self.network.acting
            return speaking.now() if speaking else format_time(self.server.clock())

        def secret(length: int = 32) -> str:
            return f"{self._chance.getrandbits(8 * length):0{2 * length}x}"

        with ExitStack() as stack:
            for name in ("token_hex", "token_urlsafe"):
                stack.enter_context(mock.patch.object(secrets, name, secret))
            for place in (uuid, auth, direct):
                stack.enter_context(mock.patch.object(place, "uuid4", named))
            if self._world is not None:
                stack.enter_context(self.server.outside())
            stack.enter_context(mock.patch.object(engine, "_now", now))
            yield

    def _hire(self) -> None:
        with self.server.store.write() as connection:
            for user, (role, territories) in company.PEOPLE.items():
                fields: dict[str, tuple[Any, Any]] = {
                    "role": (None, role),
                    "territories": (None, json.dumps(territories)),
                }
                op = Op("user", user, "create", 0, fields)
                direct.write(connection, self.server.store, [op], self.server.service.now())
                auth.set_password(connection, self.server.store, user, f"{user}@acme.example", PASSWORD)

    def _equip(self, user: str) -> Laptop:
        release = company.OLD if user in OLD_RELEASES else company.NEW
        laptop = Laptop(user, user, self.server.clock, release)
        laptop.create()
        laptop.enrol(self.network, PASSWORD)
        return laptop

    @staticmethod
    def _furnish(world: World) -> None:
        """Two accounts in each territory, with a contact, and a quote of two lines on one of them."""
        for name, territory in (("claire", company.NORTH), ("karim", company.SOUTH)):
            laptop = world.laptop(name)
            for _number in range(2):
                account = world.add(laptop, "account", territory=territory)
                world.add(laptop, "contact", account)
            quote = world.add(laptop, "quote", account)
            for quantity in (1, 2):
                world.add_line(laptop, quote, quantity)
        julie = world.laptop("julie")
        with julie.action() as connection:
            for product in PRODUCTS:
                julie.insert(connection, "product", id=product, label="Savon")
        world.ledger.owed.clear()


def _copy_of(laptop: Laptop) -> Any:
    kept = sqlcipher.connect(":memory:", check_same_thread=False)
    laptop.raw.backup(kept)
    return kept
