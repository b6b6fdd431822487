"""`make demo`: a living village until Ctrl-C."""

import asyncio
import signal
import sys
from datetime import datetime

from keng_demo.clip import NoClip
from keng_demo.programs import Ended
from keng_demo.settings import Settings, Unusable, from_environment
from keng_demo.village import Village, standing

WELCOME = """
  Kẻng: thôn mô phỏng đang chạy.               (The demonstration village is running.)

    {address}
    tên (user):           {user}
    mật khẩu (password):  {password}           dùng một lần, trang sẽ đòi đổi (one-time, to be changed)

  Đăng nhập rồi cứ nhìn trang: trong chừng 15 giây sẽ có báo cháy và đột nhập; số đo công tơ về mỗi vài giây.
  Bấm Tiếp nhận, xác minh, đóng sự cố như trực ban thật. Thiết bị mô phỏng đều có nhãn «Mô phỏng».
  (Log in and watch: a fire alarm and an intrusion come within some 15 s, meter readings every few seconds.
  Acknowledge, verify and close them as the officer on duty would. What is simulated says so.)

  Nhật ký (logs): {logs}          Ctrl-C: dừng tất cả (stops everything)
"""


def main() -> int:
    """Run the village; gives the exit status: 0 after Ctrl-C, 1 when something went wrong."""
    try:
        settings = from_environment()
        return asyncio.run(_live(settings))
    except* (Unusable, NoClip, Ended) as group:
        for error in _leaves(group):
            print(f"\n{error}", file=sys.stderr)
    return 1


async def _live(settings: Settings) -> int:
    playing = asyncio.create_task(_play(settings))

    def stop() -> None:
        if not playing.cancelling():  # a second Ctrl-C must not interrupt the stopping
            playing.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await playing
    except asyncio.CancelledError:
        _say("Đã dừng tất cả. (Everything is stopped.)")
    return 0


async def _play(settings: Settings) -> None:
    _say("Đang dựng thôn mô phỏng… (Setting the village up…)")
    async with standing(settings) as village:
        print(_welcome(village), flush=True)
        try:
            await village.play(_say)
        finally:
            _say("Đang dừng… (Stopping…)")


def _welcome(village: Village) -> str:
    user, password = village.login
    return WELCOME.format(address=village.address, user=user, password=password, logs=village.settings.folder / "logs")


def _say(text: str) -> None:
    print(f"[{datetime.now():%H:%M:%S}] {text}", flush=True)


def _leaves(group: BaseExceptionGroup[Exception]) -> list[BaseException]:
    """The errors themselves, out of however many task groups."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


if __name__ == "__main__":
    sys.exit(main())
