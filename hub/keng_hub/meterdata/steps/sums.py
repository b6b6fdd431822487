"""Step 8: sums. Rates against the total, phases against the total, half hours against the register."""

from keng_hub.meterdata.flags import Answer, Kind, Reason
from keng_hub.meterdata.sheet import PHASES, RATES, Interval, Sheet

PHASE_TOLERANCE = 0.05
PHASE_FLOOR_W = 20
"""Phases are read one after the other, while the load changes: a twentieth and 20 W are no contradiction."""
SELDOM = 0.2
INTERVAL_TOLERANCE = 0.01
ALWAYS = 0
"""The moment of questions that are about the meter as such."""


def check(sheet: Sheet) -> None:
    """Mark totals that their rates contradict as suspect, unless it is explained; ask about rates and phases."""
    _rates(sheet)
    _phases(sheet)


def differs(intervals: list[Interval], register_wh: int) -> bool:
    """Whether half hours, all known, add up to something else than the register by more than one in a hundred."""
    total = sum(one.wh or 0 for one in intervals)
    return abs(total - register_wh) > INTERVAL_TOLERANCE * register_wh


def _rates(sheet: Sheet) -> None:
    parts = [{one.at: one.value for one in sheet.placed(name)} for name in RATES if sheet.placed(name)]
    if not parts:
        return
    tolerance = (len(parts) + 1) * sheet.parameters.step_wh  # one last digit per register
    wrong = [
        total
        for total in sheet.placed("energy_import")
        if all(total.at in part for part in parts)
        and abs(sum(part[total.at] for part in parts) - total.value) > tolerance
    ]
    if wrong:
        total = wrong[0]
        said = {"total": round(total.value), "rates": round(sum(part[total.at] for part in parts)), "seen": total.at}
        if sheet.ask(Kind.RATES, "energy_import", ALWAYS, **said) is not Answer.EXPLAINED:
            for total in wrong:
                total.doubt(Reason.SUMS)


def _phases(sheet: Sheet) -> None:
    parts = [{one.at: one.value for one in sheet.placed(name)} for name in PHASES]
    compared = [one for one in sheet.placed("power") if all(one.at in part for part in parts)]
    wrong = [
        one
        for one in compared
        if abs(sum(part[one.at] for part in parts) - one.value) > PHASE_TOLERANCE * abs(one.value) + PHASE_FLOOR_W
    ]
    if len(wrong) > max(2, SELDOM * len(compared)):
        sheet.ask(Kind.PHASES, "power", ALWAYS, wrong=len(wrong), compared=len(compared), seen=wrong[0].at)
