"""CSMS under test, 2.0.1: the status of transactions (E14), with and without events that still wait at the station."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.csms_stage import STATION, Stage, stage
from tests.support.csms_stage201 import Charge, metered, status
from tests.support.raw_station import station


async def _ask(on: Stage, name: str | None, *, ongoing: bool | None, waits: bool) -> None:
    """The operator asks; the station hears which transaction is meant, if one is, and the operator what it answers."""
    asked = {} if name is None else {"transactionId": name}
    answer: dict[str, Any] = {"messagesInQueue": waits} | ({} if ongoing is None else {"ongoingIndicator": ongoing})
    ordered = await on.order("get-transaction-status", answer, **asked)
    assert (ordered.action, ordered.sent) == ("GetTransactionStatus", asked)
    assert ordered.told == {"ongoingIndicator": ongoing, "messagesInQueue": waits}


async def _queued(charge: Charge) -> None:
    """An event from the time offline is delivered: nothing is missing."""
    values = metered(60, 1000.0, "Sample.Periodic")
    assert await charge.event("Updated", "MeterValuePeriodic", "Charging", meterValue=values, offline=True) == {}
    booked = await charge.on.transaction()
    assert (booked.is_open, booked.missing_seq_nos, booked.events) == (True, (), charge.next)


@pytest.mark.parametrize("named", [pytest.param(True, id="tc_e_29_csms"), pytest.param(False, id="tc_e_33_csms")])
async def test_tc_e_29_33_csms(named: bool) -> None:
    """After a broken line: the transaction goes on, and an event waits; asked about one transaction, or about all."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        await on.cs.line.close()
        async with station(on.csms, STATION, "ocpp2.0.1") as again:
            on.cs = again
            await _ask(on, charge.name if named else None, ongoing=True if named else None, waits=True)
            await _queued(charge)


async def test_tc_e_30_csms() -> None:
    """The transaction goes on, and nothing waits."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        await _ask(on, charge.name, ongoing=True, waits=False)


async def test_tc_e_31_csms() -> None:
    """The transaction has ended, and two events from before its end wait: the CSMS knows which are missing, until they have come."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        await on.cs.line.close()
        async with station(on.csms, STATION, "ocpp2.0.1") as again:
            on.cs = again
            await status(on, "Available")
            first = charge.next
            charge.next += 2
            reason = {"stoppedReason": "EVDisconnected"}
            assert await charge.event("Ended", "EVCommunicationLost", "Idle", info=reason, offline=True) == {}
            booked = await on.transaction()
            assert (booked.is_open, booked.missing_seq_nos) == (False, (first, first + 1))
            await _ask(on, charge.name, ongoing=False, waits=True)
            charge.next = first
            assert await charge.event("Updated", "StopAuthorized", offline=True) == {}
            assert await charge.event("Updated", "ChargingStateChanged", "EVConnected", offline=True) == {}
            booked = await on.transaction()
            assert (booked.is_open, booked.missing_seq_nos, booked.stopped_reason) == (False, (), "EVDisconnected")


async def test_tc_e_34_csms() -> None:
    """Asked about all: nothing waits."""
    async with stage() as on:
        await _ask(on, None, ongoing=None, waits=False)
