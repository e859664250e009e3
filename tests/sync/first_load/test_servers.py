"""Files of scopes over HTTP, from PostgreSQL, and a server that has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.serve import InProcessServer, fill, grants, organisations
from sync import errors
from sync.client import HttpClient
from sync.file_messages import FileGet, FileRequest
from sync.protocol import EnrolRequest
from sync.server.service import Service
from tests.sync.first_load.between import SECRET, Between, is_complete, scopes_of
from tests.sync.office import PASSWORD, RHONE, Office, an_office


def test_an_older_server_without_files_is_loaded_by_pages(filled: Office) -> None:
    rey = filled.enrol("rey")

    class Older(Between):
        def files(self, request: Any) -> Any:
            raise errors.Refused("not_found")

    rey.remote = Older(rey.remote)
    rey.sync()
    assert is_complete(rey, filled, scopes_of(rey))


def test_over_http_a_file_comes_by_ranges_to_whom_it_belongs(filled: Office) -> None:
    for laptop in filled.laptops:
        laptop.workspace.close()
    with InProcessServer(filled.folder / "server") as server:
        address = server.address("demo")
        rey, karim = HttpClient(address), HttpClient(address)
        for client, name in ((rey, "rey"), (karim, "karim")):
            client.token = client.enrol(EnrolRequest(f"{name}@example.fr", PASSWORD)).token
        answer = rey.file(FileRequest(f"territory:{RHONE}"))
        whole = b"".join(rey.get_file(FileGet(answer.name)).pieces)
        rest = rey.get_file(FileGet(answer.name, 1000))
        assert (rest.size, b"".join(rest.pieces)) == (answer.size, whole[1000:])
        for stranger in (karim, HttpClient(address), HttpClient(address, "forged")):
            with pytest.raises(errors.SyncError):
                stranger.get_file(FileGet(answer.name))
        with pytest.raises(errors.Refused) as refusal:
            karim.file(FileRequest(f"territory:{RHONE}"))
        assert refusal.value.code == "not_allowed"
        laptop = filled.enrol("rey")
        laptop.remote = HttpClient(address, laptop.remote.token)  # type: ignore[attr-defined]
        laptop.sync()
        assert is_complete(laptop, filled, scopes_of(laptop))


def test_a_laptop_loads_files_of_an_organisation_on_postgresql(
    postgres_url: str,
    tmp_path: Path,
) -> None:
    slug = f"load-{uuid4().hex[:8]}"
    known = organisations(postgres_url)
    with an_office(tmp_path) as template:
        with template.store.read() as connection:
            rows = [
                (name, {key: value for key, value in row.items() if key not in ("rev", "scope")})
                for name, table in template.store.tables.synced.items()
                for row in connection.execute(table.select()).mappings()
            ]
        fill(postgres_url, slug, rows, {template.ids["rey"]: ("rey@example.fr", PASSWORD)})
        store = known.find(slug)
        assert store is not None
        office = Office(tmp_path, Service(store, grants, slug), template.ids)
        rey = office.enrol("rey")
        rey.sync()
        for number in range(9):
            rey.add("account", name=f"{SECRET} {number}", territory=RHONE, visit_interval=number or None)
        rey.sync()
        late = office.enrol("rey")
        late.remote = between = Between(late.remote)
        late.sync()
        assert f"territory:{RHONE}" in between.scopes
        assert is_complete(late, office, scopes_of(late))
        for laptop in office.laptops:
            laptop.workspace.close()
    known.close()
