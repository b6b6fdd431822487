"""The contract between nodes and hub: every topic and every payload, and nothing else."""

SCHEMA_VERSION = 1
"""Version of all payloads in this package; a message says it in `v`."""
