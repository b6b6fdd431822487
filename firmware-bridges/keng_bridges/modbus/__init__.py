"""Modbus RTU devices by YAML profile: what to read, and what the answers mean."""

from keng_bridges.modbus.decode import Image, Read, Sample, decode, image, plan
from keng_bridges.modbus.frame import Answer, answer, request
from keng_bridges.modbus.profile import Input, Profile, Register, Reset, load, names, parse

__all__ = [
    "Answer",
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
]
