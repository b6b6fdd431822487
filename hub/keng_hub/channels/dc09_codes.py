"""Which code of SIA DC-03 a message is to a monitoring station."""

from typing import Final, NamedTuple

from keng_hub.deliveries.states import DeliveryKind
from keng_wire.alarm import Category

AUTOMATIC_TEST: Final = "RP"
MANUAL_TEST: Final = "RX"
FIRE_TEST: Final = "FX"


class Codes(NamedTuple):
    """How it begins and how it ends."""

    begins: str
    ends: str


_BY_CAUSE: Final[dict[str, Codes]] = {
    "gas": Codes("GA", "GH"),
    "sos_button": Codes("PA", "PH"),
    "tamper": Codes("TA", "TR"),
    "mains_lost": Codes("AT", "AR"),
    "low_battery": Codes("YT", "YR"),
    "fault": Codes("FT", "FJ"),
    "comms_lost": Codes("FT", "FJ"),
}
_BY_CATEGORY: Final[dict[str, Codes]] = {
    Category.FIRE.value: Codes("FA", "FH"),
    Category.MEDICAL.value: Codes("MA", "MH"),
    Category.SECURITY.value: Codes("BA", "BH"),
}


def code_of(category: str, cause: str, kind: str, *, drill: bool) -> str | None:
    """The code, None where the station has no use for it. A drill is a test and never an alarm."""
    if drill:
        return FIRE_TEST if category == Category.FIRE.value else MANUAL_TEST
    codes = _BY_CAUSE.get(cause) or _BY_CATEGORY.get(category)
    if codes is None:
        return None
    return codes.ends if kind == DeliveryKind.ALL_CLEAR.value else codes.begins
