"""CSMS under test, 2.0.1: smart charging (K). Profiles come from the operator; this CSMS plans none by itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.csms_stage import VALID, Stage, at, stage
from tests.support.csms_stage201 import ACCEPTED, REJECTED, Charge, token

DEFAULT, STATION_MAX, TX = "TxDefaultProfile", "ChargingStationMaxProfile", "TxProfile"


def _profile(purpose: str = DEFAULT, limit: float = 6, kind: str = "Absolute", **more: Any) -> dict[str, Any]:
    """A profile of one period; one that is not Relative says when it starts."""
    schedule: dict[str, Any] = {
        "id": 1,
        "chargingRateUnit": "A",
        "duration": 300,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit, "numberPhases": 3}],
    }
    profile = {
        "id": 100,
        "stackLevel": 1,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": [schedule | ({} if kind == "Relative" else {"startSchedule": at()})],
    }
    return profile | more


async def _set(on: Stage, evse: int, profile: dict[str, Any], answer: Any = ACCEPTED, query: str = "") -> None:
    """The operator sets a profile; the station hears it exactly, and the operator the answer."""
    ordered = await on.order(f"set-charging-profile{query}", answer, evseId=evse, chargingProfile=profile)
    assert (ordered.action, ordered.sent) == ("SetChargingProfile", {"evseId": evse, "chargingProfile": profile})
    assert ordered.told["status"] == answer["status"]


async def _known(on: Stage) -> list[tuple[int, int, float]]:
    """EVSE, id and first limit of every profile on record."""
    found = []
    for item in await on.read("charging-profiles"):
        profile = item["chargingProfile"]
        limit = profile["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"]
        found.append((item["evseId"], profile["id"], limit))
    return found


# --- set ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("K01.FR.31", versions=("2.0.1",))
@pytest.mark.parametrize("evse", [pytest.param(1, id="tc_k_01_csms"), pytest.param(0, id="tc_k_10_csms")])
async def test_tc_k_01_10_csms(evse: int) -> None:
    """A default profile with validity, start and duration, for one EVSE and for all."""
    async with stage() as on:
        await _set(on, evse, _profile(validFrom=at(), validTo=at(300)))
        assert await _known(on) == [(evse, 100, 6)]


async def test_tc_k_02_csms() -> None:
    """A profile for a transaction that is not there: the CSMS knows better, unless it is told to send it; it is not kept then."""
    profile = _profile(TX, 7, "Relative", transactionId="tx-0")
    async with stage() as on:
        problem = await on.refused("set-charging-profile", evseId=1, chargingProfile=profile)
        assert problem["type"].endswith("charging-profile-rejected")
        await _set(on, 1, profile, REJECTED, "?force=true")
        assert await _known(on) == []


@pytest.mark.req("K01.FR.31", "K01.FR.38", versions=("2.0.1",))
async def test_tc_k_03_csms() -> None:
    """The limit of the station as a whole: it is at EVSE 0, and never Relative."""
    async with stage() as on:
        for evse, kind in ((0, "Relative"), (1, "Absolute")):
            profile = _profile(STATION_MAX, 8, kind)
            problem = await on.refused("set-charging-profile", evseId=evse, chargingProfile=profile)
            assert problem["errors"]
        await _set(on, 0, _profile(STATION_MAX, 8, validFrom=at(), validTo=at(300)))
        assert await _known(on) == [(0, 100, 8)]


async def test_tc_k_04_csms() -> None:
    """A profile with the id of one that is there takes its place."""
    async with stage() as on:
        await _set(on, 1, _profile(limit=8))
        await _set(on, 1, _profile(limit=6))
        assert await _known(on) == [(1, 100, 6)]


async def test_tc_k_15_csms() -> None:
    """A station without smart charging: the operator reads its error, and nothing counts as set."""
    async with stage() as on:
        sent, problem = await on.failed("NotSupported", "set-charging-profile", evseId=1, chargingProfile=_profile())
        assert sent == {"evseId": 1, "chargingProfile": _profile()}
        assert problem["code"] == "NotSupported"
        assert await _known(on) == []


@pytest.mark.parametrize("every", ["Daily", "Weekly"])
async def test_tc_k_19_csms(every: str) -> None:
    """A profile that comes again every day or week; without saying which it is not sent."""
    async with stage() as on:
        problem = await on.refused("set-charging-profile", evseId=1, chargingProfile=_profile(kind="Recurring"))
        assert problem["errors"]
        await _set(on, 1, _profile(kind="Recurring", recurrencyKind=every))


@pytest.mark.req("K01.FR.03", "K01.FR.31", versions=("2.0.1",))
@pytest.mark.parametrize("kind", ["Relative", "Absolute"])
async def test_tc_k_60_csms(kind: str) -> None:
    """A profile for the transaction that runs; without its id it is not sent. It goes with the transaction."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        assert (await on.refused("set-charging-profile", evseId=1, chargingProfile=_profile(TX, kind=kind)))["errors"]
        await _set(on, 1, _profile(TX, kind=kind, transactionId=charge.name))
        assert await _known(on) == [(1, 100, 6)]
        await charge.disconnected()
        assert await _known(on) == []


async def test_tc_k_70_csms() -> None:
    """Two profiles of different purposes, while somebody charges."""
    async with stage() as on:
        await Charge(on).started()
        await _set(on, 1, _profile())
        await _set(on, 0, _profile(STATION_MAX, id=101, stackLevel=2))
        assert sorted(await _known(on)) == [(0, 101, 6), (1, 100, 6)]


@pytest.mark.req("K05.FR.02", "F01.FR.08", "F01.FR.09", "F01.FR.11", versions=("2.0.1",))
async def test_tc_k_37_csms() -> None:
    """A start from afar with a profile; one of another purpose, or for a transaction that has a name, is not sent."""
    profile = _profile(TX, kind="Relative")
    asked = {"idToken": token(), "remoteStartId": 7, "evseId": 1}
    async with stage() as on:
        for wrong in (_profile(), profile | {"transactionId": "tx-1"}):
            await on.refused("request-start", **asked, chargingProfile=wrong)
        ordered = await on.order("request-start", ACCEPTED, **asked, chargingProfile=profile)
        assert (ordered.action, ordered.sent) == ("RequestStartTransaction", asked | {"chargingProfile": profile})
        charge = Charge(on)
        info = {"remoteStartId": 7}
        answer = await charge.event("Started", "RemoteStart", info=info, idToken=token(), evse=charge.place)
        assert answer["idTokenInfo"]["status"] == "Accepted"
        booked = await on.transaction()
        assert (booked.remote_start_id, booked.id_token and booked.id_token.value) == (7, VALID)


# --- clear --------------------------------------------------------------------------------------------------------------------------

CRITERIA: dict[str, Any] = {"evseId": 1, "chargingProfilePurpose": DEFAULT, "stackLevel": 1}


async def _clear(on: Stage, sent: dict[str, Any], status: str = "Accepted", **body: Any) -> None:
    ordered = await on.order("clear-charging-profile", {"status": status}, **body)
    assert (ordered.action, ordered.sent) == ("ClearChargingProfile", sent)
    assert ordered.told["status"] == status


@pytest.mark.req("K10.FR.02", versions=("2.0.1",))
async def test_tc_k_05_csms() -> None:
    """Clear by id, as the station reported it."""
    async with stage() as on:
        await on.reported(
            "get-charging-profiles",
            "ReportChargingProfiles",
            _part(_profile(STATION_MAX), 0),
            evseId=0,
            chargingProfilePurpose=STATION_MAX,
        )
        ((_, profile, _),) = await _known(on)
        await on.refused("clear-charging-profile")
        await _clear(on, {"chargingProfileId": profile}, chargingProfileId=profile)
        assert await _known(on) == []


@pytest.mark.req("K10.FR.02", versions=("2.0.1",))
async def test_tc_k_06_csms() -> None:
    """Clear by purpose, stack level and EVSE: what fits goes, and nothing else."""
    async with stage() as on:
        await _set(on, 1, _profile())
        await _set(on, 2, _profile(id=101))
        await _clear(on, {"chargingProfileCriteria": CRITERIA}, **CRITERIA)
        assert await _known(on) == [(2, 101, 6)]


async def test_tc_k_08_csms() -> None:
    """Clear what is not there."""
    async with stage() as on:
        await _clear(on, {"chargingProfileCriteria": CRITERIA}, "Unknown", **CRITERIA)


# --- get ----------------------------------------------------------------------------------------------------------------------------


def _part(profile: dict[str, Any], evse: int, source: str = "CSO", *, tbc: bool = False) -> dict[str, Any]:
    return {"chargingLimitSource": source, "evseId": evse, "chargingProfile": [profile]} | (
        {"tbc": True} if tbc else {}
    )


async def _get(evse: int | None, criterion: dict[str, Any], profile: dict[str, Any], source: str = "CSO") -> None:
    """Ask for profiles by one criterion, at one EVSE or not; the operator reads what the station reported, and it is on record."""
    asked = {} if evse is None else {"evseId": evse}
    async with stage() as on:
        await on.refused("get-charging-profiles", **asked)
        parts = [_part(profile, evse or 0, source)]
        if evse is None:
            parts = [_part(profile | {"id": 200 + each}, each, source, tbc=each < 2) for each in (0, 1, 2)]
        body = {name: [value] if name in _LISTS else value for name, value in criterion.items()}
        ordered = await on.reported("get-charging-profiles", "ReportChargingProfiles", *parts, **asked, **body)
        assert ordered.action == "GetChargingProfiles"
        assert ordered.sent == {"requestId": ordered.sent["requestId"], "chargingProfile": body} | asked
        assert ordered.told["requestId"] == ordered.sent["requestId"]
        told = [(each["evseId"], each["chargingProfile"]["id"]) for each in ordered.told["chargingProfiles"]]
        assert told == [(part["evseId"], part["chargingProfile"][0]["id"]) for part in parts]
        assert [(where, profile) for where, profile, _ in await _known(on)] == told


_LISTS = ("chargingProfileId", "chargingLimitSource")


@pytest.mark.req("K09.FR.03", versions=("2.0.1",))
@pytest.mark.parametrize(
    ("evse", "criterion"),
    [
        pytest.param(0, {"chargingProfilePurpose": DEFAULT}, id="tc_k_29_csms"),
        pytest.param(1, {"chargingProfilePurpose": DEFAULT}, id="tc_k_30_csms"),
        pytest.param(None, {"chargingProfilePurpose": DEFAULT}, id="tc_k_31_csms"),
        pytest.param(None, {"chargingProfileId": 100}, id="tc_k_32_csms"),
        pytest.param(1, {"stackLevel": 1}, id="tc_k_33_csms"),
        pytest.param(1, {"chargingLimitSource": "CSO"}, id="tc_k_34_csms"),
        pytest.param(1, {"chargingProfilePurpose": DEFAULT}, id="tc_k_35_csms"),
        pytest.param(1, {"chargingProfilePurpose": DEFAULT, "stackLevel": 1}, id="tc_k_36_csms"),
    ],
)
async def test_tc_k_29_to_36_csms(evse: int | None, criterion: dict[str, Any]) -> None:
    """Ask for profiles: of the station, of an EVSE, of all, by id, stack level, source, purpose."""
    await _get(evse, criterion, _profile())


async def test_tc_k_52_csms() -> None:
    """A limit from outside, reported as a profile."""
    purpose = "ChargingStationExternalConstraints"
    await _get(0, {"chargingProfilePurpose": purpose}, _profile(purpose), "EMS")


@pytest.mark.req("K08.FR.01", versions=("2.0.1",))
@pytest.mark.parametrize("evse", [pytest.param(1, id="tc_k_43_csms"), pytest.param(0, id="tc_k_44_csms")])
@pytest.mark.parametrize(("unit", "limit"), [("A", 10), ("W", 10000)])
async def test_tc_k_43_44_csms(evse: int, unit: str, limit: int) -> None:
    """The composite schedule of an EVSE, and of the station."""
    periods = [{"startPeriod": 0, "limit": limit}]
    answer = {
        "evseId": evse,
        "duration": 300,
        "scheduleStart": at(),
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": periods,
    }
    asked = {"evseId": evse, "duration": 300, "chargingRateUnit": unit}
    async with stage() as on:
        ordered = await on.order("get-composite-schedule", ACCEPTED | {"schedule": answer}, **asked)
        assert (ordered.action, ordered.sent) == ("GetCompositeSchedule", asked)
        told = ordered.told["schedule"]
        assert (told["evseId"], told["duration"], told["chargingRateUnit"]) == (evse, 300, unit)
        assert [(each["startPeriod"], each["limit"]) for each in told["chargingSchedulePeriod"]] == [(0, limit)]


# --- limits from outside ------------------------------------------------------------------------------------------------------------

EMS = {"chargingLimitSource": "EMS"}


async def _limits(on: Stage) -> list[str]:
    return [limit["chargingLimitSource"] for limit in await on.read("charging-limits")]


async def test_tc_k_48_csms() -> None:
    """A limit from outside is told."""
    async with stage() as on:
        assert await on.cs.ask("NotifyChargingLimit", {"chargingLimit": EMS}) == {}
        assert await _limits(on) == ["EMS"]


@pytest.mark.parametrize("charges", [pytest.param(False, id="tc_k_50_csms"), pytest.param(True, id="tc_k_51_csms")])
async def test_tc_k_50_51_csms(charges: bool) -> None:
    """A limit from outside ends, with and without a transaction."""
    async with stage() as on:
        charge = Charge(on)
        if charges:
            await charge.started()
        assert await on.cs.ask("NotifyChargingLimit", {"chargingLimit": EMS}) == {}
        assert await on.cs.ask("ClearedChargingLimit", EMS) == {}
        assert await _limits(on) == []
        if charges:
            assert await charge.event("Updated", "ChargingRateChanged", "Charging") == {}


# --- vehicles that say what they need -------------------------------------------------------------------------------------------------

_AC = {"energyAmount": 30000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400}
NEEDS = {"requestedEnergyTransfer": "AC_three_phase", "acChargingParameters": _AC}


async def _needs(on: Stage, limit: float, identifier: int = 100) -> None:
    """The vehicle says what it needs, and the operator's planner answers with a profile for its transaction."""
    said = {"evseId": 1, "maxScheduleTuples": 3, "chargingNeeds": NEEDS}
    assert await on.cs.ask("NotifyEVChargingNeeds", said) == ACCEPTED
    (known,) = await on.read("ev-charging-needs")
    assert known["transactionId"] == "tx-1"
    await _offer(on, limit, identifier)


async def _offer(on: Stage, limit: float, identifier: int = 100) -> None:
    await _set(on, 1, _profile(TX, limit, "Relative", transactionId="tx-1", id=identifier))


async def _plan(on: Stage, limit: float, status: str = "Accepted") -> None:
    """The vehicle says how it will charge."""
    periods = [{"startPeriod": 0, "limit": limit}]
    schedule = {"id": 1, "chargingRateUnit": "A", "duration": 300, "chargingSchedulePeriod": periods}
    said = {"evseId": 1, "timeBase": at(), "chargingSchedule": schedule}
    assert (await on.cs.ask("NotifyEVChargingSchedule", said))["status"] == status


async def _connected(on: Stage) -> Charge:
    charge = Charge(on)
    await charge.authorized()
    await charge.connected()
    return charge


async def _charging(on: Stage) -> Charge:
    """Reusable state ISO15118SmartCharging."""
    charge = await _connected(on)
    await _needs(on, 16)
    await _plan(on, 16)
    await charge.charging()
    return charge


POLICY: dict[str, Any] = {"charging_needs": "accepted"}


@pytest.mark.req("K15.FR.02", "K15.FR.03", versions=("2.0.1",))
async def test_tc_k_53_csms() -> None:
    """Needs, a profile, a plan within it: charging begins, and nobody negotiates again: the next the station hears is an answer."""
    async with stage(**POLICY) as on:
        await _charging(on)
        assert "currentTime" in await on.cs.ask("Heartbeat", {})


@pytest.mark.req("K15.FR.12", versions=("2.0.1",))
async def test_tc_k_55_csms() -> None:
    """A plan that goes over the limits is rejected; the next profile and a plan within it are not."""
    async with stage(**POLICY) as on:
        charge = await _connected(on)
        await _needs(on, 16)
        await _plan(on, 20, "Rejected")
        await charge.charging()
        await _offer(on, 14)
        await _plan(on, 14)


@pytest.mark.req("K17.FR.02", "K17.FR.03", versions=("2.0.1",))
async def test_tc_k_57_csms() -> None:
    """The vehicle negotiates again."""
    async with stage(**POLICY) as on:
        await _charging(on)
        await _needs(on, 10)
        await _plan(on, 10)


@pytest.mark.req("K16.FR.06", versions=("2.0.1",))
async def test_tc_k_58_csms() -> None:
    """The CSMS negotiates again: the vehicle's plan is held against the new profile."""
    async with stage(**POLICY) as on:
        await _charging(on)
        await _offer(on, 10)
        await _plan(on, 16, "Rejected")
        await _plan(on, 10)


async def test_tc_k_59_csms() -> None:
    """The CSMS negotiates again, and the vehicle first says again what it needs."""
    async with stage(**POLICY) as on:
        await _charging(on)
        await _offer(on, 10)
        await _needs(on, 12)
        await _plan(on, 12)
