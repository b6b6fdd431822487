"""Outgoing HTTP only to hosts somebody listed, never by surprise into the own network (OWASP ASVS 5.0 V1.3.6)."""

import ssl
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from socket import AddressFamily

from aiohttp import TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL


class NotAllowed(OSError):
    """The address is refused by our own rules; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class AllowedHosts:
    """Two lists: hosts that may be called over HTTPS, and those that may be private or loopback (then also HTTP)."""

    def __init__(self, hosts: Iterable[str], private_hosts: Iterable[str]) -> None:
        self._private = frozenset(host.lower() for host in private_hosts)
        self._hosts = frozenset(host.lower() for host in hosts) | self._private

    def checked(self, address: str) -> URL:
        """The address as a URL; NotAllowed says why not."""
        try:
            url = URL(address)
        except ValueError:
            raise NotAllowed("bad_url") from None
        host = (url.host or "").lower()
        if url.user or url.password:
            raise NotAllowed("secret_in_url")
        if host not in self._hosts:
            raise NotAllowed("host_not_listed")
        if url.scheme != "https" and not (url.scheme == "http" and host in self._private):
            raise NotAllowed("https_only")
        self.see(host, host)
        return url

    def see(self, host: str, address: str) -> None:
        """NotAllowed when `address` is an IP address outside the internet and `host` is not listed as private."""
        try:
            found = ip_address(address)
        except ValueError:
            return  # a name; what it resolves to is seen when it is
        if not _on_the_internet(found) and host.lower() not in self._private:
            raise NotAllowed("private_address")

    def connector(self, ca_file: Path | None) -> TCPConnector:
        """A connector that looks at each address it is about to call, so that a name cannot change in between."""
        return TCPConnector(
            resolver=_Resolver(self), use_dns_cache=False, ssl=ssl.create_default_context(cafile=ca_file)
        )


_NAT64 = ip_network("64:ff9b::/96")


def _on_the_internet(found: IPv4Address | IPv6Address) -> bool:
    """Global and meant for one host; IPv6 addresses that only wrap an IPv4 one say nothing about where that is."""
    if isinstance(found, IPv6Address) and (found.sixtofour or found.teredo or found in _NAT64):
        return False
    return found.is_global and not found.is_multicast


class _Resolver(AbstractResolver):
    def __init__(self, allowed: AllowedHosts) -> None:
        self._allowed = allowed
        self._plain = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        found = await self._plain.resolve(host, port, family)
        for result in found:
            self._allowed.see(host, result["host"])
        return found

    async def close(self) -> None:
        await self._plain.close()
