"""A grid operator limits a site by OpenADR 3: a VTN over HTTP, our CSMS, our stations, real sockets."""

from __future__ import annotations

from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path

from pilotwire.csms.api.app import create_api
from pilotwire.csms.app import Csms
from pilotwire.csms.registers.load_management import (
    MANAGED,
    SITE_LIMITS,
    WISHES,
    DriverWish,
    LoadManagement,
    parts_of,
)
from pilotwire.csms.store.ports import PutToken, TransactionFilter
from pilotwire.domain.authorization import Token
from pilotwire.domain.identity import IdToken
from pilotwire.domain.load_management import Feeder, Outlet, SiteLayout, Strategy
from tests.support.eventually import eventually
from tests.support.raw_station import settings as csms_settings
from tests.support.small_vtn import event, small_vtn, ven_file
from tests.support.station_lab import lab, open_csms

VERSIONS = {"CS001": "1.6", "CS002": "2.1"}


async def test_a_limit_of_a_vtn_reaches_the_vehicles(tmp_path: Path) -> None:
    """9.66 kW for two vehicles are 7 A each, by another strategy 8 and 6; changed at the VTN, deleted there: so at the vehicles."""
    outlets = tuple(Outlet(station=name, evse_id=1, fed_by="grid") for name in VERSIONS)
    layout = SiteLayout(name="yard", feeders=(Feeder(name="grid", amperes=Decimal(40)),), outlets=outlets)
    async with AsyncExitStack() as stack:
        vtn = stack.enter_context(small_vtn())
        csms = await stack.enter_async_context(open_csms(openadr=ven_file(tmp_path, vtn, program="Dynamic limits")))
        await csms.journal.append(MANAGED.put("", "yard", LoadManagement(layout=layout)))
        stations = []
        for name, version in VERSIONS.items():
            await csms.journal.append(PutToken(token=Token(id_token=IdToken(value=name, type="ISO14443"))))
            one = await stack.enter_async_context(lab(csms.urls.ocpp, version, identity=name))
            await one.until_accepted()
            one.plug()
            one.tap(name)
            stations.append(one)

        async def offered(*amperes: int) -> None:
            both = [*amperes, *amperes][:2]
            await eventually(lambda: [one.station.hardware.meter(1).current_offered_a for one in stations] == both)

        await offered(20)
        vtn.events = [event("ev-1", 9.66)]
        await offered(7)
        other = LoadManagement(layout=layout, strategy=Strategy.PRIORITY)
        await csms.journal.append(MANAGED.put("", "yard", other))
        transaction, *_ = await csms.store.transactions(TransactionFilter(station="CS001"))
        await csms.journal.append(WISHES.put("CS001", transaction.transaction_id, DriverWish(priority=1)))
        await offered(8, 6)
        vtn.events = [event("ev-1", 13.8)]
        await offered(14, 6)
        vtn.events = []
        await offered(32, 8)


async def test_a_vtn_that_calls_is_asked_at_once(tmp_path: Path) -> None:
    """It would have been asked an hour later; who does not know the token is turned away, and changes nothing."""
    layout = SiteLayout(name="yard", feeders=(Feeder(name="grid", amperes=Decimal(40)),))
    with small_vtn() as vtn:
        path = ven_file(tmp_path, vtn, poll=3600, callback="https://csms.example")
        async with Csms(csms_settings(openadr=path), http=create_api) as csms:
            here = csms.urls.http
            assert here is not None
            await csms.journal.append(MANAGED.put("", "yard", LoadManagement(layout=layout)))
            await eventually(lambda: [one for one in vtn.asked if one.path.startswith("/events")])
            vtn.events = [event("ev-1", 9.66)]
            assert await vtn.call(here, authorization="Bearer x") == [401]
            assert await vtn.call(here, authorization="") == [401]
            assert await parts_of(csms.store, SITE_LIMITS, "yard") == []
            assert await vtn.call(here) == [204]

            async def laid() -> bool:
                return [one.watts for one in await parts_of(csms.store, SITE_LIMITS, "yard")] == [9660]

            await eventually(laid)
