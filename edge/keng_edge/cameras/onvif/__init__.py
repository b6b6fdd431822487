"""ONVIF: find cameras on the LAN and ask them for their streams. Nothing is ever set in a camera."""
