"""Central system under test, 1.6: boots, authorization and charging sessions of the Core profile, online and late."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.csms.gateway.passwords import hash_password
from pilotwire.domain.availability import Activity
from pilotwire.domain.provisioning import RegistrationStatus, UnknownStations
from pilotwire.domain.transactions import StoppedReason
from tests.support.csms_stage import (
    BLOCKED,
    EXPIRED,
    FAMILY,
    INVALID,
    NOBODY,
    STATION,
    VALID,
    Stage,
    at,
    backend,
    stage,
)
from tests.support.raw_station import station

V16 = "ocpp1.6"
PASSWORD = "a-long-enough-password"


async def _status(on: Stage, status: str, connector: int = 1, error: str = "NoError") -> None:
    said = {"connectorId": connector, "errorCode": error, "status": status}
    assert await on.cs.ask("StatusNotification", said) == {}


async def _authorize(on: Stage, id_tag: str = VALID) -> Any:
    return (await on.cs.ask("Authorize", {"idTag": id_tag}))["idTagInfo"]


async def _start(on: Stage, id_tag: str = VALID, *, seconds: float = 0, meter: int = 1000) -> Any:
    """StartTransaction; the whole answer."""
    said = {"connectorId": 1, "idTag": id_tag, "meterStart": meter, "timestamp": at(seconds)}
    return await on.cs.ask("StartTransaction", said)


async def _stop(on: Stage, number: int, reason: str, *, seconds: float = 600, meter: int = 3500, **more: Any) -> None:
    said = {"transactionId": number, "meterStop": meter, "timestamp": at(seconds), "reason": reason}
    await on.cs.ask("StopTransaction", said | more)
    booked = await on.csms.store.transaction(STATION, str(number))
    assert booked is not None
    assert not booked.is_open
    assert booked.energy == Decimal(meter) - 1000


async def _charging(on: Stage) -> int:
    """Reusable state Charging; the number the central system gave."""
    await _status(on, "Preparing")
    started = await _start(on)
    assert started["idTagInfo"]["status"] == "Accepted"
    await _status(on, "Charging")
    return int(started["transactionId"])


# --- boot --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:4.2", "1.6:4.6", "1.6:4.9")
async def test_tc_001_csms() -> None:
    """Accepted, with the interval that was configured; statuses are kept, heartbeats get the time."""
    async with stage(V16, boot=False, heartbeat_interval=77) as on:
        answer = await on.cs.boot()
        assert (answer["status"], answer["interval"]) == ("Accepted", 77)
        for connector in (0, 1, 2):
            await _status(on, "Available", connector)
        beat = await on.cs.ask("Heartbeat", {})
        assert datetime.fromisoformat(beat["currentTime"]).tzinfo is not None
        assert [await on.shown(place) for place in (0, 1, 2)] == ["Available"] * 3


@pytest.mark.req("1.6:4.2")
@pytest.mark.parametrize(("policy", "expected"), [("pending", "Pending"), ("reject", "Rejected")])
async def test_tc_001_csms_of_a_stranger(policy: str, expected: str) -> None:
    """The case's other answers: a charge point that is not, or not yet, wanted is told when to ask again."""
    async with stage(V16, boot=False, unknown_stations=UnknownStations.PENDING, retry_interval=42) as on:
        if policy == "reject":
            await on.register(RegistrationStatus.REJECTED)
        answer = await on.cs.boot()
        assert (answer["status"], answer["interval"]) == (expected, 42)
        await on.register(RegistrationStatus.ACCEPTED)
        assert (await on.cs.boot())["status"] == "Accepted"


@pytest.mark.req("J16:6.2.2")
async def test_tc_085_csms() -> None:
    """The right password opens the door."""
    async with backend(no_auth=False) as (csms, operator):
        await Stage(csms, operator, None).register(RegistrationStatus.ACCEPTED, hash_password(PASSWORD))  # type: ignore[arg-type]
        async with station(csms, STATION, V16, password=PASSWORD) as cs:
            assert (await cs.boot())["status"] == "Accepted"
            await _status(Stage(csms, operator, cs), "Available")


# --- sessions ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:4.1", "1.6:4.8", "1.6:4.9")
async def test_tc_003_csms() -> None:
    """Cable first."""
    async with stage(V16) as on:
        await _status(on, "Preparing")
        assert await _authorize(on) == {"status": "Accepted", "parentIdTag": FAMILY}
        started = await _start(on)
        assert started["idTagInfo"]["status"] == "Accepted"
        await _status(on, "Charging")
        booked = await on.transaction()
        assert (booked.transaction_id, booked.is_open) == (str(started["transactionId"]), True)
        assert (await on.connector()).state.activity is Activity.CHARGING


@pytest.mark.req("1.6:4.1", "1.6:4.8")
async def test_tc_004_1_csms() -> None:
    """Card first."""
    async with stage(V16) as on:
        assert (await _authorize(on))["status"] == "Accepted"
        await _charging(on)


@pytest.mark.req("1.6:4.1", "1.6:4.9")
async def test_tc_004_2_csms() -> None:
    """Card first, and no cable: nothing is booked, and the connector is free again."""
    async with stage(V16) as on:
        assert (await _authorize(on))["status"] == "Accepted"
        await _status(on, "Preparing")
        await _status(on, "Available")
        assert await on.shown() == "Available"
        assert await on.transactions() == []


@pytest.mark.req("1.6:4.9", "1.6:4.10")
async def test_tc_005_1_csms() -> None:
    """Pulled at the vehicle."""
    async with stage(V16) as on:
        number = await _charging(on)
        await _status(on, "SuspendedEV")
        await _stop(on, number, "EVDisconnected")
        await _status(on, "Finishing")
        await _status(on, "Available")
        assert (await on.transaction()).stopped_reason is StoppedReason.EV_DISCONNECTED
        assert await on.shown() == "Available"


@pytest.mark.req("1.6:4.8")
async def test_tc_007_csms() -> None:
    """From the charge point's cache: no Authorize came before the start, and it is judged all the same."""
    async with stage(V16) as on:
        await _charging(on)
        assert await on.csms.store.log(STATION, action="Authorize") == []


@pytest.mark.req("1.6:4.1")
@pytest.mark.parametrize("id_tag", [INVALID, NOBODY])
async def test_tc_023_1_csms(id_tag: str) -> None:
    """An idTag on record as invalid, or not on record at all."""
    async with stage(V16) as on:
        assert (await _authorize(on, id_tag))["status"] == "Invalid"


@pytest.mark.req("1.6:4.1")
async def test_tc_023_2_csms() -> None:
    """Expired."""
    async with stage(V16) as on:
        assert (await _authorize(on, EXPIRED))["status"] == "Expired"


@pytest.mark.req("1.6:4.1")
async def test_tc_023_3_csms() -> None:
    """Blocked."""
    async with stage(V16) as on:
        assert (await _authorize(on, BLOCKED))["status"] == "Blocked"


@pytest.mark.req("1.6:4.9")
async def test_tc_024_csms() -> None:
    """A lock that fails is kept as what is wrong with the connector."""
    async with stage(V16) as on:
        assert (await _authorize(on))["status"] == "Accepted"
        await _status(on, "Preparing")
        await _status(on, "Faulted", error="ConnectorLockFailure")
        assert await on.shown() == "Faulted"
        problem = (await on.connector()).state.problem
        assert problem is not None
        assert problem.code == "ConnectorLockFailure"


# --- late --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:4.2", "1.6:4.10")
async def test_tc_032_1_csms() -> None:
    """After a power failure: boot, statuses, and the stop of what was interrupted."""
    async with stage(V16) as on:
        number = await _charging(on)
        assert (await on.cs.boot())["status"] == "Accepted"
        await _status(on, "Available", 0)
        await _status(on, "Finishing", 1)
        await _status(on, "Available", 2)
        await _stop(on, number, "PowerLoss")
        assert (await on.transaction()).stopped_reason is StoppedReason.POWER_LOSS


@pytest.mark.req("1.6:3.7", "1.6:4.8")
async def test_tc_037_1_csms() -> None:
    """A start that comes an hour late is booked for when it happened."""
    async with stage(V16) as on:
        started = await _start(on, seconds=-3600)
        assert started["idTagInfo"]["status"] == "Accepted"
        await _status(on, "Charging")
        booked = await on.transaction()
        assert booked.is_open
        assert booked.started_at is not None
        assert booked.started_at.isoformat() == "2026-01-01T11:00:00+00:00"


@pytest.mark.req("1.6:4.8", "1.6:4.10")
async def test_tc_037_3_csms() -> None:
    """A late start with a bad idTag is booked too, since energy flowed, and told Invalid; the stop finds it."""
    async with stage(V16) as on:
        started = await _start(on, INVALID, seconds=-3600)
        assert started["idTagInfo"]["status"] == "Invalid"
        await _status(on, "Charging")
        await _stop(on, started["transactionId"], "DeAuthorized", seconds=10)
        await _status(on, "Finishing")
        assert (await on.transaction()).stopped_reason is StoppedReason.DEAUTHORIZED


@pytest.mark.req("1.6:3.7", "1.6:4.8", "1.6:4.10")
async def test_tc_039_csms() -> None:
    """A whole session that comes late."""
    async with stage(V16) as on:
        started = await _start(on, seconds=-7200)
        assert started["idTagInfo"]["status"] == "Accepted"
        await _stop(on, started["transactionId"], "Local", seconds=-3600, idTag=VALID)
        booked = await on.transaction()
        assert booked.stopped_reason is StoppedReason.LOCAL
        assert booked.ended_at is not None
        assert booked.started_at is not None
        assert (booked.ended_at - booked.started_at).total_seconds() == 3600
