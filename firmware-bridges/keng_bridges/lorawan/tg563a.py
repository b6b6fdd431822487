"""TG563A, a smoke detector that watches its surroundings: 5 bytes, or 35 with its history.

Source: `modrisb/tg563a-payload-decoder` (MIT) and the reference manual SE000304A that it follows. There is no check in
the payload, only the network's MIC: without that a changed bit is another value. Not verified on a device: what the
reserved bits become in other firmware.
"""

from decimal import Decimal
from typing import Final

from keng_bridges.errors import FrameError
from keng_bridges.lorawan.payload import Payload, said, signed
from keng_bridges.values import Condition, Mark, Measurement

SHORT, LONG = 5, 35
SMOKE, LOW_BATTERY, HISTORY = 1, 2, 15
PERIODS_H: Final = (1, 2, 4, 6, 8, 12, 24, 48)
_MESSAGES: Final = {
    0: "Periodic uplink message",
    SMOKE: "Smoke Alarm Event",
    LOW_BATTERY: "Low Battery Event",
    3: "Smoke Chamber Failure Event",
    4: "Fouling Smoke Chamber Event",
    5: "Ultrasonic Sensor Failure Event",
    6: "Infrared Sensor Failure Event",
    7: "Buzzer Failure",
    8: "Obstacle Detected Event",
    9: "Air Inlet Covered Event",
    HISTORY: "Message with additional data",
}
_STATUS: Final = {
    "mounted": 0,
    "brightness": 1,
    "temperature_out_of_range": 2,
    "obstacle_detected": 4,
    "air_inlet_covered": 5,
    "too_long_inactivity": 6,
    "too_long_unmounted": 7,
    "smoke_alarm": 8,
    "battery_low": 9,
    "smoke_chamber_failure": 10,
    "fouled_smoke_chamber": 11,
    "ultrasonic_sensor_failure": 12,
    "infrared_sensor_failure": 13,
    "buzzer_failure": 14,
}
_FAULTS: Final = (
    "temperature_out_of_range",
    "obstacle_detected",
    "air_inlet_covered",
    "smoke_chamber_failure",
    "ultrasonic_sensor_failure",
    "infrared_sensor_failure",
    "buzzer_failure",
)
_CONFIGURATION: Final = {
    "additional_data_enabled": 3,
    "obstruction_event_enabled": 4,
    "hardware_failure_event_enabled": 5,
    "smoke_event_enabled": 6,
}
_RESERVED: Final = {0: 0xF0, 1: 0x80, 3: 0x08, 4: 0x80}
_COUNTERS: Final = {
    "smoke_alarm_counter": 22,
    "test_alarm_counter": 23,
    "smoke_error_counter": 24,
    "low_battery_counter": 25,
    "smoke_alarm_deactivation_counter": 26,
    "fault_deactivation_counter": 27,
    "mounting_counter": 28,
    "energy_usage": 29,
    "light_guide_dirtiness": 30,
    "fouling_smoke_chamber": 31,
}
_CLOCKS: Final = {
    "running_time_counter": 14,
    "smoke_alarm_time_counter": 16,
    "test_alarm_time_counter": 18,
    "fault_time_counter": 20,
}
_UNIT_S: Final = (1, 60, 3600, 86_400)


def looks_like(data: bytes) -> bool:
    """A known message of its length with all reserved bits zero: likely, and no more than that."""
    if len(data) not in (SHORT, LONG) or any(data[at] & bits for at, bits in _RESERVED.items()):
        return False
    return data[0] in _MESSAGES and (data[0] == HISTORY) == (len(data) == LONG) and -40 <= signed(data[2]) <= 85


def decode(data: bytes) -> Payload:
    """Condition, marks, temperature (°C), and with its history the supply (V); raises `FrameError`."""
    message = data[0] & 15 if data else None
    if len(data) != (LONG if message == HISTORY else SHORT):
        raise FrameError(f"TG563A: {len(data)} bytes; {SHORT} were expected, {LONG} with its history")
    bits = data[3] | data[4] << 8
    status = {name: bool(bits >> bit & 1) for name, bit in _STATUS.items()}
    faults = [name for name in _FAULTS if status[name]]
    marks, cleared = said(
        {
            Mark.TAMPER: not status["mounted"] or status["too_long_unmounted"],
            Mark.LOW_BATTERY: status["battery_low"] or message == LOW_BATTERY,
            Mark.DIRTY: status["fouled_smoke_chamber"],
            Mark.FAULT: bool(faults),
        }
    )
    words = _MESSAGES.get(data[0] & 15, f"message {message}")
    period = PERIODS_H[data[1] & 7]
    # Smoke is smoke: an unmounted or fouled detector that alarms is an alarm all the same.
    smoke = status["smoke_alarm"] or message == SMOKE
    return Payload(
        condition=Condition.ALARM if smoke else Condition.NORMAL,
        marks=marks,
        cleared=cleared,
        measurements=(
            Measurement("temperature", Decimal(signed(data[2])), "°C", raw=str(signed(data[2]))),
            *(_supply(data) if message == HISTORY else ()),
        ),
        detail=", ".join(faults) or words,
        period_h=period,
        facts={
            "model": "tg563a",
            "message_type": words,
            "status": status,
            "configuration": {
                "raw_value": f"{data[1]:02X}",
                "transmission_period": period,
                **{name: bool(data[1] >> bit & 1) for name, bit in _CONFIGURATION.items()},
            },
            **(_history(data) if message == HISTORY else {}),
        },
    )


def _supply(data: bytes) -> tuple[Measurement, ...]:
    return (Measurement("supply_voltage", Decimal(data[5]) / 100 + 1, "V", raw=str(data[5])),)


def _history(data: bytes) -> dict[str, object]:
    """Dates as written, counters, and times in seconds."""
    return {
        "serial_number": data[9:5:-1].hex(),
        "production_date": _date(data[10:12]),
        "installation_date": _date(data[12:14]),
        **{name: _seconds(data[at : at + 2]) for name, at in _CLOCKS.items()},
        **{name: data[at] for name, at in _COUNTERS.items()},
        "minimum_temperature": signed(data[32]),
        "maximum_temperature": signed(data[33]),
        "distance_threshold": data[34] * 10,
    }


def _date(data: bytes) -> str:
    """Day, month and year as the detector counts them: text, because a bad date is no reason to lose the rest."""
    value = int.from_bytes(data, "little")
    return f"{2000 + (value >> 9):04}-{value >> 5 & 15:02}-{value & 31:02}"


def _seconds(data: bytes) -> int:
    value = int.from_bytes(data, "little")
    return (value >> 2) * _UNIT_S[value & 3]
