"""A serial port for asyncio: exclusive, with a deadline on every read, and with errors that say what to do."""

import asyncio
import contextlib
import errno
import os
import termios
from typing import Self

import serial

from keng_bridges.closing import Closing
from keng_bridges.errors import NoAnswer, PortBusy, PortError

BUFFER_LIMIT = 65536
SPEEDS = {baud: int(getattr(termios, f"B{baud}")) for baud in (300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600)}
SPEEDS[115200] = termios.B115200
_BITS = {7: termios.CS7, 8: termios.CS8}
_PARITY = {"N": 0, "E": termios.PARENB, "O": termios.PARENB | termios.PARODD}

_ADVICE = {
    errno.ENOENT: "there is no such port: check the cable, then look at `ls -l /dev/serial/by-id`",
    errno.EACCES: "not allowed: add the user to group dialout (`sudo usermod -aG dialout USER`) and log in again",
    errno.EPERM: "not allowed: add the user to group dialout (`sudo usermod -aG dialout USER`) and log in again",
    errno.EAGAIN: "another program holds the port: `sudo fuser -v PORT` names it",
    errno.EBUSY: "another program holds the port: `sudo fuser -v PORT` names it",
    errno.ENOTTY: "this is not a serial port",
    errno.EIO: "the device does not respond: unplug it and plug it in again",
}


class SerialPort(Closing):
    """One open port. Use `async with await SerialPort.open(path, 9600) as port`.

    pyserial opens and configures it; reading is the event loop's, so a silent device costs no thread. Opening
    leaves DTR and RTS off and clears HUPCL: many boards restart when these lines move. Most USB chips raise DTR
    for an instant in `open()` itself; no program can prevent that.
    """

    def __init__(self, path: str, port: serial.Serial) -> None:
        self.path = path
        self._port = port
        self._fd: int = port.fileno()
        self._buffer = bytearray()
        self._arrived = asyncio.Event()
        self._writing = asyncio.Lock()  # frames of two tasks must not mix
        self._lost: PortError | None = None
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._readable)

    @classmethod
    async def open(cls, path: str, baud: int, *, bits: int = 8, parity: str = "N", stop: int = 1) -> Self:
        """Open `path`, best a name under `/dev/serial/by-id`; raises `PortError`, `PortBusy`."""
        port = serial.Serial(baudrate=_speed(path, baud), stopbits=stop, timeout=0, exclusive=True)
        port.port, port.dtr, port.rts = path, False, False
        try:
            await asyncio.to_thread(port.open)
        except (OSError, termios.error) as error:
            raise _open_error(path, error) from error
        try:
            _settle(port.fileno(), bits, parity)
        except termios.error as error:
            port.close()
            raise _open_error(path, error) from error
        return cls(path, port)

    async def read(self, seconds: float) -> bytes:
        """All bytes that have arrived, at least one; `NoAnswer` if none comes within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while not self._buffer:
                    self._check()
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError as error:
            raise NoAnswer(f"{self.path}: nothing arrived within {seconds:g} s") from error
        data = bytes(self._buffer)
        self._buffer.clear()
        return data

    async def write(self, data: bytes, seconds: float = 5.0) -> None:
        """Write all of it; `NoAnswer` if the other end does not take it within `seconds`."""
        self._check()
        try:
            async with asyncio.timeout(seconds), self._writing:
                while data:
                    data = data[self._write(data) :]
                    if data:
                        await asyncio.sleep(0.005)
        except TimeoutError as error:
            raise NoAnswer(f"{self.path}: {len(data)} bytes could not be written within {seconds:g} s") from error

    async def drain(self) -> None:
        """Wait until the last bit has left; needed before the speed is changed."""
        self._check()
        try:
            await asyncio.to_thread(termios.tcdrain, self._fd)
        except termios.error as error:
            raise self._lose(error) from error

    def set_baud(self, baud: int) -> None:
        """Change the speed without closing; bytes that have arrived stay."""
        self._check()
        speed = SPEEDS[_speed(self.path, baud)]
        try:
            settings = termios.tcgetattr(self._fd)
            settings[4] = settings[5] = speed
            termios.tcsetattr(self._fd, termios.TCSANOW, settings)
        except termios.error as error:
            raise self._lose(error) from error

    def discard(self) -> None:
        """Forget what has arrived so far."""
        self._readable()
        self._buffer.clear()

    def close(self) -> None:
        """Give the port back."""
        if self._port.is_open:
            self._loop.remove_reader(self._fd)
            self._port.close()
            self._lost = self._lost or PortError(f"{self.path}: closed")
            self._arrived.set()

    def _readable(self) -> None:
        if self._lost is not None:
            return
        try:
            data = os.read(self._fd, 4096)
            if not data:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        self._buffer += data
        del self._buffer[:-BUFFER_LIMIT]  # nobody reads: the newest bytes are worth more
        self._arrived.set()

    def _write(self, data: bytes) -> int:
        try:
            return os.write(self._fd, data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            raise self._lose(error) from error

    def _lose(self, error: Exception) -> PortError:
        self._loop.remove_reader(self._fd)
        self._lost = PortError(
            f"{self.path}: the port has gone ({error}): check the cable; it is opened again by itself"
        )
        self._arrived.set()
        return self._lost

    def _check(self) -> None:
        if self._lost is not None:
            raise PortError(str(self._lost)) from self._lost


def _speed(path: str, baud: int) -> int:
    if baud not in SPEEDS:
        raise PortError(f"{path}: {baud} baud is not one of {', '.join(map(str, SPEEDS))}")
    return baud


def _settle(fd: int, bits: int, parity: str) -> None:
    """Undo two habits of pyserial (lines drop on close; an empty port reads as a gone one), then set the frame.

    The frame is set here because a pseudo-terminal has none and pyserial takes its refusal for an error.
    """
    settings = termios.tcgetattr(fd)
    settings[2] &= ~termios.HUPCL
    settings[6][termios.VMIN] = 1
    termios.tcsetattr(fd, termios.TCSANOW, settings)
    settings[2] = settings[2] & ~termios.CSIZE & ~termios.PARENB & ~termios.PARODD | _BITS[bits] | _PARITY[parity]
    with contextlib.suppress(termios.error):
        termios.tcsetattr(fd, termios.TCSANOW, settings)


def _open_error(path: str, error: Exception) -> PortError:
    number: object = getattr(error, "errno", None) or (error.args[0] if error.args else None)
    if not isinstance(number, int):
        number = errno.ENOTTY if "Could not configure" in str(error) else None
    advice = _ADVICE.get(number, str(error)) if isinstance(number, int) else str(error)
    return (PortBusy if number in (errno.EAGAIN, errno.EBUSY) else PortError)(f"{path}: {advice}")
