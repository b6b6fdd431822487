"""Certificates made by the openssl program, for tests of a member that does not need to make any."""

import shutil
import subprocess
from pathlib import Path

import pytest

OPENSSL = shutil.which("openssl")
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class Authority:
    """An authority of its own in a folder."""

    def __init__(self, folder: Path, name: str = "keng") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.certificate, self._key = folder, folder / f"{name}.ca.pem", folder / f"{name}.ca.key"
        made: list[str | Path] = ["-keyout", self._key, "-out", self.certificate, "-days", "2", "-subj", f"/CN={name}"]
        _openssl("req", "-x509", *KEY, *made)

    def issue(self, name: str) -> tuple[Path, Path]:
        """(certificate, key) of `name`, good for a server on this machine too."""
        certificate, key, request = (self.folder / f"{name}.{kind}" for kind in ("pem", "key", "csr"))
        extra = self.folder / f"{name}.ext"
        extra.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        _openssl("req", "-new", *KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        signed: list[str | Path] = [
            "-CA",
            self.certificate,
            "-CAkey",
            self._key,
            "-CAcreateserial",
            "-days",
            "1",
            "-extfile",
            extra,
        ]
        _openssl("x509", "-req", "-in", request, "-out", certificate, *signed)
        return certificate, key


def _openssl(*arguments: str | Path) -> None:
    if OPENSSL is None:
        pytest.skip("openssl is not installed (Debian: apt install openssl)")
    done = subprocess.run([OPENSSL, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
