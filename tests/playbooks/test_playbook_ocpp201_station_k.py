"""Official OCPP 2.0.1 test cases of block K (smart charging), played with our station as the system under test; on 2.1 as well.

The configured unit is A, the number of phases 3; limits are those of the cases. The cases with a vehicle
that speaks ISO 15118 (TC_K_53 to TC_K_58) are in `test_playbook_ocpp201_station_k_needs`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.station.core.charging_limits import ExternalLimit
from tests.support.wire_states import energy_transfer_started, ev_connected_pre_session
from tests.support.wire_station import ANNA, VERSIONS, WireStation, events_of, named

pytestmark = pytest.mark.parametrize("version", VERSIONS)

MAX, DEFAULT, TX = "ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile"
DEVIATION = timedelta(seconds=5)
LOCAL = 32


def _station(version: str, station: str = "ac-22-dual", **variables: str) -> WireStation:
    made = WireStation(version, station=station, variables=variables)
    made.said()
    return made


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _profile(
    station: WireStation,
    number: int,
    purpose: str,
    *periods: tuple[int, float],
    level: int = 0,
    kind: str = "Absolute",
    duration: int | None = None,
    start: timedelta = -DEVIATION,
    unit: str = "A",
    **more: Any,
) -> dict[str, Any]:
    schedule: dict[str, Any] = {
        "id": number,
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [
            {"startPeriod": second, "limit": limit, "numberPhases": 3} for second, limit in periods
        ],
    }
    if kind != "Relative":
        schedule["startSchedule"] = _time(station.now + start)
    if duration is not None:
        schedule["duration"] = duration
    return {
        "id": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": [schedule],
        **more,
    }


def _valid(station: WireStation, seconds: int = 401) -> dict[str, Any]:
    return {
        "validFrom": _time(station.now - DEVIATION),
        "validTo": _time(station.now + DEVIATION + timedelta(seconds=seconds)),
    }


def _set(station: WireStation, evse: int, profile: dict[str, Any]) -> str:
    return str(station.ask("SetChargingProfile", evseId=evse, chargingProfile=profile).status)


def _installed(station: WireStation, evse: int, profile: dict[str, Any]) -> None:
    assert _set(station, evse, profile) == "Accepted"
    station.said()


def _report(station: WireStation, request: int = 11, evse: int | None = None, **criteria: Any) -> list[tuple[int, int]]:
    """The (EVSE, id) of what is reported; () with NoProfiles."""
    place = {} if evse is None else {"evseId": evse}
    station.said()
    response = station.ask("GetChargingProfiles", requestId=request, chargingProfile=criteria, **place)
    parts = named(station.said(), "ReportChargingProfiles")
    assert response.status == ("Accepted" if parts else "NoProfiles")
    assert {part.request_id for part in parts} <= {request}
    assert [bool(part.tbc) for part in parts] == [True] * (len(parts) - 1) + [False] * bool(parts)
    return [(part.evse_id, one.id) for part in parts for one in part.charging_profile]


def _limits(station: WireStation, evse: int, seconds: int, unit: str = "A") -> list[tuple[int, float]]:
    """The composite schedule, with what every answer must say."""
    response = station.ask("GetCompositeSchedule", evseId=evse, duration=seconds, chargingRateUnit=unit)
    assert response.status == "Accepted"
    schedule = response.schedule
    assert (schedule.evse_id, schedule.duration, schedule.charging_rate_unit) == (evse, seconds, unit)
    assert abs(schedule.schedule_start - station.now) <= timedelta(seconds=1)
    return [(one.start_period, float(one.limit)) for one in schedule.charging_schedule_period]


def _transaction(station: WireStation) -> str:
    return str(station.events[-1].transaction_info.transaction_id)


# --- setting ------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("K01.FR.15", "K09.FR.01")
def test_tc_k_01_cs(version: str) -> None:
    """A default for one EVSE is taken and reported as it was sent."""
    station = _station(version)
    sent = _profile(station, 5, DEFAULT, (0, 6), duration=300)
    _installed(station, 1, sent)
    assert _report(station, chargingProfileId=[5]) == [(1, 5)]
    (part,) = station.all("ReportChargingProfiles")
    assert part.charging_limit_source == "CSO"
    schedule = part.charging_profile[0].charging_schedule[0]
    assert (schedule.duration, schedule.charging_rate_unit) == (300, "A")
    assert [(one.start_period, float(one.limit), one.number_phases) for one in schedule.charging_schedule_period] == [
        (0, 6.0, 3)
    ]


@pytest.mark.req("K01.FR.09")
@pytest.mark.parametrize("case", ["TC_K_02_CS", "TC_K_16_CS"])
def test_tc_k_02_cs_and_tc_k_16_cs(version: str, case: str) -> None:
    """A TxProfile for a transaction that does not go on is rejected, whether another one does or not."""
    station = _station(version)
    if case == "TC_K_16_CS":
        energy_transfer_started(station)
    sent = _profile(station, 5, TX, (0, 6), transactionId="UNKNOWN-TRANSACTION-ID")
    response = station.ask("SetChargingProfile", evseId=1, chargingProfile=sent)
    assert (response.status, response.status_info.reason_code) == ("Rejected", "TxNotFound")
    assert _report(station, chargingProfileId=[5]) == []


@pytest.mark.req("K04.FR.03")
def test_tc_k_03_cs(version: str) -> None:
    """A maximum for the station is taken and reported at EVSE 0."""
    station = _station(version)
    _installed(station, 0, _profile(station, 5, MAX, (0, 6), duration=300))
    assert _report(station, chargingProfileId=[5]) == [(0, 5)]


@pytest.mark.req("K01.FR.05")
def test_tc_k_04_cs(version: str) -> None:
    """A profile with a known id replaces the one that has it."""
    station = _station(version)
    for amps in (6, 10):
        _installed(station, 1, _profile(station, 5, DEFAULT, (0, amps)))
    assert _report(station, chargingProfileId=[5]) == [(1, 5)]
    (part,) = station.all("ReportChargingProfiles")
    assert part.charging_profile[0].charging_schedule[0].charging_schedule_period[0].limit == 10


@pytest.mark.req("K01.FR.14")
def test_tc_k_10_cs(version: str) -> None:
    """A default for all EVSEs belongs to EVSE 0."""
    station = _station(version)
    _installed(station, 0, _profile(station, 5, DEFAULT, (0, 6), duration=300))
    assert _report(station, chargingProfileId=[5]) == [(0, 5)]


@pytest.mark.req("K01.FR.16")
def test_tc_k_11_cs(version: str) -> None:
    """A TxProfile cannot be for all EVSEs."""
    station = _station(version)
    energy_transfer_started(station)
    sent = _profile(station, 5, TX, (0, 6), transactionId=_transaction(station))
    assert _set(station, 0, sent) == "Rejected"


@pytest.mark.req("K01.FR.26")
def test_tc_k_12_cs(version: str) -> None:
    """A unit the station does not have is rejected."""
    station = _station(version, **{"SmartChargingCtrlr.RateUnit": "A"})
    assert _set(station, 1, _profile(station, 5, DEFAULT, (0, 6000), unit="W")) == "Rejected"


@pytest.mark.req("K01.FR.27")
def test_tc_k_13_cs(version: str) -> None:
    """A default survives a reset."""
    station = _station(version)
    _installed(station, 1, _profile(station, 5, DEFAULT, (0, 6), duration=300))
    assert station.ask("Reset", type="Immediate").status == "Accepted"
    station.pass_time(60)
    assert station.restarts
    assert _report(station, chargingProfileId=[5]) == [(1, 5)]


@pytest.mark.req("K01.FR.28")
def test_tc_k_14_cs(version: str) -> None:
    """An EVSE that is not there."""
    station = _station(version)
    assert _set(station, 3, _profile(station, 5, DEFAULT, (0, 6))) == "Rejected"


@pytest.mark.req("K01.FR.29")
def test_tc_k_15_cs(version: str) -> None:
    """Without smart charging there is no such request."""
    station = _station(version, **{"SmartChargingCtrlr.Enabled": "false"})
    profile = _profile(station, 5, DEFAULT, (0, 6))
    assert station.ask("SetChargingProfile", evseId=1, chargingProfile=profile) == "NotSupported"


@pytest.mark.parametrize("recurrency", ["Daily", "Weekly"])
def test_tc_k_19_cs(version: str, recurrency: str) -> None:
    """A recurring profile is taken."""
    station = _station(version)
    _installed(station, 1, _profile(station, 5, DEFAULT, (0, 6), kind="Recurring", recurrencyKind=recurrency))


@pytest.mark.req("K01.FR.36")
def test_tc_k_21_cs(version: str) -> None:
    """A profile counts from validFrom on."""
    station = _station(version)
    begins = _time(station.now + timedelta(seconds=300))
    _installed(station, 1, _profile(station, 5, DEFAULT, (0, 6), kind="Relative", validFrom=begins))
    assert _limits(station, 1, 400) == [(0, LOCAL), (300, 6)]


@pytest.mark.req("K01.FR.37", "K08.FR.03")
def test_tc_k_22_cs(version: str) -> None:
    """A profile counts until validTo, at every EVSE; for the station it is that of all of them together."""
    station = _station(version)
    valid = _valid(station) | {"validTo": _time(station.now + timedelta(seconds=300))}
    _installed(station, 0, _profile(station, 5, DEFAULT, (0, 6), **valid))
    for evse, factor in ((0, 2), (1, 1), (2, 1)):
        assert _limits(station, evse, 400) == [(0, 6 * factor), (300, LOCAL * factor)]


@pytest.mark.req("K01.FR.30")
def test_tc_k_23_cs(version: str) -> None:
    """A schedule that starts later limits nothing until then."""
    station = _station(version)
    valid = _valid(station) | {"validFrom": _time(station.now - DEVIATION + timedelta(seconds=50))}
    later = timedelta(seconds=60) - DEVIATION
    _installed(station, 1, _profile(station, 5, DEFAULT, (0, 6), start=later, **valid))
    assert _limits(station, 1, 300) == [(0, LOCAL), (55, 6)]


@pytest.mark.req("K01.FR.32")
def test_tc_k_28_cs(version: str) -> None:
    """A default set during a transaction counts for it."""
    station = _station(version, **{"SmartChargingCtrlr.LimitChangeSignificance": "1.0"})
    energy_transfer_started(station)
    _installed(station, 1, _profile(station, 5, DEFAULT, (0, 6), duration=310, **_valid(station, 300)))
    assert _limits(station, 1, 300) == [(0, 6)]
    assert station.hardware.meter(1).power_w == 3 * 230 * 6


@pytest.mark.req("K01.FR.04")
def test_tc_k_60_cs(version: str) -> None:
    """A TxProfile for the transaction that goes on is taken, reported and in force."""
    station = _station(version)
    energy_transfer_started(station)
    _installed(station, 1, _profile(station, 5, TX, (0, 6), kind="Relative", transactionId=_transaction(station)))
    assert _report(station, chargingProfileId=[5]) == [(1, 5)]
    assert station.hardware.meter(1).power_w == 3 * 230 * 6


# --- clearing -----------------------------------------------------------------------------------------------------------------


def _clear(station: WireStation, **criteria: Any) -> str:
    return str(station.ask("ClearChargingProfile", **criteria).status)


@pytest.mark.req("K10.FR.03")
def test_tc_k_05_cs(version: str) -> None:
    """By its id."""
    station = _station(version)
    _installed(station, 1, _profile(station, 5, DEFAULT, (0, 6)))
    assert _clear(station, chargingProfileId=5) == "Accepted"
    assert _report(station, chargingProfileId=[5]) == []


@pytest.mark.req("K10.FR.04")
def test_tc_k_06_cs(version: str) -> None:
    """By purpose and stack level."""
    station = _station(version)
    energy_transfer_started(station)
    _installed(station, 1, _profile(station, 5, DEFAULT, (0, 6), level=2))
    by: dict[str, Any] = {"chargingProfilePurpose": DEFAULT, "stackLevel": 2}
    assert _clear(station, chargingProfileCriteria=by) == "Accepted"
    assert _report(station, **by) == []


@pytest.mark.req("K10.FR.01")
def test_tc_k_07_cs(version: str) -> None:
    """A purpose and level that no profile has."""
    station = _station(version)
    _installed(station, 1, _profile(station, 5, DEFAULT, (0, 6), level=1))
    by: dict[str, Any] = {"chargingProfilePurpose": MAX, "stackLevel": 0}
    assert _clear(station, chargingProfileCriteria=by) == "Unknown"


@pytest.mark.req("K10.FR.01")
def test_tc_k_08_cs(version: str) -> None:
    """Nothing was ever set."""
    assert _clear(_station(version), chargingProfileId=5) == "Unknown"


@pytest.mark.req("K10.FR.07", "K10.FR.05")
def test_tc_k_09_cs(version: str) -> None:
    """A cleared default limits the transaction no more."""
    station = _station(version, **{"SmartChargingCtrlr.LimitChangeSignificance": "1.0"})
    _installed(station, 1, _profile(station, 5, DEFAULT, (0, 6), duration=405, **_valid(station)))
    energy_transfer_started(station)
    assert _limits(station, 1, 300) == [(0, 6)]
    assert _clear(station, chargingProfileCriteria={"chargingProfilePurpose": DEFAULT}) == "Accepted"
    assert _limits(station, 1, 300) == [(0, LOCAL)]
    assert [event.trigger_reason for event in events_of(station.said())][-1] == "ChargingRateChanged"


@pytest.mark.req("K10.FR.04")
def test_tc_k_24_cs(version: str) -> None:
    """Those of several EVSEs at once."""
    station = _station(version)
    for evse in (1, 2):
        _installed(station, evse, _profile(station, 4 + evse, DEFAULT, (0, 6), level=2))
    by: dict[str, Any] = {"chargingProfilePurpose": DEFAULT, "stackLevel": 2}
    assert _clear(station, chargingProfileCriteria=by) == "Accepted"
    assert _report(station, **by) == []


# --- reporting ----------------------------------------------------------------------------------------------------------------

REPORTS: dict[str, Any] = {
    "TC_K_29_CS": ({"evse": 0, "chargingProfilePurpose": MAX}, [(0, 1)], "K09.FR.05"),
    "TC_K_30_CS": ({"evse": 1, "chargingProfilePurpose": DEFAULT}, [(1, 2)], "K09.FR.04"),
    "TC_K_31_CS": ({}, [(0, 1), (1, 2)], "K09.FR.06"),
    "TC_K_32_CS": ({"chargingProfileId": [1]}, [(0, 1)], "K09.FR.03"),
    "TC_K_33_CS": ({"evse": 1, "stackLevel": 1}, [(1, 2)], "K09.FR.04"),
    "TC_K_34_CS": ({"evse": 1, "chargingLimitSource": ["CSO"]}, [(1, 2)], "K09.FR.04"),
    "TC_K_34_CS (another source)": ({"evse": 1, "chargingLimitSource": ["SO"]}, [], "K09.FR.04"),
    "TC_K_35_CS": ({"evse": 1, "chargingProfilePurpose": DEFAULT}, [(1, 2)], "K09.FR.04"),
    "TC_K_36_CS": ({"evse": 1, "chargingProfilePurpose": DEFAULT, "stackLevel": 1}, [(1, 2)], "K09.FR.04"),
}


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.req(number)) for case, (_, _, number) in REPORTS.items()]
)
def test_tc_k_29_cs_to_tc_k_36_cs(version: str, case: str) -> None:
    """A maximum of the station and a default of EVSE 1: what fits the criteria is reported."""
    station = _station(version)
    _installed(station, 0, _profile(station, 1, MAX, (0, 20)))
    _installed(station, 1, _profile(station, 2, DEFAULT, (0, 6), level=1))
    criteria, expected, _ = REPORTS[case]
    assert _report(station, **criteria) == expected


@pytest.mark.req("K12.FR.05")
def test_tc_k_52_cs(version: str) -> None:
    """A limit from outside is told, and reported as what it is."""
    station = _station(version)
    station.feed(ExternalLimit("EMS", Decimal(10)))
    (told,) = named(station.said(), "NotifyChargingLimit")
    assert told.charging_limit.charging_limit_source == "EMS"
    assert len(_report(station, chargingProfilePurpose="ChargingStationExternalConstraints")) == 1
    station.feed(ExternalLimit("EMS", None))
    (gone,) = named(station.said(), "ClearedChargingLimit")
    assert gone.charging_limit_source == "EMS"


# --- remote start -------------------------------------------------------------------------------------------------------------


def _start(station: WireStation, profile: dict[str, Any]) -> Any:
    token = {"idToken": ANNA, "type": "ISO14443"}
    return station.ask("RequestStartTransaction", idToken=token, remoteStartId=7, evseId=1, chargingProfile=profile)


@pytest.mark.req("K05.FR.03")
def test_tc_k_37_cs(version: str) -> None:
    """A remote start brings a profile: it is in force, and reported."""
    station = _station(version)
    assert _start(station, _profile(station, 5, TX, (0, 6), kind="Relative")).status == "Accepted"
    assert [event.trigger_reason for event in events_of(station.said())] == ["RemoteStart"]
    station.plug()
    station.pass_time(10)
    assert station.hardware.meter(1).power_w == 3 * 230 * 6
    assert _report(station, chargingProfileId=[5]) == [(1, 5)]


@pytest.mark.req("K05.FR.04")
def test_tc_k_38_cs(version: str) -> None:
    """Without smart charging the profile is ignored, and the transaction starts."""
    station = _station(version, **{"SmartChargingCtrlr.Enabled": "false"})
    ev_connected_pre_session(station)
    response = _start(station, _profile(station, 5, TX, (0, 6), kind="Relative"))
    assert (response.status, response.transaction_id) == ("Accepted", _transaction(station))
    station.pass_time(10)
    assert station.hardware.meter(1).power_w > 3 * 230 * 6
    assert _report(station, chargingProfileId=[5]) == []


# --- composite schedules ------------------------------------------------------------------------------------------------------


def test_tc_k_39_cs(version: str) -> None:
    """Without profiles, what the hardware can."""
    station = _station(version)
    assert _limits(station, 0, 300) == [(0, 2 * LOCAL)]
    assert _limits(station, 1, 300) == [(0, LOCAL)]


@pytest.mark.req("K08.FR.02", "K08.FR.06")
@pytest.mark.parametrize(("unit", "factor"), [("A", 1), ("W", 690)])
def test_tc_k_40_cs(version: str, unit: str, factor: int) -> None:
    """Two defaults, one above the other for 150 s."""
    station = _station(version)
    lower = [(0, 6 * factor), (100, 8 * factor), (200, 10 * factor)]
    upper = [(0, 7 * factor), (100, 9 * factor)]
    valid = _valid(station)
    _installed(station, 1, _profile(station, 1, DEFAULT, *lower, duration=405, unit=unit, **valid))
    _installed(station, 1, _profile(station, 2, DEFAULT, *upper, level=1, duration=155, unit=unit, **valid))
    expected = [(0, 7), (95, 9), (150, 8), (195, 10)]
    assert _limits(station, 1, 350, unit) == [(second, limit * factor) for second, limit in expected]


@pytest.mark.req("K08.FR.04")
def test_tc_k_41_cs(version: str) -> None:
    """A maximum, a default and the transaction's own."""
    station = _station(version)
    energy_transfer_started(station)
    _installed(station, 0, _profile(station, 1, MAX, (0, 10), duration=86_400))
    valid = _valid(station)
    default = [(0, 6), (60, 10), (120, 8), (180, 15), (260, 8)]
    _installed(station, 1, _profile(station, 2, DEFAULT, *default, duration=305, **valid))
    own = [(0, 8), (50, 11), (140, 16), (200, 6), (240, 12)]
    running = _transaction(station)
    _installed(station, 1, _profile(station, 3, TX, *own, duration=265, transactionId=running, **valid))
    assert _limits(station, 1, 400) == [(0, 8), (45, 10), (195, 6), (235, 10), (260, 8), (300, 10)]


@pytest.mark.req("K08.FR.07")
def test_tc_k_42_cs(version: str) -> None:
    """A unit the station does not have."""
    station = _station(version, **{"SmartChargingCtrlr.RateUnit": "A"})
    response = station.ask("GetCompositeSchedule", evseId=0, duration=300, chargingRateUnit="W")
    assert (response.status, response.schedule) == ("Rejected", None)


@pytest.mark.req("K08.FR.05")
def test_tc_k_47_cs(version: str) -> None:
    """An EVSE that is not there."""
    station = _station(version)
    response = station.ask("GetCompositeSchedule", evseId=3, duration=300, chargingRateUnit="A")
    assert (response.status, response.schedule) == ("Rejected", None)
