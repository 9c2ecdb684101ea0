"""Official OCPP 2.0.1 test cases of block P (data transfer, custom data), our station as the system under test; on 2.1 as well."""

from __future__ import annotations

import pytest

from tests.support.wire_station import VERSIONS, WireStation

pytestmark = pytest.mark.parametrize("version", VERSIONS)

CUSTOM = {"vendorId": "org.example.somebody", "colour": "green", "depth": {"of": ["a", "tree", 1]}}


@pytest.mark.req("P01.FR.05")
def test_tc_p_01_cs(version: str) -> None:
    """Data of a vendor that is not known here is refused by saying so."""
    answer = WireStation(version).ask("DataTransfer", vendorId="org.example.nobody", messageId="unused", data={"a": 1})
    assert answer.status == "UnknownVendorId"
    assert answer.data is None


def test_tc_p_03_cs(version: str) -> None:
    """Custom data in a request, on every level of it, changes nothing: the variable is set, and read."""
    station = WireStation(version)
    place = {
        "component": {"name": "OCPPCommCtrlr", "customData": CUSTOM},
        "variable": {"name": "OfflineThreshold", "customData": CUSTOM},
        "attributeType": "Actual",
        "customData": CUSTOM,
    }
    set_one = station.ask("SetVariables", setVariableData=[{**place, "attributeValue": "200"}], customData=CUSTOM)
    assert set_one.set_variable_result[0].attribute_status == "Accepted"
    (got,) = station.ask("GetVariables", getVariableData=[place], customData=CUSTOM).get_variable_result
    assert (got.attribute_status, got.attribute_type, got.attribute_value) == ("Accepted", "Actual", "200")


@pytest.mark.req("K01.FR.07")
def test_tc_p_04_cs(version: str) -> None:
    """A profile with custom data, in it and in its periods, is taken."""
    station = WireStation(version)
    period = {"startPeriod": 0, "limit": 6.0, "numberPhases": 3, "customData": CUSTOM}
    schedule = {"id": 1, "duration": 300, "chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    profile = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "customData": CUSTOM,
        "chargingSchedule": [{**schedule, "startSchedule": "2026-03-01T08:00:00Z", "customData": CUSTOM}],
    }
    assert station.ask("SetChargingProfile", evseId=1, chargingProfile=profile).status == "Accepted"
    composite = station.ask("GetCompositeSchedule", evseId=1, duration=60)
    assert composite.schedule.charging_schedule_period[0].limit == 6
