"""Cameras by kind. Nothing of OpenCV or FFmpeg is loaded before a camera is made."""

KINDS = {
    "camera": "keng_edge.cameras.camera:Camera",
    "frigate": "keng_edge.cameras.frigate:Frigate",
}
"""Kind of a `[[devices]]` entry → where its class is."""
