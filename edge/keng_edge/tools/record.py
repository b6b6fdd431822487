"""`keng-edge record`: write down what comes out of a port; nothing is ever sent."""

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import TextIO

from keng_bridges.errors import NoAnswer, PortError
from keng_bridges.serial_port import SerialPort
from keng_edge.tools import serial_options
from keng_edge.tools.capture import piece

HEARD, NOTHING, USELESS = 0, 1, 2
PAUSE_S = 0.05
"""A longer pause begins a new piece of the recording; at 300 baud one character takes 0.03 s."""
LARGEST_PIECE = 4096


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    serial_options.add(parser)
    parser.add_argument("--seconds", type=float, default=None, help="dừng sau bao lâu, không thì Ctrl-C / until Ctrl-C")
    parser.add_argument("file", metavar="FILE|-", help="tệp mới, hoặc - cho đầu ra chuẩn / a new file, or - for stdout")


def run(options: argparse.Namespace) -> int:
    """The status is 1 when nothing was heard, 2 when port or file cannot be had."""
    try:
        with contextlib.ExitStack() as stack:
            out = sys.stdout if options.file == "-" else stack.enter_context(Path(options.file).open("x"))
            count = asyncio.run(_record(options, out))
    except FileExistsError:
        return _useless(f"{options.file}: đã có, hãy chọn tên khác (exists already, choose another name)")
    except OSError as error:
        return _useless(f"{options.file}: {error.strerror}")
    except PortError as error:
        return _useless(str(error))
    print(f"{count} byte", file=sys.stderr)
    return HEARD if count else NOTHING


async def _record(options: argparse.Namespace, out: TextIO) -> int:
    """Until the time is over, a signal comes or the port goes; the answer is how many bytes there were."""
    path, baud, bits, parity, stop = options.port, options.baud, options.bits, options.parity, options.stop
    async with await SerialPort.open(path, baud, bits=bits, parity=parity, stop=stop) as port:
        print(f"# keng-edge record: {path} {baud} {bits}{parity}{stop}", file=out, flush=True)
        heard = list[int]()
        writing = asyncio.create_task(_write(port, out, heard), name="record")
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, writing.cancel)
        await asyncio.wait({writing}, timeout=options.seconds)
        writing.cancel()
        await asyncio.wait({writing})
        if not writing.cancelled() and (error := writing.exception()):
            print(error, file=sys.stderr)
    return sum(heard)


async def _write(port: SerialPort, out: TextIO, heard: list[int]) -> None:
    """Piece by piece; the length of each goes into `heard`."""
    while True:
        with contextlib.suppress(NoAnswer):
            data, at = await port.read(3600.0), serial_options.now()
            with contextlib.suppress(NoAnswer):
                while len(data) < LARGEST_PIECE:
                    data += await port.read(PAUSE_S)
            out.write(piece(data, at, "<"))
            out.flush()
            heard.append(len(data))


def _useless(words: str) -> int:
    print(words, file=sys.stderr)
    return USELESS
