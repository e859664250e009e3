"""A PostgreSQL cluster that lives as long as the tests, and can be brought down in the middle of one."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class NotHere(Exception):
    """Why no cluster can run on this machine."""


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Cluster:
    """A running server of the system's PostgreSQL."""

    folder: Path
    binaries: Path
    port: int
    prefix: tuple[str, ...]
    fsync: bool = False

    @property
    def url(self) -> str:
        return f"postgresql://terrain@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        options += f" -c fsync={'on' if self.fsync else 'off'}"
        self.run("pg_ctl", "-D", self._data, "-w", "-o", options, "-l", str(self.folder / "log"), "start")

    def stop(self) -> None:
        """As a power cut does: at once, whatever is running."""
        self.run("pg_ctl", "-D", self._data, "-m", "immediate", "stop")

    def run(self, program: str, *words: str) -> None:
        """One of PostgreSQL's own programs."""
        command = [*self.prefix, str(self.binaries / program), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, timeout=60)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")


@contextmanager
def a_cluster(fsync: bool = False) -> Iterator[Cluster]:
    """A new cluster, started; raises NotHere."""
    config = shutil.which("pg_config")
    found = subprocess.run([config, "--bindir"], capture_output=True, text=True) if config else None
    binaries = Path(found.stdout.strip()) if found else Path()
    if not (binaries / "initdb").exists():
        raise NotHere("no PostgreSQL server binaries here")
    # PostgreSQL refuses to run as root, and its user must reach the folder.
    as_root = os.getuid() == 0
    if as_root and "postgres" not in {entry.pw_name for entry in pwd.getpwall()}:
        raise NotHere("root, and no user postgres to run the server as")
    prefix = ("runuser", "-u", "postgres", "--") if as_root else ()
    folder = Path(tempfile.mkdtemp(prefix="terrain-pg-", dir="/tmp"))
    if as_root:
        shutil.chown(folder, "postgres", "postgres")
    cluster = Cluster(folder, binaries, free_port(), prefix, fsync)
    try:
        data = str(folder / "data")
        cluster.run("initdb", "-D", data, "--no-sync", "-A", "trust", "-U", "terrain", "-E", "UTF8")
        cluster.start()
        yield cluster
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
