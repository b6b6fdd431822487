"""The command `keng-edge`: `run` a node, `check` its configuration, prove what plays, and the technician's `TOOLS`."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from keng_edge import heaps, logs, simulation, tools
from keng_edge.agent import Agent
from keng_edge.cameras.plan import unconfirmed
from keng_edge.clock import SystemClock
from keng_edge.config import Config
from keng_edge.config_file import load
from keng_edge.errors import ConfigError

BAD_CONFIG = 2
COMMANDS = {
    "run": "chạy trạm / run the node",
    "check": "kiểm tra cấu hình / check the configuration",
    "prove-simulated": "nghiệm thu mô phỏng cho các điểm mô phỏng / prove the simulated points of a demo",
}


def main() -> None:
    """Read the configuration, then do what was asked."""
    if sys.argv[1:2] and sys.argv[1] in tools.TOOLS:
        sys.exit(tools.main(sys.argv[1], sys.argv[2:]))
    parser = argparse.ArgumentParser(prog="keng-edge", description="Trạm Kẻng / the Kẻng node", epilog=tools.HELP)
    commands = parser.add_subparsers(dest="command", required=True, metavar="|".join((*COMMANDS, *tools.TOOLS)))
    for name, words in COMMANDS.items():
        command = commands.add_parser(name, help=words)
        command.add_argument("--config", type=Path, required=True, help="edge.toml")
    options = parser.parse_args()
    try:
        config = load(options.config)
    except ConfigError as error:
        print("Cấu hình chưa dùng được / the configuration cannot be used:", file=sys.stderr)
        print(error, file=sys.stderr)
        sys.exit(BAD_CONFIG)
    if options.command == "check":
        print(f"{options.config}: được / fine: {config.node.id}, {len(config.devices)} thiết bị / devices")
        for camera in unconfirmed(config.devices):
            print(f"{camera}: chưa có notice_confirmed, chờ máy chủ / no notice yet, waits for the hub's word")
        return
    if options.command == "prove-simulated":
        points = simulation.prove(config, SystemClock())
        print(f"{config.node.id}: {len(points)} điểm mô phỏng được nghiệm thu mô phỏng / simulated points proven")
        return
    logs.start(config.log.level, config.log.json_lines)
    heaps.share()
    asyncio.run(run(config))


async def run(config: Config) -> None:
    """Run the node until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    config.node.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    agent = Agent(config, SystemClock(config.node.data / "clock.json"))
    await agent.run(stop)


if __name__ == "__main__":
    main()
