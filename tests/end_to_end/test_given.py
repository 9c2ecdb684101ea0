"""Every command the CSMS has words for, given by REST: the station takes it, declines it, answers with an error, or says nothing.

One CSMS and one whose stations have little time serve all tests of a worker; each test has a station of its own. The cases are in
`tests/support/given`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import pytest
import pytest_asyncio

from pilotwire.csms.app import Csms
from tests.support.every_action import client_of
from tests.support.raw_station import PATIENCE, RawStation, settings, station
from tests.support.spoken import Given, given_cases, misfit

pytestmark = pytest.mark.asyncio(loop_scope="module")
LITTLE = 0.15
"""Seconds a station has to answer where it will not."""
_NUMBERS = count(1)
CASES = [pytest.param(case, id=str(case)) for case in given_cases()]


@dataclass(frozen=True)
class Side:
    """A CSMS with its API."""

    csms: Csms
    api: httpx.AsyncClient


@dataclass(frozen=True)
class Asked:
    """A command on its way: the CALL the station heard, and the response to come."""

    line: RawStation
    call: list[Any]
    response: asyncio.Task[httpx.Response]

    async def answered(self, frame: list[Any]) -> httpx.Response:
        """The response once the station has answered."""
        await self.line.say(frame)
        return await asyncio.wait_for(self.response, PATIENCE)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def patient() -> AsyncIterator[Side]:
    async with AsyncExitStack() as stack:
        yield await _side(stack, PATIENCE)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hasty() -> AsyncIterator[Side]:
    async with AsyncExitStack() as stack:
        yield await _side(stack, LITTLE)


async def _side(stack: AsyncExitStack, call_timeout: float) -> Side:
    csms = await stack.enter_async_context(Csms(settings(no_auth=True, call_timeout=call_timeout)))
    return Side(csms, await stack.enter_async_context(client_of(csms)))


@asynccontextmanager
async def asked(side: Side, case: Given) -> AsyncIterator[Asked]:
    """A station of the case's version that has booted and heard the command."""
    identity = f"CS-{next(_NUMBERS)}"
    async with station(side.csms, identity, case.version.subprotocol) as line:
        assert (await line.boot())["status"] == "Accepted"
        if case.prepare is not None:
            await case.prepare(side.api, identity, line)
        method, path, body = case.request
        sent = side.api.request(method, path.replace("{station}", identity), json=body)
        response = asyncio.create_task(sent)
        for action, answer in case.before:
            assert (await _heard(line, response))[2] == action
            await line.say([3, line.last, answer])
        yield Asked(line, await _heard(line, response), response)
        if not response.done():
            response.cancel()


async def _heard(line: RawStation, response: asyncio.Task[httpx.Response]) -> list[Any]:
    """The next CALL; if the API has answered before there was one, what it said is shown."""
    hearing = asyncio.create_task(line.hear())
    await asyncio.wait([hearing, response], return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
    assert hearing.done(), f"no call: {response.result().status_code} {response.result().text}"
    call: list[Any] = await hearing
    assert call[0] == 2, call
    line.last = call[1]
    return call


@pytest.mark.parametrize("case", CASES)
async def test_it_is_taken(patient: Side, case: Given) -> None:
    """The call is what it should be, and the response shows what the station answered."""
    async with asked(patient, case) as it:
        assert (it.call[2], it.call[3]) == (case.action, case.call)
        await it.line.say([3, it.call[1], case.answer])
        for number, (action, payload) in enumerate(case.then(it.call[3]) if case.then else ()):
            await it.line.say([2, f"then-{number}", action, payload])
            answer = await it.line.hear()
            assert answer[:2] == [3, f"then-{number}"], answer
        response = await asyncio.wait_for(it.response, PATIENCE)
    assert response.status_code == case.status, response.text
    shown = response.json() if response.content else None
    assert misfit(shown, case.shows) is None, (misfit(shown, case.shows), shown)


@pytest.mark.parametrize("case", [case for case in CASES if case.values[0].refusal is not None])
async def test_it_is_declined(patient: Side, case: Given) -> None:
    """A station that declines has answered well: the response says how."""
    async with asked(patient, case) as it:
        response = await it.answered([3, it.call[1], case.refusal])
    assert response.status_code == case.refused_status, response.text
    assert misfit(response.json(), case.refused) is None, (misfit(response.json(), case.refused), response.json())


@pytest.mark.parametrize("case", CASES)
async def test_it_is_answered_with_an_error(patient: Side, case: Given) -> None:
    """The station's own error, told to whoever gave the command."""
    async with asked(patient, case) as it:
        response = await it.answered([4, it.call[1], "InternalError", "relay stuck", {"relay": 2}])
    assert response.status_code == 502, response.text
    problem = response.json()
    assert problem["type"] == "urn:pilotwire:problem:station-error"
    assert (problem["code"], problem["description"], problem["details"]) == (
        "InternalError",
        "relay stuck",
        {"relay": 2},
    )


@pytest.mark.parametrize("case", CASES)
async def test_it_is_not_answered(hasty: Side, case: Given) -> None:
    """Nobody knows whether it was done, and that is said."""
    async with asked(hasty, case) as it:
        response = await asyncio.wait_for(it.response, PATIENCE)
    assert response.status_code == 504, response.text
    assert response.json()["type"] == "urn:pilotwire:problem:station-timeout"
    assert f"did not answer {case.action} in time" in response.json()["detail"]
