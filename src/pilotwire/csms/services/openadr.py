"""Asks the VTNs of sites by OpenADR 3 and lays down what they say: limits of feeders, prices of the plan; tells them what was used.

What a VTN has said is stored. While it cannot be asked, and after a start without it, that goes on to count until its end: limits are
laid down with their times, so that load management changes from one to the next by the clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, Protocol

import structlog

from pilotwire.csms.partners.openadr_file import VenSettings
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.csms.registers.load_management import (
    MANAGED,
    SITE_LIMITS,
    STATES,
    LoadManagement,
    SiteLimit,
    part_key,
    parts_of,
)
from pilotwire.csms.registers.openadr import VTNS, VtnRecord
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import Amend, Operation
from pilotwire.domain.kinds import changed
from pilotwire.domain.openadr import (
    CapacityLimit,
    UsageReport,
    VtnEvent,
    VtnSaid,
    capacity_limits,
    not_acted_upon,
    prices,
)

_log = structlog.get_logger("pilotwire.csms.openadr")
LOOK: Final = 1.0
"""Seconds between looks at what counts now."""
_AWAKE: Final = 0.1
_SECONDS_AN_HOUR: Final = 3600
_KILO: Final = 1000


class Vtn(Protocol):
    """A VTN, as the VEN of a site speaks with it."""

    ven: VenSettings
    token: str
    """With this it calls when an event has changed; "": it does not."""

    async def said(self) -> VtnSaid:
        """All its events for us. Raises PartnerFailed."""
        ...

    async def report(self, report: UsageReport) -> None:
        """Give it a report it has asked for. Raises PartnerFailed."""
        ...


class OpenAdrVens:
    """The service; one of a CSMS, for all its sites."""

    name = "openadr"

    def __init__(self, parts: Parts, vtns: Sequence[Vtn]) -> None:
        self._vens = [SiteVen(parts, vtn) for vtn in vtns]

    async def run(self) -> None:
        """Do it, until cancelled. Without a VTN there is nothing to do."""
        async with asyncio.TaskGroup() as group:
            for ven in self._vens:
                group.create_task(ven.run())


class SiteVen:
    """The VEN of one site at one VTN."""

    def __init__(self, parts: Parts, vtn: Vtn) -> None:
        self._parts = parts
        self._vtn = vtn
        self._ven = ven = vtn.ven
        self._key = part_key(ven.site, ven.name)
        self._source = f"openadr:{ven.name}:"
        self._record = VtnRecord(site=ven.site, name=ven.name, at=parts.clock.now())
        self._meter = _EnergyMeter(parts, ven)
        self._levels = {int(level): Decimal(str(kw)) * _KILO for level, kw in ven.levels_kw.items()}
        self._told_of = ""
        self._called = False

    async def run(self) -> None:
        """Do it, until cancelled."""
        clock = self._parts.clock
        listening = asyncio.create_task(self._listen(self._parts.journal.committed()))
        try:
            await self.start()
            next_poll = clock.monotonic()
            while True:
                await self.lay()
                if self._called or clock.monotonic() >= next_poll:
                    self._called = False
                    await self.poll()
                    await self.lay()
                    next_poll = clock.monotonic() + self._ven.poll
                await self.report()
                if listening.done():
                    listening = asyncio.create_task(self._listen(self._parts.journal.committed()))
                await pause(clock, LOOK, look=_AWAKE, until=lambda: self._called)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def start(self) -> None:
        """Read what the VTN said before this CSMS was started, and write down how it may call."""
        known = await self._parts.store.record(VTNS, "", self._key)
        token = self._vtn.token
        digest = sha256(token.encode()).hexdigest() if token else ""
        self._record = changed(known or self._record, callback=digest)
        if self._record != known:
            await self._parts.journal.append(VTNS.put("", self._key, self._record))

    async def _listen(self, events: AsyncIterator[tuple[Operation, Any]]) -> None:
        """Hear that the VTN has called."""
        async for operation, result in events:
            if isinstance(operation, Amend) and operation.register.name == VTNS.name and operation.key == self._key:
                before, after = result.before, result.after
                if after is not None and after.called is not None and (before is None or before.called != after.called):
                    self._record = changed(self._record, called=after.called)
                    self._called = True

    # --- what the VTN says -----------------------------------------------------------------------------------------------------------

    async def poll(self) -> None:
        """Ask it. An event that cannot be understood any more stays as it was understood last."""
        try:
            said = await self._vtn.said()
        except PartnerFailed as failed:
            await self._keep(self._record.events, failed.what, self._record.notes)
            return
        before = {event.event_id: event for event in self._record.events}
        kept = [before[fault.event_id] for fault in said.faults if fault.event_id in before]
        events = (*said.events, *kept)
        trouble = "; ".join(fault.what for fault in said.faults)
        await self._keep(events, trouble, tuple(not_acted_upon(events, self._levels)))

    async def _keep(self, events: tuple[VtnEvent, ...], trouble: str, notes: tuple[str, ...]) -> None:
        """Store what has changed, and tell people of it once."""
        old = self._record
        if trouble != old.trouble and trouble:
            _log.warning("a VTN cannot be followed", site=self._ven.site, vtn=self._ven.vtn, why=trouble)
        elif trouble != old.trouble:
            _log.info("a VTN can be followed again", site=self._ven.site, vtn=self._ven.vtn)
        for note in notes:
            if note not in old.notes:
                _log.warning("a VTN says what is not acted upon", site=self._ven.site, vtn=self._ven.vtn, what=note)
        if (events, trouble, notes) != (old.events, old.trouble, old.notes):
            at = self._parts.clock.now()
            self._record = changed(old, events=events, trouble=trouble, notes=notes, at=at)
            await self._parts.journal.append(VTNS.put("", self._key, self._record))

    # --- what follows ------------------------------------------------------------------------------------------------------------------

    async def lay(self) -> None:
        """Lay down the limits of now and the next hour, and the prices, where they have changed; all at once."""
        plan = await self._parts.store.record(MANAGED, "", self._ven.site)
        self._mind_plan(plan)
        if plan is None:
            return
        now = self._parts.clock.now()
        whole = self._ven.feeder or next(one.name for one in plan.layout.feeders if one.fed_by is None)
        there = {one.source: one for one in await parts_of(self._parts.store, SITE_LIMITS, self._ven.site)}
        wanted = {
            self._source + one.key: self._site_limit(one, now)
            for one in capacity_limits(self._record.events, now, self._ven.resources, whole, self._levels)
        }
        operations: list[Operation] = [
            SITE_LIMITS.put("", part_key(self._ven.site, source), limit)
            for source, limit in wanted.items()
            if source not in there or changed(there[source], at=now) != limit
        ]
        gone = sorted(source for source in there if source.startswith(self._source) and source not in wanted)
        operations += [SITE_LIMITS.remove("", part_key(self._ven.site, source)) for source in gone]
        operations += self._new_prices(plan, now)
        if operations:
            await self._parts.journal.append(*operations)

    def _site_limit(self, one: CapacityLimit, now: datetime) -> SiteLimit:
        return SiteLimit(
            site=self._ven.site,
            source=self._source + one.key,
            feeder=one.feeder,
            at=now,
            watts=one.watts,
            amperes=one.amperes,
            since=one.since,
            until=one.until,
        )

    def _new_prices(self, plan: LoadManagement, now: datetime) -> list[Operation]:
        """The prices of a VTN that tells any take the place of the plan's; those of one that tells none any more are gone."""
        told = prices(self._record.events, now)
        if not told and not self._record.priced:
            return []
        operations: list[Operation] = []
        if self._record.priced != bool(told):
            self._record = changed(self._record, priced=bool(told))
            operations.append(VTNS.put("", self._key, self._record))
        if told == tuple(one for one in plan.prices if one.end > now):
            return operations

        def priced(there: LoadManagement | None) -> LoadManagement | None:
            return None if there is None else changed(there, prices=told)

        return [*operations, MANAGED.amend("", self._ven.site, priced)]

    def _mind_plan(self, plan: LoadManagement | None) -> None:
        """Tell once what does not fit the site."""
        ven = self._ven
        known = set() if plan is None else {one.name for one in plan.layout.feeders}
        named = {name for name in (ven.feeder, *ven.resources.values()) if name}
        what = ""
        if plan is None:
            what = "the load of this site is not managed: what its VTN says changes nothing"
        elif missing := sorted(named - known):
            what = f"the site has no feeder {', '.join(missing)}: limits for it change nothing"
        if what and what != self._told_of:
            _log.warning("a VTN does not fit its site", site=ven.site, vtn=ven.vtn, why=what)
        self._told_of = what

    async def report(self) -> None:
        """Tell the VTN what was used, if an interval is over and it wants that; what it does not take is not told again."""
        for report in await self._meter.due(self._record.events):
            try:
                await self._vtn.report(report)
            except PartnerFailed as failed:
                _log.warning("a VTN did not take a report", site=self._ven.site, vtn=self._ven.vtn, why=failed.what)
                return


class _EnergyMeter:
    """What flows through the feeders of a VEN, summed over the intervals of its reports."""

    def __init__(self, parts: Parts, ven: VenSettings) -> None:
        self._parts = parts
        self._ven = ven
        self._joules: dict[str, Decimal] = {}
        self._began: datetime | None = None
        self._last = 0.0

    async def due(self, events: Sequence[VtnEvent]) -> list[UsageReport]:
        """The reports of an interval that is over; none if nobody wants any."""
        every, now = self._ven.report_every, self._parts.clock.now()
        asking = [event for event in events if event.reports]
        if not every or not asking:
            self._began = None
            return []
        elapsed, self._last = self._parts.clock.monotonic() - self._last, self._parts.clock.monotonic()
        if self._began is None:
            self._began, self._joules = now, {}
            return []
        watts = await self._watts()
        for resource, power in watts.items():
            self._joules[resource] = self._joules.get(resource, Decimal(0)) + power * Decimal(str(round(elapsed, 3)))
        seconds = int((now - self._began).total_seconds())
        if seconds < every:
            return []
        found = [
            UsageReport(
                event=event,
                payload=payload,
                resource=resource,
                start=self._began.replace(microsecond=0),
                seconds=seconds,
                value=self._value(payload, joules, seconds),
            )
            for event in asking
            for payload in event.reports
            for resource, joules in self._joules.items()
        ]
        self._began, self._joules = self._began + timedelta(seconds=seconds), {}
        return found

    @staticmethod
    def _value(payload: str, joules: Decimal, seconds: int) -> Decimal:
        over = _SECONDS_AN_HOUR * _KILO if payload == "USAGE" else seconds * _KILO
        return (joules / over).quantize(Decimal("0.001"))

    async def _watts(self) -> dict[str, Decimal]:
        """The power at each resource of ours now, "" for the whole site; nothing before anything is known."""
        store, site = self._parts.store, self._ven.site
        state, plan = await store.record(STATES, "", site), await store.record(MANAGED, "", site)
        if state is None or plan is None:
            return {}
        voltage = plan.layout.voltage
        flows = {one.feeder: (one.flow.l1 + one.flow.l2 + one.flow.l3) * voltage for one in state.flows}
        root = next(one.name for one in plan.layout.feeders if one.fed_by is None)
        wanted = {"": self._ven.feeder or root, **self._ven.resources}
        return {resource: flows[feeder] for resource, feeder in wanted.items() if feeder in flows}
