"""What a person writes of a Modbus meter: the table `[station.meter]`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pilotwire.clock import Clock
from pilotwire.errors import ConfigError
from pilotwire.station.hardware.modbus.meter import Client, ModbusMeter
from pilotwire.station.hardware.modbus.registers import Register, register_map

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
    """How to reach the meters of a station. `devices` are Modbus device ids by EVSE; all have the same registers. Times in seconds."""

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

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> ModbusSettings:
        """The settings in a table; raises `ConfigError` for what cannot be."""
        said = dict(table)
        registers = register_map(_rows(said.pop("registers", [])))
        devices = _devices(said.pop("devices", {"1": 1}))
        for name, value in said.items():
            if name not in _SCALARS:
                known = ", ".join((*_SCALARS, "devices", "registers"))
                raise ConfigError(f"A meter has no setting {name}.", f"There are {known}.")
            if not isinstance(value, _SCALARS[name]) or isinstance(value, bool):
                raise ConfigError(
                    f"The setting {name} of a meter cannot be {value!r}.", "See docs/station/metering.md."
                )
        settings = cls(registers, devices=devices, **said)
        settings._check()
        return settings

    def _check(self) -> None:
        if self.transport not in ("tcp", "rtu"):
            raise ConfigError(f"A meter cannot be reached by {self.transport!r}.", "Set transport to tcp or rtu.")
        if self.transport == "rtu" and not self.serial_port:
            raise ConfigError("A meter on a serial line needs to know which.", "Set serial_port, as /dev/ttyUSB0.")
        if self.parity not in ("N", "E", "O"):
            raise ConfigError(f"There is no parity {self.parity!r}.", "Set parity to N, E or O.")
        if not (1 <= self.port <= 65535 and self.baudrate > 0 and min(self.timeout, self.poll_seconds) > 0):
            raise ConfigError("That meter cannot be reached.", "Ports are 1 to 65535, times and rates above 0.")
        if self.stale_after < self.poll_seconds:
            raise ConfigError("A meter would be stale before it is read again.", "Let stale_after exceed poll_seconds.")

    def client(self) -> Client:
        """A client that is not connected yet; raises `ConfigError` where pymodbus is not installed."""
        try:
            from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
        except ImportError as error:
            raise ConfigError("A Modbus meter needs pymodbus.", "Install pilotwire[modbus].") from error
        if self.transport == "tcp":
            made: Any = AsyncModbusTcpClient(
                self.host, port=self.port, timeout=self.timeout, retries=0, reconnect_delay=0
            )
        else:
            made = AsyncModbusSerialClient(
                self.serial_port,
                baudrate=self.baudrate,
                parity=self.parity,
                timeout=self.timeout,
                retries=0,
                reconnect_delay=0,
            )
        return cast(Client, made)


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
    if not devices or not all(evse > 0 and 0 <= device <= 255 for evse, device in devices.items()):
        raise ConfigError(f"These are no meters by EVSE: {said!r}.", "EVSEs count from 1, device ids from 0 to 255.")
    return devices


def meters_of(settings: ModbusSettings, clock: Clock) -> dict[int, ModbusMeter]:
    """A meter for each EVSE. On a serial line they share one client; raises `ConfigError` where pymodbus is not installed."""
    settings.client().close()  # says now, and not in the background, that pymodbus is missing
    lock = asyncio.Lock()
    shared = _once(settings.client) if settings.transport == "rtu" else settings.client
    return {
        evse_id: ModbusMeter(
            evse_id,
            device,
            settings.registers,
            shared,
            clock,
            poll_seconds=settings.poll_seconds,
            stale_after=settings.stale_after,
            lock=lock if settings.transport == "rtu" else None,
        )
        for evse_id, device in settings.devices.items()
    }


def _once(make: Callable[[], Client]) -> Callable[[], Client]:
    made: list[Client] = []

    def client() -> Client:
        if not made:
            made.append(make())
        return made[0]

    return client
