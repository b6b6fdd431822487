"""The listener that all MQTT devices share: login, order, signs of life, and a broker that says no."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest

from keng_edge.clock import SystemClock
from keng_edge.errors import DeviceError
from keng_edge.fire.config import MqttSection
from keng_edge.fire.radio_config import Rtl433Section
from keng_edge.mqtt import Heard, listen
from support.mosquitto import OPEN, Mosquitto
from support.processes import until
from support.radio import section

LOCKED = OPEN.replace("allow_anonymous true", "allow_anonymous false\npassword_file {folder}/passwords")
WORD = "mat-khau-thu"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path / "broker", LOCKED)
    passwords = tmp_path / "broker" / "passwords"
    subprocess.run(["mosquitto_passwd", "-c", "-b", passwords, "keng", WORD], check=True)
    with made:
        yield made


def where(broker: Mosquitto, password_file: Path) -> MqttSection:
    made = section("rtl_433", port=broker.port, user="keng", password_file=password_file)
    assert isinstance(made, Rtl433Section)
    return made


class Ears:
    """Hears, and counts signs of life."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.alive = 0

    async def hear(self, heard: Heard) -> None:
        """A message."""
        self.heard.append(heard)

    async def live(self) -> None:
        """A sign of life."""
        self.alive += 1

    async def listen(self, place: MqttSection) -> None:
        """Until the broker goes."""
        await listen(place, ["a/#", "b"], self.hear, SystemClock(), self.live)


async def test_with_its_password_it_hears_all_topics_in_order(broker: Mosquitto, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{WORD}\n")
    ears = Ears()
    listening = asyncio.create_task(ears.listen(where(broker, tmp_path / "password")))
    await until(lambda: ears.alive == 1, "the connection")
    async with aiomqtt.Client("127.0.0.1", broker.port, username="keng", password=WORD) as other:
        await other.publish("a/1", b"\xff", qos=1, retain=True)
        for number in range(200):
            await other.publish(("a/2", "b")[number % 2], str(number), qos=1)
        await other.publish("c", "not mine", qos=1)
        await other.publish("a/3", None, qos=1)
    await until(lambda: len(ears.heard) == 202, "everything")
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert [heard.raw for heard in ears.heard] == ["�", *map(str, range(200)), ""]
    assert not any(heard.retained for heard in ears.heard), "said now, although the broker keeps it too"


async def test_a_wrong_password_is_told_without_it(broker: Mosquitto, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("sai-roi")
    with pytest.raises(DeviceError, match="Not authorized") as refused:
        await Ears().listen(where(broker, tmp_path / "password"))
    assert "sai-roi" not in str(refused.value)


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), (b"\xff\xfe", "it is no text")])
async def test_a_password_that_cannot_be_read_needs_a_person(
    broker: Mosquitto, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / "password").write_bytes(content)
    with pytest.raises(DeviceError, match=reason) as refused:
        await Ears().listen(where(broker, tmp_path / "password"))
    assert refused.value.permanent


async def test_a_broker_that_goes_ends_the_listening(broker: Mosquitto, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(WORD)
    ears = Ears()
    listening = asyncio.create_task(ears.listen(where(broker, tmp_path / "password")))
    await until(lambda: ears.alive == 1, "the connection")
    broker.stop()
    with pytest.raises(DeviceError, match=f"MQTT broker 127.0.0.1:{broker.port}"):
        await listening
