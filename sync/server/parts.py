"""Transactions larger than a request: their numbered parts, kept until all are here."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, delete, insert, select

from sync import errors
from sync.protocol import Op, Transaction, hash_of
from sync.server.store import Store

_MOST_PARTS = 10_000
_LONGEST_NAME = 200


def assemble(connection: Connection, store: Store, device: str, sent: Transaction) -> Transaction | None:
    """The whole transaction, None while parts are missing; raises `errors.Protocol` where damaged."""
    if not 0 < sent.part <= sent.parts <= _MOST_PARTS or not is_name(sent.uuid):
        raise errors.Protocol("a transaction has no proper name or number of parts")
    require_sound_marks(sent)
    whole = sent if sent.parts == 1 else _keep(connection, store, device, sent)
    if whole is not None and hash_of(whole.ops) != whole.hash:
        raise errors.Protocol(f"transaction {whole.uuid} does not match its hash")
    return whole


def name_of(device: str, uuid: str) -> str:
    """Under which the parts of a transaction are kept: who knows its UUID displaces none of another device's."""
    return f"{device}/{uuid}"


def is_name(text: str) -> bool:
    """Whether the text can be the id of something."""
    return 0 < len(text) <= _LONGEST_NAME and "\0" not in text


def is_sound(op: Op, names: Collection[str] = ()) -> bool:
    """Whether a database can be asked about what the operation names, in the columns `names` too."""
    for name, pair in op.fields.items():
        if not is_name(name):
            return False
        for value in pair:
            if isinstance(value, str) and ("\0" in value or (len(value) > _LONGEST_NAME and name in names)):
                return False
    return is_name(op.id)


def require_sound_marks(sent: Transaction) -> None:
    """Raises `errors.Protocol` unless a database can be asked about the life in which it was sent before."""
    if not (sent.epoch or sent.seen or sent.forks or sent.stated):
        return
    names = [id for _table, old, new in sent.forks for id in (old, new)] + sent.stated
    if sent.epoch:
        names.append(sent.epoch)
    if not all(map(is_name, names)) or not 0 <= sent.seen < 1 << 62:
        raise errors.Protocol("what a transaction says of a lost life cannot be")


def _keep(connection: Connection, store: Store, device: str, sent: Transaction) -> Transaction | None:
    parts = store.tables["sync_part"]
    name = name_of(device, sent.uuid)
    mine, here = parts.c.device == device, parts.c.uuid == name
    # They come one transaction after the other: what is left of another one will never be complete.
    this = here & (parts.c.part == sent.part)
    connection.execute(delete(parts).where(this | (mine & ~here)))
    values = {"uuid": name, "part": sent.part, "device": device}
    connection.execute(insert(parts).values(**values, ops=msgspec.json.encode(sent.ops)))
    statement = select(parts.c.ops).where(mine & here).order_by(parts.c.part)
    found = connection.scalars(statement).all()
    if len(found) < sent.parts:
        return None
    connection.execute(delete(parts).where(mine & here))
    ops = [op for part in found for op in msgspec.json.decode(bytes(part), type=list[msgspec.Raw])]
    return msgspec.structs.replace(sent, ops=ops)
