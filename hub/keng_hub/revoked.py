"""The certificates that were taken back, as the authority's list says."""

from pathlib import Path

from cryptography import x509


class Revoked:
    """Serial numbers, oldest first. OpenSSL reads the list once; this one follows the file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read: tuple[int, int] | None = None
        self._numbers: dict[int, None] = {}

    def __contains__(self, serial: int) -> bool:
        return serial in self._follow()

    def newest(self, limit: int) -> list[str]:
        """At most `limit` serial numbers, lower-case hex. OSError or ValueError when there is no list."""
        return [f"{number:x}" for number in list(self._follow())[-limit:]]

    def _follow(self) -> dict[int, None]:
        status = self._file.stat()
        state = (status.st_mtime_ns, status.st_ino)
        if state != self._read:
            entries = x509.load_pem_x509_crl(self._file.read_bytes())
            self._numbers, self._read = dict.fromkeys(entry.serial_number for entry in entries), state
        return self._numbers
