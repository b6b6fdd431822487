"""The check sums against the values the standards and catalogues print for `123456789`."""

import pytest

from keng_bridges.checksums import bcc, crc16_arc, crc16_ccitt_false, crc16_modbus
from keng_demo.bridge_firmware import crc


def test_catalogue_check_values() -> None:
    text = b"123456789"
    assert (crc16_ccitt_false(text), crc16_modbus(text), crc16_arc(text)) == (0x29B1, 0x4B37, 0xBB3D)


def test_modbus_request_of_two_input_registers_ends_with_its_crc_low_byte_first() -> None:
    assert crc16_modbus(bytes.fromhex("010400000002")).to_bytes(2, "little").hex() == "71cb"


@pytest.mark.parametrize("length", [0, 1, 7, 255, 512])
def test_two_ways_to_compute_the_link_crc_agree(length: int) -> None:
    data = bytes((7 * n + length) & 0xFF for n in range(length))
    assert crc16_ccitt_false(data) == crc(data)


def test_block_check_of_the_worked_readout() -> None:
    # Computed from the byte after STX through ETX, IEC 62056-21 clause 5.9.
    assert bcc(b"0.0.0(20180012345)\r\n1.8.0(001234.56*kWh)\r\n!\r\n\x03") == 0x41
