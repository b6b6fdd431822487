"""The ways to reach people: a name in `hub.toml` and in every ladder, and the class that sends.

A new channel is one file, copied from `_blueprint.py`, and one line here.
"""

CHANNELS: dict[str, str] = {
    "page": "keng_hub.channels.page:Page",
    "webhook": "keng_hub.channels.webhook:Webhook",
    "email": "keng_hub.channels.email:Email",
    "zalo_bot": "keng_hub.channels.zalo_bot:ZaloBot",
    "zalo_oa": "keng_hub.channels.zalo_oa:ZaloOa",
    "sms": "keng_hub.channels.sms_modem:SmsModem",
    "sms_gateway": "keng_hub.channels.sms_gateway:SmsGateway",
    "cap": "keng_hub.channels.cap:Cap",
    "loudspeaker": "keng_hub.channels.loudspeaker:Loudspeaker",
    "web_push": "keng_hub.channels.web_push:WebPush",
    "ntfy": "keng_hub.channels.ntfy:Ntfy",
    "ngsi_ld": "keng_hub.channels.ngsi_ld:NgsiLd",
    "sia_dc09": "keng_hub.channels.sia_dc09:SiaDc09",
    "apprise": "keng_hub.channels.apprise:Apprise",
}
"""Name → `"module:Class"`, imported on first use."""
