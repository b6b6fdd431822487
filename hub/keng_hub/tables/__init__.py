"""Every table of the hub's relational database, in SQLAlchemy Core, for SQLite and PostgreSQL alike.

Times are integers, milliseconds of UTC since 1970. Enumerations are text with the values of `keng_wire` or of the
module that owns them, so that a dump can be read without this code.
"""

from keng_hub.tables.audit import audit_entry
from keng_hub.tables.cameras import camera, camera_consent, camera_entry, camera_notice
from keng_hub.tables.channels import (
    cap_alert,
    channel_lease,
    channel_test,
    push_subscription,
    warning,
    zalo_account,
    zalo_event,
)
from keng_hub.tables.columns import Serial, metadata
from keng_hub.tables.dead_days import dead_note, dead_stretch
from keng_hub.tables.deliveries import attempt, delivery, page_event
from keng_hub.tables.incidents import alarm, counter, incident, incident_entry
from keng_hub.tables.media import incident_hold, media, media_deletion, media_viewing, snapshot
from keng_hub.tables.messages import boot_clock, command, cursor, journal, node_event, progress, quarantine
from keng_hub.tables.meters import (
    feeder_meter,
    meter_day,
    meter_dirty,
    meter_doubt,
    meter_edit,
    meter_export,
    meter_import,
    meter_question,
    meter_sighting,
    meter_version,
    meter_voltage,
)
from keng_hub.tables.notices import answer_link, notice
from keng_hub.tables.paths import path_outage
from keng_hub.tables.people import (
    asset,
    board,
    consent_event,
    contact,
    contact_code,
    data_request,
    group_channel,
    home_link,
    household,
    household_import,
    joining_code,
)
from keng_hub.tables.points import proof_photo, proof_test, weekly_report
from keng_hub.tables.register import account, device, login_attempt, node, place, recipient, session
from keng_hub.tables.replies import inbound, report_photo, resident_report
from keng_hub.tables.rosters import day_off, escalation_policy, handover, mute, shift
from keng_hub.tables.screens import screen_code
from keng_hub.tables.second_factors import recovery_code, second_factor
from keng_hub.tables.work import (
    dispatch,
    drill,
    held_fault,
    incident_photo,
    outcome,
    place_card,
    roll_call,
    roll_call_answer,
    urgent_report,
)

__all__ = [
    "Serial",
    "account",
    "alarm",
    "answer_link",
    "asset",
    "attempt",
    "audit_entry",
    "board",
    "boot_clock",
    "camera",
    "camera_consent",
    "camera_entry",
    "camera_notice",
    "cap_alert",
    "channel_lease",
    "channel_test",
    "command",
    "consent_event",
    "contact",
    "contact_code",
    "counter",
    "cursor",
    "data_request",
    "day_off",
    "dead_note",
    "dead_stretch",
    "delivery",
    "device",
    "dispatch",
    "drill",
    "escalation_policy",
    "feeder_meter",
    "group_channel",
    "handover",
    "held_fault",
    "home_link",
    "household",
    "household_import",
    "inbound",
    "incident",
    "incident_entry",
    "incident_hold",
    "incident_photo",
    "joining_code",
    "journal",
    "login_attempt",
    "media",
    "media_deletion",
    "media_viewing",
    "metadata",
    "meter_day",
    "meter_dirty",
    "meter_doubt",
    "meter_edit",
    "meter_export",
    "meter_import",
    "meter_question",
    "meter_sighting",
    "meter_version",
    "meter_voltage",
    "mute",
    "node",
    "node_event",
    "notice",
    "outcome",
    "page_event",
    "path_outage",
    "place",
    "place_card",
    "progress",
    "proof_photo",
    "proof_test",
    "push_subscription",
    "quarantine",
    "recipient",
    "recovery_code",
    "report_photo",
    "resident_report",
    "roll_call",
    "roll_call_answer",
    "screen_code",
    "second_factor",
    "session",
    "shift",
    "snapshot",
    "urgent_report",
    "warning",
    "weekly_report",
    "zalo_account",
    "zalo_event",
]
