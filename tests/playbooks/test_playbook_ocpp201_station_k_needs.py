"""Official OCPP 2.0.1 test cases of block K with a vehicle that speaks ISO 15118, our station under test; on 2.1 as well.

What the vehicle says reaches the core as inputs, and what it is told is what the core hands to whoever speaks to it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.smart_charging import (
    ACChargingParameters,
    ChargingNeeds,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    EVChargingScheduleVerdict,
)
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.vehicle_needs import NeedsTold, ScheduleOffer, ScheduleReturned
from tests.support.wire_certificates import EMAID, PNC, Cased
from tests.support.wire_station import VERSIONS, WireStation, named, told

pytestmark = pytest.mark.parametrize("version", VERSIONS)

NEEDS = ChargingNeeds(
    requested_energy_transfer="AC_three_phase",
    ac_charging_parameters=ACChargingParameters(
        energy_amount=Decimal(20_000),
        ev_min_current=Decimal(6),
        ev_max_current=Decimal(32),
        ev_max_voltage=Decimal(400),
    ),
)
HARDWARE = 32


def _schedule(*periods: tuple[int, int]) -> ChargingSchedule:
    made = tuple(ChargingSchedulePeriod(start_period=at, limit=Decimal(limit)) for at, limit in periods)
    return ChargingSchedule(charging_rate_unit=ChargingRateUnit.AMPERE, charging_schedule_period=made)


def _connected(version: str, answer: str) -> Cased:
    """States EVConnectedPreSession and Authorized15118; the CSMS answers needs with this status."""
    station = Cased(version, **PNC)
    station.cpo.says["NotifyEVChargingNeeds"] = {"status": answer}
    station.cpo.says["NotifyEVChargingSchedule"] = {"status": "Accepted"}
    station.with_roots()
    station.contract()
    assert ("Authorized", EMAID) in [
        (told(event)[1], event.id_token.id_token) for event in station.events if event.id_token is not None
    ]
    station.said()
    return station


def _tell_needs(station: Cased) -> list[Any]:
    """The vehicle tells its needs; what goes to the CSMS."""
    station.feed(NeedsTold("needs", 1, NEEDS, most_periods=12))
    asked = named(station.said(), "NotifyEVChargingNeeds")
    for one in asked:
        assert (one.evse_id, one.max_schedule_tuples) == (1, 12)
        assert one.charging_needs.ac_charging_parameters.energy_amount == 20_000
        assert one.charging_needs.dc_charging_parameters is None
    return asked


def _send_profile(station: WireStation, limit: int, number: int = 9) -> None:
    """The CSMS sends a TxProfile for the transaction."""
    start = station.now.isoformat().replace("+00:00", "Z")
    schedule = {"id": number, "duration": 300, "chargingRateUnit": "A", "startSchedule": start}
    profile = {
        "id": number,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "transactionId": station.events[-1].transaction_info.transaction_id,
        "chargingSchedule": [schedule | {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}],
    }
    assert station.ask("SetChargingProfile", evseId=1, chargingProfile=profile).status == "Accepted"


def _offers(station: WireStation) -> list[list[tuple[int, float]]]:
    """What the vehicle was offered, one after the other."""
    given: list[Any] = [one.verdict for one in station.actions if isinstance(one, Inform) and one.ref == "needs"]
    assert all(isinstance(offer, ScheduleOffer) and offer.schedule is not None for offer in given)
    return [
        [(period.start_period, float(period.limit)) for period in offer.schedule.charging_schedule_period]
        for offer in given
    ]


def _return(station: WireStation, *periods: tuple[int, int]) -> list[Any]:
    """The vehicle returns a schedule, which is within the offer; what goes to the CSMS."""
    station.said()
    station.feed(ScheduleReturned("schedule", 1, _schedule(*periods)))
    verdict = [one.verdict for one in station.actions if isinstance(one, Inform) and one.ref == "schedule"][-1]
    assert isinstance(verdict, EVChargingScheduleVerdict)
    assert verdict.status == "Accepted"
    return named(station.said(), "NotifyEVChargingSchedule")


def _told_schedule(messages: list[Any], *periods: tuple[int, int]) -> None:
    (message,) = messages
    assert message.evse_id == 1
    assert message.charging_schedule.charging_rate_unit == "A"
    listed = message.charging_schedule.charging_schedule_period
    assert [(one.start_period, float(one.limit)) for one in listed] == list(periods)


def _negotiated(station: Cased) -> None:
    """State RenegotiateChargingLimits: 10 A are planned, and energy flows."""
    assert len(_tell_needs(station)) == 1
    assert _offers(station) == []
    _send_profile(station, 10)
    assert _offers(station)[-1] == [(0, 10), (300, HARDWARE)]
    _told_schedule(_return(station, (0, 9)), (0, 9))
    station.pass_time(20)
    assert told(station.events[-1])[1:] == ("ChargingStateChanged", "Charging")


@pytest.mark.req("K15.FR.01", "K15.FR.09", "K15.FR.10", "K16.FR.01")
def test_tc_k_53_cs(version: str) -> None:
    """Needs are told, the profile that comes is offered, and the vehicle's schedule is told."""
    _negotiated(_connected(version, "Accepted"))


@pytest.mark.req("K15.FR.01")
def test_tc_k_54_cs(version: str) -> None:
    """The CSMS has no profile: the vehicle is offered what the station has, and charges."""
    station = _connected(version, "Rejected")
    assert len(_tell_needs(station)) == 1
    assert _offers(station) == [[(0, HARDWARE)]]
    station.pass_time(20)
    assert told(station.events[-1])[1:] == ("ChargingStateChanged", "Charging")


@pytest.mark.req("K15.FR.15", "K17.FR.15")
def test_tc_k_56_cs(version: str) -> None:
    """Offline, the default profile makes the offer; the start of charging is told when the line is back."""
    station = Cased(version, **PNC)
    station.cpo.says["NotifyEVChargingSchedule"] = {"status": "Accepted"}
    station.with_roots()
    schedule = {"id": 3, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}
    start = station.now.isoformat().replace("+00:00", "Z")
    default = {
        "id": 3,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule | {"duration": 400, "startSchedule": start}],
    }
    assert station.ask("SetChargingProfile", evseId=1, chargingProfile=default).status == "Accepted"
    station.contract()
    station.cut()
    station.said()
    assert _tell_needs(station) == []
    assert _offers(station) == [[(0, 6), (400, HARDWARE)]]
    assert _return(station, (0, 6)) == []
    station.pass_time(90)
    station.connect()
    charging = [event for event in station.events if told(event)[1:] == ("ChargingStateChanged", "Charging")]
    assert [event.offline for event in charging] == [True]


@pytest.mark.req("K17.FR.01", "K17.FR.09", "K17.FR.10")
def test_tc_k_57_cs(version: str) -> None:
    """The vehicle has new needs: they are told, and what comes of them is offered."""
    station = _connected(version, "Accepted")
    _negotiated(station)
    assert len(_tell_needs(station)) == 1
    _send_profile(station, 15)
    assert _offers(station)[-1] == [(0, 15), (300, HARDWARE)]
    _told_schedule(_return(station, (0, 15)), (0, 15))
    station.pass_time(20)
    assert "ChargingRateChanged" in [told(event)[1] for event in station.events]


@pytest.mark.req("K16.FR.01", "K16.FR.02", "K16.FR.03", "K16.FR.04", "K16.FR.05", "K16.FR.09")
def test_tc_k_58_cs(version: str) -> None:
    """The CSMS sends another profile: the vehicle is asked to negotiate anew, and its needs are not told again."""
    station = _connected(version, "Accepted")
    _negotiated(station)
    before = len(_offers(station))
    _send_profile(station, 8)
    assert _offers(station)[before:] == [[(0, 8), (300, HARDWARE)]]
    assert _tell_needs(station) == []
    assert _offers(station)[-1] == [(0, 8), (300, HARDWARE)]
    _told_schedule(_return(station, (0, 8)), (0, 8))
    station.pass_time(20)
    assert "ChargingRateChanged" in [told(event)[1] for event in station.events]
