"""Requests made up from the published description, sent to the program's own server: it never breaks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from uuid import UUID

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import text

from app import admin
from app.serve import InProcessServer, sync_schema
from sync.protocol import EnrolRequest, PushRequest, Transaction, encode, hash_of
from sync.server import openapi, usage

PASSWORD = "a long password"
SLUG = f"fuzzed-{os.getpid()}"
NASTY = ("[NaN]", '"\\ud800"', '{"a":1e400}', "a\0b", "[" * 5_000, "x" * 20_000, 1 << 63, -(1 << 62), "")
"""Values that some program, database or index does not take."""
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
FEW = settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
PATHS = sorted(openapi.document("1")["paths"])


@pytest.fixture(autouse=True)
def sums_equal_recomputed() -> None:
    """The company here is the program's own."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """(address of the server, token of an enrolled laptop)."""
    folder = tmp_path_factory.mktemp("fuzzed")
    on_postgres = request.param == "postgresql"
    database = request.getfixturevalue("postgres_url") if on_postgres else str(folder)
    admin.init(database, SLUG, "Acme")
    admin.add_user(database, SLUG, "rep@acme.fr", "Rep", "office", PASSWORD)
    with InProcessServer(database, folder / "files") as server:
        message = encode(EnrolRequest("rep@acme.fr", PASSWORD))
        answer = requests.post(f"{server.address(SLUG)}/v1/devices", message, timeout=30)
        yield server.url, answer.json()["token"]
        store = server.organisations.find(SLUG)
        assert store is not None
        if store.pg_schema:
            with store.write() as connection:
                connection.execute(text(f'DROP SCHEMA "{store.pg_schema}" CASCADE'))


@pytest.fixture(autouse=True)
def as_many_calls_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is to be found lies behind the limits, which have their own test."""
    monkeypatch.setattr(usage, "MOST_CALLS", 10**9)


# Schemathesis draws from `random` inside its own strategies.
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.parametrize("path", PATHS)
def test_no_made_up_request_breaks_the_server(served: tuple[str, str], path: str) -> None:
    url, token = served
    schema = schemathesis.openapi.from_dict(openapi.document(str(sync_schema().version)))
    schema.config.update(base_url=url)
    for operation in (found.ok() for found in schema.include(path=path).get_all_operations()):

        @given(case=operation.as_strategy(), known=st.integers(0, 9))
        @FEW
        def attempt(case: schemathesis.Case, known: int) -> None:
            if known and "slug" in (case.path_parameters or {}):
                case.path_parameters["slug"] = SLUG
            headers = {"Authorization": f"Bearer {token}"} if known > 1 else {}
            case.call_and_validate(checks=CHECKS, headers=headers, timeout=30)

        attempt()


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
def test_made_up_transactions_that_are_sealed_rightly_have_each_a_result(served: tuple[str, str]) -> None:
    url, token = served
    described = openapi.document("1")
    kinds, some = sync_schema().tables, [str(UUID(int=n)) for n in range(4)]
    names = sorted({name for kind in kinds.values() for name in kind.fields} | {"rev", "scope", "planet"})
    schemas = described["components"]["schemas"]
    schemas["PushRequest"]["properties"]["transactions"] |= {"minItems": 1, "maxItems": 3}
    schemas["Transaction"]["properties"]["ops"] |= {"minItems": 1, "maxItems": 3}
    op = schemas["Op"]["properties"]
    op["table"] = {"type": "string", "enum": [*kinds, "spaceship"]}
    op["id"] = {"type": "string", "enum": some}
    op["fields"] |= {"propertyNames": {"enum": names}, "minProperties": 1, "maxProperties": 5}
    ids = {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}, {"enum": [*some, *NASTY]}]}
    op["fields"]["additionalProperties"]["items"] = ids
    schema = schemathesis.openapi.from_dict(described)
    sent = count(1)

    @given(case=schema["/{slug}/v1/sync/push"]["POST"].as_strategy())
    @FEW
    def attempt(case: schemathesis.Case) -> None:
        made = case.body["transactions"]
        hello = requests.post(
            f"{url}/{SLUG}/v1/sync/hello", b'{"now":""}', headers=headers, timeout=30
        ).json()
        sealed = []
        for n, one in enumerate(made, start=hello["last_n"] + 1):
            ops = [msgspec.Raw(msgspec.json.encode(op)) for op in one["ops"]]
            sealed.append(Transaction(f"made-up-{next(sent)}", n, hash_of(ops), ops))
        message = encode(PushRequest("2026-01-01T00:00:00.000Z", sealed))
        answer = requests.post(f"{url}/{SLUG}/v1/sync/push", message, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        assert [result["uuid"] for result in answer.json()["results"]] == [one.uuid for one in sealed]

    headers = {"Authorization": f"Bearer {token}"}
    attempt()
    page = requests.post(f"{url}/{SLUG}/v1/sync/pull", b"{}", headers=headers, timeout=30)
    assert page.status_code == 200


def test_what_is_no_request_at_all_gets_the_one_body_of_refusals(served: tuple[str, str]) -> None:
    url, token = served
    for path in ("devices", "sync/hello", "sync/push", "sync/pull", "sync/verify", "sync/files", "sync/file"):
        for body in (b"", b"\x00", b"[]", b"{", b'{"now":1e999,"name":1}', b"\xff" * 50, b"[" * 5000, b'"'):
            answer = requests.post(
                f"{url}/{SLUG}/v1/{path}", body, headers={"Authorization": f"Bearer {token}"}, timeout=30
            )
            assert 400 <= answer.status_code < 500, (path, body[:20], answer.status_code)
            assert answer.json()["code"] in ("protocol", "sign_in_needed")


def test_the_description_names_each_call_that_the_server_answers(served: tuple[str, str]) -> None:
    url, _token = served
    described = requests.get(f"{url}/openapi.json", timeout=30).json()
    for path, operations in described["paths"].items():
        for method in operations:
            place = path.replace("{slug}", SLUG).replace("{sha256}", "0" * 64).replace("{name}", "none")
            answer = requests.request(method, url + place, timeout=30)
            assert answer.status_code != 405
            assert "detail" not in answer.text or answer.json()["code"] != "not_found" or "files" in path
