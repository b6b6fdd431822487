"""Rules: when something that is somewhere becomes a sighting. One file a rule."""
