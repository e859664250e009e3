"""Two accounts that are one, merged as the program merges them: what is empty is filled, what hangs on one moves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sync.merge import canonical
from tests.sync.machine.laptop import Laptop, Row
from tests.sync.machine.ledger import WORD

if TYPE_CHECKING:
    from tests.sync.machine.world import World

FILLED = ("phone", "last_visit", "rating")
"""Fields of which the survivor takes over what it lacks; its name, its owner and its territory are its own."""
ADDRESS = ("line1", "town")


def merge(world: World, laptop: Laptop, account: str, into: str) -> None:
    """One action: the second account is the first from now on, for whoever writes to it."""
    gone, stays = laptop.row("account", account), laptop.row("account", into)
    if gone is None or stays is None or account == into or gone["deleted_at"] or stays["deleted_at"]:
        return
    filled = _filled(gone, stays)
    with laptop.action() as connection:
        if filled:
            laptop.update(connection, "account", into, **filled)
        for kind in ("contact", "task", "quote"):
            for id in laptop.ids(kind, f"account = '{account}'"):
                laptop.update(connection, kind, id, account=into)
        laptop.update(connection, "account", account, merged_into=into, deleted_at=laptop.now())
    world.ledger.merged |= {account, into}
    world.ledger.forget(*(word for word in WORD.findall(str(gone)) if word not in str(filled)))


def standing(laptop: Laptop, account: str) -> str:
    """The account that stands for this one."""
    seen = {account}
    while True:
        row = laptop.row("account", account)
        following = row["merged_into"] if row and row["deleted_at"] else None
        if following is None or following in seen:
            return account
        account = following
        seen.add(account)


def _filled(gone: Row, stays: Row) -> dict[str, Any]:
    found = {name: gone[name] for name in FILLED if gone.get(name) and not stays.get(name)}
    if any(gone[name] for name in ADDRESS) and not any(stays[name] for name in ADDRESS):
        found |= {name: gone[name] for name in ADDRESS}
    tags = [json.loads(row["tags"] or "[]") for row in (stays, gone)]
    if set(tags[1]) - set(tags[0]):
        found["tags"] = canonical(list(dict.fromkeys(tags[0] + tags[1])))
    if gone["notes"] and gone["notes"] not in (stays["notes"] or ""):
        found["notes"] = f"{stays['notes']}\n{gone['notes']}" if stays["notes"] else gone["notes"]
    own = json.loads(gone["custom"] or "{}") | json.loads(stays["custom"] or "{}")
    if own != json.loads(stays["custom"] or "{}"):
        found["custom"] = canonical(own)
    return found
