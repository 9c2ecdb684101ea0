"""A vehicle charges at our station over ISO 15118-2, on real IPv6 sockets and TLS, and is billed at our CSMS by OCPP."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pilotwire.domain.remote_control import RequestStop
from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    SetChargingProfile,
)
from pilotwire.domain.transactions import StoppedReason
from pilotwire.iso15118 import iso2, negotiation
from pilotwire.iso15118.charging import Control, Ending, Identification, Speaks, Transfer
from pilotwire.iso15118.codecs import ISO2, SAP
from pilotwire.iso15118.net.client import connect
from pilotwire.iso15118.net.credentials import Credentials
from pilotwire.iso15118.net.ending import ConnectionEnded
from pilotwire.iso15118.net.tls import VehicleTls
from pilotwire.iso15118.v2gtp import PayloadType
from pilotwire.pki import KeyKind
from pilotwire.station.secc import SeccHost, SeccSettings
from tests.support.secc_scene import PNC, Scene, papers, papers_20, scene, trust, vehicle_tls
from tests.support.station_lab import CARD, booked, lab, on_disk, open_csms
from tests.support.v2g_world import EMAID, PCID, Car, Purse, Sleep, V2gPki


@pytest.mark.parametrize("layout", ["ac-22-single", "dc-150-ccs"])
async def test_a_card_authorizes_a_vehicle_that_waits_for_it(layout: str) -> None:
    car = Car(dc=layout.startswith("dc"))
    async with scene(layout) as here:
        visit = asyncio.ensure_future(here.visit(car))
        await here.here.until(lambda: "AuthorizationRes" in here.said, "the vehicle to wait for authorization")
        here.here.tap()
        assert (await visit).ending is Ending.TERMINATED
        await here.ended()
        transaction = await booked(here.csms)
    assert transaction.id_token is not None
    assert transaction.id_token.value == CARD
    assert transaction.meter_stop is not None
    assert transaction.meter_stop >= car.meter_wh[-1] > 0


# --- Plug & Charge -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_contract_authorizes_signs_receipts_and_is_billed(version: str, tmp_path: Path) -> None:
    house = V2gPki()
    contract = house.credential("contract", EMAID)
    car = Car(identification=(Identification.PNC,))
    purse = Purse([contract], roots=(house.root("v2g-root"),))
    async with scene(version=version, variables=PNC, receipts=2, **papers(house, tmp_path)) as here:
        await trust(here, house)
        end = await here.visit(car, purse, tls=vehicle_tls(house))
        assert end.ending is Ending.TERMINATED, (end, here.secc.evse.last)
        await here.ended()
        transaction = await booked(here.csms)
        assert here.secc.evse is not None
        assert len(here.secc.evse.receipts) == 2
    assert transaction.id_token is not None
    assert transaction.id_token.value == EMAID
    assert here.said.count("MeteringReceiptReq") == 2


async def test_a_contract_that_the_csms_does_not_know_is_refused(tmp_path: Path) -> None:
    house = V2gPki()
    car = Car(identification=(Identification.PNC,))
    purse = Purse([house.credential("contract", "DE8ACCZZZZZZZZ")], roots=(house.root("v2g-root"),))
    async with scene(variables=PNC, **papers(house, tmp_path)) as here:
        await trust(here, house)
        end = await here.visit(car, purse, tls=vehicle_tls(house))
    assert end.ending is Ending.FAILED
    assert "AuthorizationReq" in end.reason


async def test_a_contract_of_an_unknown_root_is_refused_with_its_reason(tmp_path: Path) -> None:
    house, strange = V2gPki(), V2gPki()
    car = Car(identification=(Identification.PNC,))
    purse = Purse([strange.credential("contract", EMAID)], roots=(house.root("v2g-root"),))
    async with scene(variables=PNC, **papers(house, tmp_path)) as here:
        await trust(here, house)
        end = await here.visit(car, purse, tls=vehicle_tls(house))
    assert end.ending is Ending.FAILED
    assert "FAILED_CertChainError" in end.reason


async def test_a_station_of_an_unknown_root_is_not_spoken_to(tmp_path: Path) -> None:
    house, strange = V2gPki(), V2gPki()
    async with scene(**papers(house, tmp_path)) as here:
        with pytest.raises(ConnectionEnded) as told:
            await here.visit(Car(), tls=vehicle_tls(strange))
    assert "is not signed by any certificate that was sent or is trusted here" in told.value.what


async def test_what_a_vehicle_does_wrong_is_in_the_stations_log() -> None:
    """A request out of sequence: refused, and told to the operator with the vehicle's address."""
    async with scene() as here:
        with capture_logs() as lines:
            line = await connect("::1", here.secc.port())
            await line.send(PayloadType.EXI, SAP.encode(negotiation.offer([Speaks.ISO2])))
            await line.receive()
            header, body = iso2.MessageHeader(session_id=bytes(8)), iso2.Body(body_element=iso2.ChargingStatusReq())
            await line.send(PayloadType.EXI, ISO2.encode(iso2.V2G_Message(header=header, body=body)))
            answer = ISO2.decode((await line.receive())[1])
            await line.close()
            await here.here.until(
                lambda: [one for one in lines if one["event"] == "a finding of a vehicle"], "the finding"
            )
    assert isinstance(answer, iso2.V2G_Message)
    assert isinstance(answer.body.body_element, iso2.ChargingStatusRes)
    assert answer.body.body_element.response_code == "FAILED_SequenceError"
    told = next(one for one in lines if one["event"] == "a finding of a vehicle")
    assert "ChargingStatusReq" in told["what"]
    assert told["vehicle"].startswith("[::1]")


# --- ends and returns ----------------------------------------------------------------------------------------------------------------


async def test_the_csms_stops_a_transaction_and_the_vehicle_hears_it() -> None:
    car = Car(readings=10_000)
    async with scene() as here:
        here.here.tap()
        visit = asyncio.ensure_future(here.visit(car))
        await here.here.until(lambda: car.meter_wh and car.meter_wh[-1] > 0, "energy")
        number = here.here.overview.evses[0].transaction_id
        answer = await here.here.station.command(RequestStop(transaction_id=number))
        assert answer.status.value == "Accepted"
        assert (await visit).ending is Ending.TERMINATED
        await here.ended()
        assert (await booked(here.csms)).stopped_reason is StoppedReason.REMOTE


async def test_a_vehicle_that_drops_the_line_comes_back_and_goes_on_in_its_transaction() -> None:
    async with scene() as here:
        here.here.tap()
        first = Car(readings=10_000)
        visit = asyncio.ensure_future(here.visit(first))
        await here.here.until(lambda: first.meter_wh and first.meter_wh[-1] > 0, "energy")
        visit.cancel()
        await asyncio.wait((visit,))
        await here.here.until(lambda: here.secc.evse is not None and here.secc.evse.last is not None, "the drop")
        assert here.secc.evse is not None
        assert here.secc.evse.last is not None
        assert here.secc.evse.last.ending is Ending.DROPPED
        again = Car()
        assert (await here.visit(again)).ending is Ending.TERMINATED
        await here.ended()
        transaction = await booked(here.csms)
    assert transaction.meter_stop is not None
    assert transaction.meter_stop >= again.meter_wh[-1] > first.meter_wh[-1]


async def test_a_paused_session_is_joined_again_in_the_same_transaction() -> None:
    sleep = Sleep()
    async with scene() as here:
        here.here.tap()
        assert (await here.visit(Car(pauses=True), sleep=sleep)).ending is Ending.PAUSED
        assert sleep.paused is not None
        assert here.here.overview.evses[0].transaction_id is not None
        back = Car()
        assert (await here.visit(back, sleep=sleep)).ending is Ending.TERMINATED
        await here.ended()
        await booked(here.csms)
    assert back.meter_wh[0] > 0


# --- ISO 15118-20, DIN SPEC 70121 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transfer", list(Transfer))
@pytest.mark.parametrize("control", list(Control))
async def test_a_vehicle_of_20_charges_with_a_card(transfer: Transfer, control: Control, tmp_path: Path) -> None:
    house = V2gPki(KeyKind.EC_P521)
    layout = {
        Transfer.AC: "ac-22-single", Transfer.DC: "dc-50-ccs", Transfer.AC_BPT: "ac-22-v2x", Transfer.DC_BPT: "dc-50-v2x",
    }[transfer]  # fmt: skip
    speaks = Speaks.ISO20_DC if transfer.dc else Speaks.ISO20_AC
    car = Car(dc=transfer.dc, transfers=(transfer,), controls=(control,))
    own = house.credential("vehicle", PCID)
    tls = VehicleTls(
        v2g_roots=[house.root("v2g-root")],
        vehicle=Credentials(own.chain, own.key),
        iso2=False,  # type: ignore[arg-type]
    )
    async with scene(layout, "2.1", **papers_20(house, tmp_path)) as here:
        here.here.tap()
        end = await here.visit20(car, speaks, tls)
        assert end.ending is Ending.TERMINATED, (end, here.secc.evse.last)
        await here.ended()
        transaction = await booked(here.csms)
    assert transaction.id_token is not None
    assert transaction.id_token.value == CARD
    assert transaction.meter_stop is not None
    assert transaction.meter_stop > 0


async def test_a_vehicle_of_din_charges_with_a_card() -> None:
    car = Car(dc=True)
    async with scene("dc-50-ccs", "1.6") as here:
        here.here.tap()
        end = await here.visit(car, speaks=Speaks.DIN)
        assert end.ending is Ending.TERMINATED, (end, here.secc.evse.last)
        await here.ended()
        transaction = await booked(here.csms)
    assert transaction.meter_stop is not None
    assert transaction.meter_stop > 0


async def test_a_station_that_restarts_has_its_vehicle_still_at_the_cable(tmp_path: Path) -> None:
    async with open_csms() as csms:
        async with lab(csms.urls.ocpp, storage=on_disk(tmp_path)) as here:
            await here.until_accepted()
            async with SeccHost(here.station, SeccSettings("lo")) as host:
                here.tap()
                car = Car(readings=10_000)
                visit = asyncio.ensure_future(Scene(csms, here, host).visit(car))
                await here.until(lambda: car.meter_wh and car.meter_wh[-1] > 0, "energy")
        await visit
        async with (
            lab(csms.urls.ocpp, storage=on_disk(tmp_path)) as here,
            SeccHost(here.station, SeccSettings("lo")) as host,
        ):
            await here.until_accepted()
            here.tap()
            assert (await Scene(csms, here, host).visit(Car())).ending is Ending.TERMINATED


# --- schedules and tariffs of the CSMS -----------------------------------------------------------------------------------------------

TARIFF = {"id": 5, "salesTariffEntry": [{"relativeTimeInterval": {"start": 0}, "ePriceLevel": 1}]}


async def test_a_profile_that_comes_while_it_charges_is_negotiated_with_its_tariff() -> None:
    car = Car(readings=10_000)
    async with scene() as here:
        here.here.tap()
        visit = asyncio.ensure_future(here.visit(car))
        await here.here.until(lambda: car.meter_wh and car.meter_wh[-1] > 0, "energy")
        assert car.schedules[0].steps[0].watts == pytest.approx(22_080)
        profile = ChargingProfile(
            id=7,
            stack_level=1,
            charging_profile_purpose=ChargingProfilePurpose.TX_PROFILE,
            charging_profile_kind=ChargingProfileKind.RELATIVE,
            transaction_id=here.here.overview.evses[0].transaction_id,
            charging_schedule=(
                ChargingSchedule(
                    id=3,
                    charging_rate_unit=ChargingRateUnit.WATT,
                    charging_schedule_period=(ChargingSchedulePeriod(start_period=0, limit=Decimal(6_000)),),
                    sales_tariff=json.dumps(TARIFF),
                ),
            ),
        )
        answer = await here.here.station.command(SetChargingProfile(evse_id=1, charging_profile=profile))
        assert answer.status.value == "Accepted"
        await here.here.until(lambda: car.schedules[0].tariff is not None, "the new schedule")
        assert car.schedules[0].steps[0].watts == pytest.approx(6_000, abs=100)  # in A, rounded
        car.readings = 0
        assert (await visit).ending is Ending.TERMINATED
        await here.ended()
    renegotiated = here.said.index("ChargeParameterDiscoveryReq", here.said.index("ChargingStatusReq"))
    assert here.said[renegotiated - 2 : renegotiated] == ["PowerDeliveryReq", "PowerDeliveryRes"]
