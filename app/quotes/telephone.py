"""A manager's approval over the telephone, with neither laptop on the network.

A manager's laptop makes one-time codes for a salesperson and gives him their hashes alone, a record that
travels to his laptop. The salesperson's laptop names a code's number and four control
characters drawn from the quote's content, and the discount; the manager types all three and reads out
eight characters: the code, turned by the control and the discount. The salesperson's laptop turns them
back and compares the hash. So an answer fits one quote as it stands and the discount that the manager
heard, nobody can make one without the manager's laptop, and a code is used once. The manager's laptop
keeps what it approved (`given`), and tells when the quote that arrives bears another control or discount,
or gives a deeper one than was named: it reckons that once, with its own prices, when it first sees the quote.

Codes have 40 bits behind scrypt; guessing one takes 2**39 hashes of some 30 ms each.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import i18n, records
from app.entity import entity
from app.errors import Invalid, NotAllowed
from app.i18n import translate as _
from app.money import parse_decimal, plain
from app.quotes import authority
from sync import state

Record = Mapping[str, Any]

CODES = 30
"""One-time codes that a manager makes for a salesperson at a time."""
SCRYPT = {"n": 1 << 14, "r": 8, "p": 1}
_SECRETS = "approval_secrets"
_GIVEN = "approvals_given"
_FOUND = "approvals_found"
"""On the manager's laptop: quote -> code, and the discount that the quote gave when it came with its approval."""
_ASKED = "approvals_asked"
"""On the salesperson's laptop: number -> the control that was read out with it, empty once it was answered."""
_LENGTH = 8
_CONTROL = 4
_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the salesperson reads out: whose codes, the code's number, and the control of the quote."""

    key: str
    name: str
    """The manager's."""
    number: int
    control: str
    percent: str
    """The discount of the quote, with the decimals that count."""
    left: int
    """How many codes remain after this one."""


def give_codes(session: Session, person: str) -> str:
    """Make this manager's codes for a user; the id of the record that travels to him.

    Takes about 30 ms per code. Raises NotAllowed for whoever may not approve.
    """
    me = state.user(session.connection())
    authority.check_approver(session, me, None)
    secret, salt = secrets.token_hex(32), secrets.token_hex(16)
    hashes = [_hash(_code(secret, person, number), salt) for number in range(1, CODES + 1)]
    values = {"manager": me, "owner": person, "state": "active", "salt": salt, "hashes": hashes}
    id = records.add(session, "approval_key", values)
    # The record leaves this laptop for the other one: what answers with it stays here.
    _keep(session, _SECRETS, {**_kept(session, _SECRETS), id: {"person": person, "secret": secret}})
    return id


def challenge(session: Session, quote_id: str) -> Challenge:
    """What to read to the manager for this quote; in a transaction, since the number is its own from now on.

    A quote that was changed after it was read out gets another one: whoever heard the code of a number
    could turn it by any control. Raises NotAllowed where no manager left codes for us.
    """
    percent = plain(authority.deepest_discount(session, quote_id).percent)
    asked, free = _kept(session, _ASKED), _free_numbers(session)
    for key, number in free:
        control = _control(session, quote_id, key["id"], number)
        if asked.setdefault(f"{key['id']} {number}", control) == control:
            _keep(session, _ASKED, asked)
            name = records.get(session, "user", key["manager"])["name"]
            left = sum(f"{each['id']} {n}" not in asked for each, n in free)
            return Challenge(key["id"], name, number, control, percent, left)
    raise NotAllowed(
        _("No manager has left codes for you on this laptop. Synchronise once, or ask for approval by sync.")
    )


def next_challenge(session: Session, quote_id: str) -> Challenge:
    """As `challenge`, with the next number: the manager misheard, and his laptop gave this one's code away.

    Raises NotAllowed where this was the last one, which is kept: nothing is to be gained by spending it.
    """
    asked = challenge(session, quote_id)
    if not asked.left:
        raise NotAllowed(
            _(
                "This is the last code. Ask the manager for new ones and synchronise, or ask for approval by sync."
            )
        )
    _spend(session, asked)
    return challenge(session, quote_id)


def answer(session: Session, person: str, number: int, control: str, percent: str) -> str:
    """On the manager's laptop: the eight characters to read out, as `ABCD EFGH`.

    `percent` is the discount that the salesperson names. Raises NotAllowed for a number that was used,
    Invalid for what cannot have been read out.
    """
    heard = _cleaned(control)
    if len(heard) != _CONTROL or set(heard) - set(_SIGNS):
        raise Invalid({"control": _("The control is four characters, letters or figures from 2 to 7.")})
    me = state.user(session.connection())
    named = _named_discount(session, me, percent)
    authority.check_approver(session, me, named)
    key, secret = _newest_secret(session, person)
    given = _kept(session, _GIVEN)
    mark = f"{key} {number}"
    said = {"control": heard, "percent": plain(named.percent)}
    if mark in given and given[mark] != said:
        raise NotAllowed(_("This code was given for another quote or discount. Ask for the next number."))
    if not 1 <= number <= CODES:
        raise NotAllowed(_("There is no code of this number for this person."))
    _keep(session, _GIVEN, {**given, mark: said})
    turned = _turn(_code(secret, person, number), said["control"], said["percent"], 1)
    return f"{turned[:4]} {turned[4:]}"


def accept_answer(session: Session, quote_id: str, typed: str) -> None:
    """On the salesperson's laptop: take the answer to the quote's challenge as an approval.

    Raises NotAllowed for an answer to another challenge.
    """
    asked = challenge(session, quote_id)
    key = records.get(session, "approval_key", asked.key)
    heard = _cleaned(typed)
    code = _turn(heard, asked.control, asked.percent, -1) if len(heard) == _LENGTH else ""
    if not hmac.compare_digest(_hash(code, key["salt"]), key["hashes"][asked.number - 1]):
        raise NotAllowed(
            _("This answer does not fit this quote. Read the number, the control and the discount again.")
        )
    _spend(session, asked)
    given = {"by": key["manager"], "means": "telephone", "key": key["id"], "number": asked.number}
    authority.keep_approval(session, quote_id, {**given, "control": asked.control, "percent": asked.percent})


def _spend(session: Session, asked: Challenge) -> None:
    _keep(session, _ASKED, {**_kept(session, _ASKED), f"{asked.key} {asked.number}": ""})


def reckon(session: Session) -> None:
    """On the manager's laptop: keep what each quote that he approved really gives, when it is seen first.

    Later prices say nothing about what was agreed. Where a line is deeper than what was named, `strangers`
    tells the quote.
    """
    me, known = state.user(session.connection()), _kept(session, _FOUND)
    fresh = {}
    for id, approval in _by_telephone(session):
        if approval.get("by") == me and known.get(id, {}).get("code") != _mark(approval):
            percent = _real_discount(session, id)
            if percent is not None:
                fresh[id] = {"code": _mark(approval), "percent": plain(percent)}
    if fresh:
        _keep(session, _FOUND, {**known, **fresh})


def strangers(session: Session) -> list[str]:
    """On the manager's laptop: the quotes (ids) approved by telephone in his name that he never heard of as they are.

    What a quote gives is what `reckon` kept, else what it gives now.
    """
    return [id for id, approval in _by_telephone(session) if _is_stranger(session, id, approval)]


def is_strange(session: Session, quote: Record) -> bool:
    """Whether this quote bears an approval by telephone in the name of whoever works here that he never gave."""
    approval = quote["approval"] or {}
    if approval.get("means") != "telephone":
        return False
    return _is_stranger(session, quote["id"], approval)


def _is_stranger(session: Session, quote_id: str, approval: Record) -> bool:
    if approval.get("by") != state.user(session.connection()):
        return False
    heard = _kept(session, _GIVEN).get(_mark(approval), {})
    # Without a discount of its own an approval says less than what was heard: it is told as well.
    if not heard or any(heard.get(name) != approval.get(name) for name in ("control", "percent")):
        return True
    return _given_beyond(session, quote_id, approval) is not None


def given_beyond(session: Session, quote: Record) -> tuple[Decimal, Decimal] | None:
    """(what the quote gives, what was named) where that is more than we agreed to by telephone, in percent."""
    approval = quote["approval"] or {}
    if approval.get("means") != "telephone" or approval.get("by") != state.user(session.connection()):
        return None
    return _given_beyond(session, quote["id"], approval)


def _given_beyond(session: Session, quote_id: str, approval: Record) -> tuple[Decimal, Decimal] | None:
    heard = _kept(session, _GIVEN).get(_mark(approval))
    if heard is None:
        return None
    kept, named = _kept(session, _FOUND).get(quote_id, {}), Decimal(heard["percent"])
    known = kept.get("code") == _mark(approval)
    found = Decimal(kept["percent"]) if known else _real_discount(session, quote_id)
    return (found, named) if found is not None and found > named else None


def _mark(approval: Record) -> str:
    return f"{approval.get('key')} {approval.get('number')}"


def _real_discount(session: Session, quote_id: str) -> Decimal | None:
    """What the quote gives by the prices of this laptop; None where it is deleted or makes no total."""
    if not records.known(session, "quote", quote_id):
        return None
    try:
        return authority.deepest_discount(session, quote_id).percent
    except Invalid:
        return None


def _named_discount(session: Session, user: str | None, percent: str) -> authority.Discount:
    try:
        named = parse_decimal(percent, i18n.language())
    except ValueError:
        named = Decimal(-1)
    if not 0 <= named <= authority.HUNDRED:
        raise Invalid({"percent": _("Type the discount in percent, from 0 to 100.")})
    # As exact as the discount of a quote is.
    rounded = named.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return authority.Discount(rounded, "", authority.authority_of(session, user))


def _keys(session: Session) -> list[dict[str, Any]]:
    """The codes given to us by people who may approve, the newest first."""
    found = []
    for key in records.find_rows(
        session, "approval_key", {"state": "active", "owner": state.user(session.connection())}
    ):
        user = records.find_rows(session, "user", {"id": key["manager"]}, limit=1)
        # Who made the record is the server's word: nobody gives himself codes in a manager's name.
        maker = key["created_by"] == key["manager"]
        if user and user[0]["role"] in authority.APPROVERS and user[0]["active"] is not False and maker:
            found.append(key)
    return sorted(found, key=lambda key: key["id"], reverse=True)


def _free_numbers(session: Session) -> list[tuple[dict[str, Any], int]]:
    """(key, number) of every code that was neither answered nor given up, in the order of their use."""
    used, asked = _used_numbers(session), _kept(session, _ASKED)
    numbered = ((key, n) for key in _keys(session) for n in range(1, len(key["hashes"] or ()) + 1))
    marked = ((f"{key['id']} {n}", key, n) for key, n in numbered)
    return [(key, n) for mark, key, n in marked if mark not in used and asked.get(mark) != ""]


def _newest_secret(session: Session, person: str) -> tuple[str, str]:
    """(record, secret) of the codes that this laptop made last for a person."""
    kept = _kept(session, _SECRETS)
    for key in sorted(kept, reverse=True):
        if kept[key]["person"] == person:
            return key, kept[key]["secret"]
    raise NotAllowed(_("This laptop has made no codes for this person yet."))


def _used_numbers(session: Session) -> set[str]:
    return {f"{each.get('key')} {each.get('number')}" for _id, each in _by_telephone(session)}


def _by_telephone(session: Session) -> list[tuple[str, Record]]:
    """(quote, approval) of every approval by telephone on this laptop, deleted quotes included."""
    table = entity("quote").__table__
    rows = session.execute(select(table.c.id, table.c.approval).where(table.c.approval.is_not(None)))
    return [(id, given) for id, given in rows if given.get("means") == "telephone"]


def _control(session: Session, quote_id: str, key: str, number: int) -> str:
    text = f"{authority.content_hash(session, quote_id)} {key} {number}"
    return _signs(hashlib.sha256(text.encode()).digest(), _CONTROL)


def _code(secret: str, person: str, number: int) -> str:
    mac = hmac.new(bytes.fromhex(secret), f"{person} {number}".encode(), hashlib.sha256)
    return _signs(mac.digest(), _LENGTH)


def _turn(code: str, control: str, percent: str, direction: int) -> str:
    """Each sign of the code moved by one that depends on all that was read out, forwards or back."""
    pad = _signs(hashlib.sha256(f"turn {control} {percent}".encode()).digest(), len(code))
    return "".join(
        _SIGNS[(_SIGNS.index(sign) + direction * _SIGNS.index(by)) % len(_SIGNS)] if sign in _SIGNS else sign
        for sign, by in zip(code, pad, strict=True)
    )


def _signs(digest: bytes, count: int) -> str:
    return b32encode(digest).decode()[:count]


def _cleaned(typed: str) -> str:
    """Letters as they are heard: no case, no spaces, 0 for O and 1 for I."""
    return "".join(typed.upper().split()).replace("0", "O").replace("1", "I").replace("-", "")


def _hash(code: str, salt: str) -> str:
    return hashlib.scrypt(code.encode(), salt=bytes.fromhex(salt), dklen=20, **SCRYPT).hex()


def _kept(session: Session, name: str) -> dict[str, Any]:
    return dict(json.loads(state.get(session.connection(), name) or "{}"))


def _keep(session: Session, name: str, value: dict[str, Any]) -> None:
    state.put(session.connection(), name, json.dumps(value))
