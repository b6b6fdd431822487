"""Who speaks: TLS with both certificates, only the hub's own authority, and the name in the certificate."""

import ssl
from typing import Any, NamedTuple, cast

from keng_edge.config import UplinkSection
from keng_edge.neighbours.config import PeerSection

# X509_V_FLAG_NO_CHECK_TIME of OpenSSL (x509_vfy.h), for which Python has no name. Alarms fail open: neither a clock
# that woke up in another year nor a forgotten renewal keeps a fire from the neighbours (docs/design/neighbours.md).
NO_CHECK_TIME = 0x200000


def listening(section: UplinkSection) -> ssl.SSLContext:
    """For the node that is called; the caller must show a certificate of the hub's authority."""
    return _with_certificates(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), section)


def calling(section: UplinkSection) -> ssl.SSLContext:
    """For the node that calls. The name is compared by `Identity`, for addresses in a village change."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    return _with_certificates(context, section)


class Revoked:
    """The serial numbers that the hub took back, as it told last; heard also while no hub is there."""

    def __init__(self) -> None:
        self.serials: frozenset[str] = frozenset()


class Identity(NamedTuple):
    """What a verified certificate says: the common name, and the serial number as lower-case hex."""

    name: str
    serial: str

    def fits(self, peer: PeerSection, revoked: Revoked) -> bool:
        """Whether it is that neighbour, and with a certificate it should have by now."""
        return self.name == peer.id and peer.serial in (None, self.serial) and self.serial not in revoked.serials


def of(channel: object) -> Identity:
    """Who is at the other side; ConnectionError if its certificate does not have exactly one common name."""
    shown = channel.getpeercert() if isinstance(channel, ssl.SSLObject | ssl.SSLSocket) else None
    certificate = cast("dict[str, Any]", shown or {})
    parts: list[tuple[str, str]] = [part for group in certificate.get("subject", ()) for part in group]
    names = [value for key, value in parts if key == "commonName"]
    if len(names) != 1:
        raise ConnectionError("its certificate names nobody")
    return Identity(names[0], str(certificate.get("serialNumber", "")).lower().lstrip("0"))


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
