"""A browser without a screen: keeps cookies, says where a request comes from, follows nothing by itself."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, TCPConnector
from yarl import URL

from support.office import PASSWORD, Office


class Answer(NamedTuple):
    """A response, read."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def location(self) -> str:
        """Where it leads."""
        return self.headers["Location"]


class Site(Protocol):
    """Something with pages."""

    @property
    def url(self) -> str:
        """Where they are."""
        ...


class Visitor:
    """One person at one machine; `source` is the address of the machine (any of 127.0.0.0/8)."""

    def __init__(self, office: Site, source: str = "127.0.0.1") -> None:
        self.office = office
        self._source = source
        self.http: ClientSession

    async def __aenter__(self) -> Self:
        connector = TCPConnector(local_addr=(self._source, 0))
        self.http = ClientSession(connector=connector, cookie_jar=CookieJar(unsafe=True))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.close()

    @property
    def base(self) -> URL:
        """The site, as a cookie jar wants it."""
        return URL(self.office.url)

    async def get(self, path: str, **headers: str) -> Answer:
        """Fetch a page."""
        async with self.http.get(self.office.url + path, headers=headers, allow_redirects=False) as response:
            return Answer(response.status, await response.text(errors="replace"), dict(response.headers))

    async def post(self, path: str, data: Any = None, *, headers: dict[str, str] | None = None) -> Answer:
        """Send a form as a page of this site does, unless `headers` say otherwise."""
        headers = {"Sec-Fetch-Site": "same-origin"} if headers is None else headers
        async with self.http.post(
            self.office.url + path, data=data if data is not None else {}, headers=headers, allow_redirects=False
        ) as response:
            return Answer(response.status, await response.text(errors="replace"), dict(response.headers))

    async def log_in(self, username: str, password: str = PASSWORD) -> Answer:
        """Log in by the form."""
        return await self.post("/login", {"username": username, "password": password})

    async def live(self, query: str = "", origin: str | None = None) -> ClientWebSocketResponse:
        """Open the page's WebSocket."""
        return await self.http.ws_connect(
            f"{self.office.url}/live{query}", headers={"Origin": origin or self.office.url}
        )


class Visitors:
    """Makes visitors that go home at the end of the test."""

    def __init__(self, office: Office, stack: AsyncExitStack) -> None:
        self._office, self._stack = office, stack

    async def __call__(self, username: str | None = None, source: str = "127.0.0.1") -> Visitor:
        """A visitor, logged in when there is a name."""
        visitor = await self._stack.enter_async_context(Visitor(self._office, source))
        if username is not None:
            answer = await visitor.log_in(username)
            assert answer.status == 303, answer.text
        return visitor
