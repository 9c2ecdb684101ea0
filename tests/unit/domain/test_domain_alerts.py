"""What is a sign that something is wrong, and what becomes of an alert."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.domain.alerts import (
    ALERT_SEVERITY,
    Alert,
    AlertSource,
    AlertState,
    Sign,
    acknowledged,
    after_sign,
    sign_of_event,
    sign_of_security,
    sign_of_status,
    without_monitor,
)
from pilotwire.domain.availability import Availability, ConnectorState, ConnectorStatus, Problem
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.identity import STATION, EvseAddress
from pilotwire.domain.kinds import changed
from pilotwire.domain.monitoring import DeviceEvent, EventNotification, EventTrigger
from pilotwire.domain.security import SecurityEvent

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)
HEAT = VariableName(component="Controller", variable="Temperature")


def _event(**more: Any) -> DeviceEvent:
    usual = {"event_id": 1, "at": NOON, "trigger": EventTrigger.ALERTING, "value": "71", "name": HEAT}
    return DeviceEvent(**(usual | {"notification": EventNotification.CUSTOM_MONITOR} | more))


def _sign(**more: Any) -> Sign:
    sign = sign_of_event(_event(**more), None)
    assert sign is not None
    return sign


def _alert(sign: Sign | None = None, known: Alert | None = None, least: int = ALERT_SEVERITY) -> Alert:
    alert = after_sign(known, sign or _sign(), "a1", "CS-1", least)
    assert alert is not None
    return alert


# --- events ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "monitors", "counts"), [(None, None, 5), (None, 2, 2), (7, 2, 7), (0, 2, 0)], ids=["usual", "m", "own", "0"]
)
def test_the_severity_that_counts(own: int | None, monitors: int | None, counts: int) -> None:
    """The event's own, else its monitor's, else the usual one."""
    sign = sign_of_event(_event(severity=own), monitors)
    assert sign is not None
    assert (sign.severity, sign.raised, sign.lasting) == (counts, True, True)


def test_periodic_values_are_no_sign() -> None:
    """However severe their monitor."""
    assert sign_of_event(_event(trigger=EventTrigger.PERIODIC, severity=0), 0) is None


@pytest.mark.req("N07.FR.02")
def test_what_is_cleared_is_well_again() -> None:
    """At the same place."""
    cleared = _sign(cleared=True)
    assert not cleared.raised
    assert cleared.place == _sign().place


def test_a_change_only_happens() -> None:
    """If somebody said how severe it is; else it is nothing."""
    assert sign_of_event(_event(trigger=EventTrigger.DELTA), None) is None
    sign = sign_of_event(_event(trigger=EventTrigger.DELTA), 4)
    assert sign is not None
    assert (sign.raised, sign.lasting, sign.severity) == (True, False, 4)


@pytest.mark.parametrize(
    ("variable", "value", "raised", "severity"),
    [
        ("AvailabilityState", "Faulted", True, 2),
        ("AvailabilityState", "Occupied", False, 2),
        ("Problem", "true", True, 5),
        ("problem", "False", False, 5),
        ("Tripped", "true", True, 5),
    ],
)
def test_variables_that_tell_by_themselves(variable: str, value: str, raised: bool, severity: int) -> None:
    """Without any threshold: a change says whether something is wrong there."""
    name = VariableName(component="Connector", variable=variable, evse=1, connector=1)
    sign = sign_of_event(_event(name=name, value=value, trigger=EventTrigger.DELTA), None)
    assert sign is not None
    assert (sign.raised, sign.severity, sign.lasting) == (raised, severity, True)


def test_places_differ_by_variable_place_and_monitor() -> None:
    """Names do not differ by case."""
    one = _sign()
    assert _sign(name=changed(HEAT, component="CONTROLLER")).place == one.place
    for other in ({"monitor_id": 7}, {"name": changed(HEAT, evse=1)}, {"name": changed(HEAT, variable="Power")}):
        assert _sign(**other).place != one.place


# --- connector states and security events ---------------------------------------------------------------------------


def _status(availability: Availability, problem: Problem | None = None, **more: Any) -> Sign:
    state = ConnectorState(availability=availability, problem=problem)
    usual = {"address": EvseAddress(evse=1, connector=1), "at": NOON, "state": state}
    return sign_of_status(ConnectorStatus(**(usual | more)), LATER)


@pytest.mark.parametrize(
    ("availability", "code", "raised", "severity"),
    [
        (Availability.AVAILABLE, None, False, 8),
        (Availability.AVAILABLE, "NoError", False, 8),
        (Availability.AVAILABLE, "WeakSignal", True, 7),
        (Availability.OCCUPIED, "ReaderFailure", True, 4),
        (Availability.FAULTED, "ReaderFailure", True, 2),
        (Availability.FAULTED, "GroundFailure", True, 0),
        (Availability.FAULTED, None, True, 2),
        (Availability.OCCUPIED, "SomethingOfAVendor", True, 4),
    ],
)
def test_states_of_connectors(availability: Availability, code: str | None, raised: bool, severity: int) -> None:
    """An error code has a severity, and who is Faulted cannot go on."""
    sign = _status(availability, None if code is None else Problem(code=code))
    assert (sign.raised, sign.severity, sign.source) == (raised, severity, AlertSource.STATUS)


def test_a_state_without_time_counts_from_its_arrival() -> None:
    """1.6 may leave the time out; connector 0 is the station."""
    sign = _status(Availability.FAULTED, at=None, address=STATION)
    assert (sign.at, sign.name.component, sign.name.evse) == (LATER, "ChargingStation", None)


def test_faulted_is_one_place_whichever_message_tells() -> None:
    """StatusNotification and NotifyEvent of the same connector are the same alert."""
    name = VariableName(component="Connector", variable="AvailabilityState", evse=1, connector=1)
    told = _sign(name=name, value="Faulted", trigger=EventTrigger.DELTA)
    assert told.place == _status(Availability.FAULTED).place


def test_every_error_code_of_16_has_a_severity() -> None:
    """None falls through to the one for codes nobody knows."""
    from typing import get_args

    from pilotwire.domain.alerts import _ERROR_CODES
    from pilotwire.ocpp.v16.enums import ChargePointErrorCode

    assert set(_ERROR_CODES) == set(get_args(ChargePointErrorCode))


def test_security_events() -> None:
    """What is critical and nobody wants is an alert; a boot is critical to the standard, but regular."""
    tamper = sign_of_security(SecurityEvent(type="TamperDetectionActivated", at=NOON))
    reboot = sign_of_security(SecurityEvent(type="ResetOrReboot", at=NOON))
    assert tamper is not None
    assert reboot is not None
    assert tamper.severity <= ALERT_SEVERITY < reboot.severity
    assert sign_of_security(SecurityEvent(type="FailedToAuthenticateAtCsms", at=NOON)) is None


# --- what becomes of it ---------------------------------------------------------------------------------------------


def test_raised_told_again_cleared_and_raised_again() -> None:
    """It is raised once as long as it lasts."""
    first = _alert()
    again = _alert(_sign(at=LATER, value="75"), first)
    assert (again.raised_at, again.told_at, again.occurrences, again.sign.value) == (NOON, LATER, 1, "75")
    cleared = _alert(_sign(at=LATER, cleared=True), acknowledged(again, LATER, "Anna", "fan"))
    assert (cleared.state, cleared.cleared_at, cleared.note) == (AlertState.CLEARED, LATER, "fan")
    anew = _alert(_sign(at=LATER), cleared)
    assert (anew.state, anew.raised_at, anew.occurrences, anew.note) == (AlertState.OPEN, LATER, 2, None)


def test_what_is_not_severe_enough_raises_nothing() -> None:
    """But it may clear."""
    assert after_sign(None, _sign(severity=6), "a1", "CS-1", 5) is None
    assert after_sign(None, _sign(severity=6), "a1", "CS-1", 6) is not None
    assert after_sign(None, _sign(severity=6, cleared=True), "a1", "CS-1", 9) is None
    assert _alert(_sign(severity=9, cleared=True), _alert()).state is AlertState.CLEARED


def test_what_was_before_counts_no_more() -> None:
    """A station that was offline tells late."""
    cleared = _alert(_sign(at=LATER, cleared=True), _alert())
    assert _alert(_sign(at=NOON), cleared) == cleared


def test_acknowledging() -> None:
    """What lasts is still there; what only happened is over."""
    lasting = acknowledged(_alert(), LATER, "Anna", None)
    assert (lasting.state, lasting.acknowledged_by) == (AlertState.ACKNOWLEDGED, "Anna")
    sign = sign_of_security(SecurityEvent(type="TamperDetectionActivated", at=NOON))
    happened = _alert(sign)
    assert acknowledged(happened, LATER, "Anna", None).state is AlertState.CLEARED
    assert (
        acknowledged(_alert(_sign(at=LATER, cleared=True), _alert()), LATER + timedelta(1), "A", None).cleared_at
        == LATER
    )


def test_what_happens_again_is_counted() -> None:
    """What is only said again is not, before and after somebody took note."""
    sign = sign_of_security(SecurityEvent(type="TamperDetectionActivated", at=NOON))
    assert sign is not None
    happened = _alert(sign)
    assert _alert(sign, happened) == happened
    over = acknowledged(happened, NOON, "Anna", None)
    assert _alert(sign, over) == over
    twice = _alert(changed(sign, at=LATER), happened)
    assert (twice.occurrences, twice.raised_at, twice.state) == (2, NOON, AlertState.OPEN)


@pytest.mark.req("N07.FR.12")
def test_a_monitor_that_is_gone_leaves_no_open_alert() -> None:
    """Nobody would clear it."""
    gone = without_monitor(_alert(_sign(monitor_id=7)), LATER)
    assert (gone.state, gone.cleared_at) == (AlertState.CLEARED, LATER)
    assert without_monitor(gone, LATER + timedelta(1)) == gone
