"""The words for what the code calls by a key; `village.md`'s vocabulary stands in the catalogue.

English is the msgid. Where one English word needs two Vietnamese ones, the English differs a little too.
"""

from typing import Final

from keng_hub.incidents.msgid import N_
from keng_hub.web.cameras import words as cameras
from keng_hub.web.duty import case_words as case
from keng_hub.web.duty import words as duty
from keng_hub.web.households import words as households
from keng_hub.web.notices import words as notices

CATEGORY: Final = {
    "fire": N_("Fire"),
    "medical": N_("Medical, SOS"),
    "security": N_("Security"),
    "fault": N_("Technical fault"),
    "info": N_("Information"),
}
SEVERITY: Final = {
    "critical": N_("Critical"),
    "high": N_("Serious"),
    "medium": N_("Warning"),
    "low": N_("Attention"),
    "info": N_("For information"),
}
CAUSE: Final = {
    "smoke": N_("Smoke"),
    "heat": N_("Heat"),
    "gas": N_("Gas leak"),
    "manual_call_point": N_("Fire call point pressed"),
    "sos_button": N_("SOS button pressed"),
    "fire_panel": N_("Fire panel alarm"),
    "intrusion": N_("Intrusion"),
    "contact": N_("Door or contact opened"),
    "other": N_("Alarm"),
    # Faults, as the incidents' pipeline names them.
    "node_silent": N_("Node fell silent"),
    "fault": N_("Device fault"),
    "comms_lost": N_("Device does not answer"),
    "tamper": N_("Device tampered with?"),
    "low_battery": N_("Battery low"),
    "mains_lost": N_("Mains power lost"),
    "uplink": N_("Alarm stuck at the node"),
    "outbox": N_("Node cannot store messages"),
    "disk": N_("Disk trouble at the node"),
    "clock": N_("Node clock wrong"),
    "sounder": N_("Sounder fault"),
    "config": N_("Node configuration refused"),
    "power": N_("Power trouble at the node"),
    "unreadable": N_("Alarm that could not be read whole"),
    "nobody_came": N_("Nobody took on an incident"),
    "undelivered": N_("A person on duty could not be reached"),
    "warning": N_("Weather or disaster warning"),
    "unreached": N_("Households could not be reached"),
    "channel": N_("A message channel does not work"),
    "budget": N_("A message channel has used up its budget"),
    "fire_hint": N_("Please check: a camera sees something like fire"),
    "smoke_hint": N_("Please check: a camera sees something like smoke, not sure"),
    "resident_report": N_("Reported by a resident"),
    "mass_outage": N_("Power or contact lost over a wide area"),
    "fault_storm": N_("Many devices at fault at once"),
    "drill": N_("Drill of the commune"),
    "self_test": N_("Self-test of a node failed"),
}
EVIDENCE: Final = {
    "single_detector": N_("One detector"),
    "two_detectors": N_("Two detectors"),
    "person": N_("Pressed by a person"),
    "advisory": N_("Advisory device, for reference"),
}
STATE: Final = {
    "new": N_("New"),
    "acknowledged": N_("Acknowledged"),
    "verifying": N_("Being verified"),
    "responding": N_("Being handled"),
    "contained": N_("Contained"),
    "closed": N_("Closed"),
    "filed": N_("Reported"),
    "reopened": N_("Reopened"),
}
VERDICT: Final = {
    "unverified": N_("Not verified"),
    "confirmed": N_("Confirmed as real"),
    "false_alarm": N_("False alarm"),
    "hoax": N_("False report"),
    "drill": N_("Drill"),
    "device_fault": N_("Device fault"),
}
SOURCE: Final = {
    "active": N_("Still alarming"),
    "unknown": N_("Unknown: contact lost"),
    "cleared": N_("Source back to normal, latched"),
    "reset": N_("Reset by a person"),
}
PHASE: Final = {
    "raised": N_("Raised"),
    "confirmed": N_("Confirmed by a second source"),
    "spread": N_("Neighbours alarmed"),
    "cancelled": N_("Cancelled at the house"),
    "cleared": N_("Back to normal"),
    "lost": N_("Source lost"),
    "silenced": N_("Bells silenced"),
    "reset": N_("Reset"),
}
CONDITION: Final = {
    "unknown": N_("Unknown"),
    "normal": N_("Normal"),
    "pre": N_("Early warning"),
    "alarm": N_("In alarm"),
}
MARK: Final = {
    "fault": N_("Faulty"),
    "comms_lost": N_("Connection lost"),
    "disabled": N_("Disabled"),
    "test": N_("Under test"),
    "tamper": N_("Tampered with?"),
    "low_battery": N_("Low battery"),
    "dirty": N_("Needs cleaning"),
    "end_of_life": N_("End of life"),
    "unproven": N_("Not proven yet"),
    "mains_lost": N_("No mains power"),
}
SUPERVISION: Final = {
    "A": N_("A – a loss shows within 100 s"),
    "B": N_("B – a loss shows within 2 hours"),
    "C": N_("C – a loss shows within 25 hours"),
    "U": N_("U – not supervised, advisory only"),
}
METHOD: Final = {
    "smoke": N_("Test smoke"),
    "heat": N_("Heat (dryer, lamp)"),
    "magnet": N_("Magnet"),
    "button": N_("Test button (shows the way, not the sensing)"),
    "key": N_("Test key"),
}
PROOF: Final = {
    "waiting": N_("Waiting for the point to speak"),
    "seen": N_("The point spoke; a person has to say how"),
    "proven": N_("Proven"),
}
NEED: Final = {
    "silent": N_("Not heard"),
    "unknown": N_("State unknown"),
    "fault": N_("Faulty or tampered with"),
    "disabled": N_("Disabled"),
    "unproven": N_("Not proven yet"),
    "proof_old": N_("Proof test older than a year"),
    "proof_due": N_("Proof test due within 30 days"),
    "end_of_life": N_("End of life"),
    "end_near": N_("To be replaced within 60 days"),
    "battery": N_("Low battery"),
    "uncertified": N_("no certificate (advisory)"),
}
OBJECT_CLASS: Final = {
    "person": N_("Person"),
    "vehicle": N_("Vehicle"),
    "animal": N_("Animal"),
    "unknown": N_("Something not known"),
}
PANEL_ACT: Final = {
    "acknowledge": N_("acknowledged at the panel"),
    "silence": N_("silenced at the panel"),
    "reset": N_("reset at the panel"),
}
DEVICE: Final = {
    "smoke_detector": N_("Smoke detector"),
    "heat_detector": N_("Heat detector"),
    "gas_detector": N_("Gas detector"),
    "manual_call_point": N_("Fire call point"),
    "sos_button": N_("SOS button"),
    "contact": N_("Door contact"),
    "fire_panel": N_("Fire panel"),
    "camera": N_("Camera"),
    "meter": N_("Meter"),
    "sub_meter": N_("Sub-meter"),
    "feeder": N_("Feeder"),
    "bridge_board": N_("Sensor board"),
    "gateway": N_("Gateway"),
    "bell": N_("Bell"),
    "siren": N_("Siren"),
    "strobe": N_("Strobe lamp"),
    "loudspeaker": N_("Loudspeaker"),
}
CLOCK: Final = {
    "synced": N_("Clock synchronised"),
    "holdover": N_("Clock runs free"),
    "unknown": N_("Clock not trusted"),
}
DELIVERY: Final = {
    "queued": N_("Waiting to be sent"),
    "sending": N_("Being sent"),
    "accepted": N_("Accepted by the carrier"),
    "delivered": N_("Delivered to the device"),
    "seen": N_("Seen"),
    "replied": N_("Replied"),
    "failed": N_("Could not be sent"),
    "expired": N_("Expired before sending"),
    "stopped": N_("No longer needed"),
}
"""Accepted by a carrier is never called delivered (`channels.md` §2)."""
CHANNEL: Final = {
    "page": N_("Duty screen"),
    "webhook": N_("Partner system"),
    "email": N_("E-mail"),
    "sms": N_("SMS"),
    "cap": N_("CAP alerts"),
    "web_push": N_("Browser notification"),
    "ntfy": N_("ntfy"),
    "loudspeaker": N_("Loudspeakers"),
    "ngsi_ld": N_("City context broker"),
    "sia_dc09": N_("Monitoring station (DC-09)"),
    "apprise": N_("Other services (apprise)"),
    "sms_gateway": N_("SMS by gateway"),
    "zalo_bot": N_("Zalo Bot"),
    "zalo_oa": N_("Zalo Official Account"),
}
MESSAGE: Final = {
    "alarm": N_("Alarm message"),
    "update": N_("Update"),
    "all_clear": N_("All-clear"),
    "notice": N_("Notice"),
    "drill": N_("Drill message"),
    "fault": N_("Fault message"),
}
COMMAND: Final = {
    "silence": N_("Silence the bells"),
    "reset": N_("Reset the alarm"),
    "self_test": N_("Self-test"),
    "drill": N_("Run a drill"),
    "report": N_("Report now"),
    "disable": N_("Disable a point"),
    "enable": N_("Enable a point"),
    "test": N_("Put a point under test"),
    "end_test": N_("End the test"),
    "prove": N_("Begin a proof test"),
    "relearn": N_("Confirm the view of a camera"),
    "announce": N_("Give a call, speak"),
    "show": N_("Show a camera’s picture"),
    "proven": N_("Confirm a proof test"),
}
COMMAND_STATE: Final = {
    "queued": N_("waiting for the node"),
    "sent": N_("sent to the node"),
    "done": N_("done by the node"),
    "failed": N_("refused by the node"),
    "expired": N_("not taken by the node in time"),
}
ROLE: Final = {
    "commune_lead": N_("Commune leader"),
    "duty": N_("Commune duty officer"),
    "police": N_("Commune police"),
    "village_head": N_("Village head"),
    "group_head": N_("Group head"),
    "security_team": N_("Security team"),
    "culture": N_("Culture officer"),
    "technician": N_("Technician"),
    "observer": N_("Observer"),
    "dpo": N_("Data protection officer"),
    "security_officer": N_("Information security officer"),
    "screen": N_("Wall screen"),
    "supporter": N_("Digital supporter"),
    "resident": N_("Household"),
}
STEP: Final = {
    "verifying": N_("Start verifying"),
    "responding": N_("Help is on the way"),
    "contained": N_("It is contained"),
}
"""What the button says that leads to a state."""
HOP: Final = {
    "frame_at": N_("Sensor heard at the node"),
    "recorded_at": N_("Stored at the node"),
    "sounded_at": N_("Bells sounding"),
    "sent_at": N_("Sent by the node"),
    "received_at": N_("Received at the hub"),
    "committed_at": N_("Stored at the hub"),
    "attempted_at": N_("First message on its way"),
    "shown_at": N_("Shown on a page"),
}
QUALITY: Final = {"0": N_("Measured"), "1": N_("Suspect"), "2": N_("Estimated"), "3": N_("Edited by hand")}
FAULT: Final = {key: CAUSE[key] for key in ("uplink", "outbox", "disk", "clock", "sounder", "config", "power")}

EVENT: Final = {
    "started": N_("The node started"),
    "inventory": N_("The node told which devices it has"),
    "device": N_("Device"),
    "fault": N_("Fault of the node"),
    "clock": N_("Clock"),
    "sounder": N_("Sounder"),
    "snapshot": N_("Picture taken"),
    "media": N_("Still or clip announced"),
    "meter": N_("Number on the meter’s plate"),
    "sighting": N_("Seen in the picture"),
    "result": N_("Answer to a command"),
    "gap": N_("Messages given up"),
    "proof": N_("Proof test: the point spoke"),
    "panel": N_("Act at the panel itself"),
    "test": N_("Test result"),
    "fire_hint": N_("Like fire or smoke in the picture"),
    "camera_plan": N_("What the camera watches"),
}
CHANGE: Final = {
    "opened": N_("New alarm"),
    "worse": N_("It got worse"),
    "lost": N_("Contact with the source lost"),
    "joined": N_("One more source"),
    "step": N_("Next step"),
    "old": N_("Older step, came late"),
    "repeated": N_("Said again"),
}
FLAG: Final = {
    "measured": N_("Measured value"),
    "estimated": N_("Estimated"),
    "edited": N_("Edited"),
    "suspect": N_("Suspect"),
    "missing": N_("Data missing"),
}
FLAG_REASON: Final = {
    "frame": N_("wrong check code"),
    "identity": N_("another serial number"),
    "clock": N_("meter clock wrong"),
    "future": N_("time in the future"),
    "range": N_("out of range"),
    "duplicate": N_("two values for one moment"),
    "fell": N_("register fell"),
    "spike": N_("rose too much"),
    "sums": N_("sums do not agree"),
    "gap": N_("no reading"),
    "like_day": N_("as the week before"),
    "linear": N_("spread evenly"),
    "person": N_("by a person"),
}
QUESTION: Final = {
    "exchange": N_("Meter exchanged?"),
    "fell": N_("Register fell?"),
    "jump": N_("Register jumped?"),
    "clock": N_("Meter clock off?"),
    "rates": N_("Tariff registers do not add up?"),
    "phases": N_("Phases do not add up?"),
    "intervals": N_("Corrections do not fit the register?"),
    "stuck": N_("Meter stands still?"),
    "drop": N_("Consumption fell a lot?"),
}
ANSWER: Final = {
    "exchanged": N_("Exchanged or reset"),
    "mistake": N_("Wrong readings"),
    "explained": N_("Clear, in order"),
}
PERIOD: Final = {
    "standard": N_("Standard hours"),
    "peak": N_("Peak hours"),
    "offpeak": N_("Off-peak hours"),
}
SIGN: Final = {
    "mains": N_("A device told that mains power was lost"),
    "meters": N_("Several meters fell silent together"),
    "unknown": N_("Not known: the node was silent"),
}
IMPORT_FAULT: Final = {
    "meter": N_("No meter is named. Choose one for the whole file, or name it on each line."),
    "unknown": N_("No such meter among those you look after"),
    "ambiguous": N_("Several meters bear this name; use node/device or the serial number"),
    "day": N_("This is no day as dd/mm/yyyy"),
    "number": N_("This is no number as chosen above"),
    "nothing": N_("No register on this line"),
}
COMPARED: Final = {
    "new": N_("New"),
    "same": N_("Already there"),
    "different": N_("Differs from what is there"),
    "future": N_("In the future"),
}
WHY: Final = {"alarmed_again": N_("it alarmed again")}

FINDING: Final = {name: CAUSE[name] for name in ("node_silent", "comms_lost", "fault", "tamper")} | {
    "unknown": N_("Nobody knows how it is")
}
MEDIA: Final = {
    "still": N_("Still"),
    "boxed": N_("Still with boxes"),
    "clip": N_("Clip"),
    "snapshot": N_("First sight"),
}
MOMENT: Final = {
    "before": N_("Before"),
    "begin": N_("As it began"),
    "best": N_("Seen best"),
    "after": N_("After"),
}
MEDIA_STATE: Final = {
    "announced": N_("On its way from the node"),
    "stored": N_("Stored at the hub"),
    "lost": N_("It will not come"),
    "quarantined": N_("What came is not what was announced"),
    "deleted": N_("Deleted when its days were over"),
}
VIEWING: Final = {
    "view": N_("Watched"),
    "export": N_("Copy given away"),
    "live": N_("Watched live"),
    "wall": N_("Looked at the camera wall"),
}

KINDS: Final = (
    duty.KINDS
    | case.KINDS
    | cameras.KINDS
    | households.KINDS
    | notices.KINDS
    | {
        "media": MEDIA,
        "moment": MOMENT,
        "media_state": MEDIA_STATE,
        "viewing": VIEWING,
        "category": CATEGORY,
        "severity": SEVERITY,
        "cause": CAUSE,
        "evidence": EVIDENCE,
        "state": STATE,
        "verdict": VERDICT,
        "source": SOURCE,
        "phase": PHASE,
        "condition": CONDITION,
        "mark": MARK,
        "device": DEVICE,
        "clock": CLOCK,
        "delivery": DELIVERY,
        "channel": CHANNEL,
        "message": MESSAGE,
        "command": COMMAND,
        "command_state": COMMAND_STATE,
        "role": ROLE,
        "fault": FAULT,
        "step": STEP,
        "hop": HOP,
        "quality": QUALITY,
        "why": WHY,
        "change": CHANGE,
        "event": EVENT,
        "supervision": SUPERVISION,
        "method": METHOD,
        "proof": PROOF,
        "need": NEED,
        "flag": FLAG,
        "flag_reason": FLAG_REASON,
        "question": QUESTION,
        "answer": ANSWER,
        "period": PERIOD,
        "sign": SIGN,
        "import_fault": IMPORT_FAULT,
        "compared": COMPARED,
        "panel_act": PANEL_ACT,
        "object_class": OBJECT_CLASS,
        "finding": FINDING,
    }
)


def word(kind: str, key: object) -> str:
    """The msgid for a key; a key that nobody wrote a word for stands for itself rather than breaking a page."""
    return KINDS[kind].get(str(key), str(key))
