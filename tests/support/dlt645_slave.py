"""A DL/T645-2007 meter on a pseudo-terminal, by the package dlt645; run by the Python of `.venv-peers/dlt645a`.

Prints the name of its port, then serves until its standard input ends.
"""

# The package is in the peer's environment only, so no type checker sees it here.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import logging
import os
import select
import sys
import threading
import tty

from dlt645.service.serversvc.server_service import MeterServerService

ADDRESS = "202600000123"
VALUES = {0x00010000: 1234.56, 0x00010100: 1000.0, 0x00020000: 7.5}
VARIABLES = {0x02010100: 230.1, 0x02020100: 4.5, 0x02030000: 1.0345, 0x02800002: 50.01}


class Wire:
    """As much of `serial.Serial` as the peer's server uses, over the master end."""

    is_open = True

    def __init__(self, fd):
        self._fd = fd

    @property
    def in_waiting(self):
        return 0

    def read(self, size):
        ready, _, _ = select.select([self._fd], [], [], 0.05)
        return os.read(self._fd, 256) if ready else b""

    def write(self, data):
        return os.write(self._fd, data)

    def flush(self):
        pass


def main():
    logging.disable(logging.CRITICAL)
    master, slave = os.openpty()
    tty.setraw(slave)
    service = MeterServerService.new_rtu_server(os.ttyname(slave), 8, 1, 2400, "E", 1.0)
    service.set_address(bytes.fromhex(ADDRESS)[::-1])
    for di, value in VALUES.items():
        service.set_00(di, value)
    for di, value in VARIABLES.items():
        service.set_02(di, value)
    threading.Thread(target=service.server.handle_connection, args=(Wire(master),), daemon=True).start()
    print("port", os.ttyname(slave), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
