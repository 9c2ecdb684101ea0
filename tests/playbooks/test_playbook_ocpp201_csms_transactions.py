"""CSMS under test, 2.0.1: authorization (C), transactions (E), and the meter values in and outside of them (J)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.csms_stage import (
    BLOCKED,
    EXPIRED,
    FAMILY,
    INVALID,
    MASTER,
    NOBODY,
    SECOND,
    STATION,
    VALID,
    Stage,
    at,
    stage,
)
from tests.support.csms_stage201 import ACCEPTED, Charge, authorize, metered, status, token

OPEN_CIRCUIT = "b3BhcXVlIHNpZ25lZCBkYXRh"
SIGNED = {
    "signedMeterValue": {
        "signedMeterData": OPEN_CIRCUIT,
        "signingMethod": "ECDSA-secp256r1-SHA256",
        "encodingMethod": "OCMF",
        "publicKey": "",
    }
}


# --- C: authorization ---------------------------------------------------------------------------------------------------------------


@pytest.mark.req("C01.FR.07", "C06.FR.04")
@pytest.mark.parametrize("id_token", [INVALID, NOBODY])
async def test_tc_c_02_csms(id_token: str) -> None:
    """Invalid on record, or not on record."""
    async with stage() as on:
        assert (await authorize(on, id_token))["status"] in ("Invalid", "Unknown")


@pytest.mark.req("C01.FR.07")
async def test_tc_c_06_csms() -> None:
    """Blocked."""
    async with stage() as on:
        assert (await authorize(on, BLOCKED))["status"] in ("Blocked", "Invalid")


@pytest.mark.req("C01.FR.07")
async def test_tc_c_07_csms() -> None:
    """Expired."""
    async with stage() as on:
        assert (await authorize(on, EXPIRED))["status"] in ("Expired", "Invalid")


@pytest.mark.req("C12.FR.03", "E01.FR.11")
async def test_tc_c_08_csms() -> None:
    """Accepted from the station's cache: judged again when it is told."""
    async with stage() as on:
        charge = Charge(on)
        await charge.connected()
        answer = await charge.event("Updated", "Authorized", idToken=token())
        assert answer["idTokenInfo"]["status"] == "Accepted"
        assert await on.csms.store.log(STATION, action="Authorize") == []


@pytest.mark.req("C12.FR.03", "E01.FR.11")
async def test_tc_c_20_csms() -> None:
    """In the station's cache, but not good any more."""
    async with stage() as on:
        charge = Charge(on)
        await charge.connected()
        answer = await charge.event("Updated", "Authorized", idToken=token(INVALID))
        assert answer["idTokenInfo"]["status"] in ("Invalid", "Unknown")


def _is_family(info: Any) -> None:
    assert info["status"] == "Accepted"
    assert info["groupIdToken"]["idToken"] == FAMILY


@pytest.mark.req("C09.FR.02", "C09.FR.03", "E01.FR.12")
async def test_tc_c_39_csms() -> None:
    """Two tokens of one family: each answer names it, so that one may stop what the other started."""
    async with stage() as on:
        charge = Charge(on)
        await charge.connected()
        _is_family(await authorize(on, SECOND))
        _is_family((await charge.event("Updated", "Authorized", idToken=token(VALID)))["idTokenInfo"])
        await charge.charging()
        _is_family(await authorize(on, SECOND))
        _is_family((await charge.event("Updated", "StopAuthorized", idToken=token(SECOND)))["idTokenInfo"])
        await charge.still_connected()
        await charge.disconnected()


async def _two_charging(on: Stage) -> tuple[Charge, Charge]:
    first, second = Charge(on), Charge(on, "tx-2", evse=2, id_token=SECOND)
    await first.started()
    await second.started()
    return first, second


async def _master_pass(on: Stage, stopped: tuple[Charge, ...], presented: str) -> None:
    info = await authorize(on, MASTER)
    assert info["status"] == "Accepted"
    assert info["groupIdToken"]["idToken"] == "MASTERPASS"
    for charge in stopped:
        answer = await charge.ended("StopAuthorized", "MasterPass", "EVConnected", idToken=token(presented))
        assert answer["idTokenInfo"]["status"] == "Accepted"


async def test_tc_c_47_csms() -> None:
    """A master pass ends all transactions: its group is told, both ends are booked."""
    async with stage() as on:
        await _master_pass(on, await _two_charging(on), MASTER)


async def test_tc_c_48_csms() -> None:
    """A master pass ends the one transaction that was chosen."""
    async with stage() as on:
        first, second = await _two_charging(on)
        await _master_pass(on, (second,), MASTER)
        assert [booked.transaction_id for booked in await on.transactions() if booked.is_open] == [first.name]


async def test_tc_c_49_csms() -> None:
    """The same at a station without a user interface."""
    async with stage() as on:
        await _master_pass(on, await _two_charging(on), VALID)


# --- E: how it begins ---------------------------------------------------------------------------------------------------------------


async def _starts_at_once(on: Stage, trigger: str, state: str | None, **more: Any) -> Charge:
    """Authorized, connected, and then the first event, which carries the token."""
    assert (await authorize(on))["status"] == "Accepted"
    await status(on, "Occupied")
    charge = Charge(on)
    answer = await charge.event("Started", trigger, state, idToken=token(), evse=charge.place, **more)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    return charge


@pytest.mark.req("E01.FR.11", "E01.FR.12")
async def test_tc_e_01_csms() -> None:
    """With the power path."""
    async with stage() as on:
        charge = await _starts_at_once(on, "ChargingStateChanged", "SuspendedEVSE")
        await charge.charging()


@pytest.mark.req("E01.FR.11", "E01.FR.12")
async def test_tc_e_02_csms() -> None:
    """With the energy."""
    async with stage() as on:
        await _starts_at_once(on, "ChargingStateChanged", "Charging")
        assert (await on.transaction()).is_open


@pytest.mark.req("E02.FR.02")
async def test_tc_e_03_csms() -> None:
    """Cable first."""
    async with stage() as on:
        charge = Charge(on)
        await charge.connected()
        await charge.authorized()
        await charge.charging()
        assert (await on.transaction()).is_open


async def test_tc_e_04_csms() -> None:
    """Card first."""
    async with stage() as on:
        charge = Charge(on)
        await charge.authorized()
        await charge.connected()
        await charge.charging()
        booked = await on.transaction()
        assert (booked.is_open, booked.missing_seq_nos) == (True, ())


@pytest.mark.req("J02.FR.19")
async def test_tc_e_09_csms() -> None:
    """With the vehicle."""
    async with stage() as on:
        await Charge(on).connected()
        assert (await on.transaction()).is_open


@pytest.mark.req("E01.FR.11", "E01.FR.12")
async def test_tc_e_10_csms() -> None:
    """With the authorization."""
    async with stage() as on:
        await Charge(on).authorized()
        assert (await on.transaction()).is_open


@pytest.mark.req("E01.FR.11", "J02.FR.19")
async def test_tc_e_11_csms() -> None:
    """With signed data, which are kept as they came."""
    async with stage() as on:
        first = metered(0, 0.0, "Transaction.Begin", **SIGNED)
        charge = await _starts_at_once(on, "SignedDataReceived", None, meterValue=first)
        await charge.charging()
        (kept,) = await on.csms.store.readings(STATION, charge.name)
        assert OPEN_CIRCUIT in str(kept.reading.samples[0])


@pytest.mark.req("J02.FR.19")
async def test_tc_e_12_csms() -> None:
    """With a vehicle in the bay."""
    async with stage() as on:
        assert await Charge(on).event("Started", "EVDetected") == {}
        assert (await on.transaction()).is_open


async def test_tc_e_38_csms() -> None:
    """The vehicle is not ready yet."""
    async with stage() as on:
        charge = Charge(on)
        await charge.authorized()
        await charge.connected()
        await charge.suspended()
        assert (await on.transaction()).is_open


@pytest.mark.req("J02.FR.19")
async def test_tc_e_53_csms() -> None:
    """Each transaction counts from 0, and the CSMS takes it for what it is: two transactions."""
    async with stage() as on:
        for name in ("tx-1", "tx-2"):
            charge = Charge(on, name)
            await charge.started()
            await charge.disconnected()
        assert {booked.transaction_id for booked in await on.transactions()} == {"tx-1", "tx-2"}
        assert "E01.FR.07" not in await on.rules()


# --- E: how it ends -----------------------------------------------------------------------------------------------------------------


async def test_tc_e_07_csms() -> None:
    """With the power path, stopped by the driver."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        assert await charge.ended("StopAuthorized", "Local") == {}


async def test_tc_e_08_csms() -> None:
    """With the energy, after the driver stopped."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        await charge.stop_authorized()
        assert await charge.ended("ChargingStateChanged", "Local", "EVConnected") == {}


async def test_tc_e_14_csms() -> None:
    """With the vehicle, at the station."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        await charge.stop_authorized()
        await charge.still_connected()
        await charge.disconnected()


async def test_tc_e_15_csms() -> None:
    """With the authorization."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        assert await charge.ended("StopAuthorized", "Local", "EVConnected") == {}


@pytest.mark.req("E01.FR.11", "E01.FR.12")
async def test_tc_e_16_csms() -> None:
    """A token that is not accepted when the transaction is told."""
    async with stage() as on:
        charge = Charge(on)
        answer = await charge.event("Started", "Authorized", idToken=token(INVALID))
        assert answer["idTokenInfo"]["status"] in ("Invalid", "Unknown")
        assert await charge.ended("Deauthorized", "DeAuthorized") == {}


async def test_tc_e_17_csms() -> None:
    """With the vehicle, pulled at its end."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        await charge.suspended()
        assert await charge.ended("EVCommunicationLost", "EVDisconnected", "Idle") == {}


async def test_tc_e_19_csms() -> None:
    """With the bay: the vehicle is unplugged first, and drives away later."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        await status(on, "Available")
        assert await charge.event("Updated", "EVCommunicationLost", "Idle") == {}
        assert await charge.ended("EVDeparted", "Local") == {}


async def test_tc_e_20_csms() -> None:
    """With the vehicle, after it had enough."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        await charge.suspended()
        await charge.disconnected()


@pytest.mark.req("F03.FR.01")
async def test_tc_e_21_csms() -> None:
    """Stopped from afar, by the id the station gave the transaction."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        ordered = await on.order("request-stop", ACCEPTED, transactionId=charge.name)
        assert (ordered.action, ordered.sent) == ("RequestStopTransaction", {"transactionId": charge.name})
        assert ordered.told == {"status": "Accepted"}
        assert await charge.ended("RemoteStop", "Remote") == {}


async def test_tc_e_22_csms() -> None:
    """With the energy, when the vehicle has enough."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        assert await charge.ended("ChargingStateChanged", "StoppedByEV", "SuspendedEV") == {}


async def test_tc_e_26_csms() -> None:
    """Pulled at the vehicle and plugged in again: one transaction all the time."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        await charge.suspended()
        assert await charge.event("Updated", "EVCommunicationLost", "Idle") == {}
        await status(on, "Available")
        assert (await on.transaction()).is_open
        assert await charge.event("Updated", "CablePluggedIn", "EVConnected") == {}
        await charge.charging()
        booked = await on.transaction()
        assert (booked.is_open, booked.missing_seq_nos) == (True, ())


async def test_tc_e_39_csms() -> None:
    """Nobody plugged in."""
    async with stage() as on:
        charge = Charge(on)
        await charge.authorized()
        assert await charge.ended("EVConnectTimeout", "Timeout") == {}


# --- J: meter values ----------------------------------------------------------------------------------------------------------------


async def _by_the_clock(on: Stage, evses: tuple[int, ...], seconds: int) -> None:
    for evse in evses:
        said = {"evseId": evse, "meterValue": metered(seconds, 1000.0 + seconds, "Sample.Clock")}
        assert await on.cs.ask("MeterValues", said) == {}


@pytest.mark.req("J01.FR.18")
async def test_tc_j_01_csms() -> None:
    """By the clock, of the station and of every EVSE, three times."""
    async with stage() as on:
        for seconds in (60, 120, 180):
            await _by_the_clock(on, (0, 1, 2), seconds)
        kept = await on.csms.store.readings(STATION)
        assert len(kept) == 9
        assert {sample.context for one in kept for sample in one.reading.samples} == {"Sample.Clock"}


@pytest.mark.req("J01.FR.18", "J02.FR.19")
async def test_tc_j_02_csms() -> None:
    """By the clock, while one EVSE charges: its values come in the transaction, and are kept there."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        for seconds in (60, 120, 180):
            await _by_the_clock(on, (0, 2), seconds)
            value = metered(seconds, 1000.0 + seconds, "Sample.Clock")
            assert await charge.event("Updated", "MeterValueClock", "Charging", meterValue=value) == {}
        assert len(await on.csms.store.readings(STATION, charge.name)) == 3
        assert len(await on.csms.store.readings(STATION)) >= 6


async def _ends_with(context: str, **more: Any) -> list[Any]:
    """The last event carries values of the whole transaction; what is kept of them."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        taken = [metered(60 * n, 1000.0 * n, context, **more)[0] for n in (1, 2, 3)]
        taken += metered(240, 4000.0, "Transaction.End", **more)
        await charge.disconnected(meterValue=taken)
        kept = await on.csms.store.readings(STATION, charge.name)
        samples = [sample for one in kept for sample in one.reading.samples]
        assert [sample.context for sample in samples] == [context] * 3 + ["Transaction.End"]
        assert [sample.value for sample in samples] == [Decimal(1000 * n) for n in (1, 2, 3, 4)]
        return samples


@pytest.mark.req("J02.FR.19")
async def test_tc_j_03_csms() -> None:
    """By the clock, told at the end."""
    await _ends_with("Sample.Clock")


async def test_tc_j_04_csms() -> None:
    """By the clock, told at the end, and signed."""
    assert all(OPEN_CIRCUIT in str(sample) for sample in await _ends_with("Sample.Clock", **SIGNED))


@pytest.mark.req("J02.FR.19")
async def test_tc_j_07_csms() -> None:
    """At the beginning, where the EVSE is known."""
    async with stage() as on:
        charge = Charge(on)
        await charge.connected(meterValue=metered(1, 1000.0, "Transaction.Begin"))
        (kept,) = await on.csms.store.readings(STATION, charge.name)
        assert kept.reading.samples[0].value == Decimal(1000)


@pytest.mark.req("J02.FR.19")
async def test_tc_j_08_csms() -> None:
    """At the beginning, but told when the EVSE becomes known."""
    async with stage() as on:
        charge = Charge(on)
        await charge.authorized()
        await charge.connected(meterValue=metered(1, 1000.0, "Transaction.Begin"))
        await charge.charging()
        (kept,) = await on.csms.store.readings(STATION, charge.name)
        assert kept.reading.samples[0].context == "Transaction.Begin"


@pytest.mark.req("J02.FR.19")
async def test_tc_j_09_csms() -> None:
    """Sampled, three times."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        for seconds in (60, 120, 180):
            value = metered(seconds, 1000.0 + seconds, "Sample.Periodic")
            assert await charge.event("Updated", "MeterValuePeriodic", "Charging", meterValue=value) == {}
        kept = await on.csms.store.readings(STATION, charge.name)
        assert [one.reading.at.isoformat().replace("+00:00", "Z") for one in kept] == [at(60), at(120), at(180)]


@pytest.mark.req("J02.FR.19")
async def test_tc_j_10_csms() -> None:
    """Sampled, told at the end."""
    await _ends_with("Sample.Periodic")


async def test_tc_j_11_csms() -> None:
    """Sampled, told at the end, and signed."""
    assert all(OPEN_CIRCUIT in str(sample) for sample in await _ends_with("Sample.Periodic", **SIGNED))
