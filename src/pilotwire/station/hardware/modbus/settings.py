"""What a person writes of a Modbus meter: the table `[station.meter]`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, cast

from pilotwire.clock import Clock
from pilotwire.errors import ConfigError
from pilotwire.station.hardware.layouts import MainMeter, StationLayout
from pilotwire.station.hardware.measurands import with_meter
from pilotwire.station.hardware.modbus.meter import MAIN as _MAIN
from pilotwire.station.hardware.modbus.meter import Client, ModbusMeter
from pilotwire.station.hardware.modbus.registers import Register, register_map

_TRANSPORTS = ("tcp", "rtu", "rtu-tcp")

_SCALARS: dict[str, tuple[type, ...]] = {
    "transport": (str,),
    "host": (str,),
    "port": (int,),
    "serial_port": (str,),
    "baudrate": (int,),
    "parity": (str,),
    "timeout": (int, float),
    "poll_seconds": (int, float),
    "stale_after": (int, float),
}


@dataclass(frozen=True, slots=True)
class ModbusSettings:
    """How to reach the meters of a station. `devices` are Modbus device ids by EVSE, 0: the main meter. Times in seconds.

    All have the same registers, but for the main meter if it has `main_registers`. `transport` is `tcp`, `rtu` on a serial line, or
    `rtu-tcp`: a serial line behind a converter that passes its frames on as they are.
    """

    registers: tuple[Register, ...]
    transport: str = "tcp"
    host: str = "127.0.0.1"
    port: int = 502
    serial_port: str = ""
    baudrate: int = 19200
    parity: str = "N"
    timeout: float = 2.0
    poll_seconds: float = 1.0
    stale_after: float = 10.0
    devices: Mapping[int, int] = field(default_factory=lambda: {1: 1})
    main_registers: tuple[Register, ...] = ()

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> ModbusSettings:
        """The settings in a table; raises `ConfigError` for what cannot be."""
        said = dict(table)
        registers = register_map(_rows(said.pop("registers", [])))
        devices = _devices(said.pop("devices", {"1": 1}))
        main_rows = _rows(said.pop("main_registers", []))
        main = register_map(main_rows) if main_rows else ()
        for name, value in said.items():
            if name not in _SCALARS:
                known = ", ".join((*_SCALARS, "devices", "registers", "main_registers"))
                raise ConfigError(f"A meter has no setting {name}.", f"There are {known}.")
            if not isinstance(value, _SCALARS[name]) or isinstance(value, bool):
                raise ConfigError(
                    f"The setting {name} of a meter cannot be {value!r}.", "See docs/station/metering.md."
                )
        settings = cls(registers, devices=devices, main_registers=main, **said)
        settings._check()
        return settings

    def _check(self) -> None:
        if self.transport not in _TRANSPORTS:
            remedy = f"Set transport to {', '.join(_TRANSPORTS)}."
            raise ConfigError(f"A meter cannot be reached by {self.transport!r}.", remedy)
        if self.main_registers and _MAIN not in self.devices:
            what = "The registers of the main meter are named, but not its device."
            raise ConfigError(what, "Write it as that of EVSE 0: devices = {0 = 10}.")
        if self.transport == "rtu" and not self.serial_port:
            raise ConfigError("A meter on a serial line needs to know which.", "Set serial_port, as /dev/ttyUSB0.")
        if self.parity not in ("N", "E", "O"):
            raise ConfigError(f"There is no parity {self.parity!r}.", "Set parity to N, E or O.")
        if not (1 <= self.port <= 65535 and self.baudrate > 0 and min(self.timeout, self.poll_seconds) > 0):
            raise ConfigError("That meter cannot be reached.", "Ports are 1 to 65535, times and rates above 0.")
        if self.stale_after < self.poll_seconds:
            raise ConfigError("A meter would be stale before it is read again.", "Let stale_after exceed poll_seconds.")

    def client(self) -> Client:
        """A client that is not connected yet; raises `ConfigError` where pymodbus, or pyserial for a serial line, is not installed."""
        try:
            from pymodbus import FramerType
            from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
        except ImportError as error:
            raise ConfigError("A Modbus meter needs pymodbus.", "Install pilotwire[modbus].") from error
        if self.transport != "rtu":
            framer = FramerType.SOCKET if self.transport == "tcp" else FramerType.RTU
            made: Any = AsyncModbusTcpClient(
                self.host, port=self.port, framer=framer, timeout=self.timeout, retries=0, reconnect_delay=0
            )
            return cast(Client, made)
        try:
            made = AsyncModbusSerialClient(
                self.serial_port,
                baudrate=self.baudrate,
                parity=self.parity,
                timeout=self.timeout,
                retries=0,
                reconnect_delay=0,
            )
        except RuntimeError as error:  # what pymodbus raises without pyserial
            raise ConfigError("A meter on a serial line needs pyserial.", "Install pilotwire[modbus].") from error
        return cast(Client, made)

    def registers_of(self, evse_id: int) -> tuple[Register, ...]:
        """The registers of the meter of an EVSE, 0: of the main one."""
        return self.main_registers if evse_id == _MAIN and self.main_registers else self.registers


def _rows(said: Any) -> list[Mapping[str, Any]]:
    if not isinstance(said, list) or not all(isinstance(row, Mapping) for row in said):
        raise ConfigError(
            "The registers of a meter are a list of tables.", "Write [[station.meter.registers]] for each."
        )
    return said


def _devices(said: Any) -> dict[int, int]:
    try:
        devices = {int(evse): int(device) for evse, device in dict(said).items()}
    except (TypeError, ValueError) as error:
        raise ConfigError(f"These are no meters by EVSE: {said!r}.", "Write devices = {1 = 10, 2 = 11}.") from error
    if not devices or not all(evse >= 0 and 0 <= device <= 255 for evse, device in devices.items()):
        raise ConfigError(
            f"These are no meters by EVSE: {said!r}.",
            "EVSEs count from 1, 0 is the main meter; device ids are 0 to 255.",
        )
    return devices


def meters_of(settings: ModbusSettings, clock: Clock) -> dict[int, ModbusMeter]:
    """A meter for each device. On a serial line they share one client; raises `ConfigError` where pymodbus is not installed."""
    settings.client().close()  # says now, and not in the background, that pymodbus is missing
    lock = asyncio.Lock()
    one_line = settings.transport != "tcp"
    shared = _once(settings.client) if one_line else settings.client
    return {
        evse_id: ModbusMeter(
            evse_id,
            device,
            settings.registers_of(evse_id),
            shared,
            clock,
            poll_seconds=settings.poll_seconds,
            stale_after=settings.stale_after,
            lock=lock if one_line else None,
        )
        for evse_id, device in settings.devices.items()
    }


def metered_layout(layout: StationLayout, settings: ModbusSettings) -> StationLayout:
    """The layout with these meters: what they tell is what a CSMS may choose from. Raises `ConfigError` for an EVSE it does not have."""
    count = len(layout.evses)
    if beyond := [evse for evse in settings.devices if evse > count]:
        raise ConfigError(f"A meter is for EVSE {beyond[0]}, and the station has {count}.", "See devices of the meter.")
    told = frozenset(one.measurand for one in settings.registers)
    evses = tuple(
        replace(evse, measurands=with_meter(evse, told)) if evse.evse_id in settings.devices else evse
        for evse in layout.evses
    )
    main = layout.main_meter
    if _MAIN in settings.devices:
        registers = settings.registers_of(_MAIN)
        lines = {
            (one.phase or "L1").partition("-")[0] for one in registers if one.measurand in ("Voltage", "Current.Import")
        }
        measurands = frozenset(one.measurand for one in registers)
        main = MainMeter(phases=max(len(lines - {"N"}), 1), own_consumption_w=Decimal(0), measurands=measurands)
    return replace(layout, evses=evses, main_meter=main)


def _once(make: Callable[[], Client]) -> Callable[[], Client]:
    made: list[Client] = []

    def client() -> Client:
        if not made:
            made.append(make())
        return made[0]

    return client
