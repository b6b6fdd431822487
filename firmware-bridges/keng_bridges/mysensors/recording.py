"""What recorded MySensors lines say."""

from collections.abc import Iterator

from keng_bridges.errors import FrameError
from keng_bridges.mysensors.line import Message, decode
from keng_bridges.mysensors.types import BROADCAST, PRESENTED, Command
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition, PointReport


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """One item a line. What children are is known from their presentation on."""
    presented: dict[tuple[int, int], str] = {}
    offset = 0
    for line in data.split(b"\n"):
        begun, noise = offset, len(line) - len(line.lstrip(b"\0"))
        offset += len(line) + 1
        if not line.strip(b"\0\r"):
            continue
        try:
            message = decode(line)
        except FrameError as error:
            yield Damaged(begun, str(error))
            continue
        if message.command is Command.PRESENTATION and message.child != BROADCAST:
            presented[message.node, message.child] = message.name
        yield _decoded(begun + noise, message, noise, presented.get((message.node, message.child)))


def _decoded(offset: int, message: Message, noise: int, child_is: str | None) -> Decoded:
    measurement = message.measurement
    points: tuple[PointReport, ...] = ()
    if message.tripped is not None:
        condition = Condition.ALARM if message.tripped else Condition.NORMAL
        points = (PointReport(f"{message.node};{message.child}", condition, detail=child_is),)
    facts: dict[str, object] = {
        "node": message.node,
        "child": message.child,
        "command": message.command.name.lower(),
        "ack": message.ack,
        "type": message.name,
        "payload": message.payload,
    }
    facts |= {"presented_as": child_is} if child_is in PRESENTED else {}
    facts |= {"prefix_noise": noise} if noise else {}
    return Decoded(
        offset, str(message.node), measurements=(measurement,) if measurement else (), points=points, facts=facts
    )
