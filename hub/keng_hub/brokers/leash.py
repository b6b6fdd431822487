"""Runs a program that dies with its parent: `python -m keng_hub.brokers.leash PROGRAM ARGUMENTS`."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for the signal (prctl(2)), then become the program."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the parent is gone already")
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - no shell, and the program is our own choice


if __name__ == "__main__":
    main()
