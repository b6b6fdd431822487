"""Why a source cannot be opened or read, in words for the person at the camera. FFmpeg's own hold the password."""

import re

import av.error

from keng_edge.cameras.address import Address
from keng_edge.errors import DeviceError

OPEN_S, READ_S = 8, 4
"""Seconds FFmpeg may take to open a stream, which a camera of 1 picture a second needs, and to wait for a packet."""

PASSWORD = (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)
Words = tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, bool], ...]
FILE_WORDS: Words = (
    (FileNotFoundError, "does not exist", True),
    (PermissionError, "may not be read by this user", True),
    (IsADirectoryError, "is a folder, not a video", True),
)
PLAIN_WORDS: Words = (
    (ConnectionRefusedError, "refuses the connection: is the camera on, and is the port right?", False),
    (
        PASSWORD,
        "does not take user and password, so correct them: too many wrong tries lock some cameras",
        True,
    ),
    # A camera that still starts answers this too, so it is asked again soon.
    (av.error.HTTPNotFoundError, "answers, but knows no such path: look the stream's path up in its manual", False),
    (
        (av.error.DecoderNotFoundError, av.error.PatchWelcomeError),
        "sends a kind of video that cannot be read here: set the camera's stream to H.264 or H.265",
        False,
    ),
    (av.error.InvalidDataError, "holds no video that can be read", True),
    (
        (ConnectionResetError, BrokenPipeError, av.error.EOFError),
        "closed the connection: does it serve too many viewers, or is it starting?",
        False,
    ),
    (
        (av.error.ExitError, TimeoutError),
        f"does not answer within {OPEN_S} s: is the camera on, is the address right?",
        False,
    ),
)
"""What the library's errors mean to the person at the camera, and whether trying again soon is of no use."""

NO_VIDEO = "holds no video"
STRANGE_CODEC = "sends {codec} video, which cannot be read here: set the camera's stream to H.264 or H.265"
STOPPED = "sends nothing any more: the camera hangs, or the network is cut"
_FOR_PEOPLE = re.compile(r"[A-Za-z0-9 ,.'()-]{3,80}")


def stopped(address: Address, error: Exception) -> DeviceError:
    """The same for a stream that ran before."""
    if isinstance(error, (av.error.ExitError, TimeoutError)):
        return DeviceError(f"{address.shown} {STOPPED}")
    return plain(address, error)


def plain(address: Address, error: Exception) -> DeviceError:
    """The library's error as one without secrets that says what to do."""
    for kinds, text, permanent in PLAIN_WORDS if address.is_stream else FILE_WORDS + PLAIN_WORDS:
        if isinstance(error, kinds):
            # What is broken in a stream now may be whole in a minute, but for its password; a file stays what it is.
            lasting = permanent and (not address.is_stream or isinstance(error, PASSWORD))
            return DeviceError(f"{address.shown} {text}", permanent=lasting)
    reason = getattr(error, "strerror", None) or type(error).__name__
    reason = reason if _FOR_PEOPLE.fullmatch(reason) else type(error).__name__
    return DeviceError(f"{address.shown} cannot be read: {reason}; check the address, the cable and the network")
