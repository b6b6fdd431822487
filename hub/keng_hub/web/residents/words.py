"""What residents are told when something cannot be done, and the names of the ways to reach them."""

from typing import Final

from keng_hub.incidents.msgid import N_

REFUSED: Final = {
    "old_number": N_("This is an old number with eleven digits. Type the new one with ten digits."),
    "number": N_("This is no telephone number of Vietnam. Type it like 0912 345 678."),
    "not_mobile": N_("Text messages need a mobile number."),
    "mail": N_("This is no e-mail address."),
    "chat": N_("This way needs no address."),
    "consent": N_("Tick the box to agree; without your consent nothing is sent."),
    "channel": N_("This is not one of the choices."),
    "too_many": N_("Too many codes were asked for. Try again tomorrow, or ask at the commune office."),
    "too_soon": N_("A moment please: this was asked for just now. Look at your messages first."),
    "nobody": N_("There is no way yet to send it to."),
    "wrong": N_("These digits are wrong. Look at the message again."),
    "over": N_("This code is used up or older than ten minutes. Ask for a new one."),
    "not_yet": N_("Nothing has arrived from you yet. Send the message, then press again."),
}
"""Code of a refusal → msgid."""

WAY: Final = {
    "sms": N_("Text message (SMS)"),
    "sms_gateway": N_("Text message (SMS)"),
    "zalo_bot": N_("Zalo"),
    "email": N_("E-mail"),
}
WAY_HINT: Final = {
    "sms": N_("Works on every telephone, also without internet."),
    "sms_gateway": N_("Works on every telephone, also without internet."),
    "zalo_bot": N_("Needs internet. You send one message to our Zalo Bot."),
    "email": N_("For the record; it does not wake you at night."),
}
ADDRESS: Final = {"mobile": N_("Mobile number"), "mail": N_("E-mail address")}

KINDS: Final = {"way": WAY, "way_hint": WAY_HINT, "way_address": ADDRESS}
