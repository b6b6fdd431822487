"""What the hub plans for a camera: taken over whole or refused with words, and nothing is found before a notice."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from keng_edge.cameras.camera import Camera
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.frigate import Frigate
from keng_edge.cameras.frigate_config import FrigateSection
from keng_edge.cameras.plan import UNCONFIRMED, planned, unconfirmed
from keng_edge.cameras.plans import Plans
from keng_edge.clock import SystemClock
from keng_edge.devices import supervise
from keng_edge.errors import DeviceError, Refused
from keng_wire.camera import CameraPlan, CameraPlanned
from keng_wire.conditions import Condition
from support.camera_node import CameraNode
from support.clips import walker, write_clip
from support.supervised_camera import until

CONFIRMED = date(2026, 11, 1)
YARD = {"id": "san", "points": [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)], "rules": ["intrusion"]}
CORNER = [(0.0, 0.0), (0.4, 0.0), (0.4, 0.4)]


def section(source: str = "/dev/null", **more: Any) -> CameraSection:
    given = {"type": "camera", "id": "cam-cong", "name": "Camera cổng", "source": source}
    return CameraSection.model_validate(given | more)


def plan(**given: Any) -> CameraPlan:
    return CameraPlan.model_validate({"active": True} | given)


class Told:
    """What the hub hears of plans."""

    def __init__(self, devices: Mapping[str, object]) -> None:
        self.said: list[CameraPlanned] = []
        self.plans = Plans(devices, self.said.append)

    def take(self) -> dict[str, CameraPlanned]:
        said, self.said[:] = list(self.said), []
        return {one.device: one for one in said}


def test_a_plan_takes_the_place_of_the_file_and_what_it_leaves_out_stays() -> None:
    own = section(masks=[CORNER], dwell_s=5)
    new = planned(own, plan(areas=[YARD]))
    assert [area.id for area in new.areas] == ["san"]
    assert (new.masks, new.dwell_s, new.source) == ([CORNER], 5, "/dev/null")
    assert planned(own, plan(masks=[])).masks == []
    assert planned(own, None) is own


def test_a_plan_says_when_it_is_day_and_market_and_is_told_back_so(tmp_path: Path) -> None:
    camera = Camera(section(market_days=["sunday"]), CameraNode(tmp_path))
    assert (camera.in_force("cam-cong").day_hours, camera.in_force("cam-cong").market_days) == (
        "05:30-18:30",
        ["sunday"],
    )
    force = camera.plan("cam-cong", plan(areas=[YARD], day_hours="06:00-17:00", market_days=["lunar 2"]))
    assert (force.day_hours, force.market_days) == ("06:00-17:00", ["lunar 2"])
    assert planned(section(market_days=["sunday"]), plan(market_days=[])).market_days == []
    assert planned(section(market_days=["sunday"]), plan(day_hours="06:00-17:00")).market_days == ["sunday"]


def test_masks_over_copied_clips_are_refused_with_camera_field_and_cure() -> None:
    with pytest.raises(Refused, match=r'camera cam-cong: clip: a copied clip shows .* use "encode"'):
        planned(section(clip="copy"), plan(masks=[CORNER]))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"areas": [YARD | {"points": [(0, 0), (1, 1), (1, 0), (0, 1)]}]}, "crosses itself at its sides 1 and 3"),
        ({"areas": [YARD | {"points": [(0, 0), (1.2, 0), (1, 1)]}]}, r"corner 2 \(1.2, 0\) lies outside"),
        ({"masks": [[(0, 0), (1, 1)]]}, r"vùng che 1 chỉ có 2 góc.*mask 1 has 2 corner"),
        ({"areas": [YARD, YARD]}, "two areas are called san"),
        ({"areas": [YARD | {"hours": "25:00-26:00"}]}, "are no hours"),
        ({"day_hours": "06:00-06:00"}, "trùng giờ"),
        ({"market_days": ["lunar 2", "chủ nhật"]}, "'chủ nhật' không phải ngày phiên chợ"),
    ],
)
def test_no_plan_holds_what_no_file_may_hold(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plan(**given)


def test_the_cameras_that_wait_for_the_hubs_word_are_named() -> None:
    given = {"type": "frigate", "id": "bo-1", "name": "F", "cameras": {"cong": {"id": "cam-1", "name": "Cổng"}}}
    devices = [section(), section(id="cam-2", notice_confirmed=CONFIRMED), FrigateSection.model_validate(given)]
    assert unconfirmed(devices) == ["cam-cong", "cam-1"]


def test_each_camera_tells_the_hub_once_what_it_runs_with(tmp_path: Path) -> None:
    camera = Camera(section(), CameraNode(tmp_path))
    told = Told({"cam-cong": camera, "else": object()})
    told.plans.adopt({})
    [said] = told.take().values()
    assert said.plan is not None
    assert (said.plan.active, said.notice, said.refused) == (False, False, None)
    assert [area.id for area in said.plan.areas or ()] == ["all"]
    told.plans.adopt({})
    assert told.take() == {}
    told.plans.adopt({"cam-cong": plan(areas=[YARD])})
    said = told.take()["cam-cong"]
    assert said.plan is not None
    assert (said.plan.active, [area.id for area in said.plan.areas or ()]) == (True, ["san"])


def test_a_refused_plan_leaves_the_old_one_but_never_an_activity_the_hub_ended(tmp_path: Path) -> None:
    camera = Camera(section(clip="copy", notice_confirmed=CONFIRMED), CameraNode(tmp_path))
    told = Told({"cam-cong": camera})
    told.plans.adopt({"cam-cong": plan(active=False, masks=[CORNER], areas=[YARD])})
    said = told.take()["cam-cong"]
    assert said.plan is not None
    assert (said.plan.active, said.plan.masks, said.notice) == (False, [], True)
    assert said.refused is not None
    assert "clip:" in said.refused


def test_a_camera_that_is_not_here_is_told() -> None:
    told = Told({})
    told.plans.adopt({"cam-la": plan()})
    assert told.take()["cam-la"].plan is None


def test_what_frigate_watches_is_set_in_frigate(tmp_path: Path) -> None:
    given = {"type": "frigate", "id": "bo-1", "name": "F", "cameras": {"cong": {"id": "cam-1", "name": "Cổng"}}}
    told = Told({"bo-1": Frigate(FrigateSection.model_validate(given), CameraNode(tmp_path))})
    told.plans.adopt({"cam-1": plan(areas=[YARD])})
    said = told.take()["cam-1"]
    assert said.plan == CameraPlan(active=True)
    assert said.refused is not None
    assert "set in Frigate" in said.refused


class FastClock(SystemClock):
    """Its hands are on a threefold wheel, so that a film of 4 s plays in 1.3 s."""

    def up_ms(self) -> int:
        return int(time.monotonic() * 3_000)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 3)


async def test_nothing_is_found_before_a_notice_and_the_hub_can_begin_and_end_it(tmp_path: Path) -> None:
    # Nobody is there while the scene is learned: who walks through it then is taken for a part of it for a while.
    clip = str(write_clip(tmp_path / "clip.mp4", walker(3, 5.5), 6))
    node = CameraNode(tmp_path, FastClock())
    camera = Camera(section(clip, loop=True, dwell_s=0.4, cooldown_s=1), node)
    task = asyncio.create_task(supervise(camera, "cam-cong", node))
    try:
        await until(lambda: node.alive > 70)  # a whole round of the film and more
        assert (node.triggers, node.events) == ([], [])
        assert (node.reports[0].condition, node.reports[0].detail) == (Condition.NORMAL, UNCONFIRMED)
        camera.plan("cam-cong", plan(areas=[YARD]))
        await until(lambda: node.triggers)
        assert (node.triggers[0].point, node.reports[-1].detail) == ("san", None)
        camera.plan("cam-cong", plan(active=False))
        await until(lambda: node.reports[-1].detail == UNCONFIRMED)
        seen = len(node.triggers)
        alive = node.alive
        await until(lambda: node.alive > alive + 70)
        assert len(node.triggers) == seen
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, DeviceError):
            await task
