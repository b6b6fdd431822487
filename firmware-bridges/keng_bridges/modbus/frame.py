"""Modbus RTU frames, checked by length and CRC before anything in them is believed (Modbus over serial line 1.02).

What stands inside a frame is pymodbus's work; where one begins and ends on a line with several devices is ours.
"""

from dataclasses import dataclass

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest, WriteSingleCoilRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteSingleRegisterRequest,
)

from keng_bridges.checksums import crc16_modbus
from keng_bridges.errors import FrameError, NoAnswer, Refused

SHORTEST, LARGEST = 5, 256
EXCEPTIONS = {
    1: "the device does not know this function",
    2: "the device has no such register",
    3: "the device declines the number of registers",
    4: "the device failed",
    5: "the device is still working on it",
    6: "the device is busy",
    8: "the device found its memory damaged",
    10: "the gateway has no way to the device",
    11: "the device behind the gateway does not answer",
}
PASSING = frozenset((5, 6, 10, 11))
"""Exceptions after which the same question may be asked again."""
_READS = {
    1: ReadCoilsRequest,
    2: ReadDiscreteInputsRequest,
    3: ReadHoldingRegistersRequest,
    4: ReadInputRegistersRequest,
}
_BITS, _REGISTERS = (1, 2), (3, 4)
_ANSWERS = DecodePDU(False)
_FRAMER = FramerRTU(_ANSWERS)


@dataclass(frozen=True, slots=True)
class Answer:
    """A read answer: `values` are registers, or bits in the order of their addresses."""

    unit: int
    function: int
    values: tuple[int, ...]


def request(unit: int, function: int, address: int, count: int) -> bytes:
    """A read request for functions 1 to 4; `ValueError` beyond 125 registers."""
    if function not in _READS or not 1 <= count <= 125 or not 0 <= address <= 0xFFFF:
        raise ValueError(f"no read request: function {function}, address {address}, count {count}")
    return _FRAMER.buildFrame(_READS[function](address=address, count=count, dev_id=unit))


def seal(body: bytes) -> bytes:
    """Put the CRC behind, low byte first."""
    return body + crc16_modbus(body).to_bytes(2, "little")


def size(function: int, count: int) -> int:
    """Bytes of the answer to a read of `count` registers or bits."""
    return 5 + ((count + 7) // 8 if function in _BITS else 2 * count)


def search(data: bytes, unit: int, function: int, count: int) -> Answer | None:
    """The answer to a read anywhere in what the line gave since the request, None if it is not there (yet).

    On a line with a babbling device, garbage stands before the answer and may look like its beginning. Unit, function,
    length and CRC must all be right: random bytes pass for an answer once in 2^40 places. `Refused` and `NoAnswer` as
    `answer`.
    """
    for at in range(len(data) - SHORTEST + 1):
        if data[at] != unit or data[at + 1] & 0x7F != function:
            continue
        length = SHORTEST if data[at + 1] & 0x80 else size(function, count)
        frame = data[at : at + length]
        whole = len(frame) == length and (length == SHORTEST or frame[2] == length - SHORTEST)
        if whole and seal(frame[:-2]) == frame:
            return answer(frame, unit, function)
    return None


def command(unit: int, function: int, address: int, value: int) -> bytes:
    """The write of one coil (function 5) or register (6): only ever the reset of a detector."""
    if function == 5:
        return _FRAMER.buildFrame(WriteSingleCoilRequest(address=address, bits=[bool(value)], dev_id=unit))
    if function == 6:
        return _FRAMER.buildFrame(WriteSingleRegisterRequest(address=address, registers=[value], dev_id=unit))
    raise ValueError(f"no command: function {function}")


def confirmed(data: bytes, asked: bytes) -> bool:
    """Whether the device repeated the command; raises `Refused` or `NoAnswer` where it declines."""
    unit, function = asked[0], asked[1]
    for at in range(len(data) - SHORTEST + 1):
        frame = data[at : at + SHORTEST]
        if frame[:2] == bytes([unit, function | 0x80]) and seal(frame[:-2]) == frame:
            answer(frame, unit, function)
    return asked in data


def answer(frame: bytes, unit: int, function: int) -> Answer:
    """The answer in a frame of its exact length.

    `FrameError` if it is damaged or foreign, `Refused` if the device declines, `NoAnswer` if it is busy for now.
    """
    if not SHORTEST <= len(frame) <= LARGEST:
        raise FrameError(f"Modbus frame of {len(frame)} bytes")
    if seal(frame[:-2]) != frame:
        raise FrameError(f"Modbus CRC is {frame[-2:].hex()}, computed {seal(frame[:-2])[-2:].hex()}")
    if frame[0] != unit:
        raise FrameError(f"unit {frame[0]} answered instead of {unit}")
    if frame[1] == function | 0x80:
        reason = f"unit {unit}, function {function}: {EXCEPTIONS.get(frame[2], f'exception {frame[2]}')}"
        raise (NoAnswer if frame[2] in PASSING else Refused)(reason)
    if frame[1] != function:
        raise FrameError(f"function {frame[1]} answered instead of {function}")
    data = frame[3:-2]
    if frame[2] != len(data) or (function in _REGISTERS and len(data) % 2):
        raise FrameError(f"Modbus frame says {frame[2]} bytes and holds {len(data)}")
    said = _ANSWERS.decode(frame[1:-2])
    if said is None:
        raise FrameError(f"Modbus answer that cannot be read: {frame.hex()}")
    return Answer(unit, function, tuple(map(int, said.bits if function in _BITS else said.registers)))
