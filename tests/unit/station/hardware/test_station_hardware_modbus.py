"""The Modbus meter: registers and their words, and polling a server of pymodbus over TCP."""

from __future__ import annotations

import asyncio
import importlib
import os
import struct
import sys
import tty
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from typing import Any, NoReturn

import pytest
from pymodbus import FramerType
from pymodbus.pdu.register_message import ReadHoldingRegistersResponse
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from pilotwire.clock import ManualClock
from pilotwire.errors import ConfigError
from pilotwire.station.hardware.measurands import offered_at, offered_by_main
from pilotwire.station.hardware.meter_readings import MeterReading, nothing_read
from pilotwire.station.hardware.modbus import (
    ModbusMeter,
    ModbusSettings,
    Register,
    metered_layout,
    meters_of,
    register_map,
)
from pilotwire.station.hardware.modbus.registers import reads
from pilotwire.station.hardware.ports import ErrorCode, FaultCleared, FaultRaised
from pilotwire.station.hardware.simulated import SimulatedStation, layout

REGISTERS: list[dict[str, Any]] = [
    {"measurand": "Energy.Active.Import.Register", "address": 0, "type": "uint32", "scale": 10},
    {"measurand": "Voltage", "address": 2, "type": "float32", "phase": "L1-N"},
    {"measurand": "Voltage", "address": 4, "type": "float32", "phase": "L2-N"},
    {"measurand": "Voltage", "address": 6, "type": "float32", "phase": "L3-N"},
    {"measurand": "Power.Active.Import", "address": 8, "type": "int32", "word_order": "little", "scale": "0.1"},
    {"measurand": "Power.Factor", "address": 20, "type": "int16", "scale": "0.001"},
    {"measurand": "Voltage", "address": 22, "type": "float32", "phase": "L1-L2"},
    {"measurand": "Temperature", "address": 24, "type": "int16", "place": "Body"},
]


# --- words ----------------------------------------------------------------------------------------------------------


def _words(format_: str, value: float) -> list[int]:
    packed = struct.pack(format_, value)
    return list(struct.unpack(f">{len(packed) // 2}H", packed))


@pytest.mark.parametrize(("type_", "format_", "raw", "value"), [
    ("int16", ">h", -5, "-5"),
    ("uint16", ">H", 65000, "65000"),
    ("int32", ">i", -70_000, "-70000"),
    ("uint32", ">I", 4_000_000_000, "4000000000"),
    ("int64", ">q", -(2**40), str(-(2**40))),
    ("uint64", ">Q", 2**63, str(2**63)),
    ("float32", ">f", 230.1, "230.1"),
    ("float64", ">d", 1234567.125, "1234567.125"),
], ids=lambda value: str(value))  # fmt: skip
@pytest.mark.parametrize("order", ["big", "little"])
def test_every_type_in_both_word_orders(type_: str, format_: str, raw: float, value: str, order: str) -> None:
    """And exactly, as a person would write it."""
    one = Register("Voltage", 0, type=type_, word_order=order)
    words = _words(format_, raw)
    assert one.words == len(words)
    assert one.value(words if order == "big" else words[::-1]) == Decimal(value)


@pytest.mark.parametrize("raw", [float("nan"), float("inf")])
def test_what_is_no_number_is_not_measured(raw: float) -> None:
    """Meters say NaN of what they do not know."""
    assert Register("Voltage", 0).value(_words(">f", raw)) is None


def test_a_scale_is_exact() -> None:
    """No binary fractions."""
    assert Register("Voltage", 0, type="int16", scale=Decimal("0.1")).value([2301]) == Decimal("230.1")


def test_registers_that_touch_are_read_together() -> None:
    """And those that do not, or are in another table, on their own; never more than a read may have."""
    assert reads(register_map(REGISTERS)) == [("holding", 0, 10), ("holding", 20, 1), ("holding", 22, 3)]
    many = [Register("Voltage", 2 * n) for n in range(100)]
    assert reads(many) == [("holding", 0, 124), ("holding", 124, 76)]


@pytest.mark.parametrize(("row", "because"), [
    ({"measurand": "Energy.Active.Import.Register"}, "no register of a meter"),
    ({"measurand": "Hunger", "address": 1}, "measurand"),
    ({"measurand": "Voltage", "address": 1, "type": "int8"}, "type"),
    ({"measurand": "Voltage", "address": 1, "word_order": "up"}, "word_order"),
    ({"measurand": "Voltage", "address": 1, "phase": "L4"}, "phase"),
    ({"measurand": "Voltage", "address": 65535}, "cannot be at"),
    ({"measurand": "Voltage", "address": 1, "scale": 0}, "cannot be at"),
    ({"measurand": "Voltage", "address": "x"}, "no register of a meter"),
    ({"measurand": "Voltage", "address": 1}, "do not have Energy"),
], ids=lambda value: value if isinstance(value, str) else "")  # fmt: skip
def test_a_register_that_cannot_be_is_told(row: dict[str, Any], because: str) -> None:
    """With a sentence for the person who wrote it."""
    with pytest.raises(ConfigError, match=because):
        register_map([row])


@pytest.mark.parametrize(("table", "because"), [
    ({"transport": "bus"}, "reached by"),
    ({"transport": "rtu"}, "serial line"),
    ({"port": 0}, "cannot be reached"),
    ({"port": "502"}, "port of a meter"),
    ({"host": 1}, "host of a meter"),
    ({"colour": "red"}, "no setting colour"),
    ({"parity": "X"}, "parity"),
    ({"stale_after": 0.5}, "stale"),
    ({"devices": {"one": 1}}, "meters by EVSE"),
    ({"devices": {"-1": 1}}, "meters by EVSE"),
    ({"main_registers": REGISTERS}, "not its device"),
    ({"devices": {"0": 9}, "main_registers": [{"measurand": "Voltage", "address": 1}]}, "do not have Energy"),
    ({"registers": "all"}, "list of tables"),
], ids=lambda value: value if isinstance(value, str) else "")  # fmt: skip
def test_settings_that_cannot_be_are_told(table: dict[str, Any], because: str) -> None:
    """As above."""
    with pytest.raises(ConfigError, match=because):
        ModbusSettings.read({"registers": REGISTERS} | table)


def test_without_pymodbus_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "pymodbus.client", None)
    with pytest.raises(ConfigError, match="needs pymodbus"):
        meters_of(ModbusSettings.read({"registers": REGISTERS}), ManualClock())


# --- over TCP -------------------------------------------------------------------------------------------------------


class _Server:
    """A Modbus server with one device, number 10; `put` changes its registers while it runs."""

    def __init__(self) -> None:
        self.words = [0] * 40
        self.put(0, _words(">I", 1234))
        for address, volts in ((2, 229.5), (4, 230.1), (6, 231.0), (22, 398.2)):
            self.put(address, _words(">f", volts))
        self.put(8, _words(">i", 110_400)[::-1])
        self.put(20, [998])
        self.put(24, [31])

    def put(self, address: int, words: list[int]) -> None:
        self.words[address : address + len(words)] = words

    async def _now(self, *access: Any) -> None:
        """Before each answer: the registers are as they are now."""
        start, registers = access[1], access[4]
        registers[:] = self.words[start : start + len(registers)]

    def devices(self, *ids: int) -> list[SimDevice]:
        """The device, by as many ids."""
        data = SimData(0, values=list(self.words), datatype=DataType.REGISTERS)
        return [SimDevice(one, simdata=[data], action=self._now) for one in ids]

    @asynccontextmanager
    async def running(self, port: int = 0, framer: FramerType = FramerType.SOCKET) -> AsyncIterator[int]:
        server = ModbusTcpServer(self.devices(10, 20), framer=framer, address=("127.0.0.1", port))
        await server.serve_forever(background=True)
        try:
            yield server.transport.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        finally:
            await server.shutdown()


def _meter(port: int, clock: ManualClock, **more: Any) -> tuple[ModbusMeter, Any]:
    settings = ModbusSettings.read(
        {"registers": REGISTERS, "port": port, "devices": {"1": 10}, "timeout": 0.5, "stale_after": 5} | more
    )
    return meters_of(settings, clock)[1], settings.client()


async def test_a_poll_is_the_reading_of_the_composite_station() -> None:
    """What the meter says comes from it, the rest is simulated; what has no place of its own is told besides."""
    server, clock = _Server(), ManualClock()
    station = SimulatedStation(layout("ac-22-single"))
    async with server.running() as port:
        meter, client = _meter(port, clock)
        assert await meter.poll(client) == []
        client.close()
    read = meter.reading(station.meter(1))
    assert read.energy_import_register == 12340
    assert read.voltage_v == (Decimal("229.5"), Decimal("230.1"), Decimal("231"))
    assert read.power_w == 11040
    assert read.current_offered_a == SimulatedStation(layout("ac-22-single")).meter(1).current_offered_a
    assert {(one.measurand, one.phase, one.place, one.value) for one in read.more} == {
        ("Power.Factor", None, "Outlet", Decimal("0.998")),
        ("Voltage", "L1-L2", "Outlet", Decimal("398.2")),
        ("Temperature", None, "Body", Decimal(31)),
        ("Current.Import.Minimum", None, "Outlet", Decimal(6)),  # not of the meter, but of the outlet
        ("Power.Import.Minimum", None, "Outlet", Decimal(6 * 230 * 3)),
    }


async def test_a_meter_that_goes_silent_is_a_fault_until_it_is_back() -> None:
    """Stale after the time set; its registers stay, and go on when it speaks again."""
    server, clock = _Server(), ManualClock()
    async with server.running() as port:
        meter, client = _meter(port, clock)
        assert meter.survey() != []  # nothing was read yet
        assert await meter.poll(client) == [FaultCleared(1, None, ErrorCode.POWER_METER_FAILURE)]
    clock.advance(4)
    assert await meter.poll(client) == []
    clock.advance(2)
    (fault,) = await meter.poll(client)
    assert isinstance(fault, FaultRaised)
    assert (fault.evse_id, fault.error_code) == (1, ErrorCode.POWER_METER_FAILURE)
    assert meter.survey() == [fault]
    own = SimulatedStation(layout("ac-22-single")).meter(1)
    assert meter.reading(own).energy_import_register == 12340
    server.put(0, _words(">I", 1300))
    async with server.running(port):
        assert await meter.poll(client) == [FaultCleared(1, None, ErrorCode.POWER_METER_FAILURE)]
    assert meter.reading(own).energy_import_register == 13000
    client.close()


@pytest.mark.parametrize(("devices", "because"), [({"1": 11}, "cannot be read"), ({"1": 10}, "")])
async def test_a_device_that_does_not_exist_is_a_fault_at_once(devices: dict[str, int], because: str) -> None:
    """There was never a reading, so nobody may charge."""
    clock = ManualClock()
    async with _Server().running() as port:
        meter, client = _meter(port, clock, devices=devices)
        events = await meter.poll(client)
        client.close()
    assert bool(events) == bool(because)
    assert because in meter.failing


async def test_a_register_that_goes_back_is_not_believed() -> None:
    """Energy only rises (J02.FR.16): the reading is dropped, and after a while it is a fault."""
    server, clock = _Server(), ManualClock()
    own = SimulatedStation(layout("ac-22-single")).meter(1)
    async with server.running() as port:
        meter, client = _meter(port, clock)
        await meter.poll(client)
        server.put(0, _words(">I", 7))
        assert await meter.poll(client) == []
        assert meter.reading(own).energy_import_register == 12340
        clock.advance(6)
        (fault,) = await meter.poll(client)
        client.close()
    assert isinstance(fault, FaultRaised)
    assert "went back" in meter.failing


async def test_it_polls_until_it_is_cancelled() -> None:
    """And tells of faults as they come."""
    told: list[Any] = []
    meter, _ = _meter(1, ManualClock(), poll_seconds=0.01, stale_after=1)
    task = asyncio.create_task(meter.run(told.extend))
    async with asyncio.timeout(5):
        while not told:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert isinstance(told[0], FaultRaised)


# --- phases and places ----------------------------------------------------------------------------------------------

_ENERGY = {"measurand": "Energy.Active.Import.Register", "address": 0, "type": "uint32", "scale": 10}


async def _polled(evse_id: int, *rows: dict[str, Any]) -> MeterReading:
    """What a meter with these registers tells in the place of the simulated one (EVSE 0: as a main meter of three phases)."""
    server = _Server()
    async with server.running() as port:
        settings = ModbusSettings.read({"registers": [_ENERGY, *rows], "port": port, "devices": {str(evse_id): 10}})
        meter, client = meters_of(settings, ManualClock())[evse_id], settings.client()
        await meter.poll(client)
        client.close()
    other = SimulatedStation(layout("ac-22-single")).meter(1) if evse_id else nothing_read(3)
    return meter.reading(other)


async def test_a_phase_the_meter_does_not_tell_is_that_of_the_outlet() -> None:
    """And no value is told twice."""
    read = await _polled(1, {"measurand": "Voltage", "address": 4, "phase": "L2-N"})
    assert read.voltage_v == (Decimal(230), Decimal("230.1"), Decimal(230))
    assert not [one for one in read.more if one.measurand == "Voltage"]


async def test_values_of_another_place_are_no_values_of_the_outlet() -> None:
    """Voltage in the station's body, energy at the inlet of the rectifier."""
    read = await _polled(
        1,
        {"measurand": "Voltage", "address": 2, "phase": "L1-N", "place": "Body"},
        {"measurand": "Power.Active.Import", "address": 20, "type": "int16", "place": "Inlet"},
    )
    assert read.voltage_v == (Decimal(230),) * 3
    assert read.power_w == 0
    told = {(one.measurand, one.phase, one.place) for one in read.more}
    assert {("Voltage", "L1-N", "Body"), ("Power.Active.Import", None, "Inlet")} <= told


async def test_what_a_meter_replaces_is_told_no_more() -> None:
    """The reactive energy of the simulated meter is not that of the real one; limits of the outlet stay."""
    read = await _polled(1)
    assert {one.measurand for one in read.more} == {"Current.Import.Minimum", "Power.Import.Minimum"}


# --- the main meter -------------------------------------------------------------------------------------------------


async def test_a_main_meter_tells_for_itself() -> None:
    """EVSE 0: nothing is simulated in it, wherever its registers say they are taken."""
    read = await _polled(
        0,
        {"measurand": "Voltage", "address": 2, "phase": "L1-N"},
        {"measurand": "Voltage", "address": 4, "phase": "L2-N", "place": "Inlet"},
        {"measurand": "Voltage", "address": 6, "phase": "L3-N"},
    )
    assert read.known
    assert read.energy_import_register == 12340
    assert read.voltage_v == (Decimal("229.5"), Decimal("230.1"), Decimal("231"))
    assert read.more == ()


def test_a_main_meter_has_registers_of_its_own() -> None:
    """`main_registers`; without them those of the others."""
    table = {"registers": REGISTERS, "devices": {"0": 20, "1": 10}}
    assert ModbusSettings.read(table).registers_of(0) == ModbusSettings.read(table).registers_of(1)
    own = ModbusSettings.read(table | {"main_registers": [_ENERGY]})
    assert (len(own.registers_of(0)), len(own.registers_of(1))) == (1, len(REGISTERS))


def test_the_layout_has_what_the_meters_tell() -> None:
    """What a CSMS may choose: of the meter what is in its registers, of the outlet what it has besides."""
    table = {"registers": REGISTERS, "devices": {"0": 20, "1": 10}, "main_registers": [_ENERGY]}
    metered = metered_layout(layout("ac-22-dual"), ModbusSettings.read(table))
    assert metered.main_meter is not None
    assert offered_by_main(metered) == {"Energy.Active.Import.Register", "Energy.Active.Import.Interval"}
    first, second = metered.evses
    assert "Power.Factor" in offered_at(first)
    assert "Energy.Apparent.Import" not in offered_at(first)
    assert "Energy.Apparent.Import" in offered_at(second)
    with pytest.raises(ConfigError, match="EVSE 2"):
        metered_layout(layout("ac-22-single"), ModbusSettings.read(table | {"devices": {"0": 20, "2": 9}}))


async def test_a_main_meter_that_fails_keeps_nobody_from_charging() -> None:
    """A fault of the station, but not of the meters that are billed by."""
    settings = ModbusSettings.read({"registers": REGISTERS, "port": 1, "devices": {"0": 10}, "timeout": 0.5})
    meter = meters_of(settings, ManualClock())[0]
    assert not meter.reading(nothing_read(3)).known
    (fault,) = await meter.poll(settings.client())
    assert isinstance(fault, FaultRaised)
    assert (fault.evse_id, fault.error_code) == (None, ErrorCode.OTHER)
    assert "main meter" in meter.failing


# --- RTU ------------------------------------------------------------------------------------------------------------


async def test_rtu_frames_through_a_converter() -> None:
    """Two meters on the one line behind it, asked one after the other."""
    server, clock = _Server(), ManualClock()
    async with server.running(framer=FramerType.RTU) as port:
        settings = ModbusSettings.read(
            {"registers": REGISTERS, "transport": "rtu-tcp", "port": port, "devices": {"0": 20, "1": 10}}
        )
        await _both_tell(settings, clock)


async def _both_tell(settings: ModbusSettings, clock: ManualClock) -> None:
    """Polled at the same time over one client, each meter answers for itself; then one that does not exist does not."""
    meters, client = meters_of(settings, clock), settings.client()
    other = SimulatedStation(layout("ac-22-single")).meter(1)
    await asyncio.gather(*(meter.poll(client) for meter in meters.values()))
    client.close()
    assert [(meter.failing, meter.reading(other).energy_import_register) for meter in meters.values()] == [
        ("", 12340),
        ("", 12340),
    ]


@contextmanager
def _line() -> Iterator[tuple[str, str]]:
    """A serial line between two pseudo terminals: the paths of its ends. Skips where the machine has none, or pyserial is missing."""
    try:
        serial = importlib.import_module("serial")
    except ImportError:
        _without("pyserial is not installed")
    try:
        masters, slaves = zip(os.openpty(), os.openpty(), strict=True)
        paths = [os.ttyname(slave) for slave in slaves]
        serial.Serial(paths[0]).close()
    except OSError as error:
        _without(f"this machine has no pseudo terminals: {error}")
    for slave in slaves:
        tty.setraw(slave)
    loop = asyncio.get_running_loop()
    for here, there in (masters, masters[::-1]):
        loop.add_reader(here, lambda here=here, there=there: os.write(there, os.read(here, 4096)))
    try:
        yield paths[0], paths[1]
    finally:
        for master in masters:
            loop.remove_reader(master)
        for each in (*masters, *slaves):
            os.close(each)


def _without(why: str) -> NoReturn:
    pytest.skip(f"A serial line cannot be tried: {why}.")


async def test_rtu_over_a_serial_line() -> None:
    """Against the serial server of pymodbus."""
    with _line() as (ours, theirs):
        server = ModbusSerialServer(_Server().devices(10, 20), port=theirs, baudrate=19200)
        await server.serve_forever(background=True)
        try:
            settings = ModbusSettings.read(
                {"registers": REGISTERS, "transport": "rtu", "serial_port": ours, "devices": {"0": 20, "1": 10}}
            )
            await _both_tell(settings, ManualClock())
        finally:
            await server.shutdown()


def test_without_pyserial_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """pymodbus raises something of its own then."""

    def missing(*_: Any, **__: Any) -> None:
        raise RuntimeError("Serial client requires pyserial")

    monkeypatch.setattr("pymodbus.client.AsyncModbusSerialClient", missing)
    with pytest.raises(ConfigError, match="needs pyserial"):
        meters_of(
            ModbusSettings.read({"registers": REGISTERS, "transport": "rtu", "serial_port": "/dev/null"}), ManualClock()
        )


class _Deaf:
    """A client like one over `asyncio.wait_for` before Python 3.12: of a cancellation that meets the answer it gives the answer."""

    connected = True

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def connect(self) -> bool:
        return True

    def close(self) -> None:
        self.connected = False

    async def read_holding_registers(self, address: int, *, count: int, device_id: int) -> Any:
        self.asked.set()
        try:
            return await asyncio.Future()
        except asyncio.CancelledError:
            return ReadHoldingRegistersResponse(registers=[0] * count)

    read_input_registers = read_holding_registers


async def test_polling_ends_even_if_the_client_swallows_the_cancellation() -> None:
    """Found where a station hung at its end."""
    client: Any = _Deaf()
    meter = ModbusMeter(1, 1, register_map(REGISTERS[:1]), lambda: client, ManualClock(), poll_seconds=0)
    polling = asyncio.ensure_future(meter.run(lambda _: None))
    await client.asked.wait()
    polling.cancel()
    await asyncio.wait((polling,))
    assert not client.connected
