"""Python's cycle collector, set for a program that makes and drops many short-lived objects and few cycles."""

import gc

OBJECTS = 50_000
"""New objects before the collector looks; the default of 700 costs the ingest a fifth of its time."""


def collect_rarely() -> None:
    """Call it once, when the program has started: what is loaded by then is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS, 20, 20)
