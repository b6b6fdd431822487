"""Incidents: what alarms become, what people do about them, and what happens by itself."""
