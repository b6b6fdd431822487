"""A simulated home behind Zigbee2MQTT: publishes its topics to a broker, led by commands such as `alarm khoi-so-12`.

python -m keng_demo.zigbee_home --port 1883 [--host 127.0.0.1] [--base zigbee2mqtt] [--devices khoi-so-12:smoke,…]
Commands: alarm N | normal N | test N | trouble N | tamper N | lowbat N | open N | close N | press N [ACTION] |
offline N | online N | restart | rubbish N. Sirens tell what they are told.
"""

import argparse
import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

import aiomqtt

from keng_demo.console import commands, run, say

DEVICES = "khoi-so-12:smoke,sos-so-12:sos,cua-kho:contact,gas-so-12:gas,coi-ngo-2:siren"
AGAIN_S = 60.0
RETRY_S = 0.5

_STATES: dict[str, dict[str, object]] = {
    "smoke": {"smoke": False, "test": False, "tamper": False, "battery_low": False, "battery": 97},
    "gas": {"gas": False, "tamper": False, "battery_low": False},
    "contact": {"contact": True, "tamper": False, "battery_low": False, "battery": 91},
    "sos": {"battery_low": False, "battery": 88},
    "siren": {"alarm": False, "battery_low": False, "battery": 100},
}
_EXPOSES: dict[str, list[dict[str, object]]] = {
    "smoke": [{"name": "smoke", "property": "smoke"}],
    "gas": [{"name": "gas", "property": "gas"}],
    "contact": [{"name": "contact", "property": "contact"}],
    "sos": [{"name": "action", "property": "action", "values": ["emergency", "single"]}],
    "siren": [{"name": "warning", "property": "warning"}],
}
_ACTS: dict[str, dict[str, object]] = {
    "test": {"test": True},
    "trouble": {"trouble": True},
    "tamper": {"tamper": True},
    "lowbat": {"battery_low": True, "battery": 9},
    "open": {"contact": False},
    "close": {"contact": True},
}


@dataclass
class Device:
    """One Zigbee device and the state that Zigbee2MQTT remembers of it."""

    name: str
    kind: str
    state: dict[str, object] = field(default_factory=dict[str, object])

    def __post_init__(self) -> None:
        self.state = {**_STATES[self.kind], "linkquality": 120}

    def listed(self, address: int) -> dict[str, object]:
        """Its entry in `bridge/devices`."""
        source = "Mains (single phase)" if self.kind in ("gas", "siren") else "Battery"
        definition = {"model": f"MP-{self.kind}", "vendor": "Mô phỏng", "exposes": _EXPOSES[self.kind]}
        about = {"ieee_address": f"0x{address:016x}", "friendly_name": self.name, "power_source": source}
        return {**about, "type": "EndDevice", "definition": definition}


class ZigbeeHome:
    """The home as an asyncio object: `async with ZigbeeHome(port=1883) as home: await home.do("alarm", "khoi-so-12")`.

    States are published retained, as Zigbee2MQTT does when told to; what a button did is not.
    """

    def __init__(
        self,
        *,
        port: int,
        host: str = "127.0.0.1",
        base: str = "zigbee2mqtt",
        devices: str = DEVICES,
        switched: Callable[[str, bool], None] = lambda name, on: None,
    ) -> None:
        pairs = (pair.split(":", 1) for pair in devices.split(","))
        self.devices = {name: Device(name, kind) for name, kind in pairs}
        self._host, self._port, self._base, self._switched = host, port, base, switched
        self._client: aiomqtt.Client | None = None
        self._connected = asyncio.Event()

    async def __aenter__(self) -> "ZigbeeHome":
        self._task = asyncio.create_task(self._live(), name="zigbee home")
        await self._connected.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def do(self, command: str, *words: str) -> None:
        """Carry out one command; `ValueError` for one that makes no sense."""
        if command == "restart":
            await self._publish("bridge/state", {"state": "offline"})
            return await self._introduce()
        name = words[0] if words else ""
        if name not in self.devices:
            raise ValueError(f"no device {name!r}, there are {', '.join(self.devices)}")
        device = self.devices[name]
        if command in ("offline", "online"):
            return await self._publish(f"{name}/availability", {"state": command})
        if command == "press":
            action = words[1] if len(words) > 1 else "emergency"
            await self._publish(name, {**device.state, "action": action}, retain=False)
            return await self._publish(name, {**device.state, "action": ""}, retain=False)
        if command == "rubbish":
            return await self._send(name, b'{"smoke": tru', retain=False)
        if command in ("alarm", "normal"):
            device.state[device.kind] = command == "alarm"
            if command == "normal":
                device.state.update({key: value for key, value in _STATES[device.kind].items() if key != device.kind})
        elif command in _ACTS:
            device.state.update(_ACTS[command])
        else:
            raise ValueError(f"unknown command {command!r}")
        await self._publish(name, device.state)

    async def _live(self) -> None:
        while True:
            try:
                will = aiomqtt.Will(f"{self._base}/bridge/state", b'{"state":"offline"}', qos=1, retain=True)
                async with aiomqtt.Client(self._host, self._port, will=will) as self._client:
                    await self._client.subscribe(f"{self._base}/+/set", qos=1)
                    await self._introduce()
                    self._connected.set()
                    async with asyncio.TaskGroup() as tasks:
                        tasks.create_task(self._repeat(), name="repeat")
                        tasks.create_task(self._listen(self._client), name="listen")
            except* aiomqtt.MqttError:
                self._connected.clear()
            if self._task.cancelling():
                return  # the broker went in the moment in which we were told to stop
            await asyncio.sleep(RETRY_S)

    async def _introduce(self) -> None:
        await self._publish("bridge/state", {"state": "online"})
        listed = [device.listed(address) for address, device in enumerate(self.devices.values(), 1)]
        await self._publish("bridge/devices", listed)
        for device in self.devices.values():
            await self._publish(f"{device.name}/availability", {"state": "online"})
            await self._publish(device.name, device.state)

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(AGAIN_S)
            for device in self.devices.values():
                await self._publish(device.name, device.state)

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            name = str(message.topic).split("/")[-2]
            fields: dict[str, object] = json.loads(message.payload)
            if name in self.devices and self.devices[name].kind == "siren":
                on = fields.get("alarm") == "ON" or "emergency" in str(fields.get("warning"))
                self.devices[name].state["alarm"] = on
                self._switched(name, on)
                await self._publish(name, self.devices[name].state)

    async def _publish(self, topic: str, content: object, *, retain: bool = True) -> None:
        await self._send(topic, json.dumps(content, ensure_ascii=False).encode(), retain=retain)

    async def _send(self, topic: str, payload: bytes, *, retain: bool) -> None:
        if self._client is None:
            raise ValueError("not connected to the broker yet")
        await self._client.publish(f"{self._base}/{topic}", payload, qos=1, retain=retain)


def tell(name: str, on: bool) -> None:
    """Say what a siren does."""
    say(output=name, on=on, by="node")


async def main() -> None:
    """Be a home until told to stop."""
    parser = argparse.ArgumentParser(prog="keng_demo.zigbee_home", description="a simulated home behind Zigbee2MQTT")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--base", default="zigbee2mqtt")
    parser.add_argument("--devices", default=DEVICES, help="name:kind, separated by commas")
    options = parser.parse_args()
    home = ZigbeeHome(port=options.port, host=options.host, base=options.base, devices=options.devices, switched=tell)
    async with home:
        say(device="zigbee_home", port=options.port, devices=list(home.devices))
        async for words in commands():
            try:
                await home.do(*words)
            except (ValueError, aiomqtt.MqttError) as error:
                say(error=str(error))


if __name__ == "__main__":
    run(main())
