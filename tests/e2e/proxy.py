"""A bad network between two processes: a TCP proxy that drops, delays, cuts and repeats what it carries."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

FATES = ("carry", "carry", "carry", "drop", "delay", "cut there", "cut back", "repeat")


class Proxy:
    """Listens on a free port and hands each connection to the server, by its fate."""

    def __init__(self, server: str, seed: int) -> None:
        found = urlsplit(server)
        self._host, self._port = str(found.hostname), int(found.port or 0)
        self._chance = random.Random(seed)
        self.honest = False
        """Whether it carries everything as it is."""
        self.next: list[str] = []
        """What becomes of the next connections, whatever chance would have it."""
        self.address = ""
        self.fates: dict[str, int] = {}

    def turn_to(self, server: str) -> None:
        """The server came back at another address."""
        self._port = int(urlsplit(server).port or 0)

    async def serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        listener = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        ready.set()
        await stop.wait()
        listener.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fate = self.next.pop(0) if self.next else "carry" if self.honest else self._chance.choice(FATES)
        self.fates[fate] = self.fates.get(fate, 0) + 1
        # A connection, an end of it, may break at any moment: that is what this is for.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if fate == "delay":
                await asyncio.sleep(self._chance.uniform(0.05, 0.4))
            if fate != "drop":
                await self._connect(reader, writer, fate)
        writer.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fate: str) -> None:
        there_reader, there_writer = await asyncio.open_connection(self._host, self._port)
        seen = bytearray()
        room = self._chance.randrange(1, 2_000)
        there, back_room = (room if fate == way else 1 << 60 for way in ("cut there", "cut back"))
        back = asyncio.create_task(self._pump(there_reader, writer, bytearray(), back_room))
        try:
            await self._pump(reader, there_writer, seen, there)
            await back
        finally:
            back.cancel()
            there_writer.close()
        if fate == "repeat":
            _answer, again = await asyncio.open_connection(self._host, self._port)
            again.write(bytes(seen))
            await again.drain()
            await _answer.read(1)
            again.close()

    @staticmethod
    async def _pump(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: bytearray, room: int
    ) -> None:
        """Carry until the end, or until `room` bytes have gone through."""
        while room > 0 and (data := await reader.read(65_536)):
            writer.write(data[:room])
            await writer.drain()
            seen += data
            room -= len(data)
        writer.close()


@contextmanager
def between(server: str, seed: int) -> Iterator[Proxy]:
    """A bad network before `server`, in a thread."""
    proxy, ready = Proxy(server, seed), threading.Event()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(proxy.serve(ready, stop)), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
