"""A meter polled by Modbus in the background; what it last said is given at once.

A meter that does not answer, or says nothing usable, for `stale_after` seconds is a fault of its EVSE (`POWER_METER_FAILURE`), until it
speaks again; of the main meter one of the station by which nobody is kept from charging (`OTHER`). Its registers stay at what was last
read meanwhile: what flows is counted by the meter, and seen when it is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Protocol

from pilotwire.clock import Clock
from pilotwire.station.hardware.measurands import is_metered
from pilotwire.station.hardware.modbus.registers import Register, reads
from pilotwire.station.hardware.ports import (
    ErrorCode,
    FaultCleared,
    FaultRaised,
    HardwareEvent,
    Measured,
    MeterReading,
)

_OUTLET = {
    "Energy.Active.Import.Register": "energy_import_register",
    "Energy.Active.Export.Register": "energy_export_register",
    "Current.Offered": "current_offered_a",
    "Power.Offered": "power_offered_w",
    "Temperature": "temperature_c",
    "Frequency": "frequency_hz",
    "SoC": "soc_percent",
}
"""Values of which a reading has one for the whole outlet."""
_BY_PHASE = {"Current.Import": "current_a", "Voltage": "voltage_v"}
_LINES = ("L1", "L2", "L3")
MAIN = 0
"""The place of the main meter."""


class Answer(Protocol):
    """What a client gives for a read."""

    registers: list[int]

    def isError(self) -> bool:
        """Whether the meter refused it."""
        ...


class Client(Protocol):
    """What of a pymodbus client is used."""

    @property
    def connected(self) -> bool:
        """Whether the line stands."""
        ...

    async def connect(self) -> bool:
        """Make the line; False if it cannot be."""
        ...

    def close(self) -> None:
        """Let go."""
        ...

    def read_holding_registers(self, address: int, *, count: int, device_id: int) -> Awaitable[Any]:
        """Function 3."""
        ...

    def read_input_registers(self, address: int, *, count: int, device_id: int) -> Awaitable[Any]:
        """Function 4."""
        ...


@dataclass(slots=True)
class _Last:
    """What was read last, and when on the monotonic clock; nothing yet: no time."""

    values: dict[Register, Decimal]
    at: float | None = None


class ModbusMeter:
    """See the module. `client` is made when polling begins; `lock` keeps meters on one line from talking at once. EVSE 0: the main one."""

    def __init__(
        self,
        evse_id: int,
        device_id: int,
        registers: Sequence[Register],
        client: Callable[[], Client],
        clock: Clock,
        *,
        poll_seconds: float = 1.0,
        stale_after: float = 10.0,
        lock: asyncio.Lock | None = None,
    ) -> None:
        self.evse_id = evse_id
        self._device_id = device_id
        self._registers = tuple(registers)
        self._reads = reads(registers)
        self._client = client
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._stale_after = stale_after
        self._lock = lock or asyncio.Lock()
        self._last = _Last({})
        self._began = clock.monotonic()
        self._failing = ""
        self._why = "it has not answered yet"

    # --- polling --------------------------------------------------------------------------------------------------------------

    async def run(self, happened: Callable[[Sequence[HardwareEvent]], None]) -> None:
        """Poll until cancelled; `happened` is told when the meter fails and when it is back.

        Of a cancellation that meets the meter's answer the client may give the answer only (`asyncio.wait_for` before Python 3.12 does): so
        it is asked for, not only waited for.
        """
        client = self._client()
        this = asyncio.current_task()
        self._began = self._clock.monotonic()
        try:
            while this is None or not this.cancelling():
                happened(await self.poll(client))
                await asyncio.sleep(self._poll_seconds)
        finally:
            client.close()

    async def poll(self, client: Client) -> list[HardwareEvent]:
        """Read once; returns what that changed about the fault."""
        try:
            async with self._lock:
                values = await self._read(client)
        except Exception as error:  # whatever pymodbus or the system raises: the meter cannot be read
            self._why = str(error) or type(error).__name__
        else:
            self._take(values)
        return self._judge()

    async def _read(self, client: Client) -> dict[Register, Decimal]:
        if not client.connected and not await client.connect():
            raise ConnectionError("there is no connection to it")
        words: dict[tuple[str, int], int] = {}
        for table, start, count in self._reads:
            read = client.read_holding_registers if table == "holding" else client.read_input_registers
            answer: Answer = await read(start, count=count, device_id=self._device_id)
            if answer.isError() or len(answer.registers) < count:
                raise ConnectionError(f"it refused to tell the {table} registers from {start}: {answer}")
            words |= {(table, start + offset): word for offset, word in enumerate(answer.registers[:count])}
        values: dict[Register, Decimal] = {}
        for one in self._registers:
            value = one.value([words[one.table, one.address + offset] for offset in range(one.words)])
            if value is not None:
                values[one] = value
        return values

    def _take(self, values: dict[Register, Decimal]) -> None:
        """Registers only rise (J02.FR.16): a reading in which energy is missing or went back is none."""
        before, now = _energy(self._last.values), _energy(values)
        if now is None:
            self._why = "it does not tell its energy register"
        elif before is not None and now < before:
            self._why = f"its energy register went back from {before} to {now} Wh"
        else:
            self._last = _Last(values, self._clock.monotonic())

    def _judge(self) -> list[HardwareEvent]:
        since = self._began if self._last.at is None else self._last.at
        stale = self._clock.monotonic() - since > self._stale_after
        never = self._last.at is None
        if (stale or never) and not self._failing:
            self._failing = f"The {self._name} cannot be read: {self._why}."
            return [self._fault()]
        if not (stale or never) and self._failing:
            self._failing = ""
            return [FaultCleared(*self._place)]
        return []

    def _fault(self) -> FaultRaised:
        return FaultRaised(*self._place, info=self._failing[:50])

    @property
    def _name(self) -> str:
        return "main meter" if self.evse_id == MAIN else "meter"

    @property
    def _place(self) -> tuple[int | None, int | None, ErrorCode]:
        """Where its fault is told, and as what."""
        if self.evse_id == MAIN:
            return None, None, ErrorCode.OTHER
        return self.evse_id, None, ErrorCode.POWER_METER_FAILURE

    # --- the last look --------------------------------------------------------------------------------------------------------

    @property
    def failing(self) -> str:
        """Why it cannot be read, as a sentence; empty while it can."""
        return self._failing

    def survey(self) -> list[HardwareEvent]:
        """The fault, if there is one: as long as nothing was read there is."""
        if self._last.at is None and not self._failing:
            self._failing = f"The {self._name} cannot be read: {self._why}."
        return [self._fault()] if self._failing else []

    def reading(self, other: MeterReading) -> MeterReading:
        """What was last read; what this meter does not tell is as in `other`, except for energy: that is never another meter's.

        What the vehicle or the outlet tell stays as it is. Before anything was read it is not `known`, the registers are 0, and the fault
        keeps charging from beginning.
        """
        values = {one: value for one, value in self._last.values.items() if self._is_own(one)}
        plain: dict[str, Any] = {"energy_import_register": Decimal(0), "energy_export_register": Decimal(0)}
        told: set[Register] = set()
        for one, value in values.items():
            if one.measurand in _OUTLET and one.phase is None:
                plain[_OUTLET[one.measurand]] = value
                told.add(one)
        for measurand, name in _BY_PHASE.items():
            phases, used = _phases(values, measurand, getattr(other, name))
            if used:
                plain[name] = phases
                told |= used
        if (power := _power(values)) is not None:
            plain["power_w"] = power
            told |= {one for one in values if one.measurand in dict(_POWERS) and one.phase is None}
        kept = tuple(one for one in other.more if not is_metered(one.measurand))
        more = tuple(
            Measured(one.measurand, value, one.phase, "Outlet" if one in values else one.place)
            for one, value in self._last.values.items()
            if one not in told
        )
        return replace(other, **plain, more=(*kept, *more), sign=None, known=self._last.at is not None)

    def _is_own(self, one: Register) -> bool:
        """Whether a value is taken where the meter is: at the outlet, for the main meter at the grid connection."""
        places = ("Outlet", "Inlet") if self.evse_id == MAIN else ("Outlet",)
        return one.place in places or (one.measurand == "SoC" and one.place == "EV")


def _energy(values: dict[Register, Decimal]) -> Decimal | None:
    return next(
        (value for one, value in values.items() if one.measurand == "Energy.Active.Import.Register" and not one.phase),
        None,
    )


def _power(values: dict[Register, Decimal]) -> Decimal | None:
    """Import less export, of all phases together."""
    total = {one.measurand: value for one, value in values.items() if one.phase is None}
    known = [total[name] * sign for name, sign in _POWERS if name in total]
    return sum(known, Decimal(0)) if known else None


_POWERS = (("Power.Active.Import", 1), ("Power.Active.Export", -1))


def _phases(
    values: dict[Register, Decimal], measurand: str, other: tuple[Decimal, ...]
) -> tuple[tuple[Decimal, ...], set[Register]]:
    """A value for each phase, where this meter tells none that of the `other`; and the registers that are in it."""
    own = {one: value for one, value in values.items() if one.measurand == measurand}
    if len(other) == 1:
        used = {one for one in own if one.phase is None or one.phase.removesuffix("-N") == _LINES[0]}
        return tuple(own[one] for one in used)[:1], used
    found = {line: one for one in own if (line := (one.phase or "").removesuffix("-N")) in _LINES[: len(other)]}
    each = (own[found[line]] if line in found else before for line, before in zip(_LINES, other, strict=False))
    return tuple(each), set(found.values())
