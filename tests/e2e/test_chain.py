"""From a frame on a wire to a person and back, through real programs only: nothing here calls into them."""

import asyncio
import json
import re
from collections.abc import Generator

import pytest

from keng_wire.topics import Down, Up, down, up
from support.chain_village import FULL_NAME, NODE, OTHER_NODE, ChainVillage
from support.desk import opened
from support.mosquitto import PROGRAM
from support.processes import until
from support.webhook_receiver import WebhookReceiver
from support.wire_node import WireNode

HOPS = """\
SELECT frame_at, recorded_at, sent_at, received_at, committed_at, attempted_at, shown_at, sounded_at
FROM alarm WHERE incident = ?"""

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Mosquitto is not installed (Debian: apt install mosquitto)")


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Generator[ChainVillage]:
    """Six houses and two meters; each test has houses of its own."""
    with ChainVillage(tmp_path_factory.mktemp("chain") / "village", houses=6, meters=True) as standing:
        yield standing


async def test_smoke_is_a_bell_an_incident_a_page_and_ends_by_what_people_do(village: ChainVillage) -> None:
    async with village.desk() as desk:
        page = await desk.live()
        village.board.tell("alarm khoi_1")
        await until(lambda: village.sounds("chuong_1"), "the bell rings")
        incident = await opened(page)
        await page.send_json({"shown": [incident]})
        await desk.sees(incident, "Đầu báo khói số 1", "số 1, ngõ 3, thôn Mẫu", "Nguồn vẫn đang báo", "Màn hình trực")

        def hops() -> list[int]:
            return [stamp for stamp in village.query(HOPS, incident)[0] if stamp is not None]

        await until(lambda: len(hops()) == 8, "every hop has its time")
        *way, shown, sounded = hops()
        assert way == sorted(way)
        assert shown >= way[4]
        assert sounded >= way[0]

        await desk.does(incident, "acknowledge")
        await desk.sees(incident, "Đã báo hàng xóm")
        await desk.does(incident, "silence", reason="đã tới nơi")
        await desk.sees(incident, "Tắt chuông: trạm đã thực hiện", "Đã tắt chuông", "Nguồn vẫn đang báo")
        await until(lambda: not village.sounds("chuong_1"), "the bell is quiet")

        await desk.does(incident, "reset", reason="tưởng đã hết")
        await desk.sees(incident, "Đặt lại: trạm từ chối", "đầu báo còn đang báo động (still active): khoi-1")
        village.board.tell("normal khoi_1")
        await desk.sees(incident, "Đã tự hết, còn chốt")
        await desk.does(incident, "reset", reason="hết khói")
        await desk.sees(incident, "Có người đã đặt lại", "Đặt lại: trạm đã thực hiện")
        await desk.does(incident, "close", verdict="false_alarm", reason="khói bếp", false_alarm_cause="cooking_smoke")
        text = await desk.sees(incident, "Đã đóng", "Báo nhầm")
    for reason in ("đã tới nơi", "tưởng đã hết", "hết khói", "khói bếp"):
        assert re.search(rf'“{reason}”\s*<b class="who">— {FULL_NAME}<', text), reason


async def test_without_hub_and_network_the_bell_rings_and_people_hear_of_it_late(village: ChainVillage) -> None:
    village.node.stop()
    village.hub.kill()
    village.broker.kill()
    village.slow_node.start()
    await until(lambda: "keng-io8" in village.slow_node.output(), "the node has found its board")
    village.board.tell("alarm khoi_2")
    await until(lambda: village.sounds("chuong_2"), "the bell rings")
    await until(lambda: village.sounds("coi_2"), "the neighbours' siren sounds")
    village.slow_node.kill()

    async with WebhookReceiver() as partner:
        village.tells(partner.url)
        village.start_broker()
        village.start_hub()
        village.node.start()
        async with village.desk() as desk:
            incident = await desk.incident_at("số 2")
            await desk.sees(incident, "MUỘN 1 phút", "Đầu báo khói số 2")
            await partner.wait_for(1)
            told = next(one for one in partner.received if one.document["type"] == "alarm")
            assert told.signed
            assert told.document["data"]["text_vi"].startswith("MUỘN 1 phút. CHÁY: đầu báo khói. số 2, ngõ 3")
            await desk.sees(incident, "Hệ thống đối tác")
            await until(lambda: village.sounds("chuong_2"), "what was latched rings again after the power cut")
            village.board.tell("normal khoi_2")
            await desk.ends(incident)


async def test_a_call_point_rings_at_the_neighbours_at_once(village: ChainVillage) -> None:
    village.board.tell("alarm nut_3")
    await until(lambda: village.sounds("chuong_3") and village.sounds("coi_3"), "house and neighbours ring")
    async with village.desk() as desk:
        incident = await desk.incident_at("số 3")
        text = await desk.sees(incident, "Có người ấn nút báo cháy")
        assert "Đã báo hàng xóm" not in text  # no window had to run out
        village.board.tell("normal nut_3")
        await desk.ends(incident)


async def test_a_single_detector_rings_at_the_neighbours_unless_the_house_cancels_in_time(
    village: ChainVillage,
) -> None:
    village.board.tell("alarm khoi_4", "press tat_4")
    village.board.tell("alarm khoi_5")  # its window ends after that of house 4
    async with village.desk() as desk:
        four = await desk.incident_at("số 4")
        await desk.sees(four, "Người nhà đã hủy", "Nút tắt báo nhầm số 4", "Nguồn vẫn đang báo")
        five = await desk.incident_at("số 5")
        await until(lambda: village.sounds("coi_5"), "nobody cancelled at house 5")
        await desk.sees(five, "Đã báo hàng xóm")
        assert village.heard("coi_4") == []
        assert not village.sounds("chuong_4")
        village.board.tell("normal khoi_4", "normal khoi_5")
        for incident in (four, five):
            await desk.ends(incident)


async def test_a_node_that_dies_is_shown_at_once_and_nothing_of_it_counts_as_well(village: ChainVillage) -> None:
    village.board.tell("alarm khoi_6")
    async with village.desk() as desk:
        page = await desk.live()
        incident = await desk.incident_at("số 6")
        await desk.sees(incident, "Nguồn vẫn đang báo")
        village.node.kill()
        async with asyncio.timeout(30):
            while (await page.receive_json())[1:] != ["node", {"node": NODE}]:
                pass
        text = await desk.sees(f"/nodes/{NODE}", "Mất kết nối")
        assert "Đang hoạt động" not in text
        conditions = village.query("SELECT DISTINCT condition FROM device WHERE node = ? AND NOT removed", NODE)
        assert conditions == [("unknown",)]
        lost = await desk.sees(incident, "Không rõ: mất liên lạc", "chưa rõ tình hình, không phải đã hết")
        assert "Đã đóng" not in lost

        village.node.start()
        await desk.sees(incident, "Nguồn vẫn đang báo", "Trạm đã liên lạc lại")
        await desk.sees(f"/nodes/{NODE}", "Đang hoạt động")
        village.board.tell("normal khoi_6")
        await desk.ends(incident)


async def test_registers_stand_on_the_page_as_the_meters_have_them(village: ChainVillage) -> None:
    async with village.desk() as desk:
        await desk.sees(f"/meters/{NODE}/cong-to-bom?range=hour", "8.412,44 <small>kWh")
        await desk.sees(f"/meters/{NODE}/cong-to-nha?range=hour", "1.234,57 <small>kWh")
    for device, register in (("cong-to-bom", 8_412_437.5), ("cong-to-nha", 1_234_570.0)):
        assert await village.registers(device) == {register}


async def test_what_a_node_says_wrongly_is_shown_or_kept_aside_and_disturbs_nothing(village: ChainVillage) -> None:
    wire = WireNode(OTHER_NODE)
    future = json.loads(wire.alarm()) | {"v": 7, "wind": "north"}
    aside = village.metric("keng_quarantined_total")
    async with village.desk() as desk, village.stranger() as node:
        await node.subscribe(down(OTHER_NODE, Down.ACK))
        await node.publish(up(OTHER_NODE, Up.ALARM), json.dumps(future), qos=1)
        first = await desk.incident_at("thôn Mẫu")
        await desk.sees(first, "Chưa xác minh", "lấy từ bản tin đọc không đủ")
        await node.publish(up(OTHER_NODE, Up.ALARM), b'{"smoke": tru\xff', qos=1)
        second = await desk.incident_at(f"Trạm {OTHER_NODE}")
        await desk.sees(second, "Chưa xác minh", "lấy từ bản tin đọc không đủ", "vẫn coi là báo động")

        for payload in (wire.reading(), b"\x00\xff nonsense", wire.reading()):
            await node.publish(up(OTHER_NODE, Up.READING), payload, qos=1)
        await until(lambda: village.metric("keng_quarantined_total") >= aside + 2, "both are counted")
        async with asyncio.timeout(30):
            async for message in node.messages:
                assert isinstance(message.payload, bytes)
                said = json.loads(message.payload)
                if (said["alarm"], said["reading"]) == (1, 2):
                    break
        village.board.tell("alarm nut_3", "normal nut_3")
        await desk.ends(await desk.incident_at("số 3"))


async def test_the_certificate_of_one_node_writes_nothing_in_the_name_of_another(village: ChainVillage) -> None:
    stolen, own = WireNode(NODE, stream="5747e00f"), WireNode(OTHER_NODE, stream="5747e00f")
    async with village.stranger() as node:
        await node.publish(up(NODE, Up.ALARM), stolen.alarm(), qos=1)
        await node.publish(up(NODE, Up.STATUS), stolen.status(online=False), qos=1, retain=True)
        await node.publish(up(OTHER_NODE, Up.ALARM), own.alarm("b" * 16), qos=1)
    rows = "SELECT node FROM journal WHERE stream = ?"
    await until(lambda: bool(village.query(rows, own.stream)), "its own alarm is there")
    assert village.query(rows, own.stream) == [(OTHER_NODE,)]
    assert village.query("SELECT online FROM node WHERE id = ?", NODE) == [(1,)]
