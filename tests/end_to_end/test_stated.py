"""Every fact the CSMS has words for, stated by a station: answered, and read from REST. The cases are in `tests/support/stated`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count

import httpx
import pytest
import pytest_asyncio

from pilotwire.csms.app import Csms
from tests.support.every_action import client_of
from tests.support.raw_station import settings, station
from tests.support.spoken import Stated, misfit, stated_cases

pytestmark = pytest.mark.asyncio(loop_scope="module")
_NUMBERS = count(1)
Backend = tuple[Csms, httpx.AsyncClient]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Backend]:
    database = f"sqlite:///{tmp_path_factory.mktemp('csms') / 'pilotwire.db'}"
    async with Csms(settings(database=database, no_auth=True)) as csms, client_of(csms) as api:
        yield csms, api


@pytest.mark.parametrize("case", [pytest.param(case, id=str(case)) for case in stated_cases()])
async def test_it_is_answered_and_can_be_read(backend: Backend, case: Stated) -> None:
    """What a station says is there for whoever asks the API as soon as the station has its answer."""
    csms, api = backend
    identity = f"CS-{next(_NUMBERS)}"
    async with station(csms, identity, case.version.subprotocol) as line:
        assert (await line.boot())["status"] == "Accepted"
        if case.prepare is not None:
            await case.prepare(api, identity, line)
        if case.answer is None:
            await line.say([6, "stated", case.action, case.payload])
            await line.boot()  # answered after what was said before is kept
        else:
            answer = await line.ask(case.action, case.payload)
            assert misfit(answer, case.answer) is None, (misfit(answer, case.answer), answer)
        response = await api.get(case.read.replace("{station}", identity))
    assert response.status_code == 200, response.text
    assert misfit(response.json(), case.shows) is None, (misfit(response.json(), case.shows), response.json())
