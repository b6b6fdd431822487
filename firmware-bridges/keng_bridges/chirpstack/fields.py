"""Fields of proto3 JSON: what is left out is zero or empty, and another type than the message's is refused."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, cast

from keng_bridges.errors import PayloadError
from keng_bridges.json_text import nested, plain

_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


def best_gateway(where: str, said: Mapping[str, object]) -> dict[str, object] | None:
    """What the gateway that heard it best says, None if it names none."""
    heard = said.get("rxInfo", [])
    if not isinstance(heard, list):
        raise PayloadError(f"{where}: rxInfo is no list")
    entries = [nested(entry) for entry in cast(list[object], heard)]
    return max(entries, key=lambda entry: whole(where, entry, "rssi"), default=None)


def radio(best: Mapping[str, object] | None, said: Mapping[str, object]) -> dict[str, object]:
    """How it was heard, for a technician; RSSI in dBm, SNR in dB, frequency in Hz."""
    sent = nested(said.get("txInfo"))
    lora = nested(nested(sent.get("modulation")).get("lora"))
    found = {"frequency": sent.get("frequency"), "spreading_factor": lora.get("spreadingFactor")}
    if best is not None:
        found |= {"rssi": best.get("rssi", 0), "snr": best.get("snr", 0), "gateway_id": best.get("gatewayId")}
    return {key: plain(value) for key, value in found.items() if value is not None}


def whole(where: str, said: Mapping[str, object], key: str) -> int:
    """A whole number; `PayloadError` names the field."""
    value = said.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int):
        raise PayloadError(f"{where}: {key} is no whole number")
    return value


def text(where: str, said: Mapping[str, object], key: str) -> str:
    """A text; `PayloadError` names the field."""
    value = said.get(key, "")
    if not isinstance(value, str):
        raise PayloadError(f"{where}: {key} is no text")
    return value


def moment(where: str, said: Mapping[str, object]) -> datetime | None:
    """RFC 3339; nanoseconds are cut to microseconds."""
    found = _TIME.fullmatch(text(where, said, "time"))
    if found is None:
        return None
    zone = "+00:00" if found[3] == "Z" else found[3]
    try:
        return datetime.fromisoformat(f"{found[1]}.{(found[2] or '0')[:6]:0<6}{zone}")
    except ValueError:
        return None


def snake(key: str) -> str:
    """`fCntDown` as `f_cnt_down`."""
    return re.sub(r"([A-Z])", r"_\1", key).lower()
