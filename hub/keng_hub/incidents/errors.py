"""Refusals: what a person asked for and the rules do not allow."""

from keng_hub.errors import HubError
from keng_hub.incidents.msgid import N_

TEXTS: dict[str, str] = {
    "not_found": N_("There is no such incident."),
    "wrong_state": N_("This step is not possible from the present state of the incident."),
    "not_acknowledged": N_("Acknowledge the incident first, so that everybody knows who has it."),
    "closed": N_("The incident is closed. Reopen it first."),
    "not_held": N_("Nobody holds this incident, so there is nothing to release."),
    "reason_needed": N_("Give a reason; it is kept with your name and the time."),
    "verdict_needed": N_("Say what it was (the verdict) before closing."),
    "still_active": N_("The source is still alarming. Closing now needs a verdict and a reason."),
    "unknown_is_not_over": N_(
        "Contact with the source is lost; that is not an end. Closing needs a verdict and a reason."
    ),
    "drill_is_set_at_start": N_("A drill is marked when it begins, never afterwards, and a drill stays a drill."),
    "text_needed": N_("Write something first."),
    "end_needed": N_("Say until when: a test lasts 60 minutes at most, a point stays disabled for 30 days at most."),
    "photo_kept": N_("A photo is kept with this proof test already."),
    "not_spoken": N_("The point has not spoken in this proof test yet."),
    "no_point": N_("This is no fire point, or its node has not told of it yet."),
    "held_already": N_("Stills and clips of this incident are kept already."),
    "not_kept": N_("Nobody keeps the stills and clips of this incident, so there is nothing to end."),
    "no_household": N_("There is no such household."),
    "no_households": N_("No household is entered for this place yet, so there is nobody to call."),
    "nobody_to_send": N_("This person cannot be sent: they do not look after this place, or their account is closed."),
    "sent_already": N_("This person is on the way already."),
    "no_task": N_("There is no such task."),
    "task_is_over": N_("This step is not possible any more: the task has moved on."),
    "cause_needed": N_("Say what caused it before closing."),
    "false_alarm_cause_needed": N_("Say what set off the false alarm before closing."),
    "wrong_cause": N_("This cause belongs to another kind of incident."),
    "document_needed": N_("Give the number of the document with which it was reported."),
    "photos_full": N_("This incident has as many photos as it can keep."),
    "report_needed": N_("Make the urgent report first; it is what is reported."),
    "not_serious": N_("An urgent report is made of a fire, a medical or a security incident."),
    "no_drill": N_("There is no such drill."),
    "drill_time": N_("A drill can only begin within the time that was planned for it."),
    "drill_end": N_("A drill ends after it begins, lasts at most 4 hours and is planned for the future."),
    "nothing_to_command": N_("No alarm of this incident can still be reached at a node for this."),
}
"""Code to English message id."""


class Refused(HubError):
    """An act the table of states or a gate does not allow; `code` is a key of `TEXTS`, the message its text."""

    def __init__(self, code: str) -> None:
        super().__init__(TEXTS[code])
        self.code = code
