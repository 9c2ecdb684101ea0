"""Tells drivers the running cost, ends sessions whose money is spent, and makes the bills that no event made.

A bill is made with the event that ends its session. Here those are made whose session was closed by rule, or that were told of more
than was known when they were made and the process died before it was looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from pilotwire.csms.billing.ledger import ledger_of
from pilotwire.csms.billing.running import Running
from pilotwire.csms.commands import remote_control
from pilotwire.csms.commands.display import Display
from pilotwire.csms.commands.tariff import TariffBooks, cost_updated, final_cost
from pilotwire.csms.registers.billing import UNSETTLED, Unsettled, account_key, account_of
from pilotwire.csms.registers.device_model import known_value
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import KeepFinding, Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.billing import BillEntry, BillKind
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.display import DisplayMessage, DisplayText, MessagePriority
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.remote_control import RequestStatus
from pilotwire.errors import PilotwireError

LOOK: Final = 1.0
"""Seconds between looks at open sessions."""
WATCH: Final = 5.0
"""Seconds after which what a limited session costs is worked out anew though nothing was told: time may cost as well."""
RETRY: Final = 30.0
"""Seconds until a station that did not stop is asked again."""
SWEEP: Final = 60.0
"""Seconds between looks for sessions that are to be billed."""
REMEMBERED: Final = timedelta(days=1)
"""How long after a bill it is looked whether more was told of its session."""
SHOWN_FOR: Final = timedelta(minutes=10)
_PAGE: Final = 500
_HIGHEST_MESSAGE: Final = 2**31 - 1
_SHOWS_COST: Final = (
    VariableName(component="TariffCostCtrlr", variable="Available", variable_instance="Cost"),
    VariableName(component="TariffCostCtrlr", variable="Enabled", variable_instance="Cost"),
)
_SHOWS_TEXTS: Final = VariableName(component="DisplayMessageCtrlr", variable="Available")
_SHOWS_COST_16: Final = VariableName(component="", variable="CustomDisplayCostAndPrice")
"""The key of a 1.6 station that takes costs by DataTransfer."""
_V16: Final = "1.6"


class Billing:
    """The service; one of a CSMS."""

    name = "billing"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._ledger = ledger_of(parts.journal, parts.store, parts.clock)
        self._books = TariffBooks(parts.journal, parts.store, parts.clock)
        self._swept = float("-inf")
        self._tasks: dict[tuple[str, str, str], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Do it, until cancelled."""
        try:
            while True:
                await self.look()
                await pause(self._parts.clock, LOOK, look=LOOK)
        finally:
            for task in self._tasks.values():
                task.cancel()

    async def look(self) -> None:
        """Look at all open sessions once, and once a minute at what is to be billed."""
        now = self._parts.clock.monotonic()
        if now >= self._swept + SWEEP:
            self._swept = now
            await self.sweep()
        for running in list(self._ledger.running.values()):
            await self._look_at(running, now)
        while self._ledger.made:
            await self._made(self._ledger.made.popleft())

    # --- open sessions -----------------------------------------------------------------------------------------------

    async def _look_at(self, running: Running, now: float) -> None:
        if running.is_limited:
            running.work_out(now, until=self._parts.clock.now(), rest=WATCH)
            await self._ledger.deduct(running)
        spent = running.spent
        if spent and now >= running.asked_at + RETRY and self._is_connected(running.place[0]):
            running.asked_at = now
            self._begin("stop", running.place, self._stop(running, spent))
        interval = self._parts.settings.cost_updated_interval
        if not interval or running.own or now < running.told_at + interval or not self._is_connected(running.place[0]):
            return
        cost = running.work_out(now, until=self._parts.clock.now(), rest=min(interval, WATCH))
        running.told_at = now
        if cost is not None and cost != running.told:
            self._begin("cost", running.place, self._tell(running, cost))

    def _is_connected(self, station: str) -> bool:
        return any(one.station == station for one in self._parts.commander.bus.connected())

    def _begin(self, what: str, place: tuple[str, str], work: Coroutine[Any, Any, None]) -> None:
        """Ask a station something without waiting for it: others are looked at meanwhile."""
        key = (what, *place)
        if key in self._tasks:
            work.close()
            return
        task = self._tasks[key] = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def idle(self) -> None:
        """Wait until no station is being asked anything."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def _tell(self, running: Running, cost: Decimal) -> None:
        """Show the running cost (I02) at a station that says it shows costs; one that would not take it is not asked again soon."""
        station, name = running.place
        with suppress(PilotwireError):
            if not await self._shows_cost(station) or not await self._parts.commander.unsolicited(station):
                return
            await cost_updated(self._parts.commander, self._books, station, name, cost)
            running.told = cost

    async def _shows_cost(self, station: str) -> bool:
        record = await self._parts.store.station(station)
        if record is not None and record.version == _V16:
            return (await known_value(self._parts.store, station, _SHOWS_COST_16) or "").lower() == "true"
        told = [(await known_value(self._parts.store, station, one) or "").lower() for one in _SHOWS_COST]
        return "true" in told and "false" not in told

    async def _stop(self, running: Running, spent: str) -> None:
        """End a session whose money is spent, and tell the driver why."""
        parts, (station, name) = self._parts, running.place
        await self._ledger.ended_for(station, name, spent)
        await self._show(station, name, f"Charging ends: {spent}.")
        try:
            outcome = await remote_control.stop(parts.commander, station, name)
            why = "" if outcome.status is RequestStatus.ACCEPTED else f"the station answered {outcome.status}"
        except PilotwireError as error:
            why = error.what
        if why:
            what = f"transaction {name} was to end because {spent}, and could not be stopped: {why}"
            await self._find(station, "billing:not-stopped", what)
        else:
            await self._find(station, "billing:spent", f"transaction {name} was ended because {spent}")

    async def _show(self, station: str, name: str, text: str) -> None:
        """Show a text while the transaction lasts, where the station has a display (O02)."""
        known = await known_value(self._parts.store, station, _SHOWS_TEXTS)
        if (known or "").lower() != "true":
            return
        now = self._parts.clock.now()
        message = DisplayMessage(
            message_id=int(now.timestamp()) % _HIGHEST_MESSAGE,
            priority=MessagePriority.ALWAYS_FRONT,
            text=DisplayText(content=text, language="en"),
            transaction_id=name,
            end_at=now + SHOWN_FOR,
        )
        display = Display(self._parts.commander, self._parts.journal, self._parts.store, self._parts.clock)
        with suppress(PilotwireError):
            await display.show(station, message)

    async def _find(self, station: str, rule: str, what: str) -> None:
        finding = Finding(station=station, at=self._parts.clock.now(), rule=rule, severity=Severity.NOTE, what=what)
        await self._parts.journal.append(KeepFinding(finding=finding))

    # --- bills -------------------------------------------------------------------------------------------------------

    async def sweep(self) -> None:
        """Bill what has ended without an event, correct what was told of more; take up the open sessions after a restart."""
        after: str | None = None
        while page := await self._parts.store.records(UNSETTLED, "", Page(limit=_PAGE, after=after)):
            for each in page:
                await self._settle(each)
            after = cursor_of("", account_key(page[-1].station, page[-1].transaction_id))

    async def _settle(self, each: Unsettled) -> None:
        place = (each.station, each.transaction_id)
        transaction = await self._parts.store.transaction(*place)
        account = await account_of(self._parts.store, *place)
        if transaction is None or account is None:
            return
        if transaction.is_open:
            if place not in self._ledger.running and not account.entries:
                running = await self._ledger.run(account, transaction, None)
                running.work_out(self._parts.clock.monotonic())
            return
        self._ledger.running.pop(place, None)
        await self._ledger.settle(*place)
        if each.billed_at is not None and self._parts.clock.now() - each.billed_at > REMEMBERED:
            await self._parts.journal.append(UNSETTLED.remove("", account_key(*place)))

    async def _made(self, entry: BillEntry) -> None:
        """Tell a 1.6 station that shows costs the final one; those of 2.x have it in the answer to the end (I03)."""
        if entry.kind is not BillKind.BILL or not self._is_connected(entry.station):
            return
        record = await self._parts.store.station(entry.station)
        if record is None or record.version != _V16 or not await self._shows_cost(entry.station):
            return
        place = (entry.station, entry.transaction_id)
        self._begin("final", place, self._tell_final(entry))

    async def _tell_final(self, entry: BillEntry) -> None:
        with suppress(PilotwireError):
            if await self._parts.commander.unsolicited(entry.station):
                commander = self._parts.commander
                await final_cost(commander, entry.station, entry.transaction_id, entry.total)
