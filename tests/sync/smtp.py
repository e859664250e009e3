"""A small mail server for tests: it keeps what it is given, and can refuse, put off or hang up."""

from __future__ import annotations

import socketserver
import threading
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Received:
    """One letter as it came."""

    sender: str
    to: list[str]
    data: bytes


@dataclass
class MailServer:
    """Listens on `port` of the loopback between `__enter__` and `__exit__`."""

    letters: list[Received] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """What it says instead of yes, by word: MAIL, RCPT, DATA (before the letter), END (after it; empty hangs up)."""
    pause_s: float = 0.0
    """Between the end of a letter and what it says to that."""
    begun: threading.Event = field(default_factory=threading.Event)
    """Set once a letter comes in."""
    hangs_up_after: str = ""
    """The word after whose answer the connection ends."""
    calls: int = 0
    """How many connections came."""
    port: int = 0

    def __enter__(self) -> MailServer:
        mail = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                mail.talk(self)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Talk)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def talk(self, talk: Any) -> None:
        """One connection."""

        def say(text: str) -> None:
            talk.wfile.write(text.encode() + b"\r\n")

        self.calls += 1
        sender, to = "", list[str]()
        say("220 test")
        while line := talk.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "QUIT":
                say("221 bye")
                return
            if word == "MAIL":
                sender, to = line.partition("<")[2].partition(">")[0], []
            if word == "RCPT" and "RCPT" not in self.answers:
                to.append(line.partition("<")[2].partition(">")[0])
            if word == "DATA" and "DATA" not in self.answers:
                say("354 go on")
                self.begun.set()
                data = b""
                while (part := talk.rfile.readline()) not in (b".\r\n", b""):
                    data += part[1:] if part.startswith(b"..") else part
                time.sleep(self.pause_s)
                end = self.answers.get("END", "250 taken")
                if not end:
                    return
                if end.startswith("250"):
                    self.letters.append(Received(sender, to, data))
                say(end)
                continue
            say(self.answers.get(word, "250 yes"))
            if word == self.hangs_up_after:
                return
