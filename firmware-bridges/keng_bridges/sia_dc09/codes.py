"""What the codes of a message mean: those of the SIA format (DC-03) and of Contact ID (DC-05)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keng_bridges.values import Condition, Mark


class Topic(StrEnum):
    """What an alarm code is about."""

    FIRE = "fire"
    CALL_POINT = "call_point"
    HEAT = "heat"
    SMOKE = "smoke"
    GAS = "gas"
    PANIC = "panic"
    MEDICAL = "medical"
    BURGLARY = "burglary"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Code:
    """One code: its name in the standard and what it says of the point; nothing but a name is only shown."""

    name: str
    condition: Condition | None = None
    marks: frozenset[Mark] = frozenset()
    clears: frozenset[Mark] = frozenset()
    topic: Topic = Topic.OTHER


def _alarm(topic: Topic, name: str) -> Code:
    return Code(name, Condition.ALARM, topic=topic)


def _normal(name: str) -> Code:
    return Code(name, Condition.NORMAL)


def _on(mark: Mark, name: str) -> Code:
    return Code(name, marks=frozenset({mark}))


def _off(mark: Mark, name: str) -> Code:
    return Code(name, clears=frozenset({mark}))


SIA: Final[dict[str, Code]] = {
    "FA": _alarm(Topic.FIRE, "Fire Alarm"),
    "FH": _normal("Fire Alarm Restore"),
    "FR": _normal("Fire Restoral"),
    "FC": _normal("Fire Cancel"),
    "FT": _on(Mark.FAULT, "Fire Trouble"),
    "FJ": _off(Mark.FAULT, "Fire Trouble Restore"),
    "FS": _on(Mark.FAULT, "Fire Supervisory"),
    "FV": _off(Mark.FAULT, "Fire Supervision Restore"),
    "FB": _on(Mark.DISABLED, "Fire Bypass"),
    "FU": _off(Mark.DISABLED, "Fire Unbypass"),
    "FM": _alarm(Topic.FIRE, "Fire Alarm - Cross Point"),
    "FX": Code("Fire Test"),
    "FI": Code("Fire Test Begin"),
    "FK": Code("Fire Test End"),
    "GA": _alarm(Topic.GAS, "Gas Alarm"),
    "GH": _normal("Gas Alarm Restore"),
    "GR": _normal("Gas Restoral"),
    "GT": _on(Mark.FAULT, "Gas Trouble"),
    "GJ": _off(Mark.FAULT, "Gas Trouble Restore"),
    "GS": _on(Mark.FAULT, "Gas Supervisory"),
    "GB": _on(Mark.DISABLED, "Gas Bypass"),
    "GU": _off(Mark.DISABLED, "Gas Unbypass"),
    "GX": Code("Gas Test"),
    "KA": _alarm(Topic.HEAT, "Heat Alarm"),
    "KH": _normal("Heat Alarm Restore"),
    "KR": _normal("Heat Restoral"),
    "KT": _on(Mark.FAULT, "Heat Trouble"),
    "KJ": _off(Mark.FAULT, "Heat Trouble Restore"),
    "KB": _on(Mark.DISABLED, "Heat Bypass"),
    "KU": _off(Mark.DISABLED, "Heat Unbypass"),
    "PA": _alarm(Topic.PANIC, "Panic Alarm"),
    "PH": _normal("Panic Alarm Restore"),
    "PR": _normal("Panic Restoral"),
    "PT": _on(Mark.FAULT, "Panic Trouble"),
    "PJ": _off(Mark.FAULT, "Panic Trouble Restore"),
    "HA": _alarm(Topic.PANIC, "Holdup Alarm"),
    "HH": _normal("Holdup Alarm Restore"),
    "HR": _normal("Holdup Restoral"),
    "MA": _alarm(Topic.MEDICAL, "Medical Alarm"),
    "MH": _normal("Medical Alarm Restore"),
    "MR": _normal("Medical Restoral"),
    "QA": _alarm(Topic.MEDICAL, "Emergency Alarm"),
    "QH": _normal("Emergency Alarm Restore"),
    "QR": _normal("Emergency Restoral"),
    "BA": _alarm(Topic.BURGLARY, "Burglary Alarm"),
    "BH": _normal("Burglary Alarm Restore"),
    "BR": _normal("Burglary Restoral"),
    "BC": Code("Burglary Cancel"),
    "BV": _alarm(Topic.BURGLARY, "Burglary Verified"),
    "BT": _on(Mark.FAULT, "Burglary Trouble"),
    "BJ": _off(Mark.FAULT, "Burglary Trouble Restore"),
    "BB": _on(Mark.DISABLED, "Burglary Bypass"),
    "BU": _off(Mark.DISABLED, "Burglary Unbypass"),
    "TA": _on(Mark.TAMPER, "Tamper Alarm"),
    "TR": _off(Mark.TAMPER, "Tamper Restoral"),
    "TS": _on(Mark.TEST, "Test Start"),
    "TE": _off(Mark.TEST, "Test End"),
    "TX": Code("Test Report"),
    "UA": Code("Untyped Zone Alarm", Condition.ALARM),
    "UH": _normal("Untyped Alarm Restore"),
    "UR": _normal("Untyped Zone Restoral"),
    "UT": _on(Mark.FAULT, "Untyped Zone Trouble"),
    "UJ": _off(Mark.FAULT, "Untyped Trouble Restore"),
    "UB": _on(Mark.DISABLED, "Untyped Zone Bypass"),
    "UU": _off(Mark.DISABLED, "Untyped Zone Unbypass"),
    "WA": Code("Water Alarm"),
    "WH": Code("Water Alarm Restore"),
    "WR": Code("Water Restoral"),
    "ZA": Code("Freeze Alarm"),
    "ZH": Code("Freeze Alarm Restore"),
    "AT": _on(Mark.MAINS_LOST, "AC Trouble"),
    "AR": _off(Mark.MAINS_LOST, "AC Restoral"),
    "YT": _on(Mark.LOW_BATTERY, "System Battery Trouble"),
    "YR": _off(Mark.LOW_BATTERY, "System Battery Restoral"),
    "YM": _on(Mark.LOW_BATTERY, "System Battery Missing"),
    "XT": _on(Mark.LOW_BATTERY, "Transmitter Battery Trouble"),
    "XR": _off(Mark.LOW_BATTERY, "Transmitter Battery Restoral"),
    "YP": _on(Mark.FAULT, "Power Supply Trouble"),
    "YQ": _off(Mark.FAULT, "Power Supply Restored"),
    "YC": _on(Mark.FAULT, "Communications Fail"),
    "YK": _off(Mark.FAULT, "Communications Restoral"),
    "YS": _on(Mark.FAULT, "Communications Trouble"),
    "YX": _on(Mark.FAULT, "Service Required"),
    "YZ": _off(Mark.FAULT, "Service Completed"),
    "YW": Code("Watchdog Reset"),
    "YA": _on(Mark.FAULT, "Bell Fault"),
    "YH": _off(Mark.FAULT, "Bell Restored"),
    "ET": _on(Mark.FAULT, "Expansion Trouble"),
    "ER": _off(Mark.FAULT, "Expansion Restoral"),
    "LT": _on(Mark.FAULT, "Phone Line Trouble"),
    "LR": _off(Mark.FAULT, "Phone Line Restoral"),
    "XQ": _on(Mark.FAULT, "RF Interference"),
    "XH": _off(Mark.FAULT, "RF Interference Restoral"),
    "XC": Code("Malfunction restore"),
    "RP": Code("Automatic Test"),
    "RX": Code("Manual Test"),
    "RR": Code("Power Up"),
    "RB": Code("Remote Program Begin"),
    "RS": Code("Remote Program Success"),
    "RC": Code("Relay Close"),
    "RO": Code("Relay Open"),
    "CL": Code("Closing Report"),
    "CA": Code("Automatic Closing"),
    "CG": Code("Close Area"),
    "CP": Code("Automatic Closing"),
    "CF": Code("Forced Closing"),
    "OP": Code("Opening Report"),
    "OA": Code("Automatic Opening"),
    "OG": Code("Open Area"),
    "OR": Code("Disarm From Alarm"),
    "OC": Code("Cancel Report"),
    "LB": Code("Local Program"),
    "LX": Code("Local Programming Ended"),
    "JT": Code("Time Changed"),
    "JA": Code("User code Tamper"),
    "DG": Code("Access Granted"),
    "DD": Code("Access Denied"),
}
"""Two letters → what they mean. Code that is not here is answered with DUH: not understood."""

_CONTACT: Final[dict[str, tuple[str, str]]] = {
    "100": ("MA", "MH"), "101": ("QA", "QH"), "102": ("YX", "YZ"), "110": ("FA", "FH"), "111": ("FA", "FH"),
    "112": ("FA", "FH"), "113": ("WA", "WH"), "114": ("KA", "KH"), "115": ("FA", "FH"), "116": ("FA", "FH"),
    "117": ("FA", "FH"), "118": ("FT", "FJ"), "120": ("PA", "PH"), "121": ("HA", "HH"), "122": ("HA", "HH"),
    "123": ("PA", "PH"), "130": ("BA", "BH"), "131": ("BA", "BH"), "132": ("BA", "BH"), "133": ("BA", "BH"),
    "134": ("BA", "BH"), "135": ("BA", "BH"), "136": ("BA", "BH"), "137": ("TA", "TR"), "139": ("BV", "BH"),
    "140": ("UA", "UH"), "144": ("TA", "TR"), "145": ("TA", "TR"), "150": ("UA", "UH"), "151": ("GA", "GH"),
    "162": ("GA", "GH"), "200": ("FS", "FV"), "300": ("YX", "YZ"), "301": ("AT", "AR"), "302": ("YT", "YR"),
    "309": ("YT", "YR"), "311": ("YM", "YR"), "312": ("YP", "YQ"), "321": ("YA", "YH"), "330": ("ET", "ER"),
    "333": ("ET", "ER"), "350": ("YC", "YK"), "351": ("LT", "LR"), "354": ("YC", "YK"), "373": ("FT", "FJ"),
    "380": ("UT", "UJ"), "383": ("TA", "TR"), "384": ("XT", "XR"), "401": ("OP", "CL"), "571": ("FB", "FU"),
    "570": ("UB", "UU"), "573": ("BB", "BU"), "601": ("RX", "RX"), "602": ("RP", "RP"), "604": ("FX", "FX"),
    "607": ("TS", "TE"), "608": ("RP", "RP"),
}  # fmt: skip
_SHARPER: Final = {"111": Topic.SMOKE, "114": Topic.HEAT, "115": Topic.CALL_POINT}


def of_contact_id(qualifier: str, event: str) -> str | None:
    """The SIA code of a Contact ID event: qualifier 1 begins it, 3 ends it, 6 repeats that it stands."""
    pair = _CONTACT.get(event)
    if pair is None or qualifier not in "136":
        return None
    return pair[1] if qualifier == "3" else pair[0]


def topic_of_contact_id(event: str, code: str) -> Topic:
    """What it is about; Contact ID tells smoke, heat and call points apart where the SIA code says only fire."""
    return _SHARPER.get(event, SIA[code].topic)
