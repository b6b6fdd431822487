"""The words for what the code calls by a key, about households and what hangs in the alleys."""

from typing import Final

from keng_hub.incidents.msgid import N_
from keng_hub.web.residents import words as residents

CONTACT_STATE: Final = {
    "verified": N_("Verified"),
    "left": N_("Left"),
    "dead": N_("Nobody can be reached there"),
}
CONSENT_ACT: Final = {"given": N_("agreed"), "withdrawn": N_("withdrawn")}
HOW: Final = {
    "qr": N_("by the household’s paper"),
    "supporter": N_("by a supporter’s code"),
    "home": N_("on the household’s page"),
    "reply": N_("by a message"),
    "staff": N_("asked for at the office"),
    "moved": N_("moved away"),
}
UNREACHED: Final = {
    "never": N_("Never joined"),
    "left": N_("Left"),
    "dead": N_("Nobody can be reached there"),
    "channel": N_("Its channel is not set up any more"),
    "test": N_("Its channel fails its self-test"),
}
ASSET: Final = {
    "extinguisher": N_("Extinguisher"),
    "hydrant": N_("Hydrant"),
    "fire_point": N_("Public fire point"),
}
ENTRY_FAULT: Final = {
    "place": N_("No place is named"),
    "unknown": N_("No such place"),
    "ambiguous": N_("Several places bear this name"),
    "label": N_("No house is named"),
    "number": N_("Not a telephone number of Vietnam, or more than three"),
    "twice": N_("This house stands in the file before"),
}
ENTRY_CHANGE: Final = {
    "new": N_("New household"),
    "same": N_("There already"),
    "different": N_("There with other numbers; left as it is"),
}
EMERGENCY_SERVICE: Final = {
    "fire": N_("Fire and rescue"),
    "police": N_("Police"),
    "medical": N_("Ambulance"),
    "rescue": N_("Disaster and rescue"),
    "electricity": N_("Electricity company"),
}
PLACE_KIND: Final = {
    "commune": N_("Commune"),
    "village": N_("Village"),
    "group": N_("Group"),
    "alley": N_("Alley"),
    "premises": N_("House or building"),
}
DATA_REQUEST: Final = {
    "view": N_("see the data"),
    "correct": N_("correct the data"),
    "copy": N_("get a copy"),
    "withdraw": N_("withdraw consent"),
    "restrict": N_("restrict the use"),
    "object": N_("object to the use"),
    "delete": N_("delete the data"),
    "protect": N_("take measures of protection"),
}
REFUSED: Final = residents.REFUSED | {
    "no_place": N_("There is no such place."),
    "numbers": N_("At most three telephone numbers."),
    "doubled": N_("This house is there already."),
    "label": N_("Name the house, without the name of a person."),
    "day": N_("This is not a date."),
    "gone": N_("There is no such page"),
    "done": N_("This was done before."),
}
"""Code of a refusal → msgid."""

KINDS: Final = residents.KINDS | {
    "contact_state": CONTACT_STATE,
    "consent_act": CONSENT_ACT,
    "consent_how": HOW,
    "unreached": UNREACHED,
    "asset": ASSET,
    "entry_fault": ENTRY_FAULT,
    "entry_change": ENTRY_CHANGE,
    "emergency_service": EMERGENCY_SERVICE,
    "place_kind": PLACE_KIND,
    "data_request": DATA_REQUEST,
}
