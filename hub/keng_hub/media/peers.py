"""Who brings media: TLS with a certificate of our own authority that names one node and was not taken back."""

import ssl
from pathlib import Path
from typing import Any, NamedTuple, cast

from keng_hub.revoked import Revoked


class ServerFiles(NamedTuple):
    """What the endpoint for nodes stands on."""

    ca: Path
    revoked: Path
    certificate: Path
    key: Path


def context(files: ServerFiles) -> ssl.SSLContext:
    """TLS 1.2 or newer, a client certificate required, checked against the authority and its list (RFC 5280, 5).

    FileNotFoundError names what `init` has yet to make.
    """
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise FileNotFoundError(f"chưa có {missing[0]}: hãy chạy keng-hub init (missing; run keng-hub init)")
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(files.ca)
    made.load_verify_locations(files.revoked)
    made.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    made.load_cert_chain(files.certificate, files.key)
    return made


def name_of(shown: object, revoked: Revoked) -> str | None:
    """The node that a verified certificate (`getpeercert()`) names; None when it names nobody or was taken back."""
    certificate = cast("dict[str, Any]", shown or {})
    parts: list[tuple[str, str]] = [part for group in certificate.get("subject", ()) for part in group]
    names = [value for key, value in parts if key == "commonName"]
    if len(names) != 1 or int(certificate["serialNumber"], 16) in revoked:
        return None
    return names[0]
