"""The pair of keys by which push services know a hub (VAPID, RFC 8292): P-256, made once and kept."""

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from keng_hub import authority
from keng_hub.errors import NotReady


def create(file: Path) -> bool:
    """Make the private key, mode 0600; False when it is there. Another one would make every subscription void."""
    if file.is_file():
        return False
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    authority.write_private(file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return True


def load(file: Path) -> ec.EllipticCurvePrivateKey:
    """The private key; NotReady before `keng-hub init`, or when others may read it."""
    if not file.is_file():
        raise NotReady(f"chưa có {file}: hãy chạy keng-hub init (missing; run keng-hub init)")
    if file.stat().st_mode & 0o077:
        raise NotReady(f"người khác đọc được {file}: chmod 600 {file} (others can read it)")
    key = load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise NotReady(f"{file} không phải khóa P-256 (not a P-256 key)")
    return key


def public(key: ec.EllipticCurvePrivateKey) -> str:
    """What browsers subscribe with: the public point, base64url without padding."""
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
