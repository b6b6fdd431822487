"""Words for values on the pages of duty, roster and audit."""

from typing import Final

from keng_hub.incidents.msgid import N_

AUDIT: Final = {
    "asked": N_("No answer: the hub stopped meanwhile"),
    "done": N_("Done"),
    "refused": N_("Refused by a rule"),
    "denied": N_("Not allowed"),
    "failed": N_("Failed"),
}

WEEKDAY: Final = {
    "0": N_("Monday"),
    "1": N_("Tuesday"),
    "2": N_("Wednesday"),
    "3": N_("Thursday"),
    "4": N_("Friday"),
    "5": N_("Saturday"),
    "6": N_("Sunday"),
}
DAYS: Final = {
    "all": N_("Every day"),
    "working": N_("Working days"),
    "free": N_("Weekends and holidays"),
} | dict(zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), WEEKDAY.values(), strict=True))

WHERE: Final = {
    "local": N_("On the own network"),
    "vietnam": N_("In Vietnam"),
    "abroad": N_("Abroad"),
    "unknown": N_("Not known: counts as abroad"),
}

WARNING_SEVERITY: Final = {
    "Extreme": N_("Extraordinary"),
    "Severe": N_("Severe"),
    "Moderate": N_("Moderate"),
    "Minor": N_("Minor"),
    "Unknown": N_("Not said"),
}
TROUBLE: Final = {"channel": N_("Does not work"), "budget": N_("Budget used up")}

KINDS: Final = {
    "where": WHERE,
    "trouble": TROUBLE,
    "warning_severity": WARNING_SEVERITY,
    "audit": AUDIT,
    "weekday": WEEKDAY,
    "days": DAYS,
}
"""Kind → value → msgid."""
