"""What lets a phone keep the household's page like an app: manifest, service worker, and a page for no connection."""

from aiohttp import web

from keng_hub.web.answers import page
from keng_hub.web.keys import RENDERER, SITE

_WORKER = """\
const NAME = "keng-{version}", AWAY = "/offline";
self.addEventListener("install", (event) => event.waitUntil(
  caches.open(NAME).then((cache) => cache.addAll([AWAY, "{static}/residents.css", "{static}/keng.svg"]))));
self.addEventListener("activate", (event) => event.waitUntil(caches.keys().then(
  (names) => Promise.all(names.filter((name) => name !== NAME).map((name) => caches.delete(name))))));
self.addEventListener("fetch", (event) => {{
  const file = new URL(event.request.url).pathname.startsWith("/static/");
  if (event.request.mode === "navigate") event.respondWith(fetch(event.request).catch(() => caches.match(AWAY)));
  else if (file) event.respondWith(caches.match(event.request).then((kept) => kept || fetch(event.request)));
}});
"""
"""Keeps one page and two files; what people do and see is never kept, so nothing old is shown as new."""


async def manifest(request: web.Request) -> web.StreamResponse:
    """The web app manifest (W3C Application Manifest)."""
    icon = {"src": f"{request.app[RENDERER].static}/keng.svg", "sizes": "any", "type": "image/svg+xml"}
    about = {
        "name": f"Kẻng {request.app[SITE].village}",
        "short_name": "Kẻng",
        "lang": "vi",
        "start_url": "/home",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f3f5f7",
        "theme_color": "#0d4f5c",
        "icons": [icon],
    }
    return web.json_response(about, content_type="application/manifest+json")


async def worker(request: web.Request) -> web.StreamResponse:
    """The service worker; another version of the files makes another worker."""
    renderer = request.app[RENDERER]
    text = _WORKER.format(version=renderer.version, static=renderer.static)
    return web.Response(text=text, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


async def offline(request: web.Request) -> web.StreamResponse:
    """Shown by the service worker while there is no connection."""
    return page(request, "residents/offline.html")
