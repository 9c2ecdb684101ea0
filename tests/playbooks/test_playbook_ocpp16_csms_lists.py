"""Central system under test, 1.6: local lists and reservations, by the operator's typed commands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.domain.transactions import StoppedReason
from tests.support.csms_stage import FAMILY, SECOND, TOKENS, VALID, Stage, at, stage

V16 = "ocpp1.6"
TOKEN, GROUP = {"idToken": VALID, "type": "ISO14443"}, {"idToken": FAMILY, "type": "Central"}
ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
ENTRY = {"idToken": TOKEN, "idTokenInfo": ACCEPTED | {"groupIdToken": GROUP}}
WIRE_ENTRY = {"idTag": VALID, "idTagInfo": ACCEPTED | {"parentIdTag": FAMILY}}


async def _status(on: Stage, status: str, connector: int = 1) -> None:
    error = "GroundFailure" if status == "Faulted" else "NoError"
    said = {"connectorId": connector, "errorCode": error, "status": status}
    assert await on.cs.ask("StatusNotification", said) == {}
    if connector:
        assert await on.shown(connector) == ("Occupied" if status in ("Preparing", "Charging", "Finishing") else status)


# --- local lists ---------------------------------------------------------------------------------------------------------------------


async def _list_version(said: int, told: int | None) -> None:
    async with stage(V16) as on:
        ordered = await on.order("get-local-list-version", {"listVersion": said})
        assert (ordered.action, ordered.sent) == ("GetLocalListVersion", {})
        assert ordered.told == {"versionNumber": told}


@pytest.mark.req("1.6:5.10")
async def test_tc_042_1_csms() -> None:
    """A charge point without lists: there is no number."""
    await _list_version(-1, None)


@pytest.mark.req("1.6:5.10")
async def test_tc_042_2_csms() -> None:
    """A list that is empty."""
    await _list_version(0, 0)


async def _list_declined(status: str) -> None:
    async with stage(V16) as on:
        wanted = {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": [ENTRY]}
        ordered = await on.order("send-local-list", {"status": status}, **wanted)
        assert ordered.action == "SendLocalList"
        assert ordered.sent == {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [WIRE_ENTRY]}
        assert ordered.told == {"status": status, "versionNumber": None}
        assert (await on.read("local-list"))["entries"] is None


@pytest.mark.req("1.6:5.15")
async def test_tc_043_1_csms() -> None:
    """A charge point without lists is sent one."""
    await _list_declined("NotSupported")


@pytest.mark.req("1.6:5.15")
async def test_tc_043_3_csms() -> None:
    """A list that the charge point cannot keep."""
    await _list_declined("Failed")


@pytest.mark.req("1.6:5.15")
async def test_tc_043_4_csms() -> None:
    """All tokens on record, each with what is to be known of it."""
    most = {"configurationKey": [{"key": "SendLocalListMaxLength", "readonly": True, "value": "50"}]}
    async with stage(V16) as on:
        wanted = {"from": "tokens", "versionNumber": 1}
        heard, told = await on.exchanged("send-local-list", most, ACCEPTED, **wanted)
        assert heard[0] == ("GetConfiguration", {"key": ["SendLocalListMaxLength"]})
        action, sent = heard[1]
        assert (action, sent["listVersion"], sent["updateType"]) == ("SendLocalList", 1, "Full")
        entries = {each["idTag"]: each["idTagInfo"] for each in sent["localAuthorizationList"]}
        assert set(entries) == {each.id_token.value for each in TOKENS}
        assert entries[VALID] == WIRE_ENTRY["idTagInfo"]
        assert all(info["status"] for info in entries.values())
        assert told == {"status": "Accepted", "versionNumber": 1}


@pytest.mark.req("1.6:5.15", "1.6:5.10")
async def test_tc_043_5_csms() -> None:
    """A change, with the number after the one the list has."""
    async with stage(V16) as on:
        wanted = {"updateType": "Differential", "localAuthorizationList": [ENTRY]}
        heard, told = await on.exchanged("send-local-list", {"listVersion": 4}, ACCEPTED, **wanted)
        change = {"listVersion": 5, "updateType": "Differential", "localAuthorizationList": [WIRE_ENTRY]}
        assert heard == [("GetLocalListVersion", {}), ("SendLocalList", change)]
        assert told == {"status": "Accepted", "versionNumber": 5}


# --- reservations --------------------------------------------------------------------------------------------------------------------


async def _reserve(on: Stage, status: str = "Accepted", connector: int = 1, **more: Any) -> int:
    """The operator reserves a connector (0: any) until an hour from now. The id of the reservation."""
    until = (on.csms.clock.now().replace(microsecond=0) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    place = {"evseId": connector} if connector else {}
    ordered = await on.order("reserve-now", {"status": status}, idToken=TOKEN, expiryDateTime=until, **place, **more)
    number: int = ordered.told["reservationId"]
    parent = {"parentIdTag": FAMILY} if more else {}
    expiry = ordered.sent["expiryDate"]
    assert expiry.startswith(until[:19])
    named = {"connectorId": connector, "idTag": VALID, "reservationId": number}
    assert (ordered.action, ordered.sent) == ("ReserveNow", named | {"expiryDate": expiry} | parent)
    assert ordered.told["status"] == status
    return number


async def _states(on: Stage) -> list[tuple[int, str, str | None]]:
    """What is on record of reservations: id, state, and the transaction that used it."""
    kept = (await on.read("reservations"))["items"]
    return [(each["reservationId"], each["state"], each["transactionId"]) for each in kept]


async def _charging(on: Stage, reservation: int) -> int:
    """Reusable state Charging, by a reservation."""
    answer = await on.cs.ask("Authorize", {"idTag": VALID})
    assert answer["idTagInfo"]["status"] == "Accepted"
    await _status(on, "Preparing")
    said = {"connectorId": 1, "idTag": VALID, "meterStart": 1000, "timestamp": at(), "reservationId": reservation}
    answer = await on.cs.ask("StartTransaction", said)
    assert answer["idTagInfo"]["status"] == "Accepted"
    await _status(on, "Charging")
    name = (await on.transaction()).transaction_id
    assert await _states(on) == [(reservation, "Used", name)]
    return int(answer["transactionId"])


@pytest.mark.req("1.6:5.13", "1.6:4.8")
async def test_tc_046_csms() -> None:
    """A connector, and the transaction that uses the reservation."""
    async with stage(V16) as on:
        number = await _reserve(on)
        await _status(on, "Reserved")
        await _charging(on, number)


@pytest.mark.req("1.6:5.13")
async def test_tc_047_csms() -> None:
    """A connector, and nobody comes."""
    async with stage(V16) as on:
        number = await _reserve(on)
        await _status(on, "Reserved")
        assert await _states(on) == [(number, "Active", None)]
        await _status(on, "Available")
        assert await on.transactions() == []


@pytest.mark.req("1.6:5.13")
async def test_tc_048_1_csms() -> None:
    """A connector that has a fault: the operator is told, and nothing is on record."""
    async with stage(V16) as on:
        await _reserve(on, "Faulted")
        assert await _states(on) == []


@pytest.mark.req("1.6:5.13")
async def test_tc_048_2_csms() -> None:
    """A connector that somebody has plugged in to."""
    async with stage(V16) as on:
        await _status(on, "Preparing")
        await _reserve(on, "Occupied")
        assert await _states(on) == []


@pytest.mark.req("1.6:5.13", "1.6:5.2")
async def test_tc_048_3_csms() -> None:
    """A connector that was taken out of use."""
    async with stage(V16) as on:
        out = {"operationalStatus": "Inoperative", "evse": {"id": 1}}
        ordered = await on.order("change-availability", ACCEPTED, **out)
        assert (ordered.action, ordered.sent) == ("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
        await _status(on, "Unavailable")
        await _reserve(on, "Unavailable")
        assert await _states(on) == []


@pytest.mark.req("1.6:5.13")
async def test_tc_048_4_csms() -> None:
    """A charge point that takes no reservations."""
    async with stage(V16) as on:
        await _reserve(on, "Rejected")
        assert await _states(on) == []


@pytest.mark.req("1.6:5.13")
async def test_tc_049_csms() -> None:
    """The charge point, whichever connector: that is connector 0."""
    async with stage(V16) as on:
        number = await _reserve(on, connector=0)
        await _status(on, "Reserved", 0)
        assert await _states(on) == [(number, "Active", None)]


@pytest.mark.req("1.6:5.1", "1.6:5.13")
async def test_tc_051_csms() -> None:
    """A reservation that is made and cancelled."""
    async with stage(V16) as on:
        number = await _reserve(on)
        await _status(on, "Reserved")
        ordered = await on.order("cancel-reservation", ACCEPTED, reservationId=number)
        assert (ordered.action, ordered.sent) == ("CancelReservation", {"reservationId": number})
        assert ordered.told == ACCEPTED
        await _status(on, "Available")
        assert await _states(on) == [(number, "Canceled", None)]


@pytest.mark.req("1.6:5.1", "1.6:5.13")
async def test_tc_052_csms() -> None:
    """Another reservation than the one that was made is cancelled: the charge point declines, and the one made stands."""
    async with stage(V16) as on:
        number = await _reserve(on)
        await _status(on, "Reserved")
        ordered = await on.order("cancel-reservation", REJECTED, reservationId=number + 1)
        assert (ordered.action, ordered.sent) == ("CancelReservation", {"reservationId": number + 1})
        assert ordered.told == REJECTED
        assert await _states(on) == [(number, "Active", None)]


@pytest.mark.req("1.6:5.13", "1.6:4.1", "1.6:4.10")
async def test_tc_053_csms() -> None:
    """A connector for a family: one of it charges, and another one, whose family is told, ends that."""
    async with stage(V16) as on:
        number = await _reserve(on, groupIdToken=GROUP)
        await _status(on, "Reserved")
        transaction = await _charging(on, number)
        answer = await on.cs.ask("Authorize", {"idTag": SECOND})
        assert answer["idTagInfo"] == ACCEPTED | {"parentIdTag": FAMILY}
        said = {"transactionId": transaction, "meterStop": 2000, "timestamp": at(600), "idTag": SECOND}
        answer = await on.cs.ask("StopTransaction", said | {"reason": "Local"})
        assert answer["idTagInfo"]["status"] == "Accepted"
        await _status(on, "Finishing")
        assert (await on.transaction()).stopped_reason is StoppedReason.LOCAL
