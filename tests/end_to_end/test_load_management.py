"""A site whose connection is too small: our CSMS, our stations in all versions, real sockets; nobody exceeds the limit."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pilotwire.csms.app import Csms
from pilotwire.csms.registers.load_management import (
    MANAGED,
    SITE_LIMITS,
    SITE_READINGS,
    STATES,
    LoadManagement,
    Measures,
    SiteLimit,
    SiteMeter,
    SiteReading,
    SiteState,
    TargetPeriod,
    part_key,
)
from pilotwire.csms.store.ports import PutToken
from pilotwire.domain.authorization import Token
from pilotwire.domain.identity import IdToken
from pilotwire.domain.load_management import Amperes, Feeder, Outlet, SiteLayout
from pilotwire.domain.smart_charging import ChargingNeeds, V2XChargingParameters
from pilotwire.station.core.vehicle_needs import NeedsTold
from tests.support.eventually import eventually
from tests.support.station_lab import Lab, lab, open_csms

VERSIONS = {"CS001": "1.6", "CS002": "2.0.1", "CS003": "2.1"}


def _yard(amperes: int, **more: Any) -> LoadManagement:
    grid = Feeder(name="grid", amperes=Decimal(amperes), assumed=more.pop("assumed", Amperes()))
    outlets = tuple(Outlet(station=name, evse_id=1, fed_by="grid") for name in VERSIONS)
    return LoadManagement(layout=SiteLayout(name="yard", feeders=(grid,), outlets=outlets), **more)


async def _state(csms: Csms) -> SiteState | None:
    return await csms.store.record(STATES, "", "yard")


async def _stations(stack: AsyncExitStack, csms: Csms) -> tuple[Lab, Lab, Lab]:
    """One station of each version, connected and accepted, and a card for each."""
    for name in VERSIONS:
        await csms.journal.append(PutToken(token=Token(id_token=IdToken(value=name, type="ISO14443"))))
    found = [
        await stack.enter_async_context(lab(csms.urls.ocpp, VERSIONS[name], identity=name, speed=1.0))
        for name in VERSIONS
    ]
    for one in found:
        await one.until_accepted()
    first, second, third = found
    return first, second, third


def _plug(one: Lab) -> None:
    one.plug()
    one.tap(one.station.identity)


def _offered(*stations: Lab) -> list[Decimal]:
    """What each station tells its vehicle it may take (A)."""
    return [Decimal(one.station.hardware.meter(1).current_offered_a) for one in stations]


async def _meter(csms: Csms, *amps: float, ago: float = 0) -> None:
    """The meter of the grid connection says this, on L1 to L3."""
    l1, l2, l3 = (Decimal(str(one)) for one in amps)
    reading = SiteReading(
        site="yard",
        feeder="grid",
        at=csms.clock.now() - timedelta(seconds=ago),
        amperes=Amperes(l1=l1, l2=l2, l3=l3),
    )
    await csms.journal.append(SITE_READINGS.put("", part_key("yard", "grid"), reading))


async def _limit(csms: Csms, watts: int | None) -> None:
    """The grid's operator allows so much, or anything again."""
    key = part_key("yard", "operator")
    if watts is None:
        await csms.journal.append(SITE_LIMITS.remove("", key))
        return
    limit = SiteLimit(site="yard", source="operator", feeder="grid", at=csms.clock.now(), watts=Decimal(watts))
    await csms.journal.append(SITE_LIMITS.put("", key, limit))


async def test_stations_of_all_versions_share_a_connection() -> None:
    """30 A for three: alone one has all of it, then half, then a third; who leaves gives his share to the others."""
    async with AsyncExitStack() as stack:
        csms = await stack.enter_async_context(open_csms())
        await csms.journal.append(MANAGED.put("", "yard", _yard(30)))
        first, second, third = await _stations(stack, csms)
        _plug(first)
        await eventually(lambda: _offered(first) == [30])
        _plug(second)
        await eventually(lambda: _offered(first, second) == [15, 15])
        _plug(third)
        await eventually(lambda: _offered(first, second, third) == [10, 10, 10])
        second.unplug("vehicle")
        await eventually(lambda: _offered(first, third) == [15, 15])


async def test_a_limit_from_outside_a_house_and_a_silent_meter() -> None:
    """Each is minded at once: an operator's 4.2 kW, a house that takes 20 A; of a meter that is silent the assumed load is taken."""
    meter = SiteMeter(feeder="grid", measures=Measures.BASE, silent_after=3600)
    plan = _yard(32, meters=(meter,), assumed=Amperes(l1=Decimal(25), l2=Decimal(25), l3=Decimal(25)))
    async with AsyncExitStack() as stack:
        csms = await stack.enter_async_context(open_csms())
        await csms.journal.append(MANAGED.put("", "yard", plan))
        first, *_ = await _stations(stack, csms)
        _plug(first)
        await eventually(lambda: _offered(first) == [7])
        await _meter(csms, 0, 0, 0)
        await eventually(lambda: _offered(first) == [32])
        await _limit(csms, 4200)
        await eventually(lambda: _offered(first) == [6])
        await _limit(csms, None)
        await _meter(csms, 12, 20, 5)
        await eventually(lambda: _offered(first) == [12])
        await _meter(csms, 0, 0, 0, ago=3601)
        await eventually(lambda: _offered(first) == [7])
        state = await _state(csms)
    assert state is not None
    assert state.flows[0].silent


async def test_a_meter_that_sees_everything() -> None:
    """What vehicles take is not base load: a total of 30 A, 20 A of them a vehicle's, is a house of 10 A."""
    plan = _yard(30, meters=(SiteMeter(feeder="grid", silent_after=3600),))
    async with AsyncExitStack() as stack:
        csms = await stack.enter_async_context(open_csms())
        await csms.journal.append(MANAGED.put("", "yard", plan))
        first, *_ = await _stations(stack, csms)
        await _meter(csms, 10, 10, 10)
        _plug(first)
        await eventually(lambda: _offered(first) == [20])

        async def measured() -> bool:
            state = await _state(csms)
            return state is not None and state.evses[0].taking == 20

        await eventually(measured)
        await _meter(csms, 30, 30, 30)

        async def base() -> Decimal | None:
            state = await _state(csms)
            return state.flows[0].base.l1 if state is not None and state.flows[0].flow.l1 == 30 else None

        assert await eventually(base) == 10
        assert _offered(first) == [20]


async def test_a_station_that_falls_silent_keeps_its_share(tmp_path: Path) -> None:
    """Nobody can tell it anything: the others share what is left; so too after the CSMS was started again."""
    database = f"sqlite:///{tmp_path}/csms.sqlite3"
    async with AsyncExitStack() as stack:
        csms = await stack.enter_async_context(open_csms(database=database))
        await csms.journal.append(MANAGED.put("", "yard", _yard(30)))
        async with AsyncExitStack() as going:
            first, second, third = await _stations(going, csms)
            _plug(first)
            _plug(second)
            await eventually(lambda: _offered(first, second) == [15, 15])
            await second.station.stop()
            _plug(third)
            await eventually(lambda: _offered(first, third) == [Decimal("7.5"), Decimal("7.5")])
        await csms.__aexit__(None, None, None)
        async with open_csms(database=database) as again:

            async def so() -> bool:
                state = await _state(again)
                shares = {} if state is None else {one.station: one.limit for one in state.evses}
                return shares == {"CS001": Decimal("7.5"), "CS002": 15, "CS003": Decimal("7.5")}

            await eventually(so)


async def test_a_vehicle_gives_back_what_the_house_takes_too_much() -> None:
    """Peak shaving: above the target of the site a vehicle that can is told a setpoint (Q03), below it charges again."""
    grid = Feeder(name="grid", amperes=Decimal(200))
    outlet = Outlet(station="CS001", evse_id=1, fed_by="grid", dc=True, least=Decimal(0), most=Decimal(70))
    target = TargetPeriod(
        start=datetime(2020, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC), watts=Decimal(69_000)
    )
    plan = LoadManagement(
        layout=SiteLayout(name="yard", feeders=(grid,), outlets=(outlet,)),
        meters=(SiteMeter(feeder="grid", measures=Measures.BASE, silent_after=3600),),
        targets=(target,),
    )
    async with AsyncExitStack() as stack:
        csms = await stack.enter_async_context(open_csms())
        await csms.journal.append(MANAGED.put("", "yard", plan))
        station = lab(csms.urls.ocpp, "2.1", layout="dc-50-v2x", car="v2x-compact-40", soc=60, speed=30.0)
        one = await stack.enter_async_context(station)
        await _meter(csms, 0, 0, 0)
        await one.charge(10)
        v2x = V2XChargingParameters(max_discharge_power=Decimal(-20_000))
        needs = ChargingNeeds(requested_energy_transfer="DC_BPT", v2x_charging_parameters=v2x)
        one.station.feed(NeedsTold("car", 1, needs))
        await eventually(lambda: one.station.hardware.meter(1).power_w > 1000)
        await _meter(csms, 110, 110, 110)
        await eventually(lambda: one.station.hardware.meter(1).power_w == -6900)
        await _meter(csms, 0, 0, 0)
        await eventually(lambda: one.station.hardware.meter(1).power_w > 1000)
