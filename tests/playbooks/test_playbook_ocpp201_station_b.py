"""Official OCPP 2.0.1 test cases of block B (provisioning), played with our station as the system under test; on 2.1 as well."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.wire_states import (
    booted,
    energy_transfer_started,
    ev_connected_pre_session,
    ev_disconnected,
    stop_authorized,
    unavailable,
)
from tests.support.wire_station import CARL, VERSIONS, Script, WireStation, events_of, named, statuses_of, told

pytestmark = pytest.mark.parametrize("version", VERSIONS)

THRESHOLD = ("OCPPCommCtrlr", "OfflineThreshold")


def _data(component: str, variable: str, **more: Any) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": variable}, **more}


def _get(station: WireStation, *asked: dict[str, Any]) -> list[Any]:
    results: list[Any] = station.ask("GetVariables", getVariableData=list(asked)).get_variable_result
    return results


def _set(station: WireStation, *wanted: dict[str, Any]) -> list[Any]:
    results: list[Any] = station.ask("SetVariables", setVariableData=list(wanted)).set_variable_result
    return results


def _about(result: Any) -> tuple[str, str, str, str | None]:
    return result.component.name, result.variable.name, result.attribute_status, result.attribute_type


def _no_trouble(result: Any) -> bool:
    return result.attribute_status_info is None or result.attribute_status_info.reason_code == "NoError"


# --- boot -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("B01.FR.01", "B01.FR.05", "B01.FR.09")
def test_tc_b_01_cs(version: str) -> None:
    """After a power cycle the station introduces itself with the reason, and once accepted tells every connector."""
    station = WireStation(version, station="ac-22-dual")
    said = booted(station)
    (boot,) = named(said, "BootNotification")
    assert boot.reason == "PowerUp"
    assert said[0] is boot
    assert set(statuses_of(said).values()) == {"Available"}


@pytest.mark.req("B02.FR.01", "B02.FR.02", "B02.FR.04", "B02.FR.05", "B02.FR.06", "F06.FR.17")
def test_tc_b_02_cs(version: str) -> None:
    """While Pending only what the CSMS asks for is said, variables can be set and read, no remote start; a trigger brings the next boot."""
    station = WireStation(version, script=Script(registration="Pending", interval=600), station="ac-22-dual")
    assert [type(one).__name__ for one in station.said()] == ["BootNotificationRequest"]
    (result,) = _set(station, _data(*THRESHOLD, attributeValue="300"))
    assert result.attribute_status == "Accepted"
    (result,) = _get(station, _data(*THRESHOLD))
    assert (result.attribute_status, result.attribute_value) == ("Accepted", "300")
    assert _report(station, "GetBaseReport", reportBase="FullInventory")
    id_token = {"idToken": CARL, "type": "ISO14443"}
    response = station.ask("RequestStartTransaction", idToken=id_token, evseId=1, remoteStartId=1)
    assert response.status == "Rejected"
    station.pass_time(300)
    assert station.said() == [response]
    assert station.line
    station.script.registration = "Accepted"
    answer = station.ask("TriggerMessage", requestedMessage="BootNotification")
    assert answer.status == "Accepted"
    said = station.said()
    assert said[0] is answer
    assert said[1].reason == "Triggered"
    assert statuses_of(said) == dict.fromkeys(station.connectors, "Available")


@pytest.mark.req("B03.FR.02", "B03.FR.06")
def test_tc_b_03_cs(version: str) -> None:
    """A rejected station says nothing until the interval is over, then boots again and, accepted, tells every connector."""
    station = WireStation(version, script=Script(registration="Rejected", interval=120), station="ac-22-dual")
    station.said()
    station.plug()
    station.pass_time(119)
    assert station.said() == []
    station.unplug()
    station.script.registration = "Accepted"
    station.pass_time(2)
    said = station.said()
    assert type(said[0]).__name__ == "BootNotificationRequest"
    first, second = station.times("BootNotification")
    assert (second - first).total_seconds() >= 120
    assert statuses_of(said) == dict.fromkeys(station.connectors, "Available")


@pytest.mark.req("B03.FR.08")
def test_tc_b_30_cs(version: str) -> None:
    """A station that was rejected answers whatever the CSMS asks with SecurityError."""
    station = WireStation(version, script=Script(registration="Rejected", interval=120))
    assert station.ask("GetBaseReport", requestId=1, reportBase="FullInventory") == "SecurityError"
    assert station.ask("GetVariables", getVariableData=[_data(*THRESHOLD)]) == "SecurityError"
    assert station.ask("TriggerMessage", requestedMessage="Heartbeat") == "SecurityError"


# --- reading and setting variables ----------------------------------------------------------------------------------


@pytest.mark.req("B06.FR.01", "B06.FR.02", "B06.FR.03", "B06.FR.04", "B06.FR.10", "B06.FR.11")
def test_tc_b_06_cs(version: str) -> None:
    """One variable is read with its value and type."""
    station = WireStation(version, variables={"OCPPCommCtrlr.OfflineThreshold": "300"})
    (result,) = _get(station, _data(*THRESHOLD, attributeType="Actual"))
    assert _about(result) == (*THRESHOLD, "Accepted", "Actual")
    assert result.attribute_value == "300"
    assert _no_trouble(result)


@pytest.mark.req("B06.FR.01", "B06.FR.02", "B06.FR.03", "B06.FR.04", "B06.FR.10")
def test_tc_b_07_cs(version: str) -> None:
    """Two variables of two components are read by one request."""
    station = WireStation(version, variables={"OCPPCommCtrlr.OfflineThreshold": "300"})
    local = ("AuthCtrlr", "LocalAuthorizeOffline")
    results = _get(station, _data(*THRESHOLD, attributeType="Actual"), _data(*local, attributeType="Actual"))
    assert {(_about(one), one.attribute_value) for one in results} == {
        ((*THRESHOLD, "Accepted", "Actual"), "300"),
        ((*local, "Accepted", "Actual"), "true"),
    }
    assert all(map(_no_trouble, results))


@pytest.mark.req("B05.FR.01", "B05.FR.02", "B05.FR.03", "B05.FR.10")
def test_tc_b_09_cs(version: str) -> None:
    """One variable is set, and has the value afterwards."""
    station = WireStation(version)
    (result,) = _set(station, _data(*THRESHOLD, attributeValue="300", attributeType="Actual"))
    assert _about(result) == (*THRESHOLD, "Accepted", "Actual")
    assert _no_trouble(result)
    assert _get(station, _data(*THRESHOLD))[0].attribute_value == "300"


@pytest.mark.req("B05.FR.01", "B05.FR.02", "B05.FR.03", "B05.FR.10")
def test_tc_b_10_cs(version: str) -> None:
    """Two variables of two components are set by one request."""
    station = WireStation(version)
    local = ("AuthCtrlr", "LocalAuthorizeOffline")
    results = _set(
        station,
        _data(*THRESHOLD, attributeValue="300", attributeType="Actual"),
        _data(*local, attributeValue="true", attributeType="Actual"),
    )
    assert {_about(one) for one in results} == {(*THRESHOLD, "Accepted", "Actual"), (*local, "Accepted", "Actual")}
    assert all(map(_no_trouble, results))


@pytest.mark.req("B05.FR.07")
@pytest.mark.parametrize(
    ("value", "number", "boolean"),
    [
        ("300", "Accepted", "Rejected"),
        ("300.1", "Rejected", "Rejected"),
        ("true", "Rejected", "Accepted"),
        ("2026-03-01T08:00:00Z", "Rejected", "Rejected"),
        ("abc", "Rejected", "Rejected"),
    ],
)
def test_tc_b_11_cs(version: str, value: str, number: str, boolean: str) -> None:
    """A value of the wrong format for its variable is rejected and leaves the variable as it was."""
    station = WireStation(version)
    remote = ("AuthCtrlr", "AuthorizeRemoteStart")
    for place, expected in ((THRESHOLD, number), (remote, boolean)):
        before = _get(station, _data(*place))[0].attribute_value
        (result,) = _set(station, _data(*place, attributeValue=value))
        assert _about(result) == (*place, expected, "Actual")
        after = _get(station, _data(*place))[0].attribute_value
        assert after == (value if expected == "Accepted" else before)


@pytest.mark.req("B06.FR.06")
def test_tc_b_32_cs(version: str) -> None:
    """A component the station does not have cannot be read."""
    (result,) = _get(WireStation(version), _data("UnknownComponent", "OfflineThreshold"))
    assert _about(result)[:3] == ("UnknownComponent", "OfflineThreshold", "UnknownComponent")


@pytest.mark.req("B06.FR.07")
def test_tc_b_33_cs(version: str) -> None:
    """A variable its component does not have cannot be read."""
    (result,) = _get(WireStation(version), _data("OCPPCommCtrlr", "UnknownVariable"))
    assert _about(result)[:3] == ("OCPPCommCtrlr", "UnknownVariable", "UnknownVariable")


@pytest.mark.req("B06.FR.08")
def test_tc_b_34_cs(version: str) -> None:
    """An attribute the variable does not have cannot be read."""
    (result,) = _get(WireStation(version), _data(*THRESHOLD, attributeType="Target"))
    assert _about(result) == (*THRESHOLD, "NotSupportedAttributeType", "Target")


@pytest.mark.req("B05.FR.04")
def test_tc_b_35_cs(version: str) -> None:
    """A component the station does not have cannot be set."""
    (result,) = _set(WireStation(version), _data("UnknownComponent", "OfflineThreshold", attributeValue="300"))
    assert _about(result)[:3] == ("UnknownComponent", "OfflineThreshold", "UnknownComponent")


@pytest.mark.req("B05.FR.05")
def test_tc_b_36_cs(version: str) -> None:
    """A variable its component does not have cannot be set."""
    (result,) = _set(WireStation(version), _data("OCPPCommCtrlr", "UnknownVariable", attributeValue="300"))
    assert _about(result)[:3] == ("OCPPCommCtrlr", "UnknownVariable", "UnknownVariable")


@pytest.mark.req("B05.FR.06")
def test_tc_b_37_cs(version: str) -> None:
    """An attribute the variable does not have cannot be set."""
    station = WireStation(version)
    (result,) = _set(station, _data(*THRESHOLD, attributeValue="300", attributeType="Target"))
    assert _about(result) == (*THRESHOLD, "NotSupportedAttributeType", "Target")


@pytest.mark.req("B05.FR.09")
def test_tc_b_39_cs(version: str) -> None:
    """A variable that can only be read is not set; the answer names its instance too."""
    timeout = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "MessageTimeout", "instance": "Default"},
        "attributeValue": "30",
    }
    (result,) = _set(WireStation(version), timeout)
    assert _about(result)[:3] == ("OCPPCommCtrlr", "MessageTimeout", "Rejected")
    assert result.variable.instance == "Default"


# --- reset ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("B11.FR.01", "B11.FR.03", "B11.FR.04", "B01.FR.03")
def test_tc_b_20_cs(version: str) -> None:
    """An idle station resets at once, boots, and tells every connector."""
    station = WireStation(version, station="ac-22-dual")
    said = booted(station, reset="OnIdle")
    assert named(said, "BootNotification")[0].reason == "RemoteReset"
    assert statuses_of(said) == dict.fromkeys(station.connectors, "Available")


@pytest.mark.req("B12.FR.01", "B12.FR.03")
@pytest.mark.parametrize("stop_point", ["Authorized", "EVConnected"])
def test_tc_b_21_cs(version: str, stop_point: str) -> None:
    """A reset on idle waits until the transaction has ended as it would have anyway, then the station reboots."""
    station = WireStation(version, station="ac-22-dual", variables={"TxCtrlr.TxStopPoint": stop_point})
    energy_transfer_started(station)
    assert station.ask("Reset", type="OnIdle").status == "Scheduled"
    stop_authorized(station)
    if stop_point == "EVConnected":
        station.unplug()
    assert station.events[-1].event_type == "Ended"
    station.pass_time(60)
    said = [heard.message for heard in station.log]
    said = said[said.index(station.all("BootNotification")[-1]) :]
    assert said[0].reason == "ScheduledReset"
    state = "Occupied" if stop_point == "Authorized" else "Available"
    assert statuses_of(said) == {(1, 1): state, (2, 1): "Available"}
    kinds = {one.type for one in named(said, "SecurityEventNotification")}
    assert kinds & {"StartupOfTheDevice", "ResetOrReboot"}


@pytest.mark.req("B12.FR.02", "B12.FR.04", "B01.FR.03")
def test_tc_b_22_cs(version: str) -> None:
    """An immediate reset ends the transaction, tells so before the reboot, and the plugged connector is Occupied after it."""
    station = WireStation(version, station="ac-22-dual")
    energy_transfer_started(station)
    response = station.ask("Reset", type="Immediate")
    assert response.status == "Accepted"
    station.pass_time(60)
    said = station.said()
    assert said[0] is response
    (ended,) = events_of(said)
    assert told(ended) == ("Ended", "ResetCommand", "EVConnected")
    assert ended.transaction_info.stopped_reason == "ImmediateReset"
    assert ended.id_token is None
    (boot,) = named(said, "BootNotification")
    assert boot.reason == "RemoteReset"
    assert said.index(ended) < said.index(boot)
    after = said[said.index(boot) :]
    assert statuses_of(after) == {(1, 1): "Occupied", (2, 1): "Available"}


@pytest.mark.req("B11.FR.01", "B11.FR.02", "B11.FR.03", "B11.FR.04", "B01.FR.03")
def test_tc_b_23_cs(version: str) -> None:
    """A connector that was taken out of use is Unavailable after the reset as before it."""
    station = WireStation(version, station="ac-22-dual")
    unavailable(station, 1, 1)
    said = booted(station, reset="OnIdle")
    assert named(said, "BootNotification")[0].reason == "RemoteReset"
    assert statuses_of(said) == {(1, 1): "Unavailable", (2, 1): "Available"}


@pytest.mark.req("B11.FR.01", "B11.FR.08", "B11.FR.10")
def test_tc_b_25_cs(version: str) -> None:
    """A single EVSE that is idle is reset without a reboot of the station, as its variable AllowReset promises."""
    station = WireStation(version, station="ac-22-dual")
    allowed = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AllowReset"}}
    assert _get(station, allowed)[0].attribute_value == "true"
    station.said()
    assert station.ask("Reset", type="OnIdle", evseId=1).status == "Accepted"
    station.pass_time(60)
    assert not named(station.said(), "BootNotification")


@pytest.mark.req("B12.FR.01", "B12.FR.07")
def test_tc_b_26_cs(version: str) -> None:
    """The reset of an EVSE on idle waits for its transaction, which ends as it would have anyway."""
    station = WireStation(version, station="ac-22-dual")
    energy_transfer_started(station)
    assert station.ask("Reset", type="OnIdle", evseId=1).status == "Scheduled"
    assert events_of(station.said()) == []
    stop_authorized(station)
    ev_disconnected(station)
    station.pass_time(60)
    assert not named(station.said(), "BootNotification")
    ev_connected_pre_session(station)


@pytest.mark.req("B12.FR.02", "B12.FR.08")
def test_tc_b_27_cs(version: str) -> None:
    """The immediate reset of an EVSE ends its transaction; the other EVSE charges on."""
    station = WireStation(version, station="ac-22-dual")
    energy_transfer_started(station)
    energy_transfer_started(station, 2, token=CARL)
    assert station.ask("Reset", type="Immediate", evseId=1).status == "Accepted"
    (ended,) = events_of(station.said())
    assert told(ended) == ("Ended", "ResetCommand", "EVConnected")
    assert ended.transaction_info.stopped_reason == "ImmediateReset"
    assert ended.evse.id == 1
    assert station.hardware.meter(2).power_w > 0


@pytest.mark.req("B12.FR.01", "B12.FR.03")
def test_tc_b_41_cs(version: str) -> None:
    """With two transactions a reset on idle waits for the end of the second."""
    station = WireStation(version, station="ac-22-dual")
    energy_transfer_started(station)
    energy_transfer_started(station, 2, token=CARL)
    assert station.ask("Reset", type="OnIdle").status == "Scheduled"
    stop_authorized(station)
    ev_disconnected(station)
    assert len(station.all("BootNotification")) == 1
    stop_authorized(station, 2, token=CARL)
    station.pass_time(60)
    said = [heard.message for heard in station.log]
    boot = station.all("BootNotification")[1]
    assert boot.reason == "ScheduledReset"
    assert statuses_of(said[said.index(boot) :]) == {(1, 1): "Available", (2, 1): "Occupied"}


# --- offline --------------------------------------------------------------------------------------------------------


@pytest.mark.req("B04.FR.01")
def test_tc_b_51_cs(version: str) -> None:
    """Offline for longer than the threshold: every connector is told again, the one that changed with its new state."""
    station = WireStation(version, station="ac-22-dual", variables={"OCPPCommCtrlr.OfflineThreshold": "60"})
    station.cut()
    station.plug()
    station.said()
    station.pass_time(62)
    station.connect()
    assert statuses_of(station.said()) == {(1, 1): "Occupied", (2, 1): "Available"}


@pytest.mark.req("B04.FR.02")
def test_tc_b_52_cs(version: str) -> None:
    """Offline for less than the threshold: only the connector that changed is told."""
    station = WireStation(version, station="ac-22-dual", variables={"OCPPCommCtrlr.OfflineThreshold": "60"})
    station.cut()
    station.plug()
    station.said()
    station.pass_time(58)
    station.connect()
    assert statuses_of(station.said()) == {(1, 1): "Occupied"}


@pytest.mark.req("B11.FR.01", "B11.FR.03", "B11.FR.04", "B11.FR.05", "B01.FR.03")
def test_tc_b_24_cs(version: str) -> None:
    """A connector that was reserved is Reserved after the reset as before it."""
    station = WireStation(version, station="ac-22-dual")
    station.said()
    reserved = station.ask(
        "ReserveNow",
        id=1,
        expiryDateTime="2026-03-01T12:00:00Z",
        idToken={"idToken": CARL, "type": "ISO14443"},
        evseId=1,
    )
    assert reserved.status == "Accepted"
    assert statuses_of(station.said()) == {(1, 1): "Reserved"}
    said = booted(station, reset="OnIdle")
    assert named(said, "BootNotification")[0].reason == "RemoteReset"
    assert statuses_of(said) == {(1, 1): "Reserved", (2, 1): "Available"}


# --- reports --------------------------------------------------------------------------------------------------------

LISTS = {"OptionList", "SequenceList", "MemberList"}
STATE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}


def _report(station: WireStation, action: str, **asked: Any) -> list[Any]:
    """An accepted report: first the answer, then its parts, numbered from 0 and announced; returns all that is in them."""
    station.said()
    response = station.ask(action, requestId=77, **asked)
    assert response.status == "Accepted"
    answer, *parts = station.said()
    assert answer is response
    assert _no_reason(response)
    assert {part.request_id for part in parts} == {77}
    assert [part.seq_no for part in parts] == list(range(len(parts)))
    assert [bool(part.tbc) for part in parts] == [True] * (len(parts) - 1) + [False]
    assert all(abs((part.generated_at - station.now).total_seconds()) <= 4 for part in parts)
    rows = [row for part in parts for row in part.report_data]
    assert all(row.variable_characteristics is not None for row in rows)
    listing = [row for row in rows if row.variable_characteristics.data_type in LISTS]
    assert all(row.variable_characteristics.values_list is not None for row in listing)
    return rows


def _no_reason(response: Any) -> bool:
    return response.status_info is None or response.status_info.reason_code == "NoError"


def _names(rows: list[Any]) -> set[tuple[str, str, str | None]]:
    return {(row.component.name, row.variable.name, row.variable.instance) for row in rows}


@pytest.mark.req("B07.FR.01", "B07.FR.03", "B07.FR.04", "B07.FR.07")
def test_tc_b_12_cs(version: str) -> None:
    """The inventory of what can be set holds nothing that can only be read."""
    station = WireStation(version, station="ac-22-dual")
    rows = _report(station, "GetBaseReport", reportBase="ConfigurationInventory")
    assert {row.variable_attribute[0].mutability for row in rows} <= {"ReadWrite", "WriteOnly"}
    assert {("OCPPCommCtrlr", "OfflineThreshold", None), ("TxCtrlr", "EVConnectionTimeOut", None)} <= _names(rows)


@pytest.mark.req("B07.FR.01", "B07.FR.03", "B07.FR.04", "B07.FR.08")
def test_tc_b_13_cs(version: str) -> None:
    """The full inventory holds every variable of the station, each EVSE and each connector."""
    station = WireStation(version, station="ac-22-dual")
    rows = _report(station, "GetBaseReport", reportBase="FullInventory")
    places = {(row.component.name, row.component.evse.id) for row in rows if row.component.evse is not None}
    assert {("EVSE", 1), ("EVSE", 2), ("Connector", 1), ("Connector", 2)} <= places
    needed = {("ChargingStation", "AvailabilityState", None), ("OCPPCommCtrlr", "MessageTimeout", "Default")}
    assert needed <= _names(rows)
    for row in rows:
        asked = {"component": {"name": row.component.name}, "variable": {"name": row.variable.name}}
        if row.component.evse is None and row.component.instance is None and row.variable.instance is None:
            status = _get(station, asked)[0].attribute_status
            writeonly = row.variable_attribute[0].mutability == "WriteOnly"
            assert status == ("Rejected" if writeonly else "Accepted")


@pytest.mark.req("B07.FR.01", "B07.FR.03", "B07.FR.04", "B07.FR.09")
def test_tc_b_14_cs(version: str) -> None:
    """The summary holds the state of the station and of each EVSE."""
    station = WireStation(version, station="ac-22-dual")
    rows = _report(station, "GetBaseReport", reportBase="SummaryInventory")
    states = [row for row in rows if row.variable.name == "AvailabilityState"]
    assert [row.component.name for row in states].count("ChargingStation") == 1
    assert {row.component.evse.id for row in states if row.component.name == "EVSE"} == {1, 2}


@pytest.mark.req("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.09")
def test_tc_b_16_cs(version: str) -> None:
    """Asked for what is enabled, the components with a switch named Enabled that is on are reported, and no others with such a switch."""
    station = WireStation(version, variables={"AuthCacheCtrlr.Enabled": "false"})
    full = _report(station, "GetBaseReport", reportBase="FullInventory")
    chosen = _report(station, "GetReport", componentCriteria=["Enabled"])

    def switches(rows: list[Any]) -> dict[tuple[str, str | None], str]:
        return {
            (row.component.name, row.variable.instance): row.variable_attribute[0].value
            for row in rows
            if row.variable.name == "Enabled"
        }

    enabled = {component for (component, _), value in switches(full).items() if value == "true"}
    assert switches(chosen) == {place: value for place, value in switches(full).items() if place[0] in enabled}
    for (component, instance), value in switches(chosen).items():
        variable = {"name": "Enabled"} if instance is None else {"name": "Enabled", "instance": instance}
        (result,) = _get(station, {"component": {"name": component}, "variable": variable})
        assert (result.attribute_status, result.attribute_value) == ("Accepted", value)


def _is_state_of_evse(row: Any, evse: int) -> None:
    assert (row.component.name, row.component.evse.id) == ("EVSE", evse)
    assert row.variable.name == "AvailabilityState"
    assert row.variable_characteristics.data_type == "OptionList"
    values = {value.strip() for value in row.variable_characteristics.values_list.split(",")}
    assert values == {"Available", "Occupied", "Reserved", "Unavailable", "Faulted"}
    (attribute,) = row.variable_attribute
    assert attribute.mutability == "ReadOnly"
    assert attribute.type in {"Actual", None}


@pytest.mark.req("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.11", "B08.FR.12")
def test_tc_b_17_cs(version: str) -> None:
    """One variable of one EVSE is reported alone, with its characteristics."""
    station = WireStation(version, station="ac-22-dual")
    (row,) = _report(station, "GetReport", componentVariable=[STATE])
    _is_state_of_evse(row, 1)


@pytest.mark.req("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.05", "B08.FR.11", "B08.FR.15")
def test_tc_b_18_cs(version: str) -> None:
    """A criterion that the component meets gives the variable, one that it does not meet an empty result and no report."""
    station = WireStation(version, station="ac-22-dual")
    (row,) = _report(station, "GetReport", componentCriteria=["Available"], componentVariable=[STATE])
    _is_state_of_evse(row, 1)
    response = station.ask("GetReport", requestId=78, componentCriteria=["Problem"], componentVariable=[STATE])
    assert response.status == "EmptyResultSet"
    assert station.said() == [response]


@pytest.mark.req("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.11")
def test_tc_b_54_cs(version: str) -> None:
    """Asked for a variable without its instance, all its instances are reported."""
    wanted = {"component": {"name": "DeviceDataCtrlr"}, "variable": {"name": "ItemsPerMessage"}}
    rows = _report(WireStation(version), "GetReport", componentVariable=[wanted])
    assert {(row.component.name, row.variable.name) for row in rows} == {("DeviceDataCtrlr", "ItemsPerMessage")}
    assert {"GetReport", "GetVariables"} <= {row.variable.instance for row in rows}


@pytest.mark.req("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.11")
def test_tc_b_55_cs(version: str) -> None:
    """Asked for one instance of a variable, that one is reported."""
    wanted = {
        "component": {"name": "DeviceDataCtrlr"},
        "variable": {"name": "ItemsPerMessage", "instance": "GetReport"},
    }
    rows = _report(WireStation(version), "GetReport", componentVariable=[wanted])
    assert _names(rows) == {("DeviceDataCtrlr", "ItemsPerMessage", "GetReport")}


@pytest.mark.req("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.11")
def test_tc_b_56_cs(version: str) -> None:
    """Asked for a variable of EVSEs without a number, every EVSE is reported."""
    wanted = {"component": {"name": "EVSE"}, "variable": {"name": "AvailabilityState"}}
    rows = _report(WireStation(version, station="ac-22-dual"), "GetReport", componentVariable=[wanted])
    assert sorted(row.component.evse.id for row in rows) == [1, 2]
    for row in rows:
        _is_state_of_evse(row, row.component.evse.id)


REQUIRED = {
    "AlignedDataCtrlr": "Interval Measurands TxEndedInterval TxEndedMeasurands",
    "AuthCtrlr": "AuthorizeRemoteStart LocalAuthorizeOffline LocalPreAuthorize",
    "ChargingStation": "Available AvailabilityState SupplyPhases",
    "ClockCtrlr": "DateTime TimeSource",
    "Connector": "Available AvailabilityState ConnectorType SupplyPhases",
    "DeviceDataCtrlr": "BytesPerMessage ItemsPerMessage",
    "EVSE": "Available AvailabilityState Power SupplyPhases",
    "OCPPCommCtrlr": (
        "FileTransferProtocols MessageAttemptInterval MessageAttempts MessageTimeout NetworkConfigurationPriority "
        "NetworkProfileConnectionAttempts OfflineThreshold ResetRetries UnlockOnEVSideDisconnect"
    ),
    "SampledDataCtrlr": "TxEndedMeasurands TxUpdatedInterval",
    "SecurityCtrlr": "CertificateEntries OrganizationName SecurityProfile",
    "TxCtrlr": "EVConnectionTimeOut StopTxOnEVSideDisconnect StopTxOnInvalidId TxStartPoint TxStopPoint",
}
"""The variables that Part 2 requires of the blocks this station has."""


@pytest.mark.req("B07.FR.01", "B07.FR.08")
def test_tc_b_53_cs(version: str) -> None:
    """Every required variable is in the full inventory, lists with their possible members, values among them, and no secret."""
    rows = _report(WireStation(version), "GetBaseReport", reportBase="FullInventory")
    told_of = {(row.component.name, row.variable.name) for row in rows}
    assert {(name, one) for name, all_of in REQUIRED.items() for one in all_of.split()} <= told_of
    for row in rows:
        about, (attribute, *_) = row.variable_characteristics, row.variable_attribute
        if about.data_type in LISTS:
            assert about.values_list
            members = {attribute.value} if about.data_type == "OptionList" else set(attribute.value.split(","))
            assert members - {""} <= set(about.values_list.split(","))
        if attribute.mutability == "WriteOnly":
            assert attribute.value is None
    power = next(row for row in rows if (row.component.name, row.variable.name) == ("EVSE", "Power"))
    assert power.variable_characteristics.max_limit > 0
