"""One-time codes at enrolment: asked of those who have one, each good once, and never told apart from a password."""

from __future__ import annotations

import pytest

from sync import errors
from sync.protocol import EnrolRequest
from sync.server import auth, codes
from tests.sync.server.conftest import PASSWORD, Company

# RFC 6238, appendix B: SHA-1, the last six of its eight digits.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert codes.code_at(SECRET, seconds // codes.STEP_S) == code


@pytest.fixture
def asked(company: Company) -> Company:
    with company.store.write() as connection:
        codes.set_secret(connection, company.store, "nora", SECRET)
    return company


def code(company: Company, steps: int = 0) -> str:
    return codes.code_at(SECRET, codes.step_of(company.service.now()) + steps)


def enrol(company: Company, typed: str) -> str:
    return company.service.connect().enrol(EnrolRequest("nora@acme.example", PASSWORD, typed)).device


def test_without_the_code_or_with_a_wrong_one_nobody_enrols(asked: Company) -> None:
    answers = set()
    for typed in ("", "000000", code(asked, 5), code(asked, -5), "x" * 500):
        with pytest.raises(errors.SignInNeeded) as refusal:
            enrol(asked, typed)
        answers.add(str(refusal.value))
    with pytest.raises(errors.SignInNeeded) as refusal:
        asked.service.connect().enrol(EnrolRequest("nora@acme.example", "wrong", code(asked)))
    assert answers == {str(refusal.value)}, "nobody learns that the password was right"


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_the_right_code_enrols_also_half_a_minute_off(asked: Company, steps: int) -> None:
    typed = code(asked, steps)
    assert enrol(asked, f"{typed[:3]} {typed[3:]}")


def test_a_code_is_good_once(asked: Company) -> None:
    typed = code(asked)
    enrol(asked, typed)
    with pytest.raises(errors.SignInNeeded):
        enrol(asked, typed)
    assert enrol(asked, code(asked, 1))


def test_who_has_none_is_asked_for_none(company: Company) -> None:
    assert enrol(company, "")


def test_a_new_password_keeps_the_codes_and_the_office_takes_them_away(asked: Company) -> None:
    with asked.store.write() as connection:
        auth.set_password(connection, asked.store, "nora", "nora@acme.example", PASSWORD)
    with pytest.raises(errors.SignInNeeded):
        enrol(asked, "")
    with asked.store.write() as connection:
        codes.set_secret(connection, asked.store, "nora", None)
    assert enrol(asked, "")
