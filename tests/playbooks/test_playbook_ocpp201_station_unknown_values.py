"""Official OCPP 2.0.1 test cases of values that an enumeration does not have (B, N), our station under test; on 2.1 as well.

The cases say themselves that the parser finds these first: the answer is then the CALLERROR for a value out of bounds
(OCPP-J 4.3, PropertyConstraintViolation) instead of the status NotSupported, and nothing has happened.
"""

from __future__ import annotations

import pytest

from tests.support.wire_station import VERSIONS, WireStation

pytestmark = pytest.mark.parametrize("version", VERSIONS)

REFUSED = "PropertyConstraintViolation"


def _station(version: str) -> WireStation:
    station = WireStation(version)
    station.said()
    return station


def test_tc_b_19_cs(version: str) -> None:
    """A criterion for components that nobody knows, beside one that is good."""
    station = _station(version)
    assert station.ask("GetReport", requestId=1, componentCriteria=["Available", "Beautiful"]) == REFUSED
    assert station.said() == []


def test_tc_n_04_cs(version: str) -> None:
    """A criterion for monitors that nobody knows, beside one that is good."""
    station = _station(version)
    criteria = ["DeltaMonitoring", "BetaMonitoring"]
    assert station.ask("GetMonitoringReport", requestId=1, monitoringCriteria=criteria) == REFUSED
    assert station.said() == []


def test_tc_n_07_cs(version: str) -> None:
    """A base that nobody knows; the one before stays in force."""
    station = _station(version)
    base = station.core.variable("MonitoringCtrlr.ActiveMonitoringBase")
    assert station.ask("SetMonitoringBase", monitoringBase="Everything") == REFUSED
    assert station.core.variable("MonitoringCtrlr.ActiveMonitoringBase") == base
