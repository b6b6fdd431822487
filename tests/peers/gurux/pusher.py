"""Pushes made by gurux-dlms (GPL-2.0), for our reader: one JSON object a line, `way` and the wire bytes as hex.

Run by the Python of `.venv-peers/gurux`. Each push holds twenty registers, 1-0:1.0.0 to 1-0:1.19.0, of 1000 to 1019 W.
"""

import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peers.gurux import codec
else:
    import codec

notify: Any = import_module("gurux_dlms.GXDLMSNotify").GXDLMSNotify
interfaces: Any = import_module("gurux_dlms.enums").InterfaceType
conformance: Any = import_module("gurux_dlms.enums").Conformance
COUNT = 20


def body() -> Any:
    """The registers, in A-XDR by the package."""
    rows: list[bytes] = []
    for number in range(COUNT):
        name = codec.value("OCTET_STRING", codec.name(f"1.0.1.{number}.0.255"))
        scale = codec.structure(codec.value("INT8", 0), b"\x16\x1b")
        rows.append(codec.structure(name, codec.value("UINT32", 1000 + number), scale))
    return codec.buffer_class(bytearray(codec.array(rows)))


def pushed(interface: Any, longest: int) -> str:
    """The wire bytes of one push; blocks of `longest` bytes where that is less than the message."""
    maker = notify(True, 16, 1, interface)
    maker.settings.isServer = True
    maker.settings.negotiatedConformance = conformance.GENERAL_BLOCK_TRANSFER
    maker.settings.maxPduSize = longest
    return b"".join(bytes(part) for part in maker.generateDataNotificationMessages(None, body())).hex()


def main() -> None:
    for interface in ("HDLC", "WRAPPER", "PDU"):
        for longest in (100, 2000):
            made = pushed(getattr(interfaces, interface), longest)
            print(json.dumps({"way": f"{interface} {longest}", "hex": made}), file=sys.stderr)


if __name__ == "__main__":
    main()
