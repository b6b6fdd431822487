"""A channel to copy: it writes each message as a line into a file, for a printer or a notice board beside the desk.

1. Copy this file to `<name>.py` and add `"<name>": "keng_hub.channels.<name>:<Class>"` to `channels/__init__.py`.
2. Give `Settings` the fields of `[channels.<name>]`; a secret is a `SecretFile`, read with `sections.secret`.
3. `send` tries once and translates every answer into an `Outcome`: accepted, or refused with the class that fits.
   Say `uncertain=True` when the message may have arrived although the answer is missing: the all-clear needs it.
4. Never log or return an address with a secret in it, and send `message.key` along, so that a receiver can drop a copy.
5. `hosts` names every host you call, where it stands and what it gets: the register of what leaves the village.
6. Describe the channel in `docs/channels/<name>.md` and name it in `docs/channels.md`; a test sees to it.
"""

from asyncio import to_thread
from pathlib import Path

from keng_hub.channels.channel import Destination, ErrorClass, Office, Outcome, Outgoing
from keng_hub.channels.settings import ChannelSection
from keng_hub.sections import FilePath


class NoticeBoardSettings(ChannelSection):
    """Where the lines go."""

    file: FilePath


class NoticeBoard:
    """Appends one line a message."""

    Settings = NoticeBoardSettings

    def __init__(self, settings: NoticeBoardSettings, office: Office) -> None:
        self._file = settings.file

    async def send(self, message: Outgoing) -> Outcome:
        """Append the line; a full or missing disk is worth another try, a refused one is not."""
        try:
            await to_thread(_append, self._file, f"{message.key} {message.body_vi}\n")
        except PermissionError:
            return Outcome.refused(ErrorClass.PERMISSION, "EACCES")
        except OSError as error:
            return Outcome.refused(ErrorClass.TRANSIENT, str(error.errno), uncertain=True)
        return Outcome.accepted()

    def hosts(self) -> list[Destination]:
        """The board hangs in the office: nothing leaves it."""
        return []

    async def close(self) -> None:
        """Nothing to give back."""


def _append(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as board:
        board.write(line)
