"""What gives itself back at the end of an `async with`."""

from types import TracebackType
from typing import Self


class Closing:
    """A port, or a line over one: closed when its block ends, however it ends."""

    def close(self) -> None:
        """Give the port back."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
