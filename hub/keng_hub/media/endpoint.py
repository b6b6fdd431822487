"""The hub's endpoint for nodes: HTTPS on a port of its own, for the pieces of announced files and for live pictures."""

import asyncio
import logging
from typing import Final

from aiohttp import web

from keng_hub.cameras.registry import CameraKey
from keng_hub.health import Health
from keng_hub.media import peers
from keng_hub.media.files import Files
from keng_hub.media.live import LARGEST, LivePictures, NotAPicture
from keng_hub.media.peers import ServerFiles
from keng_hub.media.receiving import Misplaced, NoRoom, Progress, Receiving, Unknown
from keng_hub.media.settings import MediaSection
from keng_hub.revoked import Revoked

log = logging.getLogger("keng.media")

PIECE: Final = 1 << 20
"""Bytes that a node may send at once."""
PIECE_S: Final = 60
AT_ONCE: Final = 16
"""Pieces in memory at a time; more wait."""
AGAIN_S: Final = 10
PATH: Final = r"/media/{occurrence:[0-9a-f]{16}}/{sha256:[0-9a-f]{64}}"
OFFSET: Final = "Upload-Offset"
PICTURE_S: Final = 10
PICTURES_AT_ONCE: Final = 8
"""They never take the room of evidence."""
PICTURES: Final = r"/pictures/{device:[a-z0-9][a-z0-9_.-]{0,39}}"
AGE: Final = "Picture-Age"
MASKS: Final = "Picture-Masks"


class Endpoint:
    """Serves nodes until cancelled. Whatever becomes of it, alarms go their own way."""

    def __init__(
        self, receiving: Receiving, files: Files, section: MediaSection, server: ServerFiles, live: LivePictures
    ) -> None:
        self._receiving, self._files, self._section, self._server = receiving, files, section, server
        self._live = live
        self._places = asyncio.Semaphore(PICTURES_AT_ONCE)
        self._revoked = Revoked(server.revoked)
        self._room = asyncio.Semaphore(AT_ONCE)
        self.trouble = "starting"
        """Why nodes cannot bring media now; empty when they can."""
        self.port = section.port

    async def run(self) -> None:
        """Serve; what keeps the port or a file from being used is tried again."""
        while True:
            try:
                await self._serve()
            except (OSError, ValueError) as error:
                if str(error) != self.trouble:
                    log.error("nodes cannot bring media: %s", error)
                self.trouble = str(error)
            await asyncio.sleep(AGAIN_S)

    async def health(self) -> Health:
        """Whether nodes can bring media, and whether there is room for them."""
        if self.trouble:
            return Health(False, self.trouble)
        spare = await asyncio.to_thread(self._files.spare)
        if spare < self._section.spare_mb:
            return Health(False, f"only {spare} MB free, media wait at the nodes")
        return Health(True, f"port {self.port}, {spare} MB free")

    async def _serve(self) -> None:
        await asyncio.to_thread(self._files.prepare)
        context = await asyncio.to_thread(peers.context, self._server)
        app = web.Application(client_max_size=PIECE + 1)
        app.add_routes([web.get(PATH, self._ask), web.patch(PATH, self._take), web.post(PICTURES, self._show)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._section.bind, self._section.port, ssl_context=context).start()
            self.port = runner.addresses[0][1]
            self.trouble = ""
            await asyncio.Event().wait()
        finally:
            self.trouble = "not serving"
            await runner.cleanup()

    async def _ask(self, request: web.Request) -> web.Response:
        node = await self._node(request)
        try:
            return _told(await self._receiving.progress(node, *_file(request)))
        except Unknown:
            raise web.HTTPNotFound from None

    async def _take(self, request: web.Request) -> web.Response:
        node = await self._node(request)
        offset = _number(request, OFFSET)
        async with self._room:
            return await self._piece(node, request, offset, await _body(request, PIECE_S))

    async def _piece(self, node: str, request: web.Request, offset: int, data: bytes) -> web.Response:
        try:
            return _told(await self._receiving.take(node, *_file(request), offset, data))
        except Unknown:
            raise web.HTTPNotFound from None
        except Misplaced as error:
            return _told(error.progress, status=409)
        except NoRoom as error:
            log.info("a piece of a file waits at %s: %s", node, error)
            raise web.HTTPInsufficientStorage from None

    async def _show(self, request: web.Request) -> web.Response:
        """A node's picture of a camera of its own: whose it is says the certificate, not the request."""
        camera = CameraKey(await self._node(request), request.match_info["device"])
        age, masks = _number(request, AGE), _number(request, MASKS)
        if self._live.pause(camera) is None:
            return web.json_response({"pause": None})
        if not 0 < (request.content_length or 0) <= LARGEST:
            raise web.HTTPRequestEntityTooLarge(LARGEST, request.content_length or 0)
        async with self._places:
            data = await _body(request, PICTURE_S)
            try:
                return web.json_response({"pause": self._live.take(camera, data, age, masks)})
            except NotAPicture as error:
                log.info("a picture of %s is refused: %s", camera.node, error)
                raise web.HTTPUnsupportedMediaType from None

    async def _node(self, request: web.Request) -> str:
        shown = request.transport.get_extra_info("peercert") if request.transport else None
        node = await asyncio.to_thread(peers.name_of, shown, self._revoked)
        if node is None:
            raise web.HTTPForbidden
        return node


def _file(request: web.Request) -> tuple[str, str]:
    return request.match_info["occurrence"], request.match_info["sha256"]


def _number(request: web.Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise web.HTTPBadRequest
    return int(text)


async def _body(request: web.Request, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


def _told(progress: Progress, status: int = 200) -> web.Response:
    return web.json_response(progress._asdict(), status=status)
