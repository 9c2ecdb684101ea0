"""More of block B with our station as the system under test: dates that are none, and what the device model must hold at least.

The cases on getting, setting and reporting themselves are in `test_playbook_ocpp201_station_b`.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.support.wire_states import energy_transfer_started
from tests.support.wire_station import VERSIONS, WireStation, events_of, named

pytestmark = pytest.mark.parametrize("version", VERSIONS)

CONTROLLERS = (
    "OCPPCommCtrlr",
    "TxCtrlr",
    "DeviceDataCtrlr",
    "ClockCtrlr",
    "SecurityCtrlr",
    "SampledDataCtrlr",
    "AlignedDataCtrlr",
    "AuthCtrlr",
)
"""What certification profile Core asks for (Part 5)."""
with (Path(__file__).parents[1] / "vectors" / "station" / "referenced_variables.csv").open(encoding="utf-8") as _file:
    REQUIRED = [
        row
        for row in csv.DictReader(_file)
        if row["component"] in CONTROLLERS and row["required"] == "yes" and row["version"] == "both"
    ]
ELSEWHERE = {("OCPPCommCtrlr", "ActiveNetworkProfile")}
"""Required by one version only."""


def _rows(station: WireStation, base: str) -> list[Any]:
    station.said()
    assert station.ask("GetBaseReport", requestId=5, reportBase=base).status == "Accepted"
    return [row for part in station.said()[1:] for row in part.report_data]


@pytest.mark.req("B05.FR.07")
@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("60", "Rejected"),
        ("60.1", "Rejected"),
        ("true", "Rejected"),
        ("abc", "Rejected"),
        ("2026-03-01T08:00:00.000Z", "Accepted"),
    ],
)
def test_tc_b_11_cs_date(version: str, value: str, status: str) -> None:
    """A moment is taken where a moment belongs, and nothing else."""
    station = WireStation(version)
    wanted = {
        "component": {"name": "ClockCtrlr"},
        "variable": {"name": "NextTimeOffsetTransitionDateTime"},
        "attributeValue": value,
    }
    (result,) = station.ask("SetVariables", setVariableData=[wanted]).set_variable_result
    assert (result.attribute_status, result.attribute_type) == (status, "Actual")
    assert (result.component.name, result.variable.name) == ("ClockCtrlr", "NextTimeOffsetTransitionDateTime")


@pytest.mark.req("B07.FR.08", "B07.FR.12")
def test_tc_b_13_cs_required(version: str) -> None:
    """The full inventory holds what is required of each controller of Core, readable or writable as required."""
    rows = _rows(WireStation(version, station="ac-22-dual"), "FullInventory")
    held = {
        (row.component.name, row.variable.name, row.variable.instance or ""): row.variable_attribute[0].mutability
        for row in rows
    }
    words = {"ReadOnly": "R", "ReadWrite": "RW", "WriteOnly": "W"}
    for row in REQUIRED:
        name = (row["component"], row["variable"], row["instance"])
        if name[:2] not in ELSEWHERE:
            assert name in held, name
            assert words[held[name]] in row["access"].split("|"), name
    assert len(REQUIRED) > 25


@pytest.mark.req("B07.FR.07")
def test_tc_b_12_cs_required(version: str) -> None:
    """The configuration holds all of them that can be written."""
    held = {
        (row.component.name, row.variable.name, row.variable.instance or "")
        for row in _rows(WireStation(version, station="ac-22-dual"), "ConfigurationInventory")
    }
    writable = {(row["component"], row["variable"], row["instance"]) for row in REQUIRED if row["access"] == "RW"}
    assert writable - held == set()
    assert writable


@pytest.mark.req("B07.FR.09")
def test_tc_b_14_cs_trouble(version: str) -> None:
    """The summary of a station in trouble tells what is wrong and where."""
    station = WireStation(version, station="ac-22-dual")
    station.does(station.hardware.raise_fault("GROUND_FAILURE", 2))
    rows = {
        (row.component.name, row.component.evse.id if row.component.evse else None, row.variable.name): (
            row.variable_attribute[0].value
        )
        for row in _rows(station, "SummaryInventory")
    }
    assert rows["EVSE", 1, "AvailabilityState"] == "Available"
    assert rows["EVSE", 2, "AvailabilityState"] == "Faulted"
    assert rows["EVSE", 2, "Problem"] == "true"
    assert ("EVSE", 1, "Problem") not in rows


# --- a station whose EVSEs are not reset one by one -----------------------------------------------------------------


def _resets_as_a_whole(version: str) -> WireStation:
    station = WireStation(version, station="ac-22-dual", variables={"EVSE@1.AllowReset": "false"})
    station.said()
    return station


@pytest.mark.req("B11.FR.09")
def test_tc_b_28_cs(version: str) -> None:
    """The reset of a single EVSE is refused by a station that cannot do it."""
    station = _resets_as_a_whole(version)
    answer = station.ask("Reset", type="OnIdle", evseId=1)
    assert answer.status == "Rejected"
    station.pass_time(60)
    assert not named(station.said(), "BootNotification")


@pytest.mark.req("B12.FR.09")
def test_tc_b_29_cs(version: str) -> None:
    """The same in mid-transaction, which goes on."""
    station = _resets_as_a_whole(version)
    energy_transfer_started(station)
    for kind in ("OnIdle", "Immediate"):
        assert station.ask("Reset", type=kind, evseId=1).status == "Rejected"
    station.pass_time(60)
    assert not [event for event in events_of(station.said()) if event.event_type == "Ended"]
    assert station.hardware.meter(1).power_w > 0
