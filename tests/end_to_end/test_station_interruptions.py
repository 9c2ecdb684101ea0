"""Transactions that go on after an interruption, at our own CSMS over real sockets: one transaction, and every Wh in it once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pilotwire.domain.provisioning import Reset, ResetKind, ResetOutcome, ResetStatus
from tests.support.station_lab import VERSIONS, Lab, booked, lab, open_csms

RESUMES = {"TxCtrlr.ResumptionTimeout": "600"}


async def _stopped(one: Lab) -> None:
    """The card again, and everything is told."""
    one.tap()
    await one.until_ended()


@pytest.mark.req("B13.FR.03", "B13.FR.23", "B13.FR.24")
async def test_a_reset_that_resumes() -> None:
    """The station restarts in the middle of charging and goes on."""
    async with open_csms() as csms, lab(csms.urls.ocpp, "2.1", variables=RESUMES) as one:
        await one.charge()
        before, number = one.station.core, one.overview.evses[0].transaction_id
        told = await csms.commander.ask("CS001", Reset(kind=ResetKind.RESUME), ResetOutcome)
        assert told.status is ResetStatus.ACCEPTED
        await one.until(lambda: one.station.core is not before, "a new core")
        await one.until_accepted()
        await one.until_charged()
        await _stopped(one)
        transaction = await booked(csms)
        assert transaction.transaction_id == number
        assert transaction.energy == Decimal(one.vehicle.meter.delivered_wh)


@pytest.mark.req("E17.FR.10", "E17.FR.11", "1.6:4.10")
@pytest.mark.parametrize("version", VERSIONS)
async def test_the_mains_comes_back(version: str) -> None:
    """The controller outlives a failure of the mains, and the transaction too."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version, settings={"resume_transactions": 600}) as one:
        await one.charge()
        station = one.station
        station.happened(station.hardware.lose_power())
        await one.until(lambda: not station.hardware.contactor_closed(1), "no energy")
        station.happened(station.hardware.restore_power())
        await one.until_charged()
        await _stopped(one)
        assert (await booked(csms)).energy == Decimal(one.vehicle.meter.delivered_wh)
