"""Step 4: values that cannot be. Unit and scaler are the node's work; here is what is left when they were wrong."""

from keng_hub.meterdata.flags import Reason
from keng_hub.meterdata.parameters import Parameters
from keng_hub.meterdata.sheet import PHASES, RATES, REGISTERS, VOLTAGES, Sheet


def check(sheet: Sheet) -> None:
    """Refuse what lies outside the limits of its quantity; both limits still belong to it."""
    for name, readings in sheet.readings.items():
        least, most = limits(name, sheet.parameters)
        for reading in readings:
            if not least <= reading.value <= most:
                reading.refuse(Reason.RANGE)


def limits(quantity: str, parameters: Parameters) -> tuple[float, float]:
    """The least and the greatest possible value, in the unit of the quantity."""
    if quantity in VOLTAGES:
        return 0.5 * parameters.nominal_v, 1.5 * parameters.nominal_v
    if quantity in (*REGISTERS, *RATES):
        return 0, parameters.top_wh - 1
    if quantity in ("power", *PHASES):
        return -1.5 * parameters.max_power_w, 1.5 * parameters.max_power_w
    return float("-inf"), float("inf")
