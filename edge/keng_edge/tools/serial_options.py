"""The options of a serial port that several tools share."""

import argparse
from datetime import UTC, datetime

from keng_bridges.serial_port import SPEEDS


def add(parser: argparse.ArgumentParser, baud: int | None = 9600) -> None:
    """`--port`, `--baud`, `--bits`, `--parity`, `--stop`."""
    parser.add_argument("--port", required=True, help="cổng, tốt nhất là /dev/serial/by-id/… / the port")
    parser.add_argument("--baud", type=int, choices=sorted(SPEEDS), default=baud, metavar="BAUD", help=f"{baud}")
    parser.add_argument("--bits", type=int, choices=(7, 8), default=8)
    parser.add_argument("--parity", choices=("N", "E", "O"), default="N")
    parser.add_argument("--stop", type=int, choices=(1, 2), default=1)


def now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)
