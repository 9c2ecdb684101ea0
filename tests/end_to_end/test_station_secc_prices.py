"""Prices on their way from our CSMS by OCPP 2.1 over our station to a vehicle, and to the person who charges it, over real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from pilotwire import pki
from pilotwire.csms.commands.tariff import TariffBooks, set_default
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    SetChargingProfile,
)
from pilotwire.domain.tariff import (
    ChangeTransactionTariff,
    Conditions,
    EnergyPrice,
    EnergyPrices,
    Price,
    Tariff,
    TariffSetStatus,
    TaxRate,
)
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import Ending, Identification
from pilotwire.iso15118.signature import sign
from pilotwire.station.secc import SeccHost, SeccSettings
from pilotwire.station.secc.tariffs import sales_tariff_of
from tests.support.secc_scene import PNC, Scene, papers, trust, vehicle_tls
from tests.support.signed_prices import of_2, parts_of
from tests.support.station_lab import lab, open_csms
from tests.support.v2g_world import EMAID, Car, Purse, V2gPki

PATIENCE = 60
_MAIN = "from pilotwire.cli import main; main()"
VAT = (TaxRate(type="VAT", tax=Decimal(19)),)
FAST = Conditions(min_power=Decimal(11_000))


def tariff(tariff_id: str, slow: str, fast: str) -> Tariff:
    """Two prices, by power, with a tax, and a least cost."""
    prices = (EnergyPrice(price_kwh=Decimal(fast), conditions=FAST), EnergyPrice(price_kwh=Decimal(slow)))
    return Tariff(
        tariff_id=tariff_id,
        currency="EUR",
        energy=EnergyPrices(prices=prices, tax_rates=VAT),
        min_cost=Price(incl_tax=Decimal("1.50")),
    )


@asynccontextmanager
async def scene(
    *tariffs: Tariff, tls: str = "off", variables: dict[str, str] | None = None, **secc: Any
) -> AsyncIterator[Scene]:
    """A station of 2.1 with an SECC, at which the CSMS installed a tariff."""
    async with open_csms() as csms, lab(csms.urls.ocpp, "2.1", variables=variables) as here:
        await here.until_accepted()
        for one in tariffs:
            books = TariffBooks(csms.journal, csms.store, csms.clock)
            outcome = await set_default(csms.commander, books, "CS001", 0, one)
            assert outcome.status is TariffSetStatus.ACCEPTED
        async with SeccHost(here.station, SeccSettings("lo", tls=tls, **secc)) as host:
            yield Scene(csms, here, host)


async def charge(there: Scene, *options: str) -> str:
    """`pilotwire ev charge` as a person types it; what it prints."""
    there.here.tap()
    how = ("--ac", "--eim", "--no-tls", "--speed", "600", "--energy", "0.3", "--interval", "0.02")
    to = f"[::1]:{there.secc.port(secured=False)}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _MAIN, "ev", "charge", "--to", to, *how, *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "COLUMNS": "200"},
    )
    async with asyncio.timeout(PATIENCE):
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def test_a_person_sees_the_prices_that_the_csms_installed() -> None:
    """By ISO 15118-20, in money; at the end once more in the summary."""
    async with scene(tariff("day", "0.4537", "0.60"), plain_20=True) as there:
        said = await charge(there, "--iso20")
    prices = "0.4537 EUR a kWh; from 11 kW on: 0.60 EUR a kWh"
    assert said.count(f": {prices}") == 2
    assert said.count("plus VAT, 19 % on energy") == 2
    assert said.count("at least 1.50 EUR") == 2


async def test_in_iso_15118_2_a_person_sees_how_prices_compare() -> None:
    async with scene(tariff("day", "0.30", "0.60")) as there:
        said = await charge(there, "--iso2", "--json")
    *lines, summary = (json.loads(one) for one in said.splitlines())
    (price,) = summary["summary"]["prices"]
    assert price.endswith(": 50 % of the highest price; from 11 kW on: 100 % of the highest price")
    assert f"Price: {price}." in [one.get("event") for one in lines]


async def test_where_no_price_is_known_none_is_told() -> None:
    async with scene(plain_20=True) as there:
        said = await charge(there, "--iso20")
    assert "rice" not in said


async def test_a_vehicle_with_a_contract_is_told_no_prices_but_those_its_operator_signed(tmp_path: Path) -> None:
    """In ISO 15118-2 it would not believe others. The operator's come in a profile of 2.1, with the parts of its signature."""
    house = V2gPki()
    operator: Any = house.authority(pki.PROFILES["contract"].issuers[0]).key
    purse = Purse([house.credential("contract", EMAID)], roots=(house.root("v2g-root"),))
    car = Car(readings=10_000, identification=(Identification.PNC,))
    sales = {"id": 5, "salesTariffEntry": [{"relativeTimeInterval": {"start": 0}, "ePriceLevel": 1}]}
    schedule = ChargingSchedule(
        id=3,
        charging_rate_unit=ChargingRateUnit.WATT,
        charging_schedule_period=(ChargingSchedulePeriod(start_period=0, limit=Decimal(6_000)),),
        sales_tariff=json.dumps(sales),
        signature_id=7,
    )
    prices = sales_tariff_of(schedule)
    assert prices is not None
    digest, value = parts_of(sign(of_2(prices), operator))
    with capture_logs() as logs:
        async with scene(tariff("day", "0.30", "0.60"), variables=PNC, **papers(house, tmp_path)) as there:
            await trust(there, house)
            visit = asyncio.ensure_future(there.visit(car, purse, tls=vehicle_tls(house)))
            await there.here.until(lambda: car.meter_wh and car.meter_wh[-1] > 0, "energy")
            profile = ChargingProfile(
                id=7,
                stack_level=1,
                charging_profile_purpose=ChargingProfilePurpose.TX_PROFILE,
                charging_profile_kind=ChargingProfileKind.RELATIVE,
                transaction_id=there.here.overview.evses[0].transaction_id,
                charging_schedule=(changed(schedule, digest_value=digest),),
                price_schedule_signature=value,
            )
            assert car.schedules[0].tariff is None
            outcome: Any = await there.here.station.command(SetChargingProfile(evse_id=1, charging_profile=profile))
            assert str(outcome.status) == "Accepted"
            await there.here.until(lambda: car.schedules[0].tariff is not None, "prices that are believed")
            car.readings = 0
            assert (await visit).ending is Ending.TERMINATED
            await there.ended()
    assert [one["why"] for one in logs if "told less" in one["event"]] == [
        "The prices of the tariff are not told: a vehicle with a contract believes only signed ones."
    ]


async def test_another_tariff_while_it_charges_is_negotiated() -> None:
    """ChangeTransactionTariff (I11): the vehicle hears of it, though nothing else of its schedule changes."""
    car = Car(readings=10_000)

    def highest() -> list[int | None]:
        told = car.schedules[0].tariff if car.schedules else None
        if not isinstance(told, iso2.SalesTariff):
            return []
        return [block.cost[0].amount for block in told.sales_tariff_entry[0].consumption_cost]

    async with scene(tariff("day", "0.30", "0.60")) as there:
        there.here.tap()
        visit = asyncio.ensure_future(there.visit(car))
        await there.here.until(lambda: car.meter_wh and car.meter_wh[-1] > 0, "energy")
        assert highest() == [50, 100]
        transaction = there.here.overview.evses[0].transaction_id
        command = ChangeTransactionTariff(transaction_id=transaction, tariff=tariff("night", "0.10", "0.40"))
        outcome: Any = await there.here.station.command(command)
        assert str(outcome.status) == "Accepted"
        await there.here.until(lambda: highest() == [25, 100], "the other prices")
        car.readings = 0
        assert (await visit).ending is Ending.TERMINATED
        await there.ended()
