"""`keng-edge decode`: what a recording says, one JSON object a frame."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from keng_bridges import RECORDINGS, load
from keng_bridges.errors import BridgeError
from keng_bridges.recording import Damaged, Decoded, Recording
from keng_edge.tools import showing
from keng_edge.tools.capture import FORMS, NotHex, wire_bytes

LARGEST = 64 * 1024 * 1024
GOOD, DAMAGED, USELESS = 0, 1, 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--protocol", required=True, metavar="NAME", help=", ".join(sorted(RECORDINGS)))
    parser.add_argument("--form", choices=FORMS, help="dạng tệp, nếu không tự nhận ra / if not found by itself")
    parser.add_argument("file", metavar="FILE|-", help="tệp, hoặc - cho đầu vào chuẩn / a file, or - for stdin")


def run(options: argparse.Namespace) -> int:
    """Print the frames; the status is 1 when one of them is damaged or there is none, 2 when nothing can be tried."""
    try:
        recording = cast(Recording, load(RECORDINGS, options.protocol))
        data = wire_bytes(_content(options.file), options.form)
    except BridgeError:
        known = ", ".join(sorted(RECORDINGS))
        return _useless(f"không có giao thức {options.protocol!r}, chỉ có (unknown protocol, there are): {known}")
    except ImportError as error:
        return _useless(f"thiếu thư viện (a library is missing): {error.name}")
    except OSError as error:
        return _useless(f"{options.file}: không đọc được (cannot be read): {error.strerror or error}")
    except NotHex as error:
        return _useless(f"{options.file}: {error}")
    items = _all(recording, data)
    for item in items:
        show = showing.decoded if isinstance(item, Decoded) else showing.damaged
        print(showing.as_json(show(options.protocol, item)))  # type: ignore[arg-type]  # chosen by its type
    return DAMAGED if any(isinstance(item, Damaged) for item in items) else GOOD


def _all(recording: Recording, data: bytes) -> list[Decoded | Damaged]:
    items = list(_guarded(recording, data))
    return items or [Damaged(0, "không có khung nào (no frame in the recording)", {"bytes": len(data)})]


def _guarded(recording: Recording, data: bytes) -> Iterator[Decoded | Damaged]:
    """A recording raises nothing by contract; should one break it, the technician still gets a line and not a trace."""
    try:
        yield from recording(data)
    except Exception as error:  # noqa: BLE001  the one place, see above
        yield Damaged(0, f"lỗi của bộ giải mã (fault of the decoder): {type(error).__name__}: {error}")


def _content(file: str) -> bytes:
    if file == "-":
        content = sys.stdin.buffer.read(LARGEST + 1)
    else:
        with Path(file).open("rb") as stream:
            content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise OSError(f"tệp quá {LARGEST // 1024 // 1024} MB (the file is larger)")
    return content


def _useless(words: str) -> int:
    print(words, file=sys.stderr)
    return USELESS
