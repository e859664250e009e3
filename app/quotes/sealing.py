"""Seals a PDF with this laptop's key, so that one altered byte shows, and checks such seals.

The key is an elliptic curve's (P-256), made when the first quote is signed and kept in the system's
keyring, or in the encrypted file where there is none. Its certificate is the laptop's own: a reader says
"unknown signer", and still that the document was not changed. The subfilter is `adbe.pkcs7.detached`,
since pyHanko's PAdES raises the file to PDF 2.0, which PDF/A-3 forbids.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.errors import Damaged
from app.i18n import translate as _

log = logging.getLogger(__name__)

SECRET = "seal"
"""The name of the private key in the vault."""
_YEARS = 10


class Vault(Protocol):
    """Where secrets are kept outside the file: the workspace's, which is the system's keyring."""

    def load(self, name: str) -> str | None:
        """The secret of this name, None where it is not there."""

    def keep(self, name: str, secret: str) -> bool:
        """Keep a secret; False where there is no keyring."""


@dataclass(frozen=True, slots=True)
class SealKey:
    """The laptop's key and certificate, both PEM."""

    private: str
    certificate: str


@dataclass(frozen=True, slots=True)
class SealCheck:
    """What a sealed PDF says of itself."""

    sealed: bool
    intact: bool
    """The sealed bytes are those that were sealed."""
    whole: bool
    """Nothing was added after the seal."""
    signer: str = ""
    at: str = ""

    @property
    def good(self) -> bool:
        """Whether the document is the one that was sealed, whole and unchanged."""
        return self.sealed and self.intact and self.whole


def make_key(holder: str, organisation: str) -> SealKey:
    """A new key with a certificate of its own that names the laptop and the company."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, holder[:64] or "Terrain"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64] or "Terrain"),
        ]
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        # A laptop whose clock is a little ahead must not make a certificate of tomorrow.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(
            x509.KeyUsage(True, True, False, False, False, False, False, False, False), critical=True
        )
        .sign(private, hashes.SHA256())
    )
    return SealKey(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
    )


def seal(content: bytes, key: SealKey, reason: str, field: str = "Seal") -> bytes:
    """The PDF with a seal over all of it."""
    from asn1crypto import keys as asn1_keys
    from asn1crypto import pem
    from asn1crypto import x509 as asn1_x509
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    certificate = asn1_x509.Certificate.load(pem.unarmor(key.certificate.encode())[2])
    private = asn1_keys.PrivateKeyInfo.load(pem.unarmor(key.private.encode())[2])
    signer = signers.SimpleSigner(
        signing_cert=certificate,
        signing_key=private,
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )
    metadata = signers.PdfSignatureMetadata(
        field_name=field,
        reason=reason,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
    )
    result = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(content)), metadata, signer=signer)
    return bytes(result.getvalue())


def check(content: bytes) -> SealCheck:
    """What is left of the seal of a PDF. Raises Damaged for a file that is no readable PDF."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        reader = PdfFileReader(io.BytesIO(content))
        seals = list(reader.embedded_signatures)
    except Exception as problem:
        # A file of any origin: whatever the reader stumbles over, it cannot be read.
        raise Damaged(_("This is no readable PDF.")) from problem
    if not seals:
        return SealCheck(False, False, False)
    try:
        return _checked(seals[-1], content)
    except Exception:
        # Nor does it matter what is wrong with a seal: it is not good.
        log.info("a seal could not be read")
        return SealCheck(True, False, False)


def _checked(found: Any, content: bytes) -> SealCheck:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    context = ValidationContext(trust_roots=[found.signer_cert], allow_fetching=False)
    status = validate_pdf_signature(found, context)
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    at = status.signer_reported_dt
    untouched = _is_canonical(found, content)
    name = status.signing_cert.subject.native.get("common_name", "")
    return SealCheck(
        True,
        bool(status.intact and status.valid and untouched),
        whole,
        str(name),
        at.isoformat() if at else "",
    )


def _is_canonical(found: Any, content: bytes) -> bool:
    """Whether the seal itself is written as we write it: the one place that it does not cover.

    Its digits could change case, or the zeros behind them change, and every reader would still be content.
    """
    _start, first, second, _end = found.byte_range
    digits, kept = content[first + 1 : second - 1], found.pkcs7_content
    return digits == kept.hex().upper().encode() and not any(kept[_der_length(kept) :])


def _der_length(der: bytes) -> int:
    """How long the structure at the beginning says to be, its own header included."""
    length = der[1]
    if length < 0x80:
        return 2 + length
    count = length & 0x7F
    return 2 + count + int.from_bytes(der[2 : 2 + count])
