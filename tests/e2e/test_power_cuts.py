"""Node, hub and broker lose power in every order and come back in either: the next alarm gets up, a command down."""

from collections.abc import Generator
from itertools import permutations

import pytest

from support.chain_village import ChainVillage
from support.mosquitto import PROGRAM
from support.processes import until

PARTS = ("node", "hub", "broker")

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Mosquitto is not installed (Debian: apt install mosquitto)")


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Generator[ChainVillage]:
    """One house; the same village for all orders, so that it also grows old with power cuts."""
    with ChainVillage(tmp_path_factory.mktemp("cuts") / "village", houses=1) as standing:
        yield standing


@pytest.mark.parametrize("back", [PARTS, PARTS[::-1]], ids="back-{0[0]}-first".format)
@pytest.mark.parametrize("gone", list(permutations(PARTS)), ids="-".join)
async def test_after_a_power_cut_an_alarm_gets_up_and_a_command_down(
    village: ChainVillage, gone: tuple[str, ...], back: tuple[str, ...]
) -> None:
    programs = {"node": village.node, "hub": village.hub, "broker": village.broker}
    for name in gone:
        programs[name].kill()
    for name in back:
        programs[name].start()
    await until(village.is_well, "the hub is well")
    await until(lambda: village.metric("keng_nodes_online") == 1, "the hub hears the node")

    village.board.tell("alarm khoi_1", "normal khoi_1")
    async with village.desk() as desk:
        incident = await desk.incident_at("số 1")
        await desk.ends(incident)
    await until(lambda: not village.sounds("chuong_1"), "the bell is quiet")


async def test_a_command_that_a_broker_lost_with_its_disk_reaches_the_node_all_the_same(village: ChainVillage) -> None:
    village.board.tell("alarm nut_1")
    async with village.desk() as desk:
        incident = await desk.incident_at("số 1")
        await desk.sees(incident, "Nguồn vẫn đang báo")
        village.node.kill()
        await desk.does(incident, "silence", reason="đã tới nơi")
        await desk.sees(incident, "đã gửi đến trạm")
        village.broker.kill()
        village.wipe_broker()
        village.start_broker()
        village.node.start()
        await desk.sees(incident, "Tắt chuông: trạm đã thực hiện", "Đã tắt chuông")
        await until(lambda: not village.sounds("chuong_1"), "the bell is quiet")
        village.board.tell("normal nut_1")
        await desk.ends(incident)
