"""Modbus RTU devices by YAML profile: what to read, and what the answers mean."""

from keng_bridges.modbus.decode import Image, Read, Sample, decode, image, plan
from keng_bridges.modbus.frame import Answer, answer, request, search, size
from keng_bridges.modbus.profile import Factor, Input, Profile, Register, Reset, load, names, parse

__all__ = [
    "Answer",
    "Factor",
    "Image",
    "Input",
    "Profile",
    "Read",
    "Register",
    "Reset",
    "Sample",
    "answer",
    "decode",
    "image",
    "load",
    "names",
    "parse",
    "plan",
    "request",
    "search",
    "size",
]
