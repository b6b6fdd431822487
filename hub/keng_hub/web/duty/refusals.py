"""Why a plan, a mute or a handover was not taken, in the words of the page."""

from typing import Final

from keng_hub.incidents.msgid import N_

REFUSALS: Final = {
    "reason_needed": N_("Please give a reason."),
    "text_needed": N_("Please write a text."),
    "past": N_("This time is over already."),
    "too_long": N_("At most 8 hours at a time; say it again when it takes longer."),
    "device_without_node": N_("Please choose the node of the device too."),
    "same_person": N_("This needs a second person."),
    "not_found": N_("It is over or was taken back meanwhile."),
    "taken": N_("Somebody has taken it over already."),
    "order": N_("It ends before it begins."),
    "too_far": N_("At most a year ahead."),
    "nobody": N_("This person has no roster; set `rostered` for them in hub.toml."),
    "other_tier": N_("Only somebody who is told at the same time may stand in."),
    "no_day": N_("No day of this time is meant."),
    "place": N_("This place lies outside those you look after."),
}
"""Code of `rosters.errors.Refused` → msgid."""
