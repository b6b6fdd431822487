"""What each frame of a board means for the node: one function a frame type, and the table of them."""

from collections.abc import Callable

from keng_bridges.bridge_link import fields as read
from keng_bridges.bridge_link.frame import Fields
from keng_bridges.bridge_link.link import Link
from keng_bridges.bridge_link.outputs import (
    Board,
    CommandResult,
    Described,
    FaultKind,
    Identified,
    Output,
    PointEvent,
    PointState,
    Snapshot,
    State,
    Telemetry,
)
from keng_bridges.bridge_link.requests import Ask
from keng_bridges.moment import Moment

VERSION = 1


def _hello(link: Link, fields: Fields, now: Moment) -> list[Output]:
    board = read.board(fields)
    if board is None:
        return link.malformed()
    exchanged = link.hardware not in ("", board.hardware)
    link.board, link.hardware = board, board.hardware
    link.requests.answered(Ask.HELLO)
    outputs: list[Output] = [Identified(board, exchanged), *link.faults.end(FaultKind.NO_HELLO)]
    outputs += _judge_versions(link, board)
    return outputs + (_complete(link, ()) if board.points == 0 else []) + link.send_time(now)


def _judge_versions(link: Link, board: Board) -> list[Output]:
    begin, end = link.faults.begin, link.faults.end
    newer, outdated = FaultKind.NEWER_BRIDGE, FaultKind.OUTDATED
    wanted = link.settings.firmware.get(board.model)
    old = wanted is not None and dotted(board.firmware) < dotted(wanted)
    outputs = begin(newer, f"version {board.version}, we know {VERSION}") if board.version > VERSION else end(newer)
    return outputs + (begin(outdated, f"{board.firmware}, wanted {wanted}") if old else end(outdated))


def _point(link: Link, fields: Fields, now: Moment) -> list[Output]:
    point, of = read.point(fields), read.whole(fields, "n", 1, 1000)
    if point is None or of is None:
        return link.malformed()
    points = link.points.describe(point, of)
    return [Described(points)] if points else []


def _state(link: Link, fields: Fields, now: Moment) -> list[Output]:
    state, doubt = read.point_state(fields)
    index, of = read.whole(fields, "i", 0, 1000), read.whole(fields, "n", 1, 1000)
    if index is None or of is None or state.point == read.UNKNOWN_POINT:
        link.malformed()
        index, of = -1, 1  # what it says counts; a snapshot with a point that nobody can name is not full
    news, names = link.points.snapshot(state, index, of)
    outputs: list[Output] = [_event(link, state, fields, None, True, doubt, now)] if news else []
    return outputs + (_complete(link, names) if names else [])


def _complete(link: Link, names: tuple[str, ...]) -> list[Output]:
    link.requests.answered(Ask.STATE)
    link.points.states.pop(read.UNKNOWN_POINT, None)
    missing = tuple(name for name in link.points.names() if name not in names)
    return [
        *link.faults.end(FaultKind.NO_SNAPSHOT),
        *link.faults.end(FaultKind.EVENTS_LOST),
        *link.faults.found(names),
        *(link.faults.lose(missing, "the board no longer names this point") if missing else []),
        Snapshot(tuple(link.points.states[name] for name in names)),
    ]


def _changed(link: Link, fields: Fields, now: Moment) -> list[Output]:
    state, doubt = read.point_state(fields)
    boot, number = read.boot(fields), read.whole(fields, "s", 1)
    if boot is None or number is None:
        return _unnumbered(link, state, fields, doubt, now)
    if link.seen.known(number):
        link.counters.repeats += 1
        return link.acknowledge(boot, number) if link.seen.finished(number) else []
    link.seen.begin(number)
    return [_event(link, state, fields, number, link.points.change(state), doubt, now)]


def _unnumbered(link: Link, state: PointState, fields: Fields, doubt: str | None, now: Moment) -> list[Output]:
    """An event that cannot be acknowledged will be repeated for ever: only its first arrival is news."""
    link.malformed()
    known = link.points.states.get(state.point, PointState(state.point, State.NORMAL))
    link.points.change(state)
    reason = "; ".join(filter(None, (doubt, "no boot id or number")))
    return [] if known.same(state) else [_event(link, state, fields, None, True, reason, now)]


def _event(
    link: Link, state: PointState, fields: Fields, number: int | None, current: bool, doubt: str | None, now: Moment
) -> PointEvent:
    if FaultKind.NEWER_BRIDGE in link.faults.active:
        doubt = "; ".join(filter(None, (doubt, "newer bridge version")))
    boot = read.boot(fields) or link.boot or ""
    happened = link.clock.when(state.up, now) if state.up >= 0 else now
    key = f"{link.hardware}/{boot}/{read.whole(fields, 's', 1) or f'{state.point}@{now.utc_ms}'}"
    return PointEvent(key, boot, number, state, happened, now, current, doubt, link.line)


def _telemetry(link: Link, fields: Fields, now: Moment) -> list[Output]:
    point, value, up = read.point_name(fields), read.number(fields, "v"), read.whole(fields, "up")
    if point is None or value is None:
        return link.malformed()
    return [Telemetry(point, value, link.clock.when(up, now) if up is not None else now)]


def _heartbeat(link: Link, fields: Fields, now: Moment) -> list[Output]:
    outputs = _count_losses(link, fields, now)
    supply, check = read.whole(fields, "mv", 0, 100_000), read.check(fields)
    if supply is not None:
        outputs.append(Telemetry("", supply, now))
    if check is None:
        return [*outputs, *link.malformed()]
    expected = link.points.check()
    if expected is None:
        return outputs + link.ask(Ask.STATE if link.points.order else Ask.HELLO, now)
    return outputs if check == expected else outputs + link.ask(Ask.STATE, now)


def _count_losses(link: Link, fields: Fields, now: Moment) -> list[Output]:
    lost, errors = read.whole(fields, "ov") or 0, read.whole(fields, "ce") or 0
    fresh = errors - link.board_errors
    link.faults.frames.add(now.monotonic, bad=max(0, min(fresh, 1000)))
    more = lost > link.overflows
    link.overflows, link.board_errors = lost, errors
    if not more:
        return []
    detail = f"the board's queue was full, {lost} events dropped since its start"
    return link.faults.begin(FaultKind.EVENTS_LOST, detail) + link.ask(Ask.STATE, now)


def _result(link: Link, fields: Fields, now: Moment) -> list[Output]:
    number = read.whole(fields, "id", 1)
    ask = link.requests.answered_number(number) if number is not None else None
    outputs = link.faults.end(FaultKind.ONE_WAY)
    if ask is Ask.SET and number is not None:
        ok = fields.get("ok") in (True, 1)
        outputs.append(CommandResult(number, ok, None if ok else read.text(fields, "err") or "refused"))
    return outputs


def dotted(version: str) -> tuple[int, ...]:
    """`1.4.0+9f3c2d1` as (1, 4, 0); what is not a number counts as 0."""
    parts = version.partition("+")[0].split(".")
    return tuple(int(part) if part.isascii() and part.isdigit() else 0 for part in parts)


HANDLERS: dict[str, Callable[[Link, Fields, Moment], list[Output]]] = {
    "hello": _hello,
    "pt": _point,
    "state": _state,
    "ev": _changed,
    "tm": _telemetry,
    "hb": _heartbeat,
    "res": _result,
}
"""What is done with each frame a board sends."""
