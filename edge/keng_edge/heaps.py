"""The memory of a process in which many threads decode pictures."""

import ctypes

M_ARENA_MAX = -8
"""A parameter of `mallopt`: how many heaps there may be (glibc, malloc.h)."""
HEAPS = 2


def share() -> bool:
    """Let all threads share few heaps, from now on; False where the C library has no such choice.

    glibc otherwise gives threads up to eight heaps a core, and pictures that come and go in many of them leave holes in
    each. Eight cameras then held 284 to 363 MiB, ever changing, and 250 to 260 with two (`make soak-cameras`).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(M_ARENA_MAX, HEAPS) == 1
