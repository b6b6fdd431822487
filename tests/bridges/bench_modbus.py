"""A small profile that tests spoil in one place each."""

METER = """\
name: Công tơ mẫu
source: made up for a test
kind: sub_meter
registers:
  - {quantity: energy_import, function: 4, address: 72, type: float32, scale: 1000}
"""
