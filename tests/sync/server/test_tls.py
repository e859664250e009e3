"""TLS with an authority of the company's own, and a laptop without a keyring: real processes, real certificates."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app import admin
from sync import errors
from sync.client import HttpClient
from sync.protocol import EnrolRequest
from tests.e2e.programs import PASSWORD, Laptop, environment, terrain


@pytest.fixture(autouse=True)
def sums_equal_recomputed() -> None:
    """The company here is the program's own."""


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, by: str, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(by))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=name == by, path_length=None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
        .sign(signer, hashes.SHA256())
    )


def _authority(folder: Path, name: str) -> tuple[Path, Path, Path]:
    """The files of an authority's certificate, of a server's that it signed, and of the server's key."""
    folder.mkdir()
    signer, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca, certificate, private = folder / "ca.pem", folder / "server.pem", folder / "server.key"
    ca.write_bytes(_certificate(name, signer, name, signer).public_bytes(serialization.Encoding.PEM))
    certificate.write_bytes(
        _certificate("server", key, name, signer).public_bytes(serialization.Encoding.PEM)
    )
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return ca, certificate, private


@contextmanager
def _serving(folder: Path, certificate: Path, key: Path) -> Iterator[str]:
    tls = ["--tls-cert", str(certificate), "--tls-key", str(key)]
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.main", "serve", "--dir", str(folder), "--port", "0", *tls],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def test_a_laptop_trusts_the_companys_authority_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, certificate, key = _authority(tmp_path / "ours", "Acme")
    theirs, *_rest = _authority(tmp_path / "theirs", "Mallory")
    admin.init(tmp_path / "server", "acme", "Acme")
    admin.add_user(tmp_path / "server", "acme", "rep@acme.fr", "Rep", "rep", PASSWORD)
    laptop = Laptop(tmp_path / "laptop")
    with _serving(tmp_path / "server", certificate, key) as address:
        assert address.startswith("https://127.0.0.1:")
        request = EnrolRequest("rep@acme.fr", PASSWORD)
        for ca in (None, str(theirs)):
            client = HttpClient(f"{address}/acme", ca=ca)
            with pytest.raises(errors.Refused, match="certificate"):
                client.enrol(request)
            client.close()
        # What the environment trusts does not undo what the company has pinned.
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(theirs))
        client = HttpClient(f"{address}/acme", ca=str(ours))
        assert client.enrol(request).role == "rep"
        client.close()
        # `programs` run without a keyring: key and token lie in the profile, under the passphrase.
        words = ("--server", f"{address}/acme", "--email", "rep@acme.fr", "--ca", str(ours))
        terrain("--profile", str(laptop.folder), "enrol", *words)
        assert laptop.run("sync")["pulled"] > 0
        assert laptop.run("status")["to_send"] == 0
        refused = terrain("--profile", str(tmp_path / "other"), "enrol", *words[:4], expect=1)
        assert refused == ""
    for file in laptop.folder.rglob("*"):
        if file.is_file():
            assert b"rep@acme.fr" not in file.read_bytes(), file
