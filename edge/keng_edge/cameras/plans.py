"""The hub's plans for the cameras of a node: each given to its camera, and what became of it told to the hub."""

import logging
from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from keng_edge.errors import Refused
from keng_wire.camera import CameraPlan, CameraPlanned

log = logging.getLogger("keng.camera")


@runtime_checkable
class Planned(Protocol):
    """A device with cameras that the hub may plan for."""

    @property
    def cameras(self) -> Mapping[str, bool]:
        """Its cameras, and whether the node's own file confirms the notice to passers-by."""
        ...

    def plan(self, camera: str, plan: CameraPlan | None) -> CameraPlan:
        """Run with this plan (None: with the file alone) from the next picture on; what is in force then.

        Refused says why not; what was in force stays, apart from `active`, which is taken over whatever else is wrong.
        """
        ...

    def in_force(self, camera: str) -> CameraPlan:
        """What a camera runs with now."""
        ...


class Plans:
    """`devices` are all of the node's. Who is planned for again with the same does not learn its view anew."""

    def __init__(self, devices: Mapping[str, object], tell: Callable[[CameraPlanned], None]) -> None:
        self._tell = tell
        self._of = {name: one for one in devices.values() if isinstance(one, Planned) for name in one.cameras}
        self._told: dict[str, CameraPlanned] = {}

    def adopt(self, plans: Mapping[str, CameraPlan]) -> None:
        """Give each camera its plan; one that is not here, or cannot use its plan, is told to the hub."""
        for name, owner in self._of.items():
            refused = None
            try:
                force = owner.plan(name, plans.get(name))
            except Refused as error:
                force, refused = owner.in_force(name), str(error)[:200]
            self._say(CameraPlanned(device=name, plan=force, notice=owner.cameras[name], refused=refused))
        for name in plans.keys() - self._of.keys():
            words = f"camera {name}: trạm không có camera này (this node has no such camera)"
            self._say(CameraPlanned(device=name, refused=words))

    def _say(self, said: CameraPlanned) -> None:
        if self._told.get(said.device) != said:
            self._told[said.device] = said
            log.info("camera %s: %s", said.device, said.refused or "plan in force")
            self._tell(said)
