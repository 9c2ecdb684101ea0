"""Charging profiles over the API: checked before they are sent, kept once accepted, cleared and reported."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.csms.api.events import EventType, Selection
from pilotwire.csms.registers.device_model import VARIABLES
from pilotwire.csms.registers.smart_charging import LIMITS, ActiveLimit, limit_key, profiles_of
from pilotwire.csms.store.ports import BookEvent
from pilotwire.domain.device_model import KnownVariable, VariableName, key_of
from pilotwire.domain.device_model.known import KnownAttribute
from pilotwire.domain.smart_charging import (
    ChargingLimit,
    ChargingProfileStatus,
    ClearChargingProfile,
    ClearChargingProfileOutcome,
    ClearChargingProfileStatus,
    GetChargingProfiles,
    GetChargingProfilesOutcome,
    GetChargingProfilesStatus,
    SetChargingProfile,
    SetChargingProfileOutcome,
    UpdateDynamicSchedule,
    UpdateDynamicScheduleOutcome,
)
from pilotwire.domain.smart_charging.abilities import ABILITY_NAMES, abilities_of
from pilotwire.domain.transactions import TransactionEvent
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of, ended, started
from tests.support.given.smart_charging import DYNAMIC, profile

COMMANDS = "/stations/CS-1/commands"
ACCEPTED = ChargingProfileStatus.ACCEPTED


def _rooms(version: str = "2.0.1", status: ChargingProfileStatus = ACCEPTED) -> ApiRooms:
    rooms = ApiRooms()
    rooms.bus.connect("CS-1", version)
    rooms.bus.answers |= {
        SetChargingProfile: SetChargingProfileOutcome(status=status),
        ClearChargingProfile: ClearChargingProfileOutcome(status=ClearChargingProfileStatus.ACCEPTED),
        UpdateDynamicSchedule: UpdateDynamicScheduleOutcome(status=ACCEPTED),
        GetChargingProfiles: GetChargingProfilesOutcome(status=GetChargingProfilesStatus.NO_PROFILES),
    }
    return rooms


async def _set(rooms: ApiRooms, given: dict[str, Any], *, evse: int = 0, query: str = "") -> Any:
    async with client_of(api_of(rooms)) as client:
        body = {"evseId": evse, "chargingProfile": given}
        return await client.post(f"{COMMANDS}/set-charging-profile{query}", json=body)


async def _post(rooms: ApiRooms, action: str, body: dict[str, Any]) -> Any:
    async with client_of(api_of(rooms)) as client:
        response = await client.post(f"{COMMANDS}/{action}", json=body)
        assert response.status_code == 200, response.text
        return response.json()


async def _known(rooms: ApiRooms) -> list[tuple[int, int]]:
    return [(each.profile.id, each.evse_id) for each in await profiles_of(rooms.store, "CS-1")]


@pytest.mark.req("K01.FR.31", "K01.FR.40")
async def test_a_flawed_profile_is_not_sent() -> None:
    """Every reason is told, with its requirement and place; `force` sends it all the same."""
    rooms = _rooms()
    broken = profile()
    broken["chargingSchedule"][0].pop("startSchedule")
    broken["chargingSchedule"][0]["chargingSchedulePeriod"][0]["startPeriod"] = 5
    response = await _set(rooms, broken)
    problem = response.json()
    assert (response.status_code, problem["type"]) == (422, "urn:pilotwire:problem:charging-profile-rejected")
    where = "body.chargingProfile.chargingSchedule[0]"
    assert [each["where"] for each in problem["errors"]] == [
        f"{where}.startSchedule",
        f"{where}.chargingSchedulePeriod[0].startPeriod",
    ]
    assert [each["what"][-11:] for each in problem["errors"]] == ["(K01.FR.40)", "(K01.FR.31)"]
    assert rooms.bus.commands == []
    assert (await _set(rooms, broken, query="?force=true")).json()["status"] == "Accepted"
    assert len(rooms.bus.commands) == 1


async def test_what_a_station_takes_all_the_same_is_remarked() -> None:
    """A period that is never reached."""
    given = profile()
    given["chargingSchedule"][0]["duration"] = 60
    answer = (await _set(_rooms(), given)).json()
    assert [(each["requirement"], each["where"]) for each in answer["remarks"]] == [
        ("K01.FR.11", "chargingSchedule[0].duration")
    ]


@pytest.mark.req("K01.FR.05")
async def test_an_accepted_profile_is_kept_and_replaced_by_its_id() -> None:
    """A rejected one is not."""
    rooms = _rooms()
    await _set(rooms, profile())
    await _set(rooms, profile(level=1) | {"id": 8}, evse=1)
    await _set(rooms, profile(level=2), evse=1)
    assert await _known(rooms) == [(8, 1), (7, 1)]
    rooms.bus.answers[SetChargingProfile] = SetChargingProfileOutcome(status=ChargingProfileStatus.REJECTED)
    await _set(rooms, profile(level=3) | {"id": 9})
    assert await _known(rooms) == [(8, 1), (7, 1)]


@pytest.mark.req("1.6:3.13.2")
async def test_1_6_replaces_the_same_purpose_and_level_at_a_connector() -> None:
    """2.x would have refused it."""
    rooms = _rooms("1.6")
    for number, evse in ((1, 1), (2, 2), (3, 1)):
        assert (await _set(rooms, profile() | {"id": number}, evse=evse)).status_code == 200
    assert await _known(rooms) == [(2, 2), (3, 1)]


@pytest.mark.req("1.6:3.13.1")
async def test_1_6_binds_a_profile_to_the_transaction_that_goes_on_when_it_is_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One ended and the next began while the station was asked: the profile is of that, and is not gone with the old one."""
    rooms = _rooms("1.6")
    await _book(rooms, started("tx-1"))
    answer = rooms.bus.call

    async def call(*asked: Any, **more: Any) -> Any:
        await _book(rooms, ended("tx-1"), started("tx-2"))
        return await answer(*asked, **more)

    monkeypatch.setattr(rooms.bus, "call", call)
    given = profile("TxProfile", "Relative")
    given.pop("transactionId")
    assert (await _set(rooms, given, evse=1)).json()["status"] == "Accepted"
    assert [each.transaction_id for each in await profiles_of(rooms.store, "CS-1")] == ["tx-2"]


async def _book(rooms: ApiRooms, *events: TransactionEvent) -> None:
    await rooms.keep(*(BookEvent(station="CS-1", event=event, received_at=NOON) for event in events))


@pytest.mark.req("K10.FR.03", "K10.FR.04", "K10.FR.06")
async def test_clearing_takes_out_what_fits() -> None:
    """By id, or by every criterion; what an external system set is not ours."""
    rooms = _rooms()
    for number, evse, level in ((1, 0, 0), (2, 1, 1), (3, 2, 2)):
        await _set(rooms, profile(level=level) | {"id": number}, evse=evse)
    await _post(rooms, "clear-charging-profile", {"chargingProfileId": 1})
    await _post(rooms, "clear-charging-profile", {"evseId": 1, "stackLevel": 2})
    assert await _known(rooms) == [(2, 1), (3, 2)]
    await _post(rooms, "clear-charging-profile", {"evseId": 2, "chargingProfilePurpose": "TxDefaultProfile"})
    assert await _known(rooms) == [(2, 1)]
    async with client_of(api_of(rooms)) as client:
        body = {"chargingProfilePurpose": "ChargingStationExternalConstraints"}
        response = await client.post(f"{COMMANDS}/clear-charging-profile", json=body)
    assert (response.status_code, "K10.FR.06" in response.text) == (422, True)


async def test_what_was_asked_for_and_not_reported_is_not_there() -> None:
    """NoProfiles for one EVSE leaves those of others."""
    rooms = _rooms()
    await _set(rooms, profile(level=1), evse=1)
    await _set(rooms, profile(level=2) | {"id": 8}, evse=2)
    answer = await _post(rooms, "get-charging-profiles", {"evseId": 1, "chargingLimitSource": ["CSO"]})
    assert (answer["status"], answer["chargingProfiles"]) == ("NoProfiles", [])
    assert await _known(rooms) == [(8, 2)]


@pytest.mark.req("K28.FR.06")
async def test_an_update_changes_what_is_known_of_a_dynamic_profile() -> None:
    """The values given are new, the others stay."""
    rooms = _rooms("2.1")
    await _set(rooms, DYNAMIC)
    values = {"setpoint": -1500.5, "setpointReactive_L2": 3}
    await _post(rooms, "update-dynamic-schedule", {"chargingProfileId": 9, "scheduleUpdate": values})
    async with client_of(api_of(rooms)) as client:
        (known,) = (await client.get("/stations/CS-1/charging-profiles")).json()
    (period,) = known["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"]
    told = {name: value for name, value in period.items() if value not in (None, [])}
    assert told == values | {"startPeriod": 0, "operationMode": "CentralSetpoint"}


@pytest.mark.req("K01.FR.26", "1.6:9.4.1")
async def test_what_the_station_told_of_itself_counts() -> None:
    """Its variables, once they are in the device model."""
    rooms = _rooms()
    for name, text in (("profile_stack_level", "2"), ("rate_units", "W"), ("max_profiles", "many")):
        component, variable, instance = ABILITY_NAMES[name]
        named = VariableName(component=component, variable=variable, variable_instance=instance)
        told = KnownVariable(name=named, attributes=(KnownAttribute(at=NOON, value=text),))
        await rooms.keep(VARIABLES.put("CS-1", key_of(named), told))
    async with client_of(api_of(rooms)) as client:
        known = (await client.get("/stations/CS-1/charging-abilities")).json()
    assert {name: value for name, value in known.items() if value is not None} == {
        "profileStackLevel": 2,
        "rateUnits": ["W"],
    }
    problem = (await _set(rooms, profile(level=3))).json()
    assert "(SmartChargingCtrlr.ProfileStackLevel)" in problem["detail"]
    assert "(K01.FR.26)" in problem["detail"]


def test_units_have_two_spellings() -> None:
    """Those of 1.6 keys, and those of 2.x; a list is a list."""
    old = abilities_of({"rate_units_16": "Current, Power", "dynamic_profiles": "True", "operation_modes": "Idle,"})
    new = abilities_of({"rate_units": "A,W", "dynamic_profiles": "true", "operation_modes": "Idle"})
    assert old == new
    assert abilities_of({"rate_units": "kW", "phase_switching": "perhaps"}) == abilities_of({})


async def test_a_number_is_a_number() -> None:
    """Text is not, and neither is one beyond all sense."""
    for limit in ("16", True, 1e30):
        given = profile()
        given["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] = limit
        assert (await _set(_rooms(), given)).status_code == 422


async def test_limits_are_live_events() -> None:
    """That they hold, and that they have gone."""
    rooms = ApiRooms()
    selection = Selection([EventType.CHARGING_LIMIT], None, ())
    limit = ActiveLimit(evse_id=1, charging_limit=ChargingLimit(charging_limit_source="EMS"), at=NOON)
    key = limit_key(1, "EMS")
    told = []
    for operation in (LIMITS.put("CS-1", key, limit), LIMITS.remove("CS-1", key), LIMITS.remove("CS-1", key)):
        told.append(selection.told((operation, (await rooms.keep(operation))[0])))
    assert told[0] is not None
    assert told[1] is not None
    assert told[0].startswith(b'event: charging-limit\ndata: {"station":"CS-1","active":true')
    assert b'"active":false' in told[1]
    assert told[2] is None
