"""A stage for playbooks of the CSMS: a real CSMS with its REST API, and one station of bare frames in front of it.

The operator of a case acts through the REST API (`Stage.order`), the station says frames (`Stage.cs`), and what the CSMS made of it is
read from its store. Times are made by `at`, so that a playbook reads as a timetable.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from pilotwire.csms.api import create_api
from pilotwire.csms.api.access import digest_of
from pilotwire.csms.app import Csms
from pilotwire.csms.store.ports import ApiKey, ConnectorRecord, PutApiKey, PutToken, RegisterStation, Scope
from pilotwire.domain.authorization import AuthorizationStatus, Token
from pilotwire.domain.identity import IdToken
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.transactions import Transaction
from tests.support.api_rooms import client_of
from tests.support.raw_station import RawStation, settings, station

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
STATION = "CS001"
FAMILY = "FAMILY"
VALID, SECOND, INVALID, BLOCKED, EXPIRED, MASTER = "04AA01", "04AA02", "04BB01", "04BB02", "04BB03", "04CC01"
NOBODY = "04DD01"
"""An identifier that no record knows."""
_SECRET = "the-operators-own-key"
KEY = {"X-API-Key": _SECRET}
TOKENS: tuple[Token, ...] = (
    Token(id_token=IdToken(value=VALID, type="ISO14443"), group=IdToken(value=FAMILY, type="Central")),
    Token(id_token=IdToken(value=SECOND, type="ISO14443"), group=IdToken(value=FAMILY, type="Central")),
    Token(id_token=IdToken(value=INVALID, type="ISO14443"), status=AuthorizationStatus.INVALID),
    Token(id_token=IdToken(value=BLOCKED, type="ISO14443"), status=AuthorizationStatus.BLOCKED),
    Token(id_token=IdToken(value=EXPIRED, type="ISO14443"), expires_at=NOON - timedelta(days=900)),
    Token(id_token=IdToken(value=MASTER, type="ISO14443"), group=IdToken(value="MASTERPASS", type="Central")),
)


def at(seconds: float = 0) -> str:
    """The time so many seconds after noon, as on the wire."""
    return (NOON + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class Ordered:
    """What the operator's order became: the action and payload the station heard, and what the operator was told."""

    action: str
    sent: Any
    told: Any


class Stage:
    """See the module."""

    def __init__(self, csms: Csms, operator: httpx.AsyncClient, cs: RawStation) -> None:
        self.csms = csms
        self.operator = operator
        self.cs = cs
        self._ticks = 0

    def ticks(self) -> int:
        """Seconds after noon for what happens next: one more than the last."""
        self._ticks += 1
        return self._ticks

    # --- the operator --------------------------------------------------------------------------------------------------

    async def order(self, command: str, answer: Any, **body: Any) -> Ordered:
        """Give a command by REST; the station hears it and gives this answer."""
        return await self._order(f"/stations/{STATION}/commands/{command}", body, answer)

    async def call(self, action: str, payload: Any, answer: Any) -> Ordered:
        """Send any action by REST, as it is."""
        return await self._order(f"/stations/{STATION}/calls/{action}", payload, answer)

    async def _order(self, path: str, body: Any, answer: Any) -> Ordered:
        asking = asyncio.create_task(self.operator.post(path, json=body))
        try:
            heard = await self.cs.answer(answer)
        except BaseException:
            asking.cancel()
            raise
        told = await asking
        assert told.status_code == 200, told.text
        return Ordered(heard[2], heard[3], told.json())

    async def reported(self, command: str, action: str, *parts: dict[str, Any], **body: Any) -> Ordered:
        """Give a command by REST that is answered with a report: the station accepts it, then says the parts, each under the id asked for.

        Each part is acknowledged, and the operator is told when all have come.
        """
        path = f"/stations/{STATION}/commands/{command}"
        asking = asyncio.create_task(self.operator.post(path, json=body))
        try:
            heard = await self.cs.answer({"status": "Accepted"})
            for part in parts:
                assert await self.cs.ask(action, {"requestId": heard[3]["requestId"]} | part) == {}
        except BaseException:
            asking.cancel()
            raise
        told = await asking
        assert told.status_code == 200, told.text
        return Ordered(heard[2], heard[3], told.json())

    async def exchanged(self, command: str, *answers: Any, **body: Any) -> tuple[list[tuple[str, Any]], Any]:
        """Give a command by REST that becomes several CALLs, each answered in turn: what the station heard, what the operator was told."""
        asking = asyncio.create_task(self.operator.post(f"/stations/{STATION}/commands/{command}", json=body))
        try:
            heard = [await self.cs.answer(answer) for answer in answers]
        except BaseException:
            asking.cancel()
            raise
        told = await asking
        assert told.status_code == 200, told.text
        return [(call[2], call[3]) for call in heard], told.json()

    async def failed(self, code: str, command: str, **body: Any) -> tuple[Any, Any]:
        """Give a command by REST that the station answers with a CALLERROR of this code: what it heard, and the problem told."""
        asking = asyncio.create_task(self.operator.post(f"/stations/{STATION}/commands/{command}", json=body))
        try:
            heard = await self.cs.hear()
            await self.cs.say([4, heard[1], code, "", {}])
        except BaseException:
            asking.cancel()
            raise
        told = await asking
        assert told.status_code == 502, told.text
        return heard[3], told.json()

    async def read(self, things: str) -> Any:
        """What the API shows of the station under this name."""
        told = await self.operator.get(f"/stations/{STATION}/{things}")
        assert told.status_code == 200, told.text
        return told.json()

    async def refused(self, command: str, **body: Any) -> Any:
        """Give a command by REST that the CSMS itself declines: the problem, and the station hears nothing."""
        told = await self.operator.post(f"/stations/{STATION}/commands/{command}", json=body)
        assert told.status_code >= 400, told.text
        return told.json()

    # --- what the CSMS knows -------------------------------------------------------------------------------------------

    async def transactions(self) -> Sequence[Transaction]:
        """All transactions on record, the newest first."""
        return await self.csms.store.transactions()

    async def transaction(self) -> Transaction:
        """The one transaction on record."""
        (one,) = await self.transactions()
        return one

    async def connector(self, evse: int = 1) -> ConnectorRecord:
        """What is known of a connector."""
        (one,) = [kept for kept in await self.csms.store.connectors(STATION) if kept.address.evse == evse]
        return one

    async def shown(self, evse: int = 1) -> str:
        """The state of a connector as the operator's API tells it."""
        return str((await self.connector(evse)).state.availability)

    async def rules(self) -> list[str]:
        """The rules of all findings."""
        return [finding.rule for finding in await self.csms.store.findings(STATION)]

    async def register(self, registration: RegistrationStatus, password_hash: str | None = None) -> None:
        """Put the station on record."""
        await self.csms.journal.append(
            RegisterStation(
                station=STATION, registration=registration, at=self.csms.clock.now(), password_hash=password_hash
            )
        )


@asynccontextmanager
async def backend(**more: Any) -> AsyncIterator[tuple[Csms, httpx.AsyncClient]]:
    """A running CSMS that knows `TOKENS`, and its operator."""
    async with Csms(settings(**({"no_auth": True} | more))) as csms, client_of(create_api(csms), **KEY) as operator:
        await csms.journal.append(
            *(PutToken(token=token) for token in TOKENS),
            PutApiKey(key=ApiKey(name="operator", digest=digest_of(_SECRET), scopes=(Scope.ADMIN,), created_at=NOON)),
        )
        yield csms, operator


@asynccontextmanager
async def stage(version: str = "ocpp2.0.1", *, boot: bool = True, **more: Any) -> AsyncIterator[Stage]:
    """The stage with a connected station, booted unless said otherwise."""
    async with backend(**more) as (csms, operator), station(csms, STATION, version) as cs:
        if boot:
            assert (await cs.boot())["status"] == "Accepted"
        yield Stage(csms, operator, cs)
