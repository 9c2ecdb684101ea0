"""A grid operator limits a site by OpenADR 3: a VTN over HTTP, our CSMS, our stations, real sockets."""

from __future__ import annotations

from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path

from pilotwire.csms.registers.load_management import MANAGED, LoadManagement
from pilotwire.csms.store.ports import PutToken
from pilotwire.domain.authorization import Token
from pilotwire.domain.identity import IdToken
from pilotwire.domain.load_management import Feeder, Outlet, SiteLayout
from tests.support.eventually import eventually
from tests.support.small_vtn import event, small_vtn, ven_file
from tests.support.station_lab import lab, open_csms

VERSIONS = {"CS001": "1.6", "CS002": "2.1"}


async def test_a_limit_of_a_vtn_reaches_the_vehicles(tmp_path: Path) -> None:
    """9.66 kW for two vehicles are 7 A each; changed at the VTN, deleted there: so at the vehicles."""
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

        async def offered(amperes: int) -> None:
            await eventually(
                lambda: [one.station.hardware.meter(1).current_offered_a for one in stations] == [amperes, amperes]
            )

        await offered(20)
        vtn.events = [event("ev-1", 9.66)]
        await offered(7)
        vtn.events = [event("ev-1", 13.8)]
        await offered(10)
        vtn.events = []
        await offered(20)
