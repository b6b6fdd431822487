"""The settings that the hub wants: checked, kept over a restart, and the version in force reported."""

import logging
from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from keng_edge.calls import CallTable
from keng_edge.faults import Faults
from keng_edge.kept import Kept
from keng_wire.camera import CameraPlan
from keng_wire.control import REVOKED_LIMIT, DesiredConfig
from keng_wire.event import FaultCode
from keng_wire.identity import DeviceId, SerialNumber

log = logging.getLogger("keng.desired")


class Settings(BaseModel):
    """What can be set from afar; None leaves the file's own value. No setting can empty a queue or mute a fire."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cancel_window_s: Annotated[float | None, Field(ge=0, le=60)] = None
    heartbeat_s: Annotated[float | None, Field(ge=10, le=30)] = None
    coincidence_s: Annotated[float | None, Field(ge=60, le=300)] = None
    calls: CallTable | None = None
    revoked: Annotated[tuple[SerialNumber, ...], Field(max_length=REVOKED_LIMIT)] = ()
    cameras: Annotated[dict[DeviceId, CameraPlan], Field(max_length=500)] = {}


class Desired:
    """The settings in force. A configuration with anything wrong in it is refused as a whole, with a fault CONFIG."""

    def __init__(self, kept: Kept, faults: Faults, apply: Callable[[Settings], None]) -> None:
        self._kept, self._faults, self._apply = kept, faults, apply
        self.version = 0
        self.settings = Settings()

    def load(self) -> None:
        """Take up what was in force before the restart."""
        text = self._kept.load()
        if text is None:
            return
        try:
            self._use(DesiredConfig.model_validate(text))
        except ValidationError as error:
            log.error("the stored settings are left out: %s", error.errors(include_input=False)[0]["msg"])

    async def take(self, config: DesiredConfig) -> None:
        """The hub wants this."""
        if config.version == self.version:
            return
        try:
            self._use(config)
            self._kept.save(config.model_dump(mode="json"))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(str(part) for part in first["loc"])
            words = f"phiên bản {config.version} (version): {key}: {first['msg']}"
            log.info("settings refused: %s", words)
            self._faults.set(FaultCode.CONFIG, True, words)
        except OSError as error:
            self._faults.set(FaultCode.CONFIG, True, f"không lưu được (cannot be stored): {error.strerror}")
        else:
            self._faults.set(FaultCode.CONFIG, False)
            log.info("settings version %d in force", config.version)

    def _use(self, config: DesiredConfig) -> None:
        settings = Settings.model_validate(config.settings)
        self._apply(settings)
        self.version, self.settings = config.version, settings
