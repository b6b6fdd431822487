"""An RTSP camera by GStreamer (LGPL) to test against: live pictures of several kinds, one of them behind a password.

`server.py PORT USER PASSWORD`, run by the Python that Debian's `gi` belongs to, as a program of its own; nothing of
Kẻng imports it, and it imports nothing of Kẻng. Says `ready`, and then `viewer` for each connection.
"""

import argparse
from importlib import import_module
from itertools import cycle
from typing import Any

gi: Any = import_module("gi")
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
glib: Any = import_module("gi.repository.GLib")
gst: Any = import_module("gi.repository.Gst")
rtsp: Any = import_module("gi.repository.GstRtspServer")

SMALL, LARGE = (320, 180), (640, 360)
CHANGES_AFTER_S = 2
H264 = (
    "x264enc tune=zerolatency sliced-threads=false speed-preset=ultrafast key-int-max={key}"
    " ! rtph264pay name=pay0 pt=96 config-interval=-1"
)
H265 = (
    "x265enc tune=zerolatency speed-preset=ultrafast key-int-max={key} ! rtph265pay name=pay0 pt=96 config-interval=-1"
)
SLICED = H264.replace("sliced-threads=false", "threads=4")
JPEG = "jpegenc ! rtpjpegpay name=pay0 pt=26"
MOUNTS = {
    "h264": (H264, 10),
    "h265": (H265, 10),
    "jpeg": (JPEG, 10),
    "sliced": (SLICED, 10),
    "slow": (H264, 1),
    "fast": (H264, 30),
    "changing": (H264, 10),
    "locked": (H264, 10),
}
"""Path: codec, pictures a second. `sliced` repeats its parameters before each slice of a keyframe, `changing` is of
another size every 2 s, `locked` wants a password."""
NOBODY, GUARD = "nobody", "guard"


def caps(size: tuple[int, int], rate: int) -> Any:
    """Raw pictures of a size."""
    return gst.Caps.from_string(f"video/x-raw,format=I420,width={size[0]},height={size[1]},framerate={rate}/1")


def mount(path: str, encoder: str, rate: int) -> Any:
    """One camera, whose viewers share its encoder."""
    factory = rtsp.RTSPMediaFactory()
    source = f"videotestsrc is-live=true ! capsfilter name=size caps={caps(SMALL, rate).to_string().replace(' ', '')}"
    factory.set_launch(f"( {source} ! {encoder.format(key=rate)} )")
    factory.set_shared(True)
    if path == "changing":
        factory.connect("media-configure", change_sizes)
    permissions = rtsp.RTSPPermissions()
    for role in (NOBODY, GUARD):
        permissions.add_permission_for_role(role, rtsp.RTSP_PERM_MEDIA_FACTORY_ACCESS, True)
        allowed = role == GUARD or path != "locked"
        permissions.add_permission_for_role(role, rtsp.RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, allowed)
    factory.set_permissions(permissions)
    return factory


def change_sizes(_: Any, media: Any) -> None:
    """From now on as if somebody sat in the camera's menu."""
    element, sizes = media.get_element().get_by_name("size"), cycle((LARGE, SMALL))

    def change() -> bool:
        element.set_property("caps", caps(next(sizes), MOUNTS["changing"][1]))
        return True  # again

    glib.timeout_add_seconds(CHANGES_AFTER_S, change)


def say_viewer(*_: Any) -> None:
    """Somebody connected."""
    print("viewer", flush=True)


def token(role: str) -> Any:
    """What somebody of this role shows."""
    made = rtsp.RTSPToken()
    made.set_string(rtsp.RTSP_TOKEN_MEDIA_FACTORY_ROLE, role)
    return made


def guarded(user: str, password: str) -> Any:
    """Digest alone (RFC 7616); whoever gives none may see what is open."""
    auth = rtsp.RTSPAuth()
    auth.set_supported_methods(import_module("gi.repository.GstRtsp").RTSPAuthMethod.DIGEST)
    auth.set_default_token(token(NOBODY))
    auth.add_digest(user, password, token(GUARD))
    return auth


def main() -> None:
    """Serve until it is killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port")
    parser.add_argument("user")
    parser.add_argument("password")
    given = parser.parse_args()
    gst.init(None)
    server = rtsp.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(given.port)
    server.set_auth(guarded(given.user, given.password))
    for path, (encoder, rate) in MOUNTS.items():
        server.get_mount_points().add_factory(f"/{path}", mount(path, encoder, rate))
    server.connect("client-connected", say_viewer)
    if not server.attach(None):
        raise SystemExit(f"port {given.port} is taken")
    print("ready", flush=True)
    glib.MainLoop().run()


if __name__ == "__main__":
    main()
