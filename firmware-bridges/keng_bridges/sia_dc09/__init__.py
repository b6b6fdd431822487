"""SIA DC-09: alarms of panels over IP, in the SIA format or in Contact ID, in clear or encrypted."""

from keng_bridges.sia_dc09.codes import SIA, Code, Topic
from keng_bridges.sia_dc09.frame import LARGEST, Frame, parse, seal, stamp
from keng_bridges.sia_dc09.message import ADM_CID, NULL, SIA_DCS, Message, Signal, read
from keng_bridges.sia_dc09.receiver import Accepted, Cipher, Reason, Receiver, Refused
from keng_bridges.sia_dc09.recording import recording

__all__ = [
    "ADM_CID",
    "LARGEST",
    "NULL",
    "SIA",
    "SIA_DCS",
    "Accepted",
    "Cipher",
    "Code",
    "Frame",
    "Message",
    "Reason",
    "Receiver",
    "Refused",
    "Signal",
    "Topic",
    "parse",
    "read",
    "recording",
    "seal",
    "stamp",
]
