"""What people ask of a camera and the rules do not allow."""

from keng_hub.errors import HubError
from keng_hub.incidents.msgid import N_

TEXTS: dict[str, str] = {
    "no_camera": N_("This is no camera, or its node has not told of it yet."),
    "reason_needed": N_("Give a reason; it is kept with your name and the time."),
    "no_notice": N_("First somebody has to confirm that the notice hangs, with a photo of it."),
    "no_consent": N_("First write down the consent of the house."),
    "neighbours_seen": N_("First mask the doors and windows of the neighbours, and confirm it with the consent."),
    "active_already": N_("The camera is active already."),
    "not_active": N_("The camera is not active."),
    "consent_given": N_("The house has agreed already. A withdrawal ends it."),
    "no_consent_to_withdraw": N_("There is no consent that could be withdrawn."),
    "not_household": N_("Only a camera in front of a house needs the consent of a house."),
    "class_by_duty": N_("Only the duty officer or the data protection officer says whether it is a camera of a house."),
    "unmasking": N_(
        "A part that was masked would be seen again. Only the duty officer or the data protection officer may do that."
    ),
    "plan_large": N_("The areas of all cameras of this node are too large for one message; use fewer corners."),
}
"""Code to English message id."""


class Refused(HubError):
    """An act that is not allowed now; `code` is a key of `TEXTS`, the message its text."""

    def __init__(self, code: str) -> None:
        super().__init__(TEXTS[code])
        self.code = code
