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

KINDS: Final = {"audit": AUDIT}
"""Kind → value → msgid."""
