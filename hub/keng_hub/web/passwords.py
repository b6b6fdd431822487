"""Passwords: argon2id in threads, at most two at once, so that logins never starve the alarms."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MINIMUM = 12
"""Shortest password, in characters. ASVS V6.2.1 asks for 8 and advises 15; length is worth more than classes."""
MAXIMUM = 128

# 19 MiB, t=2, p=1: the second choice of the OWASP password storage sheet, about 70 ms on one core.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Passwords:
    """Hashes and checks, two at a time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(2)
        self._nobody = HASHER.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """The argon2id hash to be stored."""
        async with self._turns:
            return await asyncio.to_thread(HASHER.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the stored one; takes as long when there is no such account (`stored` is None)."""
        async with self._turns:
            return await asyncio.to_thread(_matches, stored or self._nobody, password) and stored is not None


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
