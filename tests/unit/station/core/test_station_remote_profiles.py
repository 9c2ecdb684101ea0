"""A charging profile that comes with a remote start: used, refused or ignored, with the cable in or not (F01, F02); and none at all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.wire_station import ANNA, VERSIONS, WireStation, events_of, named

pytestmark = [
    pytest.mark.parametrize("version", VERSIONS),
    pytest.mark.parametrize("cable_first", [True, False], ids=["cable first", "cable later"]),
]

TOKEN = {"idToken": ANNA, "type": "ISO14443"}


def _profile(**more: Any) -> dict[str, Any]:
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9}]}
    usual = {"id": 4, "stackLevel": 0, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative"}
    return {**usual, "chargingSchedule": [schedule], **more}


def _started(station: WireStation, cable_first: bool, **more: Any) -> str:
    """A remote start; the cable comes before it, or after."""
    if cable_first:
        station.plug()
    station.said()
    status: str = station.ask("RequestStartTransaction", idToken=TOKEN, evseId=1, remoteStartId=8, **more).status
    if not cable_first:
        station.plug()
    station.pass_time(20)
    return status


def _amperes(station: WireStation) -> float:
    return float(station.hardware.meter(1).current_offered_a)


@pytest.mark.req("F01.FR.10", "F02.FR.12", "F02.FR.18")
def test_it_limits_the_transaction_it_started(version: str, cable_first: bool) -> None:
    station = WireStation(version)
    assert _started(station, cable_first, chargingProfile=_profile()) == "Accepted"
    assert _amperes(station) == 9
    tokens = {event.id_token.id_token for event in events_of(station.said()) if event.id_token is not None}
    assert tokens == {ANNA}
    station.ask("RequestStopTransaction", transactionId=station.events[-1].transaction_info.transaction_id)
    station.pass_time(5)
    station.unplug()
    station.plug()
    station.tap(ANNA)
    station.pass_time(20)
    assert _amperes(station) == 32


@pytest.mark.req("F01.FR.26", "F02.FR.27")
@pytest.mark.parametrize("wrong", [{"stackLevel": 100}, {"chargingProfilePurpose": "TxDefaultProfile"}], ids=str)
def test_one_that_is_not_good_starts_nothing(version: str, cable_first: bool, wrong: dict[str, Any]) -> None:
    station = WireStation(version)
    assert _started(station, cable_first, chargingProfile=_profile(**wrong)) == "Rejected"
    assert station.hardware.meter(1).power_w == 0
    assert not [event for event in station.events if event.id_token is not None]


@pytest.mark.req("F01.FR.12", "F02.FR.20")
def test_where_there_is_no_smart_charging_it_is_ignored(version: str, cable_first: bool) -> None:
    station = WireStation(version, variables={"SmartChargingCtrlr.Enabled": "false"})
    assert _started(station, cable_first, chargingProfile=_profile()) == "Accepted"
    assert _amperes(station) == 32


@pytest.mark.req("K06.FR.02")
def test_without_profiles_and_without_a_line_nothing_limits(version: str, cable_first: bool) -> None:
    station = WireStation(version)
    assert _started(station, cable_first) == "Accepted"
    station.cut()
    station.pass_time(600)
    assert _amperes(station) == 32
    assert station.hardware.meter(1).power_w > 0
    assert named(station.said(), "NotifyChargingLimit") == []
