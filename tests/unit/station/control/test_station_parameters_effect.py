"""Each parameter an installer sets does something, from the moment it is set on a station that runs.

The rows are those of the page; a row without its test here fails. Identity, version, transport, URL and security profile are in
`test_station_setup`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from pilotwire.domain.data_transfer import DataTransferred
from pilotwire.domain.device_model import GetVariables, GetVariablesOutcome, VariableName, VariableQuery
from pilotwire.domain.firmware import UpdateFirmware
from pilotwire.domain.kinds import Fact
from pilotwire.domain.provisioning import Heartbeat
from pilotwire.domain.transactions import EventKind, TransactionEvent, TriggerReason
from pilotwire.simulator.building import make_vehicle
from pilotwire.station.control import control_api
from pilotwire.station.control.parameters import PARAMETERS
from pilotwire.station.core import metering
from pilotwire.station.core.installer_connection import OFFLINE_TEXT
from tests.support.eventually import eventually
from tests.support.scripted_csms import scripted_csms
from tests.support.secure_scene import SecureScene
from tests.support.station_lab import Lab, lab
from tests.support.station_world import START, StationWorld
from tests.support.world16 import World16

REGISTER, VOLTAGE = "Energy.Active.Import.Register", "Voltage"
QUIET = {"SampledDataCtrlr.TxUpdatedInterval": "0"}


def _set(world: StationWorld, name: str, value: str) -> None:
    """As the page does it."""
    world._perform(world.core.write(name, value, world.now))
    world.feed()


def _charge(world: StationWorld, seconds: float, *, ends: bool = False) -> None:
    world.plug()
    world.tap("ANNA")
    world.pass_time(seconds)
    if ends:
        world.tap("ANNA")


def _periodic(fact: Fact) -> bool:
    return isinstance(fact, TransactionEvent) and fact.trigger is TriggerReason.METER_VALUE_PERIODIC


def _aligned(fact: Fact) -> bool:
    return isinstance(fact, TransactionEvent) and fact.trigger is TriggerReason.METER_VALUE_CLOCK


def _ended(fact: Fact) -> bool:
    return isinstance(fact, TransactionEvent) and fact.kind is EventKind.ENDED


def _measurands(world: StationWorld, kind: Callable[[Fact], bool]) -> set[str]:
    events = [fact for fact in world.csms.events if kind(fact)]
    return {sample.measurand for event in events for reading in event.readings for sample in reading.samples}


# --- what a station does ---------------------------------------------------------------------------------------------

Look = Callable[[str, str], Any]
"""Given the variable and a value: what is seen of a running station after it was set."""


def _heartbeats(name: str, value: str) -> bool:
    world = StationWorld(ocpp16=True, variables={"AlignedDataCtrlr.Interval": "60"})
    _set(world, name, value)
    world.pass_time(1500)
    return len(world.csms.of(Heartbeat)) > 2


def _heartbeat_interval(name: str, value: str) -> int:
    world = StationWorld()
    _set(world, name, value)
    world.pass_time(1210)
    return len(world.csms.of(Heartbeat))


def _watchdog(name: str, value: str) -> int:
    world = StationWorld()
    world.cut()
    world.pass_time(300)
    _set(world, name, value)
    world.pass_time(320)
    return len(world.restarts)


def _queue_full(name: str, value: str) -> bool:
    world = StationWorld(variables={"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}, outbox_limit=6)
    _set(world, name, value)
    world.cut()
    _charge(world, 400, ends=True)
    world.unplug()
    world.plug()
    world.tap("CARL")
    return world.transaction is not None


def _display(name: str, value: str) -> str | None:
    world = StationWorld()
    world.cut()
    _set(world, name, value)
    return world.hardware.display.get(None)


def _information(name: str, value: str) -> bool:
    world = StationWorld(ocpp16=True, variables={"TxCtrlr.StopTxOnEVSideDisconnect": "false"})
    _set(world, name, value)
    _charge(world, 60)
    world.unplug(at_vehicle=True)
    return any(state.problem is not None for state in world.csms.statuses())


def _errors(name: str, value: str) -> bool:
    world = StationWorld(ocpp16=True)
    _set(world, name, value)
    world.does(world.hardware.raise_fault("WEAK_SIGNAL", 1, 1))
    return any(state.problem is not None for state in world.csms.statuses())


def _usb_errors(name: str, value: str) -> bool:
    world = StationWorld(ocpp16=True)
    _set(world, name, value)
    world.does(world.hardware.raise_fault("OTHER", 1, 1, vendor_error_code="USB-17"))
    return any(state.problem is not None for state in world.csms.statuses())


def _availability(world: StationWorld) -> str:
    return world.core.overview().evses[0].connectors[1].availability.value


def _during_update(name: str, value: str) -> str:
    world = StationWorld(ocpp16=True)
    _set(world, name, value)
    world.command(UpdateFirmware(location="https://fw.example/a.bin", retrieve_at=START))
    assert world.jobs
    return _availability(world)


def _forced(name: str, value: str) -> str:
    world = StationWorld()
    _set(world, name, value)
    return _availability(world)


def _with_a_cable(name: str, value: str) -> str:
    world = StationWorld(ocpp16=True)
    _set(world, name, value)
    world.plug()
    return world.csms.statuses()[-1].availability.value


def _long_values(name: str, value: str) -> bool:
    world = StationWorld(ocpp16=True)
    _set(world, name, value)
    asked = VariableQuery(name=VariableName(component="", variable="ConnectorPhaseRotation"))
    outcome = world.command(GetVariables(asked=(asked,)))
    assert isinstance(outcome, GetVariablesOutcome)
    return outcome.long_values


def _boolean_key(name: str, value: str) -> str | None:
    world = World16()
    _set(world, name, value)
    return world.value("LocalPreAuthorize")


def _attempts_of(world: StationWorld, name: str, value: str) -> int:
    """How often the end of a session was told within 100 s of being refused."""
    _set(world, name, value)
    world.csms.refusing = lambda fact: "InternalError" if _ended(fact) else None
    _charge(world, 30, ends=True)
    world.pass_time(100)
    return sum(1 for fact in world.csms.heard if _ended(fact))


def _attempts(name: str, value: str) -> int:
    wait = {"OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "5"}
    return _attempts_of(StationWorld(variables=QUIET | wait), name, value)


def _attempt_interval(name: str, value: str) -> int:
    twice = {"OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "2"}
    return _attempts_of(StationWorld(variables=QUIET | twice), name, value)


def _lawful_attempts(name: str, value: str) -> int:
    wait = {"InstallerCtrlr.MetrologicalMessageAttemptInterval": "5"}
    return _attempts_of(StationWorld(station="ac-22-fiscal", variables=QUIET | wait), name, value)


def _lawful_interval(name: str, value: str) -> int:
    twice = {"InstallerCtrlr.MetrologicalMessageAttempts": "2"}
    return _attempts_of(StationWorld(station="ac-22-fiscal", variables=QUIET | twice), name, value)


def _sampled(name: str, value: str) -> set[str]:
    world = StationWorld(variables={"SampledDataCtrlr.TxUpdatedInterval": "20"})
    _set(world, name, value)
    _charge(world, 61)
    return _measurands(world, _periodic)


def _sample_interval(name: str, value: str) -> int:
    """Set in mid-transaction."""
    world = StationWorld(variables=QUIET)
    _charge(world, 10)
    _set(world, name, value)
    world.pass_time(65)
    return sum(_periodic(fact) for fact in world.csms.heard)


def _clock_aligned(name: str, value: str) -> set[str]:
    world = StationWorld(variables=QUIET | {"AlignedDataCtrlr.Interval": "60"})
    _set(world, name, value)
    _charge(world, 70)
    return _measurands(world, _aligned)


def _aligned_interval(name: str, value: str) -> int:
    world = StationWorld(variables=QUIET)
    _charge(world, 10)
    _set(world, name, value)
    world.pass_time(115)
    return sum(_aligned(fact) for fact in world.csms.heard)


def _said_again(name: str, value: str) -> bool:
    retry = {
        "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "2",
        "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "1",
        "SampledDataCtrlr.TxUpdatedInterval": "60",
    }
    world = StationWorld(variables=retry)
    _set(world, name, value)
    world.csms.refusing = lambda fact: "InternalError" if _periodic(fact) else None
    _charge(world, 90)
    return sum(_periodic(fact) for fact in world.csms.heard) > 1


def _energy(name: str, value: str) -> list[str]:
    world = StationWorld(variables={"SampledDataCtrlr.TxUpdatedMeasurands": REGISTER})
    _set(world, name, value)
    station = world.core._station
    station.meter = lambda _: replace(world.hardware.meter(1), energy_import_register=Decimal("1234.6"))
    taken = metering.take(station, station.evses[1], "SampledDataCtrlr.TxUpdatedMeasurands", "Sample.Periodic")
    return [str(sample.value) for sample in taken.samples if sample.phase is None]


def _usage(name: str, value: str) -> int:
    world = StationWorld()
    _set(world, name, value)
    _charge(world, 60, ends=True)
    return len(world.csms.of(DataTransferred))


@dataclass(frozen=True)
class Effect:
    """What is seen with each of two values."""

    look: Look
    one: tuple[str, Any]
    other: tuple[str, Any]


ON, OFF = ("true", True), ("false", False)
EFFECTS: dict[str, Effect] = {
    "InstallerCtrlr.ForceHeartbeat": Effect(_heartbeats, ON, OFF),
    "OCPPCommCtrlr.HeartbeatInterval": Effect(_heartbeat_interval, ("60", 20), ("600", 2)),
    "InstallerCtrlr.TcpWatchdogTimeout": Effect(_watchdog, ("600", 1), ("0", 0)),
    "InstallerCtrlr.DisallowChargingIfQueueFull": Effect(_queue_full, ("true", False), ("false", True)),
    "InstallerCtrlr.ShowDisconnectAsError": Effect(_display, ("true", OFFLINE_TEXT), ("false", None)),
    "InstallerCtrlr.InformativeStatusNotifications": Effect(_information, ON, OFF),
    "InstallerCtrlr.ErrorStatusNotifications": Effect(_errors, ON, OFF),
    "InstallerCtrlr.UsbErrorStatusNotifications": Effect(_usb_errors, ON, OFF),
    "InstallerCtrlr.UnavailableDuringFirmwareUpdate": Effect(
        _during_update, ("true", "Unavailable"), ("false", "Available")
    ),
    "InstallerCtrlr.ForceConnectorState": Effect(_forced, ("Unavailable", "Unavailable"), ("None", "Available")),
    "InstallerCtrlr.ConnectorOccupiedStrategy": Effect(
        _with_a_cable, ("Legacy15", "Available"), ("Standard", "Occupied")
    ),
    "InstallerCtrlr.LongConfigurationValues": Effect(_long_values, ON, OFF),
    "InstallerCtrlr.IntegersForBooleanKeys": Effect(_boolean_key, ("true", "0"), ("false", "false")),
    "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": Effect(_attempts, ("1", 1), ("3", 3)),
    "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": Effect(_attempt_interval, ("5", 2), ("500", 1)),
    "InstallerCtrlr.MetrologicalMessageAttempts": Effect(_lawful_attempts, ("1", 1), ("3", 3)),
    "InstallerCtrlr.MetrologicalMessageAttemptInterval": Effect(_lawful_interval, ("5", 2), ("500", 1)),
    "SampledDataCtrlr.TxUpdatedMeasurands": Effect(_sampled, (REGISTER, {REGISTER}), (VOLTAGE, {VOLTAGE})),
    "SampledDataCtrlr.TxUpdatedInterval": Effect(_sample_interval, ("30", 2), ("0", 0)),
    "AlignedDataCtrlr.Measurands": Effect(_clock_aligned, (REGISTER, {REGISTER}), (VOLTAGE, {VOLTAGE})),
    "AlignedDataCtrlr.Interval": Effect(_aligned_interval, ("60", 2), ("0", 0)),
    "InstallerCtrlr.RetransmitMeterValues": Effect(_said_again, ON, OFF),
    "InstallerCtrlr.StrictEnergyUnit": Effect(_energy, ("true", ["1235"]), ("false", ["1234.6"])),
    "InstallerCtrlr.UsageDataTransfer": Effect(_usage, ("true", 1), ("false", 0)),
}


@pytest.mark.parametrize("name", EFFECTS)
def test_it_does_something_from_the_moment_it_is_set(name: str) -> None:
    effect = EFFECTS[name]
    for value, seen in (effect.one, effect.other, effect.one):
        assert effect.look(name, value) == seen, value


# --- what the connection does ----------------------------------------------------------------------------------------


class Installer:
    """Somebody at the page of a station."""

    def __init__(self, http: httpx.AsyncClient, one: Lab) -> None:
        self.http = http
        self.lab = one

    async def sets(self, name: str, value: str) -> None:
        answer = await self.http.post("/parameters", json={"name": name, "value": value})
        assert answer.status_code == 200, answer.text


@asynccontextmanager
async def installer(url: str, version: str = "2.0.1", **more: Any) -> AsyncIterator[Installer]:
    async with lab(url, version, **more) as one:
        api = control_api(one.station, make_vehicle, password="open-sesame")
        transport = httpx.ASGITransport(api, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://station", auth=("", "open-sesame")) as http:
            yield Installer(http, one)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    return SecureScene(Path(tmp_path_factory.mktemp("effects")))


async def _connection_type(name: str, _: SecureScene) -> None:
    async with scripted_csms() as csms, installer(csms.url) as somebody:
        await somebody.lab.until_accepted()
        await somebody.sets(name, "None")
        await somebody.lab.until(lambda: not somebody.lab.station.line.is_up, "no connection")
        assert csms.attempts == 1
        await somebody.sets(name, "Ethernet")
        await somebody.lab.until(lambda: somebody.lab.station.line.is_up, "a connection")


async def _proxy(name: str, _: SecureScene) -> None:
    asked: list[bytes] = []

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.close()

    server = await asyncio.start_server(attend, "127.0.0.1", 0)
    async with server, scripted_csms() as csms, installer(csms.url) as somebody:
        await somebody.lab.until_accepted()
        await somebody.sets(name, f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await eventually(lambda: asked)
        assert asked[0].split()[:2] == [b"CONNECT", f"127.0.0.1:{csms.port}".encode()]
        await somebody.sets(name, "")
        await eventually(lambda: len(csms.lines) == 2)


async def _pings(name: str, _: SecureScene) -> None:
    async with scripted_csms() as csms, installer(csms.url, variables={name: "0"}) as somebody:
        await somebody.lab.until_accepted()
        pinged = asyncio.Event()
        (line,) = csms.lines
        taken = line.process_event

        def seen(event: Any) -> None:
            if getattr(event, "opcode", None) == 0x9:
                pinged.set()
            taken(event)

        line.process_event = seen  # type: ignore[method-assign]
        await somebody.sets(name, "1")
        await asyncio.wait_for(pinged.wait(), 10)


async def _suites(name: str, scene: SecureScene) -> None:
    """A CSMS that knows no suite with forward secrecy but a block cipher's."""
    weak = scene.server(ciphers="ECDHE-ECDSA-AES128-SHA256", maximum_version=ssl.TLSVersion.TLSv1_2).context
    async with scripted_csms(tls=weak) as csms, installer(csms.url, files=scene.files()) as somebody:
        await somebody.lab.until_accepted()
        await somebody.sets(name, "SecureOnly")
        await somebody.lab.until(lambda: somebody.lab.station.line.trouble, "no common suite")
        await somebody.sets(name, "All")
        await eventually(lambda: len(csms.lines) == 2)


async def _host_name(name: str, scene: SecureScene) -> None:
    other = scene.server("other-host").context
    async with scripted_csms(tls=other) as csms, installer(csms.url, files=scene.files()) as somebody:
        await somebody.lab.until(lambda: somebody.lab.station.line.trouble, "another host")
        await somebody.sets(name, "SkipHostName")
        await somebody.lab.until_accepted()
        await somebody.sets(name, "Full")
        await somebody.lab.until(lambda: somebody.lab.station.line.trouble, "another host again")


async def _password(name: str, _: SecureScene) -> None:
    async with scripted_csms() as csms, installer(csms.url, password="old-password-1234") as somebody:
        await somebody.lab.until_accepted()
        await somebody.sets(name, "new-password-5678")
        await eventually(lambda: csms.passwords == ["old-password-1234", "new-password-5678"])


async def _login(name: str, _: SecureScene) -> None:
    async with scripted_csms("1.6") as csms, installer(csms.url, "1.6") as somebody:
        await somebody.lab.until_accepted()
        told = len(await csms.until_heard("StatusNotification", 2))
        for value, more in (("true", 1), ("false", 0)):
            await somebody.sets(name, value)
            answer = await somebody.http.post("/login", json={"password": "open-sesame"})
            assert answer.status_code == 204
            logins = len(csms.of("SecurityEventNotification"))
            await csms.until_heard("SecurityEventNotification", logins + 1)
            told += more
            await eventually(lambda: len(csms.of("StatusNotification")) == told)  # noqa: B023


async def _timeout(name: str, _: SecureScene) -> None:
    """A CSMS that takes the connection and says nothing: also an attempt that is under way is made as is set now."""
    silent: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: silent.append(writer), "127.0.0.1", 0)
    async with server:
        async with installer(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}") as somebody:
            await eventually(lambda: silent)
            await somebody.sets(name, "3")
            await somebody.lab.until(lambda: "within 3 s" in somebody.lab.station.line.trouble, "given up")
        for writer in silent:
            writer.close()


LINE: dict[str, Callable[[str, SecureScene], Awaitable[None]]] = {
    "InstallerCtrlr.ConnectionType": _connection_type,
    "InstallerCtrlr.WebSocketProxy": _proxy,
    "OCPPCommCtrlr.WebSocketPingInterval": _pings,
    "InstallerCtrlr.ConnectionStrictness": _suites,
    "InstallerCtrlr.TlsStrictness": _host_name,
    "SecurityCtrlr.BasicAuthPassword": _password,
    "InstallerCtrlr.NotifyOnLogin": _login,
    "InstallerCtrlr.ConnectionTimeout": _timeout,
}


@pytest.mark.parametrize("name", LINE)
async def test_the_connection_goes_by_it_from_the_moment_it_is_set(name: str, scene: SecureScene) -> None:
    await LINE[name](name, scene)


# --- all of them -----------------------------------------------------------------------------------------------------


def test_every_row_of_the_page_is_tested_to_do_something() -> None:
    assert {parameter.variable for parameter in PARAMETERS} == EFFECTS.keys() | LINE.keys()


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_every_row_is_kept_over_a_restart(version: str) -> None:
    """As it was set, whatever the station is started with; the first value does not come back."""
    wanted = {name: effect.one[0] for name, effect in EFFECTS.items()} | {
        "InstallerCtrlr.ConnectionType": "Ethernet",
        "InstallerCtrlr.WebSocketProxy": "proxy.example:3128",
        "OCPPCommCtrlr.WebSocketPingInterval": "44",
        "InstallerCtrlr.ConnectionStrictness": "SecureOnly",
        "InstallerCtrlr.TlsStrictness": "SkipHostName",
        "SecurityCtrlr.BasicAuthPassword": "new-password-5678",
        "InstallerCtrlr.NotifyOnLogin": "true",
        "InstallerCtrlr.ConnectionTimeout": "7",
    }
    async with installer("ws://127.0.0.1:9", version) as somebody:
        station = somebody.lab.station
        there = {str(declared.name) for declared, _ in station.core.variables()}
        mine = {name: value for name, value in wanted.items() if name in there}
        assert len(mine) >= len(wanted) - 2
        for name, value in mine.items():
            await somebody.sets(name, value)
        await station.reboot()
        assert {name: station.core.variable(name) for name in mine} == mine
