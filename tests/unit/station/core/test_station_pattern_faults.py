"""Fault in mid-transaction: power cut off, status Faulted, the transaction stopped with the right reason; and what each fault does else.

One of the eight patterns in which stations fail certification. Every error code a driver can report is here, at an idle connector and at
a charging one, in 1.6 and in 2.x.
"""

from __future__ import annotations

import pytest

from pilotwire.domain.availability import Activity, Availability, ConnectorStatus
from pilotwire.domain.transactions import EventKind, StoppedReason, TriggerReason
from pilotwire.station.core import availability
from pilotwire.station.hardware.ports import ErrorCode
from pilotwire.station.hardware.simulated import NO_POWER_WITH
from tests.support.station_world import StationWorld

CUTTING = {
    ErrorCode.EV_COMMUNICATION_ERROR: StoppedReason.OTHER,
    ErrorCode.GROUND_FAILURE: StoppedReason.GROUND_FAULT,
    ErrorCode.HIGH_TEMPERATURE: StoppedReason.OTHER,
    ErrorCode.INTERNAL_ERROR: StoppedReason.OTHER,
    ErrorCode.OVER_CURRENT_FAILURE: StoppedReason.OVERCURRENT_FAULT,
    ErrorCode.OVER_VOLTAGE: StoppedReason.POWER_QUALITY,
    ErrorCode.POWER_SWITCH_FAILURE: StoppedReason.OTHER,
    ErrorCode.UNDER_VOLTAGE: StoppedReason.POWER_QUALITY,
}
"""Faults with which no energy may flow, and why a transaction ended that such a fault ended."""
HARMLESS = tuple(code for code in ErrorCode if code not in CUTTING)
"""Faults that are told, while charging goes on."""
CODES_1_6 = {code: code.value.replace("_", " ").title().replace(" ", "") for code in ErrorCode} | {
    ErrorCode.EV_COMMUNICATION_ERROR: "EVCommunicationError",
    ErrorCode.OTHER: "OtherError",
}
"""1.6 ChargePointErrorCode (1.6:7.6)."""
PLACES = {"station": (None, None), "EVSE": (1, None), "connector": (1, 1)}

each_family = pytest.mark.parametrize("ocpp16", [True, False], ids=["1.6", "2.x"])
each_place = pytest.mark.parametrize("place", PLACES)


def _world(*, ocpp16: bool) -> StationWorld:
    world = StationWorld(ocpp16=ocpp16)
    world.csms.names = ocpp16
    world.start()
    return world


def _charging(*, ocpp16: bool) -> StationWorld:
    """A vehicle charges for ten minutes."""
    world = _world(ocpp16=ocpp16)
    world.plug()
    world.tap("ANNA")
    world.pass_time(600)
    assert world.hardware.contactor_closed(1)
    assert world.transaction is not None
    return world


def _break(world: StationWorld, code: ErrorCode, place: str = "EVSE") -> None:
    world.does(world.hardware.raise_fault(code, *PLACES[place]))


def _mend(world: StationWorld, code: ErrorCode, place: str = "EVSE") -> None:
    world.does(world.hardware.clear_fault(code, *PLACES[place]))


def _shown(world: StationWorld) -> tuple[Availability, str | None]:
    """What the CSMS was told of the connector last: its state, and the code of what is wrong there."""
    state = world.csms.statuses()[-1]
    return state.availability, state.problem.code if state.problem is not None else None


def test_the_table_has_every_fault() -> None:
    """Hardware and core agree about which are dangerous, and each has a standard code."""
    assert set(CUTTING) == availability.CUTTING == NO_POWER_WITH
    assert availability.NAMES == CODES_1_6


# --- charging -------------------------------------------------------------------------------------------------------


@pytest.mark.req("E06.FR.16", "E06.FR.08")
@each_place
@each_family
@pytest.mark.parametrize("code", CUTTING)
def test_a_dangerous_fault_ends_the_transaction(code: ErrorCode, ocpp16: bool, place: str) -> None:
    """The contactor is open at once, the end is told with its reason, and the connector is Faulted with the code."""
    world = _charging(ocpp16=ocpp16)
    _break(world, code, place)
    assert not world.hardware.contactor_closed(1)
    assert world.transaction is None
    ended = world.csms.events[-1]
    assert (ended.kind, ended.stopped_reason) == (EventKind.ENDED, CUTTING[code])
    assert ended.trigger is TriggerReason.ABNORMAL_CONDITION
    assert _shown(world) == (Availability.FAULTED, CODES_1_6[code])
    assert list(world.csms.booked.values()) == [world.hardware.meter(1).energy_import_register]


@each_family
@pytest.mark.parametrize("code", CUTTING)
def test_nothing_charges_while_the_fault_is_there(code: ErrorCode, ocpp16: bool) -> None:
    """Neither the driver who was there, nor time, closes the contactor again."""
    world = _charging(ocpp16=ocpp16)
    _break(world, code)
    register = world.hardware.meter(1).energy_import_register
    world.tap("ANNA")
    world.pass_time(600)
    assert world.transaction is None
    assert world.hardware.meter(1).energy_import_register == register
    assert _shown(world) == (Availability.FAULTED, CODES_1_6[code])


@each_family
@pytest.mark.parametrize("code", CUTTING)
def test_after_the_fault_the_driver_begins_anew(code: ErrorCode, ocpp16: bool) -> None:
    """What was stopped stays stopped: no energy by itself, the connector is no longer Faulted, and a card begins another transaction."""
    world = _charging(ocpp16=ocpp16)
    _break(world, code)
    _mend(world, code)
    world.pass_time(60)
    assert not world.hardware.contactor_closed(1)
    assert _shown(world) == (Availability.OCCUPIED, None)
    world.unplug()
    assert _shown(world) == (Availability.AVAILABLE, None)
    world.plug()
    world.tap("ANNA")
    world.pass_time(600)
    assert world.hardware.contactor_closed(1)
    assert len(world.csms.booked) == 2


@each_place
@each_family
@pytest.mark.parametrize("code", HARMLESS)
def test_a_harmless_fault_lets_charging_go_on(code: ErrorCode, ocpp16: bool, place: str) -> None:
    """It is told, with the state the connector has, and told again when it is gone."""
    world = _charging(ocpp16=ocpp16)
    _break(world, code, place)
    before = world.hardware.meter(1).energy_import_register
    world.pass_time(600)
    assert world.hardware.contactor_closed(1)
    assert world.transaction is not None
    assert world.hardware.meter(1).energy_import_register > before
    if place != "station":
        assert _shown(world) == (Availability.OCCUPIED, CODES_1_6[code])
    else:
        told = [fact for fact in world.csms.of(ConnectorStatus) if fact.address.is_station]  # type: ignore[attr-defined]
        assert told[-1].state.problem.code == CODES_1_6[code]  # type: ignore[attr-defined]
    _mend(world, code, place)
    assert _shown(world) == (Availability.OCCUPIED, None)
    assert world.csms.statuses()[-1].activity is Activity.CHARGING


@each_family
def test_a_fault_at_the_other_outlet_ends_nothing_here(ocpp16: bool) -> None:
    """Only what the fault concerns is cut off."""
    world = StationWorld(ocpp16=ocpp16, station="ac-22-dual")
    world.csms.names = ocpp16
    world.start()
    world.plug()
    world.tap("ANNA")
    world.pass_time(600)
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 2))
    assert world.hardware.contactor_closed(1)
    assert world.transaction is not None
    assert world.csms.statuses(2, 1)[-1].availability is Availability.FAULTED


@each_family
def test_a_fault_offline_is_told_when_the_line_is_back(ocpp16: bool) -> None:
    """The end with its reason, and Faulted if it still is."""
    world = _charging(ocpp16=ocpp16)
    world.cut()
    _break(world, ErrorCode.GROUND_FAILURE)
    assert not world.hardware.contactor_closed(1)
    world.connect()
    world.pass_time(60)
    assert world.csms.events[-1].stopped_reason is StoppedReason.GROUND_FAULT
    assert _shown(world) == (Availability.FAULTED, "GroundFailure")


# --- idle -----------------------------------------------------------------------------------------------------------


@each_family
@pytest.mark.parametrize("code", CUTTING)
def test_a_dangerous_fault_at_an_idle_connector(code: ErrorCode, ocpp16: bool) -> None:
    """Faulted with the code; nobody can begin; Available again when it is gone, and everything works."""
    world = _world(ocpp16=ocpp16)
    _break(world, code)
    assert _shown(world) == (Availability.FAULTED, CODES_1_6[code])
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    assert (world.transaction, world.hardware.contactor_closed(1)) == (None, False)
    world.unplug()
    _mend(world, code)
    assert _shown(world) == (Availability.AVAILABLE, None)
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    assert world.hardware.contactor_closed(1)


@each_family
@pytest.mark.parametrize("code", HARMLESS)
def test_a_harmless_fault_at_an_idle_connector(code: ErrorCode, ocpp16: bool) -> None:
    """Available, with the code; then without."""
    world = _world(ocpp16=ocpp16)
    _break(world, code)
    assert _shown(world) == (Availability.AVAILABLE, CODES_1_6[code])
    _mend(world, code)
    assert _shown(world) == (Availability.AVAILABLE, None)


@pytest.mark.parametrize(
    ("code", "begins"),
    [
        (ErrorCode.OTHER, True),
        (ErrorCode.WEAK_SIGNAL, True),
        (ErrorCode.POWER_METER_FAILURE, False),  # what would be charged could not be booked
        (ErrorCode.CONNECTOR_LOCK_FAILURE, False),  # a plug that cannot be locked gets no energy
    ],
)
@each_family
def test_what_can_begin_in_spite_of_a_fault(code: ErrorCode, begins: bool, ocpp16: bool) -> None:
    """Charging begins where nothing it needs is broken."""
    world = _world(ocpp16=ocpp16)
    _break(world, code)
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    assert world.hardware.contactor_closed(1) is begins
