"""The words of the pages about cameras."""

from typing import Final

from keng_hub.incidents.msgid import N_

CAMERA_CLASS: Final = {
    "public": N_("Public camera"),
    "household": N_("Camera in front of a house"),
}
CAMERA_STATE: Final = {
    "draft": N_("Not active: no notice confirmed"),
    "confirmed": N_("Notice confirmed, not active yet"),
    "active": N_("Camera is active"),
    "paused": N_("Paused"),
    "withdrawn": N_("Consent withdrawn"),
    "local": N_("Active by the node’s own file, no photo of the notice"),
}
CAMERA_CHANGE: Final = {
    "facts": N_("Record changed"),
    "plan": N_("Areas, lines or masks changed"),
    "notice": N_("Notice confirmed with a photo"),
    "state": N_("State changed"),
    "consent": N_("Consent of the house"),
}
CAMERA_MISSING: Final = {
    "certificate": N_("certificate of QCVN 135 missing"),
    "password": N_("maker’s password not changed"),
    "firmware": N_("firmware unknown or old"),
    "support": N_("support by the maker is over"),
    "open_stream": N_("stream neither encrypted nor in a network of its own"),
    "card": N_("memory card not encrypted"),
    "photo": N_("no photo of the notice"),
    "consent": N_("no consent of the house"),
}
PURPOSE: Final = {
    "security": N_("Public order and safety"),
    "fire": N_("Fire protection and rescue"),
    "both": N_("Public order, safety and fire protection"),
}
CARD: Final = {
    "none": N_("no memory card"),
    "encrypted": N_("card encrypted"),
    "plain": N_("card in the clear"),
}
WATCHED_WHEN: Final = {
    "always": N_("Day and night"),
    "day": N_("By day"),
    "night": N_("By night"),
    "market_day": N_("On market days"),
    "no_market_day": N_("On days without a market"),
}
WATCHED_RULE: Final = {
    "intrusion": N_("Intrusion (alarm)"),
    "presence": N_("Presence"),
    "loitering": N_("Loitering"),
    "crowd": N_("Crowd"),
}
WATCHED_WAY: Final = {
    "left": N_("to the left"),
    "right": N_("to the right"),
    "up": N_("up"),
    "down": N_("down"),
}
WEEKDAY: Final = {
    "monday": N_("Monday"),
    "tuesday": N_("Tuesday"),
    "wednesday": N_("Wednesday"),
    "thursday": N_("Thursday"),
    "friday": N_("Friday"),
    "saturday": N_("Saturday"),
    "sunday": N_("Sunday"),
}
FACT: Final = {
    "make": N_("Make"),
    "model": N_("Model"),
    "serial": N_("Serial number"),
    "mac": N_("Hardware address (MAC)"),
    "firmware": N_("Firmware"),
    "firmware_on": N_("Firmware of"),
    "static_ip": N_("Fixed IP address"),
    "purpose": N_("Purpose"),
    "controller": N_("Who is answerable"),
    "contact": N_("Contact for people who ask"),
    "house": N_("House (never a person)"),
    "installed": N_("Installed on"),
    "support_until": N_("Support by the maker until"),
    "qcvn135_cert_no": N_("Certificate number of QCVN 135:2024"),
    "password_changed": N_("The maker’s password was changed"),
    "vendor_contact": N_("Contact of the vendor"),
    "known_issues": N_("Known weaknesses"),
    "secure_stream": N_("Encrypted stream (RTSPS or HTTPS)"),
    "own_network": N_("In a network of its own without internet"),
    "recovery_tested": N_("Return after a power cut tested on"),
    "card": N_("Memory card"),
    "keep_days": N_("Days that stills and clips are kept"),
    "wiped_on": N_("Memory wiped on (when taken down)"),
    "class": N_("Class"),
    "camera_class": N_("Class"),
    "state": N_("State"),
}
KINDS: Final = {
    "camera_class": CAMERA_CLASS,
    "camera_state": CAMERA_STATE,
    "camera_change": CAMERA_CHANGE,
    "camera_missing": CAMERA_MISSING,
    "camera_purpose": PURPOSE,
    "camera_card": CARD,
    "watched_when": WATCHED_WHEN,
    "watched_rule": WATCHED_RULE,
    "watched_way": WATCHED_WAY,
    "weekday": WEEKDAY,
    "camera_fact": FACT,
}
