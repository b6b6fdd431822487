"""What happens in the village, again and again: a timetable, and what it does to the simulated devices."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from keng_demo.programs import Program


@dataclass(frozen=True)
class Act:
    """After `pause` seconds `program` hears `line` on its standard input; `vi` and `en` say what a person would see."""

    pause: float
    program: str
    line: str
    vi: str
    en: str


CUT, BACK = "power cut", "power back"
"""Lines that are not told to a program but done to it."""

ROUND = (
    Act(4, "board", "alarm khoi_5", "Số 5 ngõ 1: đầu báo khói trong bếp báo động.", "Smoke in the kitchen of no. 5."),
    Act(18, "zigbee", "open cua-kho", "Ngõ 2: cửa kho nông cụ bị mở.", "The door of the tool store is opened."),
    Act(14, "board", "normal khoi_5", "Số 5: hết khói; báo động giữ tới khi có người đặt lại.", "The smoke is gone."),
    Act(12, "zigbee", "press sos-so-12", "Số 12 ngõ 2: có người bấm nút khẩn cấp.", "No. 12 presses for help."),
    Act(12, "zigbee", "close cua-kho", "Cửa kho nông cụ được đóng lại.", "The door of the tool store is closed."),
    Act(10, "board", "fault khoi_7 open", "Số 7 ngõ 1: đứt dây đầu báo khói.", "A wire at no. 7 breaks."),
    Act(25, "board", "normal khoi_7", "Số 7: dây đã được nối lại.", "The wire is mended."),
    Act(8, "panel", "alarm 1", "Nhà văn hóa: tủ báo cháy báo có khói ở sân khấu.", "The panel of the culture house."),
    Act(10, "panel", "normal 1", "Nhà văn hóa: hết khói.", "The smoke there is gone."),
    Act(10, "ngo-3", CUT, "Ngõ 3: trạm Kẻng mất điện; thiết bị của trạm thành «không rõ».", "Node 3 loses power."),
    Act(25, "ngo-3", BACK, "Ngõ 3: có điện lại; trạm gửi nốt số đo đã giữ.", "It comes back and sends what it kept."),
    Act(20, "board", "alarm khoi_7", "Số 7 ngõ 1: đầu báo khói báo động.", "Smoke at no. 7."),
    Act(6, "board", "press nut_ngo", "Nút báo cháy được ấn; cả hai ngõ đổ chuông.", "A call point: both alleys ring."),
    Act(40, "board", "normal khoi_7", "Số 7: hết khói.", "The smoke at no. 7 is gone."),
)
REST_S = 45


async def play(programs: Mapping[str, Program], say: Callable[[str], None]) -> None:
    """Play the timetable until cancelled."""
    while True:
        for act in ROUND:
            await asyncio.sleep(act.pause)
            say(f"{act.vi} ({act.en})")
            program = programs[act.program]
            if act.line == CUT:
                await program.kill()
            elif act.line == BACK:
                await program.start()
            else:
                program.tell(act.line)
        await asyncio.sleep(REST_S)
        say("Kịch bản bắt đầu lại; báo động chưa được đặt lại thì không kêu thêm lần nữa. (From the beginning.)")
