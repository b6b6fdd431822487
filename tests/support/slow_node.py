"""`keng-edge run` on a machine whose clocks are `--behind` seconds slow: what happens now happened a while ago.

`python tests/support/slow_node.py --behind 150 --config edge.toml`. Ends on SIGTERM; may be killed at any moment.
With `--set` only its UTC is behind, for any time, and counts as set: what a node would have said then.
"""

import argparse
import asyncio
import signal
from pathlib import Path

from keng_edge import config_file, logs
from keng_edge.agent import Agent
from keng_edge.clock import SystemClock
from keng_wire.conditions import ClockQuality


class SlowClock(SystemClock):
    """Both clocks of the machine, some ms ago."""

    def __init__(self, behind: int) -> None:
        super().__init__()
        self._behind = behind

    def utc_ms(self) -> int:
        """As it was."""
        return super().utc_ms() - self._behind

    def up_ms(self) -> int:
        """As it was."""
        return super().up_ms() - self._behind


class EarlierClock(SystemClock):
    """UTC as it was some ms ago, from a source that can be trusted."""

    def __init__(self, behind: int) -> None:
        super().__init__()
        self._behind = behind

    def utc_ms(self) -> int:
        """As it was."""
        return super().utc_ms() - self._behind

    def quality(self) -> ClockQuality:
        """Good, whatever the clock of this machine is."""
        return ClockQuality.HOLDOVER


async def main() -> None:
    """Be the node until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--behind", type=float, required=True, help="seconds")
    parser.add_argument("--set", action="store_true", help="only UTC is behind, and counts as set")
    parser.add_argument("--config", type=Path, required=True)
    options = parser.parse_args()
    config = config_file.load(options.config)
    logs.start(config.log.level, config.log.json_lines)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    clock = EarlierClock if options.set else SlowClock
    await Agent(config, clock(round(options.behind * 1000))).run(stop)


if __name__ == "__main__":
    asyncio.run(main())
