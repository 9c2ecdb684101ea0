"""Has the requests of stations signed, and hands the chains over (A02, A03).

The queue is in the store, so what was accepted before a restart is done after it. A station asked for its certificate, so a quiet one gets
it too. The newest request of a station for a use counts; older ones are for keys it has given up (A02.FR.17).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final

from pilotwire.csms.commands.bus import CommandRefused, CommandTimedOut
from pilotwire.csms.commands.certificates import Certificates
from pilotwire.csms.partners.ports import Signer, SigningRefused
from pilotwire.csms.registers.certificates import OPEN_REQUESTS, REQUESTS, OpenRequest, RequestState, SigningRequest
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.signing import UnfitChain, check_chain
from pilotwire.csms.store.ports import KeepFinding, Operation, Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.certificates import SigningUse
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.kinds import changed
from pilotwire.errors import NotReachable, NotSayable, PilotwireError, StoreError

LOOK: Final = 0.25
"""Seconds between looks."""
FIRST_REST: Final = 5.0
LONGEST_REST: Final = 300.0
"""Seconds before something that failed is tried again: twice as long each time, up to this."""
MOST_DELIVERIES: Final = 5
"""How often a chain is handed over that the station does not answer."""
_AT_ONCE: Final = 8
_PAGE: Final = 500
_RULE: Final = "certificates:signing"
_ACTION: Final = "SignCertificate"
_Place = tuple[str, str]


class CertificateSignings:
    """The service; one of a CSMS. Without a signer there is nothing to do: people bring the chains."""

    name = "certificate-signings"

    def __init__(self, parts: Parts, signer: Signer | None) -> None:
        self._parts = parts
        self._signer = signer
        self._certificates = Certificates(parts.commander, parts.journal, parts.store, parts.clock)
        self._working: dict[_Place, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Do it, until cancelled."""
        if self._signer is None:
            return
        try:
            while True:
                await self.look()
                await pause(self._parts.clock, LOOK, look=LOOK)
        finally:
            await self._stop()

    async def look(self) -> None:
        """Start on the requests that are due, a few at a time. Raises what the work on one raised that it should not."""
        for place, task in list(self._working.items()):
            if task.done():
                del self._working[place]
                task.result()
        connected = {each.station for each in self._parts.commander.bus.connected()}
        newest: dict[tuple[str, SigningUse | None], OpenRequest] = {}
        for each in sorted([one async for one in self._open()], key=lambda one: one.asked_at):
            older = newest.get((each.station, each.use))
            if older is not None:
                await self._end(older, RequestState.SUPERSEDED, "the station asked again with another key")
            newest[each.station, each.use] = each
        for each in newest.values():
            if self._is_due(each, connected) and len(self._working) < _AT_ONCE:
                work = asyncio.create_task(self._work(each), name=f"certificate of {each.station}")
                self._working[each.station, each.key] = work

    async def finish(self) -> None:
        """Wait until what was started is done."""
        await asyncio.gather(*self._working.values())

    def _is_due(self, each: OpenRequest, connected: set[str]) -> bool:
        if (each.station, each.key) in self._working or each.due_at > self._parts.clock.now():
            return False
        return not each.signed or each.station in connected or self._is_late(each)

    def _is_late(self, each: OpenRequest) -> bool:
        return self._parts.clock.now() - each.asked_at > timedelta(seconds=self._parts.settings.signer_patience)

    async def _open(self) -> AsyncIterator[OpenRequest]:
        cursor: str | None = None
        while page := await self._parts.store.records(OPEN_REQUESTS, None, Page(limit=_PAGE, after=cursor)):
            for each in page:
                yield each
            cursor = cursor_of(page[-1].station, page[-1].key)

    async def _work(self, each: OpenRequest) -> None:
        """One step of one request: have it signed, or hand its chain over."""
        request = await self._parts.store.record(REQUESTS, each.station, each.key)
        if request is None or request.state not in (RequestState.WAITING, RequestState.SENT):
            await self._parts.journal.append(OPEN_REQUESTS.remove(each.station, each.key))
        elif self._is_late(each):
            what = f"in {self._parts.settings.signer_patience} seconds {self._left_undone(each)}"
            state = RequestState.SENT if request.state is RequestState.SENT else RequestState.FAILED
            await self._end(each, state, what)
        elif request.chain is None:
            await self._sign(each, request)
        else:
            await self._hand_over(each, request, request.chain)

    @staticmethod
    def _left_undone(each: OpenRequest) -> str:
        return "the chain could not be handed over" if each.signed else "the certificate authority made no certificate"

    async def _sign(self, each: OpenRequest, request: SigningRequest) -> None:
        if self._signer is None:
            return
        try:
            chain = await self._signer.sign(each.station, request.csr, request.use)
            check_chain(chain, request.csr)
        except SigningRefused as refused:
            await self._end(each, RequestState.FAILED, refused.what)
        except UnfitChain as unfit:
            await self._later(each, f"the certificate authority gave a wrong chain: {unfit.what}")
        except StoreError:
            raise
        except PilotwireError as problem:
            await self._later(each, problem.what)
        else:
            signed = changed(each, signed=True, failures=0, due_at=self._parts.clock.now())
            await self._keep(each, signed, chain=chain, problem=None)

    async def _hand_over(self, each: OpenRequest, request: SigningRequest, chain: str) -> None:
        try:
            after = await self._certificates.answer(each.station, request, chain)
        except (NotSayable, UnfitChain) as never:
            await self._end(each, RequestState.FAILED, never.what)
        except (CommandTimedOut, CommandRefused) as problem:
            if each.failures + 1 >= MOST_DELIVERIES:
                await self._end(each, RequestState.SENT, f"the station has not taken the chain: {problem.what}")
            else:
                await self._later(each, problem.what)
        except NotReachable:
            await self._keep(each, changed(each, signed=True))  # handed over when it is back
        except StoreError:
            raise
        except PilotwireError as problem:
            await self._later(each, problem.what)
        else:
            if after.state is RequestState.REJECTED:
                await self._parts.journal.append(self._finding(each.station, "the station rejected its certificate"))

    async def _later(self, each: OpenRequest, problem: str) -> None:
        """It failed: again after a rest. The first time there is a finding."""
        rest = min(FIRST_REST * 2**each.failures, LONGEST_REST)
        due = self._parts.clock.now() + timedelta(seconds=rest)
        more = () if each.failures else (self._finding(each.station, problem),)
        await self._keep(each, changed(each, failures=each.failures + 1, due_at=due), *more, problem=problem)

    async def _keep(self, each: OpenRequest, now: OpenRequest, *more: Operation, **news: object) -> None:
        """Keep how far a request is; not if it has come again, or was answered by a person, in the meantime."""

        def still(kept: OpenRequest | None) -> OpenRequest | None:
            return now if kept is not None and kept.asked_at == each.asked_at else kept

        def told(kept: SigningRequest | None) -> SigningRequest | None:
            return changed(kept, **news) if kept is not None and kept.asked_at == each.asked_at else kept

        await self._parts.journal.append(
            OPEN_REQUESTS.amend(each.station, each.key, still), REQUESTS.amend(each.station, each.key, told), *more
        )

    async def _end(self, each: OpenRequest, state: RequestState, what: str) -> None:
        """No more is done for a request by itself."""

        def over(kept: SigningRequest | None) -> SigningRequest | None:
            waits = kept is not None and kept.asked_at == each.asked_at and kept.state in _OPEN_STATES
            return changed(kept, state=state, problem=what) if kept is not None and waits else kept

        def gone(kept: OpenRequest | None) -> OpenRequest | None:
            return None if kept is not None and kept.asked_at == each.asked_at else kept

        operations: list[Operation] = [
            REQUESTS.amend(each.station, each.key, over),
            OPEN_REQUESTS.amend(each.station, each.key, gone),
        ]
        if state is not RequestState.SUPERSEDED:
            operations.append(self._finding(each.station, what))
        await self._parts.journal.append(*operations)

    def _finding(self, station: str, what: str) -> KeepFinding:
        at: datetime = self._parts.clock.now()
        finding = Finding(station=station, at=at, rule=_RULE, severity=Severity.BREACH, what=what, action=_ACTION)
        return KeepFinding(finding=finding)

    async def _stop(self) -> None:
        for task in self._working.values():
            task.cancel()
        await asyncio.gather(*self._working.values(), return_exceptions=True)
        self._working.clear()


_OPEN_STATES: Final = frozenset({RequestState.WAITING, RequestState.SENT})
