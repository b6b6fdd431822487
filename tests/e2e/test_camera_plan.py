"""What is drawn at the hub goes down to the node as its desired settings, and what became of it comes back."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from keng_edge.cameras.camera import Camera
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.plans import Plans
from keng_edge.desired import Desired
from keng_edge.faults import Faults
from keng_edge.kept import Kept
from keng_hub.cameras import activity, plans, registry
from keng_hub.cameras.registry import CameraKey
from keng_hub.database import Database
from keng_hub.desired import desired
from keng_hub.points.photos import Photo
from keng_hub.tables import account, device, node
from keng_wire.camera import CameraPlan, CameraPlanned
from keng_wire.control import DesiredConfig
from support.camera_node import CameraNode

AT = 1_795_402_800_000
KEY = CameraKey("ngo-3", "cam-cong")
MASK = [(0.0, 0.0), (0.5, 0.0), (0.5, 0.5)]


def _nobody(body: object) -> None:
    """Faults of the node are not looked at."""


class Chain:
    """A hub's database and a node's camera, and between them what travels, as JSON."""

    def __init__(self, database: Database, folder: Path, **camera: Any) -> None:
        self.database, self.folder, self.now = database, folder, AT
        given = {"type": "camera", "id": "cam-cong", "name": "Cổng", "source": "/dev/null"}
        self.camera = Camera(CameraSection.model_validate(given | camera), CameraNode(folder))
        self.plans = Plans({"cam-cong": self.camera}, self.up)
        apply = self.desired_at_node
        self.desired = Desired(Kept(folder / "desired.json"), Faults(_nobody), apply)

    def desired_at_node(self, settings: Any) -> None:
        self.plans.adopt(settings.cameras)

    def up(self, body: CameraPlanned) -> None:
        self.now += 1
        text = body.model_dump_json()
        self.database.write_now(registry.take, "ngo-3", CameraPlanned.model_validate_json(text), self.now)

    async def down(self) -> None:
        wanted = self.database.read_now(plans.wanted)
        text = desired([], wanted.get("ngo-3")).model_dump_json()
        await self.desired.take(DesiredConfig.model_validate_json(text))

    def row(self) -> dict[str, Any]:
        row = self.database.read_now(registry.find, KEY)
        assert row is not None
        return row


def drawn(connection: Connection, plan: CameraPlan) -> None:
    plans.save(connection, KEY, 7, plan, "cửa nhà bên", AT, may_unmask=False)


@pytest.fixture
def village(sqlite_url: str) -> Database:
    database = Database(sqlite_url)
    person = {"username": "truc", "full_name": "Trực", "role": "duty", "password": "-", "created": AT, "id": 7}

    def found(connection: Connection) -> None:
        connection.execute(node.insert().values(id="ngo-3", name="Ngõ 3", added=AT))
        connection.execute(device.insert().values(node="ngo-3", id="cam-cong", kind="camera", name="Cổng", marks=[]))
        connection.execute(account.insert().values(**person))

    database.write_now(found)
    return database


async def test_a_confirmed_camera_looks_with_its_plan_also_after_a_restart(village: Database, tmp_path: Path) -> None:
    chain = Chain(village, tmp_path)
    chain.plans.adopt({})
    assert chain.row()["reported"]["active"] is False
    village.write_now(activity.confirm_notice, KEY, 7, Photo(b"\xff\xd8\xff", 1, 1), AT)
    village.write_now(activity.activate, KEY, 7, AT)
    wanted = CameraPlan.model_validate({"active": True, "areas": [{"id": "san", "points": MASK}], "masks": [MASK]})
    village.write_now(drawn, wanted)
    await chain.down()
    assert (chain.row()["reported"]["active"], chain.row()["refused"]) == (True, None)
    assert chain.row()["reported"]["areas"][0]["id"] == "san"
    assert chain.camera.in_force("cam-cong").masks == [MASK]
    again = Chain(village, tmp_path)
    again.desired.load()
    assert again.camera.in_force("cam-cong") == chain.camera.in_force("cam-cong")
    village.close()


async def test_a_refusal_of_the_node_comes_back_in_words(village: Database, tmp_path: Path) -> None:
    chain = Chain(village, tmp_path, clip="copy")
    chain.plans.adopt({})
    wanted = CameraPlan.model_validate({"active": True, "masks": [MASK]})
    village.write_now(drawn, wanted)
    await chain.down()
    assert "camera cam-cong: clip:" in chain.row()["refused"]
    assert chain.row()["reported"]["masks"] == []
    assert chain.desired.version > 1, "the rest of the settings is in force"
    village.close()
