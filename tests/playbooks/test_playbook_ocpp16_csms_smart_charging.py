"""Central system under test, 1.6: smart charging, asked for by REST in the words of 2.1, heard in those of 1.6."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.csms_stage import VALID, Stage, at, stage

V16 = "ocpp1.6"
ACCEPTED = {"status": "Accepted"}
PERIODS = [{"startPeriod": 0, "limit": 6, "numberPhases": 3}]
DEFAULT = "TxDefaultProfile"


def _asked(number: int = 100, level: int = 1, purpose: str = DEFAULT, **more: Any) -> dict[str, Any]:
    """A profile as the operator writes it."""
    schedule = {
        "startSchedule": at(),
        "duration": 300,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": PERIODS,
    }
    profile = {
        "id": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
    }
    return profile | more


def _heard(asked: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The same as the charge point hears it: one schedule, and the id under another name."""
    (schedule,) = asked["chargingSchedule"]
    same = {name: value for name, value in asked.items() if name not in ("id", "chargingSchedule", "transactionId")}
    return same | {"chargingProfileId": asked["id"], "chargingSchedule": schedule} | more


async def _set(on: Stage, asked: dict[str, Any], **more: Any) -> None:
    ordered = await on.order("set-charging-profile", ACCEPTED, evseId=1, chargingProfile=asked)
    assert ordered.action == "SetChargingProfile"
    assert ordered.sent == {"connectorId": 1, "csChargingProfiles": _heard(asked, **more)}
    assert ordered.told["status"] == "Accepted"


async def _known(on: Stage) -> list[int]:
    return [each["chargingProfile"]["id"] for each in await on.read("charging-profiles")]


async def _status(on: Stage, status: str) -> None:
    said = {"connectorId": 1, "errorCode": "NoError", "status": status}
    assert await on.cs.ask("StatusNotification", said) == {}


async def _start(on: Stage) -> int:
    said = {"connectorId": 1, "idTag": VALID, "meterStart": 1000, "timestamp": at()}
    answer = await on.cs.ask("StartTransaction", said)
    assert answer["idTagInfo"]["status"] == "Accepted"
    return int(answer["transactionId"])


@pytest.mark.req("1.6:5.16")
async def test_tc_056_csms() -> None:
    """A default profile with validity, start and duration."""
    async with stage(V16) as on:
        await _set(on, _asked(validFrom=at(), validTo=at(300)))
        assert await _known(on) == [100]


@pytest.mark.req("1.6:5.16")
async def test_tc_057_csms() -> None:
    """A profile for the transaction that runs: the charge point hears its number."""
    async with stage(V16) as on:
        await _status(on, "Preparing")
        number = await _start(on)
        await _status(on, "Charging")
        await _set(on, _asked(purpose="TxProfile", transactionId=str(number)), transactionId=number)
        stop = {"transactionId": number, "meterStop": 2000, "timestamp": at(600), "reason": "Local"}
        assert await on.cs.ask("StopTransaction", stop) == {}
        assert await _known(on) == [], "it goes with the transaction"


@pytest.mark.req("1.6:5.11")
async def test_tc_059_csms() -> None:
    """A start from afar with a profile; one of another purpose, or for a transaction that has a number, is not sent."""
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": PERIODS}
    profile = _asked(purpose="TxProfile", chargingProfileKind="Relative", chargingSchedule=[schedule])
    asked = {"idToken": {"idToken": VALID, "type": "ISO14443"}, "evseId": 1}
    async with stage(V16) as on:
        for wrong in (_asked(), profile | {"transactionId": "1"}):
            await on.refused("request-start", **asked, chargingProfile=wrong)
        ordered = await on.order("request-start", ACCEPTED, **asked, chargingProfile=profile)
        assert ordered.action == "RemoteStartTransaction"
        assert ordered.sent == {"idTag": VALID, "connectorId": 1, "chargingProfile": _heard(profile)}
        assert (await on.cs.ask("Authorize", {"idTag": VALID}))["idTagInfo"]["status"] == "Accepted"
        await _status(on, "Preparing")
        await _start(on)
        await _status(on, "Charging")
        assert (await on.transaction()).is_open


@pytest.mark.req("1.6:5.7")
async def test_tc_066_csms() -> None:
    """The composite schedule of a connector."""
    schedule = {"chargingRateUnit": "A", "duration": 300, "chargingSchedulePeriod": PERIODS}
    answer = ACCEPTED | {"connectorId": 1, "scheduleStart": at(), "chargingSchedule": schedule}
    asked = {"duration": 300, "chargingRateUnit": "A"}
    async with stage(V16) as on:
        ordered = await on.order("get-composite-schedule", answer, evseId=1, **asked)
        assert (ordered.action, ordered.sent) == ("GetCompositeSchedule", {"connectorId": 1} | asked)
        told = ordered.told["schedule"]
        assert (told["evseId"], told["duration"], told["chargingRateUnit"]) == (1, 300, "A")
        assert [(each["startPeriod"], each["limit"]) for each in told["chargingSchedulePeriod"]] == [(0, 6)]


@pytest.mark.req("1.6:5.5")
async def test_tc_067_csms() -> None:
    """Of three profiles, one is cleared by its id, one by criteria, and then whatever is left."""
    async with stage(V16) as on:
        for number, level in ((100, 1), (101, 2), (102, 3)):
            await _set(on, _asked(number, level))
        assert sorted(await _known(on)) == [100, 101, 102]
        await _clear(on, {"id": 100}, chargingProfileId=100)
        assert sorted(await _known(on)) == [101, 102]
        criteria = {"chargingProfilePurpose": DEFAULT, "stackLevel": 2}
        await _clear(on, {"connectorId": 1} | criteria, evseId=1, **criteria)
        assert await _known(on) == [102]
        await _clear(on, {})
        assert await _known(on) == []


async def _clear(on: Stage, sent: dict[str, Any], **body: Any) -> None:
    ordered = await on.order("clear-charging-profile", ACCEPTED, **body)
    assert (ordered.action, ordered.sent) == ("ClearChargingProfile", sent)
    assert ordered.told["status"] == "Accepted"
