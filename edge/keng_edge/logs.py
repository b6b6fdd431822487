"""What the log looks like, and that no secret is in it."""

import json
import logging
import re
import sys

_SECRETS = re.compile(r"(?i)(://[^/\s:@]*:)\S+(@)|((?:password|token|secret|key)['\"]?\s*[=:]\s*)['\"]?[^\s,'\"]+")


def redact(text: str) -> str:
    """The text without passwords of addresses and without values called password, token, secret or key."""
    return _SECRETS.sub(lambda found: f"{found[1] or found[3]}***{found[2] or ''}", text)


class Plain(logging.Formatter):
    """One line a record for the journal, which adds the time itself."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Redacted."""
        return redact(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Redacted; `at` is ms of UTC."""
        line: dict[str, object] = {"at": round(record.created * 1000), "level": record.levelname.lower()}
        line |= {"logger": record.name, "message": redact(record.getMessage())}
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def start(level: str, json_lines: bool) -> None:
    """Send the log of the whole program to the standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if json_lines else Plain())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
