"""Words for values on the pages of notices, messages and reports."""

from typing import Final

from keng_hub.incidents.msgid import N_

NOTICE_KIND: Final = {
    "alarm": N_("Alarm to residents"),
    "planned_outage": N_("Planned power cut"),
    "storm": N_("Storm, disaster"),
    "meeting": N_("Meeting"),
    "drill": N_("Drill told beforehand"),
    "other": N_("Other notice"),
}
NOTICE_STATE: Final = {
    "waiting": N_("Waits for approval"),
    "ready": N_("Waits for its time"),
    "sending": N_("Being written out"),
    "sent": N_("Sent out"),
    "expired": N_("Its time was over before it began"),
    "cancelled": N_("Cancelled"),
}
FIELD: Final = {
    "begin": N_("Begins at"),
    "end": N_("Ends at"),
    "area": N_("Which area"),
    "reason": N_("Reason"),
    "what": N_("What about"),
    "todo": N_("What to do"),
    "where": N_("Where"),
    "meet": N_("Where to gather"),
    "remark": N_("What else"),
    "text": N_("Text of the notice"),
}
SCOPE: Final = {
    "alley": N_("alley"),
    "group": N_("group"),
    "village": N_("village"),
    "commune": N_("commune"),
}
MEANING: Final = {
    "acknowledge": N_("Takes an incident"),
    "safe": N_("Safe"),
    "need_help": N_("Needs help"),
    "stop": N_("Wants no more messages"),
    "link": N_("Links a phone"),
    "test_answer": N_("Answer to a test message"),
    "report": N_("Report"),
    "unclear": N_("Not understood"),
}
REASON: Final = {
    "unknown_sender": N_("Sender not registered"),
    "unclear": N_("A person has to read it"),
    "no_right": N_("May not take this incident"),
    "no_incident": N_("Nothing was alarmed there"),
    "which_incident": N_("Several incidents could be meant"),
    "which_household": N_("Several households have this address"),
    "closed": N_("Came after the end"),
    "wrong_digits": N_("Wrong or old code"),
    "nothing_to_stop": N_("No household has this address"),
    "failed": N_("The hub could not act on it"),
}
MARK: Final = {
    "many": N_("Many from one sender"),
    "citizen_id": N_("Holds a number of 12 digits"),
    "hoax_before": N_("An earlier report was a hoax"),
    "right_before": N_("An earlier report was right"),
}
STATUS: Final = {
    "received": N_("We have your report"),
    "working": N_("Somebody is working on it"),
    "done": N_("It is done"),
}
REPORT_KIND: Final = {
    "fire": N_("Fire, smoke, gas"),
    "medical": N_("Somebody is hurt or ill"),
    "security": N_("Theft, fight, a stranger"),
    "fault": N_("Something is broken"),
    "info": N_("Something else"),
}

KINDS: Final = {
    "notice_kind": NOTICE_KIND,
    "notice_state": NOTICE_STATE,
    "notice_field": FIELD,
    "scope": SCOPE,
    "meaning": MEANING,
    "reply_reason": REASON,
    "report_mark": MARK,
    "report_status": STATUS,
    "report_kind": REPORT_KIND,
}
"""Kind → value → msgid."""
