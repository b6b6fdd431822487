"""Words for the work on an incident: steps, tasks, roll call, causes, services and drills."""

from typing import Final

from keng_hub.incidents.msgid import N_

TARGET: Final = {
    "acknowledge": N_("Acknowledge"),
    "verify": N_("Verify"),
    "dispatch": N_("Send people"),
    "notify": N_("Tell the residents"),
    "roll_call": N_("Roll call"),
    "close": N_("Close"),
}
TASK: Final = {
    "asked": N_("Asked, no answer yet"),
    "accepted": N_("Accepted"),
    "arrived": N_("Arrived"),
    "done": N_("Task done"),
    "declined": N_("Declined"),
    "withdrawn": N_("Withdrawn"),
}
ROLL_CALL: Final = {
    "need_help": N_("Needs help"),
    "no_answer": N_("No answer yet"),
    "safe": N_("Safe"),
}
CAUSE_CODE: Final = {
    "electrical": N_("Electrical"),
    "cooking": N_("Cooking"),
    "gas": N_("Gas leaked"),
    "incense": N_("Incense, votive paper"),
    "cigarette": N_("Cigarette"),
    "burning_outdoors": N_("Waste or straw burnt"),
    "hot_work": N_("Welding, cutting"),
    "charging": N_("Charging a vehicle or battery"),
    "lightning": N_("Lightning"),
    "arson": N_("Set on purpose"),
    "theft": N_("Theft"),
    "trespass": N_("Trespass"),
    "fight": N_("Disturbance, fight"),
    "vandalism": N_("Vandalism"),
    "accident": N_("Accident"),
    "help_wanted": N_("A person wanted help"),
    "power_cut": N_("Power cut"),
    "worn_out": N_("Worn out, battery empty"),
    "other": N_("Another cause"),
    "unknown": N_("Cause not known yet"),
}
FALSE_ALARM: Final = {
    "cooking_smoke": N_("Smoke of cooking"),
    "incense_smoke": N_("Smoke of incense or votive paper"),
    "burning_outside": N_("Something burnt outside"),
    "steam": N_("Steam"),
    "dust": N_("Dust"),
    "insects": N_("Insects"),
    "weather": N_("Weather"),
    "animal": N_("An animal"),
    "pressed_by_mistake": N_("Pressed by mistake"),
    "work_at_device": N_("Work or test at the device"),
    "mistaken_report": N_("The reporter was mistaken"),
    "other": N_("Another reason"),
    "unknown": N_("Reason not known"),
}
SERVICE: Final = {
    "fire": N_("Fire brigade"),
    "police": N_("Police"),
    "medical": N_("Ambulance"),
    "rescue": N_("Search and rescue"),
    "electricity": N_("Electricity company"),
    "household": N_("The household"),
}
DRILL: Final = {
    "planned": N_("Planned"),
    "running": N_("Running"),
    "ended": N_("Drill ended"),
    "cancelled": N_("Cancelled"),
}
MISSING: Final = {
    "hop_recorded_at": N_("when it was stored at the node"),
    "hop_sounded_at": N_("when the bell rang"),
    "hop_sent_at": N_("when the node sent it"),
    "hop_received_at": N_("when the hub received it"),
    "hop_committed_at": N_("when the hub stored it"),
    "acknowledged": N_("who acknowledged it"),
    "verdict": N_("what it was"),
    "closed": N_("when it was closed"),
    "cause": N_("what caused it"),
    "damage": N_("people hurt and damage"),
}

KINDS: Final = {
    "target": TARGET,
    "task": TASK,
    "roll_call": ROLL_CALL,
    "cause_code": CAUSE_CODE,
    "false_alarm": FALSE_ALARM,
    "service": SERVICE,
    "drill": DRILL,
    "missing": MISSING,
}
"""Kind → value → msgid."""
