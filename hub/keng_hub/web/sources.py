"""What an alarm comes from, in words: a device, or what the hub itself speaks of."""

from typing import Any

from aiohttp import web

from keng_hub.incidents.case import HUB
from keng_hub.incidents.findings import NODE_ITSELF
from keng_hub.incidents.msgid import N_
from keng_hub.incidents.reported import REPORTED
from keng_hub.web.answers import translate
from keng_hub.web.words import CHANNEL

_WORDS = {REPORTED: N_("Report of a resident"), NODE_ITSELF: N_("The node itself")} | CHANNEL
"""Names that stand where a device would, and are none."""


def name(request: web.Request, alarms: list[dict[str, Any]]) -> dict[str, str]:
    """Fill in `device_name` and `node_name` where the village has none; gives device → name."""
    for one in alarms:
        if not one["device_name"] and one["device"] in _WORDS:
            one["device_name"] = translate(request, _WORDS[one["device"]])
        if one["node"] == HUB:
            one["node_name"] = translate(request, N_("The hub"))
    return {one["device"]: one["device_name"] or one["device"] for one in alarms}
