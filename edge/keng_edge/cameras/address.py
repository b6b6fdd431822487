"""Where a camera's pictures come from, and how that may be shown."""

from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

SCHEMES = ("rtsp", "rtsps", "http", "https")


@dataclass(frozen=True, slots=True)
class Address:
    """A file, a device file of Video4Linux, or an address on the network."""

    text: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def is_stream(self) -> bool:
        """Whether it is on the network."""
        return "://" in self.text

    @property
    def is_usb(self) -> bool:
        """Whether it is a camera on a USB port."""
        return self.text.startswith("/dev/")

    @property
    def shown(self) -> str:
        """For logs and errors. The path is left out because some cameras want the password in it."""
        if not self.is_stream:
            return self.text
        parts = urlsplit(self.text)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"

    @property
    def full(self) -> str:
        """With user and password, for the library alone."""
        if not self.is_stream or self.user is None:
            return self.text
        parts = urlsplit(self.text)
        secret = "" if self.password is None else ":" + quote(self.password, safe="")
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{quote(self.user, safe='')}{secret}@{host}"))
