"""A vehicle that speaks ISO 15118, driven through the control port: what it needs, and the schedule it takes up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest

from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    SetChargingProfile,
)
from pilotwire.simulator.building import make_vehicle
from pilotwire.station.control import control_api
from tests.support.scripted_csms import ScriptedCsms, accepting, scripted_csms
from tests.support.station_lab import CARD, Lab, lab


class Rig:
    """A test tool at the control port; a vehicle that waits for an offer is plugged in, its driver authorized."""

    def __init__(self, http: httpx.AsyncClient, one: Lab, csms: ScriptedCsms) -> None:
        self.http = http
        self.one = one
        self.csms = csms

    async def does(self, path: str, **body: Any) -> None:
        """Something that works."""
        answer = await self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text

    def told(self, action: str) -> list[Any]:
        """All such messages of the station."""
        return [each.payload for each in self.csms.heard if each.action == action]

    async def heard(self, action: str) -> Any:
        """The first of them, once it is there."""
        await self.one.until(lambda: self.told(action), action)
        return self.told(action)[0]

    async def offers(self, amps: int) -> None:
        """The CSMS sends a profile for the transaction."""
        schedule = ChargingSchedule(
            id=1,
            charging_rate_unit=ChargingRateUnit.AMPERE,
            charging_schedule_period=(ChargingSchedulePeriod(start_period=0, limit=Decimal(amps)),),
        )
        profile = ChargingProfile(
            id=1,
            stack_level=0,
            charging_profile_purpose=ChargingProfilePurpose.TX_PROFILE,
            charging_profile_kind=ChargingProfileKind.RELATIVE,
            transaction_id=self.told("TransactionEvent")[0]["transactionInfo"]["transactionId"],
            charging_schedule=(schedule,),
        )
        outcome: Any = await self.one.station.command(SetChargingProfile(evse_id=1, charging_profile=profile))
        assert outcome.status == "Accepted", outcome


def _replies(action: str, payload: Any) -> Any:
    if action in ("NotifyEVChargingNeeds", "NotifyEVChargingSchedule"):
        return {"status": "Accepted"}
    return accepting(action, payload)


@asynccontextmanager
async def rig(layout: str) -> AsyncIterator[Rig]:
    async with scripted_csms() as csms:
        csms.reply = _replies
        async with lab(csms.url, "2.0.1", layout=layout) as one:
            transport = httpx.ASGITransport(control_api(one.station, make_vehicle), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://station") as http:
                tool = Rig(http, one, csms)
                await one.until_accepted()
                await tool.does("/plug", evse=1, ready=False)
                await tool.does("/tap", evse=1, idToken=CARD)
                await one.until(lambda: one.overview.evses[0].id_token == CARD, "authorized")
                await tool.heard("TransactionEvent")
                yield tool


@pytest.mark.parametrize(
    ("layout", "transfer", "parameters"),
    [("ac-22-dual", "AC_three_phase", "acChargingParameters"), ("dc-50-v2x", "DC", "dcChargingParameters")],
)
async def test_a_vehicle_s_needs_are_told(layout: str, transfer: str, parameters: str) -> None:
    """In the parameters of the energy transfer that the EVSE has."""
    async with rig(layout) as tool:
        await tool.does("/vehicle/needs", evse=1, energyAmount=12_000, evMaxCurrent=20, maxScheduleTuples=5)
        told = await tool.heard("NotifyEVChargingNeeds")
        assert (told["evseId"], told["maxScheduleTuples"]) == (1, 5)
        needs = told["chargingNeeds"]
        assert (needs["requestedEnergyTransfer"], needs[parameters]["energyAmount"]) == (transfer, 12_000)
        assert needs[parameters]["evMaxCurrent"] == 20
        assert sorted(needs) == sorted(["requestedEnergyTransfer", parameters])


async def test_a_schedule_inside_of_the_offer_is_told_and_the_vehicle_charges() -> None:
    """Up to 8 of the 10 A it was offered."""
    async with rig("ac-22-dual") as tool:
        await tool.does("/vehicle/needs", evse=1)
        await tool.heard("NotifyEVChargingNeeds")
        await tool.offers(10)
        assert int(tool.one.station.hardware.meter(1).power_w) == 0
        await tool.does("/vehicle/schedule", evse=1, limit=8, duration=600)
        schedule = (await tool.heard("NotifyEVChargingSchedule"))["chargingSchedule"]
        assert (schedule["chargingRateUnit"], schedule["duration"]) == ("A", 600)
        assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 8}]
        await tool.one.until(lambda: tool.one.station.hardware.meter(1).power_w > 0, "energy")


async def test_a_schedule_outside_of_the_offer_is_not_told() -> None:
    """Nobody hears of the 12 A, and then of the 9."""
    async with rig("ac-22-dual") as tool:
        await tool.does("/vehicle/needs", evse=1)
        await tool.heard("NotifyEVChargingNeeds")
        await tool.offers(10)
        await tool.does("/vehicle/schedule", evse=1, limit=12)
        await tool.does("/vehicle/schedule", evse=1, limit=9)
        await tool.heard("NotifyEVChargingSchedule")
        told = tool.told("NotifyEVChargingSchedule")
        assert [one["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] for one in told] == [9]


async def test_needs_at_an_evse_that_is_not_there_are_refused_with_a_sentence() -> None:
    """And a schedule where no vehicle is."""
    async with rig("ac-22-dual") as tool:
        for path, body, what in (
            ("/vehicle/needs", {"evse": 9}, "There is no EVSE 9."),
            ("/vehicle/schedule", {"evse": 2, "limit": 6}, "There is no vehicle at EVSE 2."),
        ):
            answer = await tool.http.post(path, json=body)
            assert (answer.status_code, answer.json()["what"]) == (409, what)
