"""Who speaks: TLS with both certificates, only the hub's own authority, and the name in the certificate."""

import ssl
from typing import Any, cast

from keng_edge.config import UplinkSection

# X509_V_FLAG_NO_CHECK_TIME of OpenSSL (x509_vfy.h), for which Python has no name. Alarms fail open: neither a clock
# that woke up in another year nor a forgotten renewal keeps a fire from the neighbours (docs/design/neighbours.md).
NO_CHECK_TIME = 0x200000


def listening(section: UplinkSection) -> ssl.SSLContext:
    """For the node that is called; the caller must show a certificate of the hub's authority."""
    return _with_certificates(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), section)


def calling(section: UplinkSection) -> ssl.SSLContext:
    """For the node that calls. The name is compared by `name_of`, for addresses in a village change."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    return _with_certificates(context, section)


def name_of(channel: object) -> str | None:
    """The common name in the certificate of the other side, if there is exactly one."""
    if not isinstance(channel, ssl.SSLObject | ssl.SSLSocket):
        return None
    certificate = cast("dict[str, Any]", channel.getpeercert() or {})
    parts: list[tuple[str, str]] = [part for group in certificate.get("subject", ()) for part in group]
    names = [value for key, value in parts if key == "commonName"]
    return names[0] if len(names) == 1 else None


def _with_certificates(context: ssl.SSLContext, section: UplinkSection) -> ssl.SSLContext:
    """OSError (also `ssl.SSLError`) if a file is missing or is no certificate."""
    if section.ca_file is None or section.certificate_file is None:
        raise FileNotFoundError("no certificates: the hub's `node add` makes them")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= cast("ssl.VerifyFlags", NO_CHECK_TIME)
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.load_verify_locations(section.ca_file)
    context.load_cert_chain(section.certificate_file, section.key_file)
    return context
