"""The key of a laptop's file: in the system's keyring, else under a passphrase; always under a recovery passphrase.

`profile.json` beside the file holds no personal data: an id, and the key wrapped with AES-256-GCM
under keys that Argon2id (RFC 9106, 64 MiB, 3 passes) derives from the passphrases.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import secrets
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import KeyMissing, WrongKey
from app.i18n import translate as _

ENVELOPE = "profile.json"
SERVICE = "Terrain"
PASSPHRASE_VARIABLE = "TERRAIN_PASSPHRASE"
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
COST = {"time_cost": 3, "memory_cost": 65536, "parallelism": 1}
"""Of Argon2id for new envelopes, each of which says its own: it may rise here, and tests make it small."""
_COST_UNSAID = {"time_cost": 3, "memory_cost": 65536, "parallelism": 1}

Envelope = dict[str, Any]


def make_key() -> tuple[bytes, str]:
    """A new file key and the recovery passphrase to show once: 6 groups of 5 signs, 150 bits."""
    groups = ["".join(secrets.choice(_ALPHABET) for _sign in range(5)) for _group in range(6)]
    return secrets.token_bytes(32), "-".join(groups)


def new_envelope(key: bytes, recovery: str, passphrase: str | None = None) -> Envelope:
    """An envelope for `key`; the recovery passphrase and, where given, the daily one open it."""
    envelope: Envelope = {"profile": str(uuid.uuid4()), "recovery": _wrap(key, _normalised(recovery))}
    if passphrase:
        envelope["passphrase"] = _wrap(key, passphrase)
    return envelope


def write_envelope(folder: Path, envelope: Envelope) -> None:
    """Put the envelope in place whole or not at all; its presence makes the folder a profile."""
    partial = folder / (ENVELOPE + ".new")
    partial.write_text(json.dumps(envelope, indent=1), encoding="utf-8")
    partial.replace(folder / ENVELOPE)


def read_envelope(folder: Path) -> Envelope:
    """The envelope of a profile; raises KeyMissing where there is none."""
    try:
        found = json.loads((folder / ENVELOPE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise KeyMissing(
            _(
                "There is no Terrain profile in “{folder}”. Start `terrain`, or enrol with `terrain enrol`.",
                folder=folder,
            )
        ) from None
    except (OSError, ValueError) as problem:
        raise KeyMissing(
            _(
                "The file “{file}” cannot be read. Restore the last copy with `terrain restore FILE`.",
                file=folder / ENVELOPE,
            )
        ) from problem
    if not isinstance(found, dict):
        raise KeyMissing(
            _(
                "The file “{file}” cannot be read. Restore the last copy with `terrain restore FILE`.",
                file=folder / ENVELOPE,
            )
        )
    return found


def keep_key(envelope: Envelope, key: bytes) -> bool:
    """Put the key into the keyring; False where there is none that gives it back."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(SERVICE, envelope["profile"], key.hex())
    except (KeyringError, OSError):
        return False
    # Some backends swallow what they are given: only what can be read back counts.
    return _from_keyring(envelope) == key


def keep_secret(folder: Path, name: str, secret: str) -> bool:
    """Put another secret of the profile into the keyring; False where there is none."""
    import keyring
    from keyring.errors import KeyringError

    profile = read_envelope(folder)["profile"]
    try:
        keyring.set_password(SERVICE, f"{profile}:{name}", secret)
        return keyring.get_password(SERVICE, f"{profile}:{name}") == secret
    except (KeyringError, OSError):
        return False


def load_secret(folder: Path, name: str) -> str | None:
    """A secret of the profile from the keyring, None where it is not there."""
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(SERVICE, f"{read_envelope(folder)['profile']}:{name}")
    except (KeyringError, OSError):
        return None


def forget_secret(folder: Path, name: str) -> None:
    """Remove a secret of the profile from the keyring, where it is there."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.delete_password(SERVICE, f"{read_envelope(folder)['profile']}:{name}")
    except (KeyringError, OSError):
        return


@dataclass(frozen=True, slots=True)
class Vault:
    """The secrets of one profile, for whoever may not know where profiles and keyrings are."""

    folder: Path

    def load(self, name: str) -> str | None:
        """The secret of this name, None where it is not there."""
        return load_secret(self.folder, name)

    def keep(self, name: str, secret: str) -> bool:
        """Keep a secret; False where there is no keyring."""
        return keep_secret(self.folder, name, secret)


def forget_key(envelope: Envelope) -> None:
    """Remove the key from the keyring: without it a wiped file cannot be read."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.delete_password(SERVICE, envelope["profile"])
    except KeyringError:
        return


def load_key(folder: Path) -> bytes:
    """The key of a profile, from the keyring or `TERRAIN_PASSPHRASE`; raises KeyMissing or WrongKey."""
    return key_of(read_envelope(folder))


def key_of(envelope: Envelope) -> bytes:
    """The key of an envelope, from the keyring or `TERRAIN_PASSPHRASE`; raises KeyMissing or WrongKey."""
    found = _from_keyring(envelope)
    if found is not None:
        return found
    passphrase = os.environ.get(PASSPHRASE_VARIABLE)
    if passphrase:
        return unwrap(envelope, passphrase)
    raise KeyMissing(
        _(
            "The keyring has no key for this profile. Unlock the keyring, or set "
            "TERRAIN_PASSPHRASE to your passphrase or the recovery passphrase."
        )
    )


def unwrap(envelope: Envelope, passphrase: str) -> bytes:
    """The key, opened with the daily or the recovery passphrase; raises WrongKey."""
    for name, candidate in (("passphrase", passphrase), ("recovery", _normalised(passphrase))):
        if name in envelope:
            key = _unwrap(envelope[name], candidate)
            if key is not None:
                return key
    raise WrongKey(_("This passphrase does not open the file. Check it, or use the recovery passphrase."))


def is_in_keyring(envelope: Envelope) -> bool:
    """Whether the system's keyring keeps this profile's key."""
    return _from_keyring(envelope) is not None


def require_passphrase() -> str:
    """The daily passphrase where no keyring keeps the key; raises KeyMissing where it is not set."""
    passphrase = os.environ.get(PASSPHRASE_VARIABLE)
    if not passphrase:
        raise KeyMissing(
            _(
                "This computer has no keyring to keep the key. Set TERRAIN_PASSPHRASE "
                "to a passphrase of your choice, then try again."
            )
        )
    return passphrase


def _from_keyring(envelope: Envelope) -> bytes | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        found = keyring.get_password(SERVICE, envelope.get("profile", ""))
        return bytes.fromhex(found) if found else None
    except (KeyringError, OSError, ValueError):
        return None


def _normalised(recovery: str) -> str:
    return "".join(sign for sign in recovery.upper() if sign in _ALPHABET)


def _derive(passphrase: str, salt: bytes, cost: dict[str, int]) -> bytes:
    return _derive_once(passphrase, salt, tuple(sorted(cost.items())))


@functools.lru_cache(maxsize=4)
def _derive_once(passphrase: str, salt: bytes, cost: tuple[tuple[str, int], ...]) -> bytes:
    """A start needs the key for its first rows and for the file: a second each, if it were not kept.

    What is kept is in memory anyway, as the passphrase in the environment and as the key in the driver.
    """
    from argon2.low_level import Type, hash_secret_raw

    return hash_secret_raw(passphrase.encode(), salt, hash_len=32, type=Type.ID, **dict(cost))


def _wrap(key: bytes, passphrase: str) -> dict[str, Any]:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    sealed = AESGCM(_derive(passphrase, salt, COST)).encrypt(nonce, key, b"terrain key")
    parts = {"salt": salt, "nonce": nonce, "sealed": sealed}
    return {"cost": dict(COST)} | {name: base64.b64encode(part).decode() for name, part in parts.items()}


def _unwrap(wrapped: dict[str, Any], passphrase: str) -> bytes | None:
    from argon2.exceptions import HashingError
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        salt, nonce, sealed = (base64.b64decode(wrapped[name]) for name in ("salt", "nonce", "sealed"))
        derived = _derive(passphrase, salt, wrapped.get("cost", _COST_UNSAID))
        return AESGCM(derived).decrypt(nonce, sealed, b"terrain key")
    except (InvalidTag, HashingError, KeyError, TypeError, ValueError):
        return None
