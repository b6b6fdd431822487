"""How long meter data is kept: one household's consumption is personal data (Law 91/2025/QH15)."""

from keng_hub.housekeeping import Rule
from keng_hub.tables import (
    meter_day,
    meter_doubt,
    meter_edit,
    meter_export,
    meter_import,
    meter_version,
    meter_voltage,
)


def rules(days: int) -> tuple[Rule, ...]:
    """Everything that tells of a household's consumption goes `days` after the time it is about.

    Serial numbers, feeders and answered questions stay: an exchange of long ago still says which meter is right.
    """
    return (
        Rule(meter_day, meter_day.c.start, days),
        Rule(meter_voltage, meter_voltage.c.start, days),
        Rule(meter_version, meter_version.c.start, days),
        Rule(meter_edit, meter_edit.c.start, days),
        Rule(meter_doubt, meter_doubt.c.at, days),
        Rule(meter_import, meter_import.c.until, 0),
        Rule(meter_export, meter_export.c.at, days),
    )
