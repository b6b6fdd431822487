"""The words of meter data: how a value came about, why, what people are asked and what they may answer."""

from enum import StrEnum


class Flag(StrEnum):
    """How an accepted value came about."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    EDITED = "edited"
    SUSPECT = "suspect"
    MISSING = "missing"


class Reason(StrEnum):
    """Why a value is not simply measured; the step that said so."""

    FRAME = "frame"
    IDENTITY = "identity"
    CLOCK = "clock"
    FUTURE = "future"
    RANGE = "range"
    DUPLICATE = "duplicate"
    FELL = "fell"
    SPIKE = "spike"
    SUMS = "sums"
    GAP = "gap"
    LIKE_DAY = "like_day"
    LINEAR = "linear"
    PERSON = "person"


class Kind(StrEnum):
    """What a person is asked. A question is never an accusation."""

    EXCHANGE = "exchange"  # another serial number answers
    FELL = "fell"  # the register is lower than before
    JUMP = "jump"  # the register is higher than the line can carry
    CLOCK = "clock"
    RATES = "rates"
    PHASES = "phases"
    INTERVALS = "intervals"
    STUCK = "stuck"
    DROP = "drop"


class Answer(StrEnum):
    """What a person may answer."""

    EXCHANGED = "exchanged"  # a new register line begins there
    MISTAKE = "mistake"  # those readings are not this meter's: never accepted
    EXPLAINED = "explained"  # known and in order; not asked again


ANSWERS: dict[Kind, tuple[Answer, ...]] = {
    Kind.EXCHANGE: (Answer.EXCHANGED, Answer.MISTAKE),
    Kind.FELL: (Answer.EXCHANGED, Answer.MISTAKE),
    Kind.JUMP: (Answer.EXCHANGED, Answer.MISTAKE),
    Kind.CLOCK: (Answer.EXPLAINED, Answer.MISTAKE),
    Kind.RATES: (Answer.EXPLAINED, Answer.MISTAKE),
    Kind.PHASES: (Answer.EXPLAINED, Answer.MISTAKE),
    Kind.INTERVALS: (Answer.EXPLAINED, Answer.MISTAKE),
    Kind.STUCK: (Answer.EXPLAINED, Answer.MISTAKE),
    Kind.DROP: (Answer.EXPLAINED, Answer.MISTAKE),
}
"""Which answers fit which question; EXCHANGED and MISTAKE change what is accepted, EXPLAINED only ends the asking."""
