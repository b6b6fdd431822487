"""Files with the utility's daily readings: bytes in, lines out; nothing here knows a database or a page."""
