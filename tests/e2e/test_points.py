"""A technician at work through real programs: a head is proven at its page, then disabled; each means what it says."""

from collections.abc import Generator

import pytest

from support.chain_village import FULL_NAME, ChainVillage
from support.desk import Desk
from support.mosquitto import PROGRAM
from support.processes import until

HEAD = "/devices/ngo-3/khoi-1"
PROVEN = "SELECT command, state, hub_ms, raw FROM proof_test ORDER BY id DESC"

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Mosquitto is not installed (Debian: apt install mosquitto)")


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Generator[ChainVillage]:
    """One house whose points nobody has tested yet."""
    with ChainVillage(tmp_path_factory.mktemp("points") / "village", houses=1, proven=False) as standing:
        yield standing


async def does(desk: Desk, act: str, **form: str) -> None:
    """An act on the head; accepted by the hub."""
    answer = await desk.post(f"{HEAD}/{act}", form)
    assert answer.status == 303, answer.text


async def test_a_head_is_proven_at_its_page_and_then_counts_for_the_neighbours(village: ChainVillage) -> None:
    async with village.desk() as desk:
        await desk.sees(HEAD, "Chưa nghiệm thu", "Bắt đầu thử nghiệm thu")
        await does(desk, "prove", minutes="10")
        await desk.sees(HEAD, "Đang chờ điểm báo", "trạm đã thực hiện", "Đang thử")
        village.board.tell("alarm khoi_1")
        await desk.sees(HEAD, "Xác nhận nghiệm thu", "Kết quả thử")
        (test, state, hub_ms, raw) = village.query(PROVEN)[0]
        assert (state, hub_ms is not None and hub_ms < 30_000) == ("seen", True)
        assert '"p":"khoi_1"' in raw
        assert village.heard("coi_1") == [], "a test wakes no neighbour; the house chirps once, by day"
        await does(desk, "confirm", test=test, method="smoke", reason="bình khói thử")
        await until(lambda: village.query(PROVEN)[0][1] == "proven", "the node has taken it")
        village.board.tell("normal khoi_1")
        text = await desk.sees(HEAD, "Lần nghiệm thu gần nhất", "Khói thử", FULL_NAME, "Đang hoạt động")
        assert "Chưa nghiệm thu" not in text.partition('id="point-events"')[0]
        assert village.query("SELECT count(*) FROM incident WHERE category = 'fire'") == [(0,)]

        village.node.kill()
        village.node.start()
        village.board.tell("alarm khoi_1")
        await until(lambda: village.sounds("coi_1"), "proven, also after a restart, it reaches the neighbours", 60)
        incident = await desk.incident_at("số 1")
        village.board.tell("normal khoi_1")
        await desk.ends(incident)


async def test_a_disabled_head_is_told_as_isolated_and_rings_nobody_until_it_is_enabled(village: ChainVillage) -> None:
    async with village.desk() as desk:
        await does(desk, "disable", minutes="30", reason="hàn cửa sắt")
        await desk.sees(HEAD, "Bật lại điểm", "hàn cửa sắt", FULL_NAME)
        await until(lambda: not village.sounds("chuong_1"), "the all-clear of the other test is over", 60)
        rang = len(village.heard("chuong_1"))
        village.board.tell("alarm khoi_1")
        incident = await desk.incident_at("số 1")
        await desk.sees(incident, "Cháy ở điểm bị cô lập", "Màn hình trực")
        assert True not in village.heard("chuong_1")[rang:]
        assert not village.sounds("chuong_1")
        await does(desk, "enable")
        await until(lambda: village.sounds("chuong_1"), "enabled while it alarms, it sounds at once")
        village.board.tell("normal khoi_1")
        await desk.ends(incident)
