"""The PIN that leads from the customer's screen back to the salesperson's: kept on this laptop, as its hash alone."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from app.errors import Invalid
from app.i18n import translate as _
from app.workspace import Workspace

SETTING = "sign_pin"
LEAST, MOST = 4, 12
_COST = {"n": 1 << 14, "r": 8, "p": 1}


def keep(workspace: Workspace, pin: str) -> None:
    """Ask for this PIN from now on; for none where it is empty. Raises Invalid for what is no 4 to 12 digits."""
    if pin and not (pin.isascii() and pin.isdecimal() and LEAST <= len(pin) <= MOST):
        raise Invalid({"pin": _("A PIN is {least} to {most} digits.", least=LEAST, most=MOST)})
    salt = secrets.token_hex(16)
    workspace.settings.set(SETTING, f"{salt} {_hash(pin, salt)}" if pin else "")


def is_set(workspace: Workspace) -> bool:
    """Whether leaving the customer's screen asks for a PIN."""
    return bool(workspace.settings.get(SETTING))


def fits(workspace: Workspace, typed: str) -> bool:
    """Whether this is the PIN; yes where none is set. Takes some 50 ms, so that nobody tries thousands."""
    salt, _space, kept = str(workspace.settings.get(SETTING)).partition(" ")
    return not kept or hmac.compare_digest(_hash(typed, salt), kept)


def _hash(pin: str, salt: str) -> str:
    return hashlib.scrypt(pin.encode(), salt=bytes.fromhex(salt), dklen=20, **_COST).hex()
