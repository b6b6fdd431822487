"""What is wrong when several devices share a serial port: two settings, one address twice, an alarm behind a talker."""

from collections import defaultdict
from collections.abc import Iterator

from keng_edge.config import AnyDevice, Config
from keng_edge.fire.modbus_config import ModbusInputsSection
from keng_edge.meters.config import ModbusSection
from keng_edge.toml_lines import Place

Modbus = ModbusInputsSection | ModbusSection
Placed = list[tuple[int, AnyDevice]]


def mistakes(config: Config) -> Iterator[tuple[Place, str]]:
    """Each with the place of the device that does not fit with those before it."""
    ports: dict[str, Placed] = defaultdict(list)
    for n, device in enumerate(config.devices):
        port: object = getattr(device, "port", None)
        if isinstance(port, str):
            ports[port].append((n, device))
    for devices in ports.values():
        yield from _talkers(devices)
        yield from _settings([(n, device) for n, device in devices if isinstance(device, Modbus)])


def _talkers(devices: Placed) -> Iterator[tuple[Place, str]]:
    """A meter that is read for a minute at a stretch would keep an alarm waiting for a minute."""
    if not any(isinstance(device, ModbusInputsSection) for _, device in devices):
        return
    for n, device in devices:
        if not isinstance(device, Modbus):
            words = f"{device.type} holds the port too long for the fire modules on it; give it a port of its own"
            yield ("devices", n, "port"), words


def _settings(devices: list[tuple[int, Modbus]]) -> Iterator[tuple[Place, str]]:
    units: dict[int, str] = {}
    settings: dict[str, object] = {}
    for n, device in devices:
        for key in ("baud", "parity"):
            value: object = getattr(device, key)
            if value is not None and value != settings.setdefault(key, value):
                yield ("devices", n, key), f"{value} here and {settings[key]} before: one line has one {key}"
        if device.unit is not None and (other := units.setdefault(device.unit, device.id)) != device.id:
            yield ("devices", n, "unit"), f"{device.unit} is the address of {other!r} already, on the same port"
