"""The hub's own certificate authority: it alone says who may speak to the broker, and as whom."""

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keng_hub.errors import NotReady

AUTHORITY_DAYS = 3652
CERTIFICATE_DAYS = 1826
RENEW_DAYS = 90
"""`init` renews the hub's own certificates, and `doctor` complains about all, this many days before they end."""

BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
"""Certificates are valid from the start of time: a node without a battery clock wakes up in 1970."""


class Issued(NamedTuple):
    """A certificate and its private key, both PEM; the authority keeps only the certificate."""

    certificate: bytes
    key: bytes
    serial: str
    """Hex, as it stands in the table of nodes and in a revocation list."""


class Authority:
    """The key and certificate in `folder` (mode 0700), and a copy of every certificate that was issued."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate_file = folder / "ca.crt"
        self.revocation_file = folder / "ca.crl"
        self._key_file = folder / "ca.key"

    @property
    def exists(self) -> bool:
        """Whether `create` was done."""
        return self.certificate_file.is_file() and self._key_file.is_file()

    def create(self, name: str, now: datetime) -> None:
        """Make key and certificate for ten years; must not exist yet, or every node would be locked out."""
        if self.exists:
            raise FileExistsError(self._key_file)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Keng {name}"[:64])])
        certificate = (
            _builder(subject, subject, key.public_key(), now + timedelta(days=AUTHORITY_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, SHA256())
        )
        write_private(self._key_file, _pem(key))
        self.certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
        self.revoke((), now)

    def issue(
        self, common_name: str, now: datetime, server_names: Sequence[str] = (), *, answers: bool = False
    ) -> Issued:
        """A new key and certificate: a client's, or a server's when it has names. NotReady without an authority.

        A client that `answers` is called by others too: nodes of one group of houses ring each other.
        """
        authority, signer = self._load()
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        roles = [ExtendedKeyUsageOID.SERVER_AUTH] if server_names else [ExtendedKeyUsageOID.CLIENT_AUTH]
        if answers:
            roles = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        builder = (
            _builder(subject, authority.subject, key.public_key(), now + timedelta(days=CERTIFICATE_DAYS))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(roles), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        )
        if server_names:
            names = x509.SubjectAlternativeName([_general(name) for name in server_names])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(signer, SHA256())
        serial = f"{certificate.serial_number:x}"
        pem = certificate.public_bytes(Encoding.PEM)
        issued = self.folder / "issued"
        issued.mkdir(mode=0o700, exist_ok=True)
        (issued / f"{common_name}-{serial}.crt").write_bytes(pem)
        return Issued(pem, _pem(key), serial)

    def revoke(self, serials: Iterable[str], now: datetime) -> None:
        """Take certificates back for good, by their serial numbers (hex): the list of them is made anew and signed.

        The list is valid from the start of time, as certificates are, and as long as the authority (RFC 5280, 5).
        """
        authority, signer = self._load()
        entries = {entry.serial_number: entry for entry in self._revoked()}
        for serial in serials:
            number = int(serial, 16)
            fresh = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(now).build()
            entries.setdefault(number, fresh)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(authority.subject)
            .last_update(BEGIN)
            .next_update(authority.not_valid_after_utc)
            .add_extension(x509.CRLNumber(len(entries)), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        )
        for entry in entries.values():
            builder = builder.add_revoked_certificate(entry)
        temporary = self.revocation_file.with_suffix(".new")
        temporary.write_bytes(builder.sign(signer, SHA256()).public_bytes(Encoding.PEM))
        temporary.replace(self.revocation_file)

    def _revoked(self) -> Iterable[x509.RevokedCertificate]:
        if not self.revocation_file.is_file():
            return ()
        return x509.load_pem_x509_crl(self.revocation_file.read_bytes())

    def _load(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        if not self.exists:
            raise NotReady(f"{self._key_file}: chưa có; hãy chạy keng-hub init (missing; run keng-hub init)")
        key = load_pem_private_key(self._key_file.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise NotReady(f"{self._key_file}: không phải khóa EC (not an EC key)")
        return x509.load_pem_x509_certificate(self.certificate_file.read_bytes()), key


def end_of(certificate_file: Path) -> datetime:
    """When a certificate (PEM) stops being valid."""
    return x509.load_pem_x509_certificate(certificate_file.read_bytes()).not_valid_after_utc


def names_of(certificate_file: Path) -> list[str]:
    """The names and addresses a server's certificate stands for."""
    extensions = x509.load_pem_x509_certificate(certificate_file.read_bytes()).extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in names]


def write_private(file: Path, content: bytes) -> None:
    """Write a file that nobody else could read at any moment (mode 0600 from its creation)."""
    temporary = file.with_name(f".{file.name}.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
    temporary.replace(file)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, end: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(BEGIN).not_valid_after(end)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
