"""The hub's certificate authority."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keng_hub import authority
from keng_hub.authority import Authority
from keng_hub.errors import NotReady

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "authority")
    made.create("Thôn Mẫu", NOW)
    return made


def read(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def test_only_the_owner_can_read_the_key(ca: Authority) -> None:
    assert stat.S_IMODE(ca.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((ca.folder / "ca.key").stat().st_mode) == 0o600


def test_the_authority_lasts_ten_years_and_signs_only_ends(ca: Authority) -> None:
    certificate = read(ca.certificate_file.read_bytes())
    assert certificate.not_valid_after_utc - NOW > timedelta(days=3650)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"


def test_a_client_certificate_bears_the_name_and_is_signed(ca: Authority) -> None:
    issued = ca.issue("ngo-3", NOW)
    certificate = read(issued.certificate)
    certificate.verify_directly_issued_by(read(ca.certificate_file.read_bytes()))
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "ngo-3"
    assert f"{certificate.serial_number:x}" == issued.serial
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    both = read(ca.issue("ngo-4", NOW, answers=True).certificate).extensions
    usage = both.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]


def test_a_server_certificate_bears_names_and_addresses(ca: Authority, tmp_path: Path) -> None:
    names = ["keng-hub.local", "192.168.1.10", "::1"]
    (tmp_path / "broker.crt").write_bytes(ca.issue("broker", NOW, names).certificate)
    assert authority.names_of(tmp_path / "broker.crt") == names


def test_a_node_whose_clock_starts_in_1970_is_let_in(ca: Authority) -> None:
    for pem in (ca.certificate_file.read_bytes(), ca.issue("ngo-3", NOW).certificate):
        assert read(pem).not_valid_before_utc == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_copy_of_every_certificate_is_kept_and_no_key(ca: Authority) -> None:
    issued = [ca.issue("ngo-3", NOW), ca.issue("ngo-3", NOW)]
    kept = {file.name: file.read_bytes() for file in (ca.folder / "issued").iterdir()}
    assert kept == {f"ngo-3-{one.serial}.crt": one.certificate for one in issued}


def test_an_authority_is_never_overwritten(ca: Authority) -> None:
    with pytest.raises(FileExistsError):
        ca.create("Thôn Mẫu", NOW)


def test_without_an_authority_the_error_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="keng-hub init"):
        Authority(tmp_path).issue("ngo-3", NOW)


def test_a_private_file_was_never_open_to_others(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"old")
    file.chmod(0o644)
    authority.write_private(file, b"new")
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"new", 0o600)


def test_key_and_certificate_belong_together(ca: Authority, tmp_path: Path) -> None:
    issued = ca.issue("ngo-3", NOW)
    (tmp_path / "node.crt").write_bytes(issued.certificate)
    (tmp_path / "node.key").write_bytes(issued.key)
    ssl.create_default_context().load_cert_chain(tmp_path / "node.crt", tmp_path / "node.key")


def test_taking_back_is_signed_lasting_and_never_forgotten(ca: Authority) -> None:
    one, two = ca.issue("ngo-1", NOW), ca.issue("ngo-2", NOW)
    ca.revoke([one.serial], NOW)
    ca.revoke([two.serial, one.serial], NOW + timedelta(days=30))
    listed = x509.load_pem_x509_crl(ca.revocation_file.read_bytes())
    authority_key = read(ca.certificate_file.read_bytes()).public_key()
    assert isinstance(authority_key, ec.EllipticCurvePublicKey)
    assert listed.is_signature_valid(authority_key)
    assert {f"{entry.serial_number:x}": entry.revocation_date_utc for entry in listed} == {
        one.serial: NOW,
        two.serial: NOW + timedelta(days=30),
    }
    assert listed.next_update_utc == read(ca.certificate_file.read_bytes()).not_valid_after_utc
