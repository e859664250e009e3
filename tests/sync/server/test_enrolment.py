"""How a laptop becomes known to the server, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from sync import errors
from sync.protocol import (
    EnrolRequest,
    HelloRequest,
    seal,
)
from sync.server import auth
from tests.sync.server.conftest import PASSWORD, Company, Laptop, create


def test_a_known_number_with_another_uuid_means_a_cloned_file(nora: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north"))
    answer = nora.send(seal("other", 1, [create("account", "a2", name="E", territory="north")]))
    assert answer.hello.cloned
    again = nora.service.connect(nora.token).enrol(EnrolRequest(name="the copy"))
    assert again.device != nora.id
    assert again.series != answer.hello.series
    asked = HelloRequest(nora.service.now(), uuids=[f"{nora.id}-1", "other"])
    assert nora.service.connect(again.token).hello(asked).known == [f"{nora.id}-1"]


def test_enrolment_needs_the_password_and_gives_each_laptop_its_own_series(company: Company) -> None:
    right = EnrolRequest("Nora@acme.example", PASSWORD, name="laptop")
    first, second = (company.service.connect().enrol(right) for _ in range(2))
    assert first.series != second.series
    assert company.service.connect(first.token).hello(HelloRequest(company.service.now())).user == "nora"
    with pytest.raises(errors.SignInNeeded):
        company.service.connect().enrol(EnrolRequest("nora@acme.example", "wrong"))
    with pytest.raises(errors.SignInNeeded):
        company.service.connect("not a token").hello(HelloRequest(company.service.now()))


def test_after_too_many_wrong_passwords_even_the_right_one_must_wait(company: Company) -> None:
    with company.store.write() as connection:
        keys = ["mail:nora@acme.example"] * auth.MAX_ATTEMPTS
        auth.begin_attempt(connection, company.store, keys, company.service.now())
    with pytest.raises(errors.TooManyRequests) as refused:
        company.service.connect().enrol(EnrolRequest("nora@acme.example", PASSWORD))
    assert 0 < refused.value.retry_after <= auth.WINDOW.total_seconds()


def test_a_right_password_is_not_counted_and_a_wrong_one_is_before_it_is_tried(company: Company) -> None:
    right, wrong = (EnrolRequest("nora@acme.example", word) for word in (PASSWORD, "wrong"))
    for _time in range(auth.MAX_ATTEMPTS + 2):
        company.service.connect("", "192.0.2.1").enrol(right)
    for _time in range(auth.MAX_ATTEMPTS):
        with pytest.raises(errors.SignInNeeded):
            company.service.connect("", "192.0.2.1").enrol(wrong)
    with pytest.raises(errors.TooManyRequests):
        company.service.connect("", "192.0.2.1").enrol(EnrolRequest("sam@acme.example", PASSWORD))
    assert company.service.connect("", "192.0.2.2").enrol(EnrolRequest("sam@acme.example", PASSWORD))


def test_addresses_of_one_ipv6_network_count_as_one() -> None:
    one, other = (auth.attempt_keys("a@b.fr", f"2001:db8:1:2::{n}") for n in (1, 2))
    assert one == other
    assert one != auth.attempt_keys("a@b.fr", "2001:db8:1:3::1")


def test_series_codes_never_repeat() -> None:
    codes = [auth.series_code(count) for count in range(1, 10_000)]
    assert len(set(codes)) == len(codes)
    assert codes[:2] == ["K1", "K2"]
