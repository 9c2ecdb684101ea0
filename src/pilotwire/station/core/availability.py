"""The state of each connector (functional block G): what it is, who may change it, and when the CSMS hears of it."""

from __future__ import annotations

from collections.abc import Iterator

from pilotwire.domain.availability import (
    Activity,
    Availability,
    ChangeAvailability,
    ChangeAvailabilityOutcome,
    ChangeAvailabilityStatus,
    ConnectorState,
    ConnectorStatus,
    Problem,
)
from pilotwire.domain.identity import STATION, EvseAddress
from pilotwire.domain.monitoring import EventsTold
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.transactions import ChargingState, StoppedReason
from pilotwire.station.core import events, installer, outbox_policy
from pilotwire.station.core.evse import Beside, Evse
from pilotwire.station.core.station import Station
from pilotwire.station.hardware.ports import ErrorCode

CUTTING = frozenset(
    {
        ErrorCode.EV_COMMUNICATION_ERROR,
        ErrorCode.GROUND_FAILURE,
        ErrorCode.HIGH_TEMPERATURE,
        ErrorCode.INTERNAL_ERROR,
        ErrorCode.OVER_CURRENT_FAILURE,
        ErrorCode.OVER_VOLTAGE,
        ErrorCode.POWER_SWITCH_FAILURE,
        ErrorCode.UNDER_VOLTAGE,
    }
)
"""Faults with which no energy may flow: the connector is Faulted. The others are told, and charging goes on."""

NAMES: dict[ErrorCode, str] = {
    ErrorCode.CONNECTOR_LOCK_FAILURE: "ConnectorLockFailure",
    ErrorCode.EV_COMMUNICATION_ERROR: "EVCommunicationError",
    ErrorCode.GROUND_FAILURE: "GroundFailure",
    ErrorCode.HIGH_TEMPERATURE: "HighTemperature",
    ErrorCode.INTERNAL_ERROR: "InternalError",
    ErrorCode.OTHER: "OtherError",
    ErrorCode.OVER_CURRENT_FAILURE: "OverCurrentFailure",
    ErrorCode.OVER_VOLTAGE: "OverVoltage",
    ErrorCode.POWER_METER_FAILURE: "PowerMeterFailure",
    ErrorCode.POWER_SWITCH_FAILURE: "PowerSwitchFailure",
    ErrorCode.READER_FAILURE: "ReaderFailure",
    ErrorCode.UNDER_VOLTAGE: "UnderVoltage",
    ErrorCode.WEAK_SIGNAL: "WeakSignal",
}
"""The standard codes (1.6 ChargePointErrorCode) of what a driver reports."""

STOPPED_BY: dict[ErrorCode, StoppedReason] = {
    ErrorCode.GROUND_FAILURE: StoppedReason.GROUND_FAULT,
    ErrorCode.OVER_CURRENT_FAILURE: StoppedReason.OVERCURRENT_FAULT,
    ErrorCode.OVER_VOLTAGE: StoppedReason.POWER_QUALITY,
    ErrorCode.UNDER_VOLTAGE: StoppedReason.POWER_QUALITY,
}
"""Why a transaction ended that such a fault ended; Other for the rest (E06.FR.08)."""

_CUTTING_NAMES = frozenset(NAMES[code] for code in CUTTING)
_EMERGENCY = Problem(code="OtherError", info="Emergency stop pressed")
_NO_MAINS = Problem(code="UnderVoltage", info="No mains")
_NO_VEHICLE = Problem(code="NoError", info="EV side disconnected")
"""Why a transaction is suspended whose vehicle is gone (1.6:4.10, StopTransactionOnEVSideDisconnect false)."""

_BESIDE = {Beside.WAITING: Activity.PREPARING, Beside.SERVED: Activity.FINISHING, Beside.CABLE: Activity.FINISHING}
"""What 1.6 says of connectors that are not the one in use."""
_ACTIVITIES = {
    ChargingState.CHARGING: Activity.CHARGING,
    ChargingState.SUSPENDED_EV: Activity.SUSPENDED_EV,
    ChargingState.SUSPENDED_EVSE: Activity.SUSPENDED_EVSE,
}


# --- what is so -----------------------------------------------------------------------------------------------------


def blocked(station: Station, evse: Evse) -> bool:
    """Whether something is wrong with which no energy may flow here."""
    return _cutting_problem(station, evse, evse.connector or evse.cable_in) is not None


def operative(station: Station, evse: Evse, connector: int | None = None) -> bool:
    """Whether it is in use: the CSMS left the station, the EVSE, and the connector if one is named; and no update needs it."""
    if station.condition.set_aside:
        return False
    if (forced := installer.forced(station)) is not None:
        return forced
    places = {(0, 0), (evse.evse_id, 0)} | ({(evse.evse_id, connector)} if connector is not None else set())
    return not places & station.condition.inoperative


def registered(station: Station) -> bool:
    """Whether the CSMS has accepted the station, or transactions may begin without (B02.FR.03)."""
    accepted = station.registration is RegistrationStatus.ACCEPTED
    return accepted or station.variables.on("TxCtrlr.TxBeforeAcceptedEnabled")


def usable(station: Station, evse: Evse) -> bool:
    """Whether a new transaction may begin here (F01.FR.23)."""
    resetting = station.reset is not None and station.reset.evse in (None, evse.evse_id)
    connectors = [evse.connector] if evse.connector is not None else list(evse.connectors)
    in_use = any(
        operative(station, evse, connector) and _cutting_problem(station, evse, connector) is None
        for connector in connectors
    )
    unfit = blocked(station, evse) or _unmetered(station, evse) or outbox_policy.refuses_charging(station)
    return in_use and not resetting and not unfit


def _unmetered(station: Station, evse: Evse) -> bool:
    """Whether the EVSE's meter fails: what would be charged could not be booked."""
    places = ((0, 0), (evse.evse_id, 0))
    return any("PowerMeterFailure" in station.condition.problems.get(place, {}) for place in places)


def states(station: Station) -> Iterator[tuple[EvseAddress, ConnectorState]]:
    """The state of the station as a whole and of each connector."""
    yield STATION, _station_state(station)
    for evse in station.evses.values():
        for connector in evse.connectors:
            address = EvseAddress(evse=evse.evse_id, connector=connector)
            yield address, connector_state(station, evse, connector)


def connector_state(station: Station, evse: Evse, connector: int) -> ConnectorState:
    """The state of one connector; a fault goes before everything, use before being out of use (G03.FR.05).

    Where a vehicle is, a failure of the mains is no fault of the connector: what became of its use is told (1.6:4.9, Finishing).
    """
    problem = _cutting_problem(station, evse, connector) or _lock_problem(evse, connector)
    waits_for_mains = problem is _NO_MAINS and _is_taken(station, evse, connector)
    if problem is not None and not waits_for_mains:
        return ConnectorState(availability=Availability.FAULTED, problem=problem)
    problem = problem or _any_problem(station, evse, connector)
    if not operative(station, evse, connector) and evse.tx is None:
        return ConnectorState(availability=Availability.UNAVAILABLE, problem=problem)
    if _is_taken(station, evse, connector) and not _stays_reserved(station, evse):
        if connector in evse.beside:
            return ConnectorState(
                availability=Availability.OCCUPIED, activity=_BESIDE[evse.beside[connector]], problem=problem
            )
        left = _NO_VEHICLE if evse.tx is not None and evse.connector is None and evse.cable_in is not None else None
        return ConnectorState(availability=Availability.OCCUPIED, activity=_activity(evse), problem=problem or left)
    free = Availability.RESERVED if evse.reserved else Availability.AVAILABLE
    return ConnectorState(availability=free, problem=problem)


def _stays_reserved(station: Station, evse: Evse) -> bool:
    """A cable alone does not end the state Reserved, the token does (G01.FR.09, G03.FR.09; 1.6:4.9, transition G2)."""
    unused = not evse.busy if station.settings.reservation_waits_for_transaction else evse.grant is None
    return evse.reserved and unused


def _is_taken(station: Station, evse: Evse, connector: int) -> bool:
    """By a cable (E02.FR.05), and in 1.6 also by the transaction of a vehicle that was there, or a driver who may begin one."""
    if evse.battery_low is not None:
        return evse.battery_low
    if installer.occupied_by_transaction_only(station):
        return evse.tx is not None and connector in {evse.tx.connector, evse.connector, evse.address.connector}
    if connector in evse.beside:
        return True
    in_use = {evse.connector, evse.cable_in} - {None}
    if not station.settings.occupied_when_authorized:
        return connector in in_use
    in_use |= {evse.tx.connector if evse.tx is not None else None} - {None}
    return connector in in_use if in_use else evse.grant is not None


def _activity(evse: Evse) -> Activity:
    if evse.finishing:
        return Activity.FINISHING
    if evse.tx is None:
        return _ACTIVITIES.get(evse.charging_state, Activity.PREPARING)
    if evse.tx.stopping is not None:
        return Activity.FINISHING
    if evse.connector is None and evse.tx.connector is not None:
        return Activity.SUSPENDED_EV
    return _ACTIVITIES.get(evse.charging_state, Activity.PREPARING)


def _station_state(station: Station) -> ConnectorState:
    problems = station.condition.problems.get((0, 0), {})
    cutting = _station_wide(station)
    if cutting is not None:
        return ConnectorState(availability=Availability.FAULTED, problem=cutting)
    forced = installer.forced(station)
    out = (0, 0) in station.condition.inoperative if forced is None else not forced
    out = out or station.condition.set_aside
    return ConnectorState(
        availability=Availability.UNAVAILABLE if out else Availability.AVAILABLE,
        problem=next(iter(problems.values()), None),
    )


def _station_wide(station: Station) -> Problem | None:
    if station.condition.emergency:
        return _EMERGENCY
    if not station.condition.powered:
        return _NO_MAINS
    return _first_cutting(station.condition.problems.get((0, 0), {}))


def _cutting_problem(station: Station, evse: Evse, connector: int | None) -> Problem | None:
    problems = station.condition.problems
    return (
        _station_wide(station)
        or _first_cutting(problems.get((evse.evse_id, 0), {}))
        or _first_cutting(problems.get((evse.evse_id, connector or 0), {}))
    )


def _first_cutting(problems: dict[str, Problem]) -> Problem | None:
    return next((problem for code, problem in problems.items() if code in _CUTTING_NAMES), None)


def _lock_problem(evse: Evse, connector: int) -> Problem | None:
    """A plug that cannot be locked is a fault until it is plugged in again (G05.FR.01; 1.6:4.9)."""
    return Problem(code="ConnectorLockFailure") if connector in evse.lock_failed else None


def _any_problem(station: Station, evse: Evse, connector: int) -> Problem | None:
    problems = station.condition.problems
    here = problems.get((evse.evse_id, connector), {}) or problems.get((evse.evse_id, 0), {})
    return next(iter(here.values()), None)


# --- what is said ---------------------------------------------------------------------------------------------------


def report_changes(station: Station) -> None:
    """Say each state that differs from what was said last (G01.FR.03 to G01.FR.07)."""
    if not station.online and not outbox_policy.queues_all(station):
        return
    for address, state in states(station):
        shown = installer.as_told(station, state)
        if station.condition.reported.get(address) == shown:
            installer.told(station, address)
        elif installer.is_settled(station, address, shown):
            report(station, address, state)


def report(station: Station, address: EvseAddress, state: ConnectorState, *, anyway: bool = False) -> None:
    """Say a state; `anyway`: even where the version spoken would see no difference to the last one."""
    state = installer.as_told(station, state)
    installer.told(station, address)
    previous = None if anyway else station.condition.reported.get(address)
    station.condition.reported[address] = state
    fact: ConnectorStatus | EventsTold
    fact = ConnectorStatus(address=address, at=station.stamp(), state=state, previous=previous)
    if not anyway and not address.is_station and events.tells_states(station):
        if previous is not None and previous.availability is state.availability:
            return
        fact = events.state_changed(station, address, state)
    if outbox_policy.queues_all(station) and not anyway:
        station.keep(fact)
    else:
        station.say(fact, failed=lambda refused: _not_heard(station, address, refused=refused))


def _not_heard(station: Station, address: EvseAddress, *, refused: bool) -> None:
    """A state that got no answer is said again; one that was refused would be refused again."""
    if not refused:
        station.condition.reported.pop(address, None)


# --- out of use and back --------------------------------------------------------------------------------------------


def change(station: Station, command: ChangeAvailability) -> ChangeAvailabilityOutcome:
    """Take something in or out of use (G03, G04); what a transaction runs on goes out when it has ended.

    A CSMS that asks for what is so already (G03.FR.03, G04.FR.04) seems not to know: the states there are said once more.
    """
    place = (command.address.evse, command.address.connector or 0)
    if not _exists(station, place):
        return ChangeAvailabilityOutcome(status=ChangeAvailabilityStatus.REJECTED)
    inoperative = station.condition.inoperative
    if (place in inoperative) is not command.operative:
        _forget_said(station, place)
    (inoperative.discard if command.operative else inoperative.add)(place)
    running = any(evse.tx for evse in _within(station, place)) or (place == (0, 0) and station.unplaced_tx is not None)
    waits = not command.operative and running
    status = ChangeAvailabilityStatus.SCHEDULED if waits else ChangeAvailabilityStatus.ACCEPTED
    return ChangeAvailabilityOutcome(status=status)


def _forget_said(station: Station, place: tuple[int, int]) -> None:
    evse_id, connector = place
    for address in list(station.condition.reported):
        if evse_id in (0, address.evse) and connector in (0, address.connector):
            del station.condition.reported[address]


def _exists(station: Station, place: tuple[int, int]) -> bool:
    evse_id, connector = place
    if evse_id == 0:
        return connector == 0
    return evse_id in station.evses and (connector == 0 or connector in station.evses[evse_id].connectors)


def _within(station: Station, place: tuple[int, int]) -> list[Evse]:
    evse_id, connector = place
    return [
        evse
        for evse in station.evses.values()
        if evse_id in (0, evse.evse_id) and connector in (0, evse.address.connector)
    ]
