"""A meter read by Modbus, TCP or RTU: which registers, the poll in the background, and the last look given at once.

It replaces the meter of another driver, EVSE by EVSE (`meters` of the station). Needs the extra `pilotwire[modbus]`.
"""

from __future__ import annotations

from pilotwire.station.hardware.modbus.meter import ModbusMeter
from pilotwire.station.hardware.modbus.registers import Register, register_map
from pilotwire.station.hardware.modbus.settings import ModbusSettings, metered_layout, meters_of

__all__ = ["ModbusMeter", "ModbusSettings", "Register", "metered_layout", "meters_of", "register_map"]
