"""The encryption of DC-09 (5.4): AES in CBC mode without an initial vector, hex digits; needs the extra `sia`.

The clear text begins with 16 to 31 random bytes, then `|` and the data, or `]` where there is none.
"""

import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from keng_bridges.errors import FrameError

BLOCK = 16
_PADDING = bytes(byte for byte in range(0x21, 0x7F) if byte not in b"|[]")


def decipher(key: bytes, digits: str) -> str:
    """The clear text from the data on; raises `FrameError` if it is no whole blocks or the key does not fit."""
    try:
        sealed = bytes.fromhex(digits)
    except ValueError:
        raise FrameError("encrypted DC-09 data is not hex") from None
    if not sealed or len(sealed) % BLOCK:
        raise FrameError(f"encrypted DC-09 data of {len(sealed)} bytes is no whole blocks")
    opener = Cipher(algorithms.AES(key), modes.CBC(bytes(BLOCK))).decryptor()
    clear = opener.update(sealed) + opener.finalize()
    bar, end = clear.find(b"|"), clear.find(b"]")
    if end < 0 or b"_" not in clear[end:]:
        raise FrameError("encrypted DC-09 data does not open: another key?")
    return clear[bar + 1 if 0 <= bar < end else end :].decode("latin-1")


def encipher(key: bytes, text: str) -> str:
    """Hex digits of a text that begins with its data, or with `]` where there is none."""
    clear = (b"" if text.startswith("]") else b"|") + text.encode("latin-1")
    padding = BLOCK + -len(clear) % BLOCK
    maker = Cipher(algorithms.AES(key), modes.CBC(bytes(BLOCK))).encryptor()
    random = bytes(secrets.choice(_PADDING) for _ in range(padding))
    return (maker.update(random + clear) + maker.finalize()).hex().upper()
