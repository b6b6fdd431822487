"""Log lines: readable on a terminal, one JSON object a line everywhere else."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

PLAIN = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"

QUIET = ("alembic", "asyncio", "gmqtt", "aiohttp.access", "aiosmtplib")
"""Libraries whose `info` tells nothing to people who look after a hub."""

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Time (UTC), level, area, text, and what was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the text holds: a line end in it cannot forge a second entry."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "area": record.name,
            "text": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _OWN}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up(level: str, *, terminal: bool | None = None) -> None:
    """Log to standard error from `level` on, unless somebody listens to the log already."""
    handler = logging.StreamHandler(sys.stderr)
    on_terminal = sys.stderr.isatty() if terminal is None else terminal
    handler.setFormatter(logging.Formatter(PLAIN) if on_terminal else JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
