"""The ways to reach people: a name in `hub.toml` and in every ladder, and the class that sends.

A new channel is one file, copied from `_blueprint.py`, and one line here.
"""

CHANNELS: dict[str, str] = {
    "page": "keng_hub.channels.page:Page",
    "webhook": "keng_hub.channels.webhook:Webhook",
    "email": "keng_hub.channels.email:Email",
    "zalo_bot": "keng_hub.channels.zalo_bot:ZaloBot",
    "zalo_oa": "keng_hub.channels.zalo_oa:ZaloOa",
    "cap": "keng_hub.channels.cap:Cap",
}
"""Name → `"module:Class"`, imported on first use."""
