"""What Zalo says and wants to hear: bytes and values, for the channels `zalo_bot` and `zalo_oa`."""
