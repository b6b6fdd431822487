"""The section `[meter_data]` of the hub's configuration: parameters of meters, tariff hours, feeders."""

from functools import cached_property
from typing import Annotated

from pydantic import Field

from keng_hub.meterdata.parameters import Parameters
from keng_hub.meterdata.sheet import MeterId
from keng_hub.meterdata.tariffs import TariffTable
from keng_hub.sections import Section
from keng_wire.conditions import DeviceKind

MeterName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}/[a-z0-9][a-z0-9_.-]{0,39}$")]
"""A meter as people write it: node/device."""


def meter_id(name: str) -> MeterId:
    """ "ngo-1/cong-to-1" as the two names of the tables."""
    node, _, device = name.partition("/")
    return MeterId(node, device)


class MeterSettings(Parameters):
    """What is different for one meter."""

    meter: MeterName


class FeederSettings(Section):
    """Which meters hang on a feeder; people may change it later, the file only adds."""

    feeder: MeterName
    meters: Annotated[list[MeterName], Field(min_length=1)]


class MeterData(Section):
    """Everything about judging readings."""

    every_s: Annotated[int, Field(ge=1, le=3600)] = 60
    keep_days: Annotated[int, Field(ge=40)] = 1096
    defaults: Parameters = Parameters()
    feeder_max_power_w: Annotated[int, Field(gt=0, le=1_000_000_000)] = 630_000
    """Instead of the default of meters, for feeders: as much as a usual village transformer gives."""
    meters: list[MeterSettings] = []
    tariffs: list[TariffTable] = []
    feeders: list[FeederSettings] = []

    @cached_property
    def _by_meter(self) -> dict[MeterId, MeterSettings]:
        return {meter_id(one.meter): one for one in self.meters}

    def parameters(self, meter: MeterId, kind: str | None = None) -> Parameters:
        """The parameters of a meter of a kind of device: what its own entry says, else the defaults."""
        own = self._by_meter.get(meter)
        by_kind = {"max_power_w": self.feeder_max_power_w, "digits": 8} if kind == DeviceKind.FEEDER else {}
        said = own.model_dump(exclude_unset=True, exclude={"meter"}) if own else {}
        return self.defaults.model_copy(update=by_kind | said)
