"""A stranger in the village's network, as a program: HOST PORT FILE [CERTIFICATE KEY].

Sends the bytes of FILE, within TLS when it has a certificate (and believes whatever it meets), and prints `ended` when
the other side has closed without an answer, or what was answered.
"""

import socket
import ssl
import sys
from contextlib import suppress
from pathlib import Path


def main() -> None:
    """Connect, speak, listen."""
    host, port, file, *identity = sys.argv[1:]
    answer = b""
    with suppress(OSError), socket.create_connection((host, int(port)), timeout=15) as plain:
        channel: socket.socket = plain
        if identity:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.load_cert_chain(*identity)
            channel = context.wrap_socket(plain)
        channel.sendall(Path(file).read_bytes())
        while data := channel.recv(4096):
            answer += data
    print("ended" if b"number" not in answer else repr(answer))


if __name__ == "__main__":
    main()
