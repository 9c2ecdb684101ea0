"""Load management by the API: plans, limits, meters and wishes reach our stations of all versions; what leaves a plan is freed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx

from pilotwire.csms.api.events import told_of
from pilotwire.csms.app import Csms
from pilotwire.csms.happenings import Happened
from pilotwire.csms.registers.load_management import MANAGED_EVSES, STATES
from pilotwire.csms.registers.smart_charging import profiles_of
from pilotwire.csms.store.ports import PutToken, TransactionFilter
from pilotwire.domain.authorization import Token
from pilotwire.domain.identity import IdToken
from tests.support.eventually import eventually
from tests.support.every_action import client_of
from tests.support.station_lab import Lab, lab, open_csms

VERSIONS = {"CS001": "1.6", "CS002": "2.0.1", "CS003": "2.1"}
YARD = "/sites/yard/load-management"


def _plan(amperes: int, *stations: str, **more: Any) -> dict[str, Any]:
    grid = {"name": "grid", "amperes": amperes}
    return {"feeders": [grid], "evses": [{"station": name, "fedBy": "grid"} for name in stations]} | more


@asynccontextmanager
async def _yard(**settings: Any) -> AsyncIterator[tuple[Csms, httpx.AsyncClient]]:
    """A CSMS with a site of three stations, each with a card of its own."""
    async with open_csms(no_auth=True, **settings) as csms, client_of(csms) as api:
        for name in VERSIONS:
            await csms.journal.append(PutToken(token=Token(id_token=IdToken(value=name, type="ISO14443"))))
        assert (await api.put("/sites/yard", json={"prefixes": ["CS"]})).status_code == 200
        yield csms, api


async def _put(api: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Any:
    answer = await api.put(f"{YARD}{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _plugged(stack: AsyncExitStack, csms: Csms, name: str) -> Lab:
    """A station with a vehicle that wants all it can get."""
    one = await stack.enter_async_context(lab(csms.urls.ocpp, VERSIONS[name], identity=name))
    await one.until_accepted()
    one.plug()
    one.tap(name)
    return one


def _offered(*stations: Lab) -> list[Decimal]:
    """What each station tells its vehicle it may take (A)."""
    return [Decimal(one.station.hardware.meter(1).current_offered_a) for one in stations]


async def _ours(csms: Csms, name: str) -> list[int]:
    """The ids of the profiles that a station is known to have."""
    return [each.profile.id for each in await profiles_of(csms.store, name)]


async def test_what_is_put_holds_at_stations_of_all_versions() -> None:
    """A plan, a limit from outside, a meter, a limit that is over; the state says what is so."""
    plan = _plan(30, *VERSIONS, meters=[{"feeder": "grid", "measures": "base", "silentAfter": 3600}])
    async with _yard() as (csms, api), AsyncExitStack() as stack:
        await _put(api, "", plan)
        labs = [await _plugged(stack, csms, name) for name in VERSIONS]
        await eventually(lambda: _offered(*labs) == [10, 10, 10])
        await _put(api, "/meters/grid", {"watts": 6 * 3 * 230})
        await eventually(lambda: _offered(*labs) == [8, 8, 8])
        await _put(api, "/limits/operator", {"feeder": "grid", "amperes": 24})
        await eventually(lambda: _offered(*labs) == [6, 6, 6])
        assert (await api.delete(f"{YARD}/limits/operator")).status_code == 204
        await eventually(lambda: _offered(*labs) == [8, 8, 8])

        async def shown() -> Any:
            state = (await api.get(f"{YARD}/state")).json()
            return state if [each["limit"] for each in state["evses"]] == [8, 8, 8] else None

        state = await eventually(shown)
    assert (state["flows"][0]["base"]["l3"], state["broken"]) == (6, [])


async def test_a_removed_plan_frees_its_vehicles() -> None:
    """Stations of all versions clear their profiles: of the transaction and of those to come. Nothing is kept of the site."""
    async with _yard() as (csms, api), AsyncExitStack() as stack:
        await _put(api, "", _plan(30, *VERSIONS))
        labs = [await _plugged(stack, csms, name) for name in VERSIONS]
        await eventually(lambda: _offered(*labs) == [10, 10, 10])
        assert sorted(await _ours(csms, "CS001")) == [800_001, 900_001]
        assert (await api.delete(YARD)).status_code == 204
        await eventually(lambda: _offered(*labs) == [32, 32, 32])

        async def forgotten() -> bool:
            return not await csms.store.records(MANAGED_EVSES, None)

        await eventually(forgotten)
        assert [await _ours(csms, name) for name in VERSIONS] == [[], [], []]
        assert await csms.store.record(STATES, "", "yard") is None


async def test_an_evse_that_leaves_the_plan_is_freed_and_the_others_share_what_it_had() -> None:
    """So too all of them when the plan is disabled."""
    async with _yard() as (csms, api), AsyncExitStack() as stack:
        await _put(api, "", _plan(30, "CS002", "CS003"))
        second, third = [await _plugged(stack, csms, name) for name in ("CS002", "CS003")]
        await eventually(lambda: _offered(second, third) == [15, 15])
        await _put(api, "", _plan(30, "CS003"))
        await eventually(lambda: _offered(second, third) == [32, 30])
        await _put(api, "", _plan(30, "CS003", enabled=False))
        await eventually(lambda: _offered(third) == [32])
        assert (await api.get(f"{YARD}/state")).status_code == 404


async def test_what_a_driver_wants_counts() -> None:
    """A wish counts at once, and no more when it is forgotten."""
    async with _yard() as (csms, api), AsyncExitStack() as stack:
        await _put(api, "", _plan(20, "CS001", "CS003", strategy="priority"))
        first, third = [await _plugged(stack, csms, name) for name in ("CS001", "CS003")]
        await eventually(lambda: _offered(first, third) == [10, 10])
        (transaction,) = await csms.store.transactions(TransactionFilter(station="CS001", is_open=True))
        at = f"/stations/CS001/transactions/{transaction.transaction_id}/wish"
        assert (await api.put(at, json={"priority": 5})).status_code == 200
        await eventually(lambda: _offered(first, third) == [14, 6])
        assert (await api.delete(at)).status_code == 204
        await eventually(lambda: _offered(first, third) == [10, 10])


async def test_a_site_tells_that_it_is_above_its_limits() -> None:
    """Once when it begins and once when it ends, however often its meter speaks."""
    async with _yard() as (csms, api):
        committed = csms.journal.committed()
        await _put(api, "", _plan(30, meters=[{"feeder": "grid", "silentAfter": 3600}]))
        for amperes, broken in ((40, 1), (41, 1), (20, 0)):
            await _put(api, "/meters/grid", {"amperes": {"l1": amperes, "l2": 1, "l3": 1}})

            async def seen(flow: int = amperes, broken: int = broken) -> bool:
                state = await csms.store.record(STATES, "", "yard")
                return state is not None and state.flows[0].flow.l1 == flow and len(state.broken) == broken

            await eventually(seen)
        await csms.journal.append(PutToken(token=Token(id_token=IdToken(value="LAST", type="ISO14443"))))
        told: list[Happened] = []
        async for operation, result in committed:
            if isinstance(operation, PutToken):
                break
            if (happened := told_of(operation, result)) is not None:
                told.append(happened)
    assert [each.type for each in told] == ["site-limits", "site-limits"]
    assert [json.loads(each.data)["exceeded"] for each in told] == [["grid: 30 A on L1"], []]
