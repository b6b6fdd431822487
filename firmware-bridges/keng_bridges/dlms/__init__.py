"""DLMS/COSEM (IEC 62056): meters that push by themselves, and meters that are read over HDLC or TCP."""

from keng_bridges.dlms.cipher import Keys
from keng_bridges.dlms.notification import Notification, decode
from keng_bridges.dlms.push import Owner, PushReader, recording
from keng_bridges.dlms.register import Register, Scale

__all__ = ["Keys", "Notification", "Owner", "PushReader", "Register", "Scale", "decode", "recording"]
