"""Messages on a station's display (functional block O), and the record of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from pilotwire.clock import Clock
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.commands.parts import all_parts
from pilotwire.csms.registers.display import DISPLAY, ShownMessage, forget_unreported, keep_accepted, key_of
from pilotwire.csms.store.ports import Journal, Page, Store
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.display import (
    ClearDisplayMessage,
    ClearDisplayMessageOutcome,
    ClearDisplayMessageStatus,
    DisplayMessage,
    Flaw,
    GetDisplayMessages,
    GetDisplayMessagesOutcome,
    GetDisplayMessagesStatus,
    MessagePriority,
    MessageState,
    SetDisplayMessage,
    SetDisplayMessageOutcome,
    SetDisplayMessageStatus,
    fits,
    flaw_of,
    is_replaced_by,
)
from pilotwire.errors import PilotwireError

_AT_ONCE: Final = 500


class PointlessMessage(PilotwireError):
    """The station would reject the message or never show it; nothing was sent. `flaw` has the field."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(f"the message was not sent: {flaw.field}: {flaw.what}.", "Mend that.")
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Display:
    """Where commands about displays go, and where what becomes of them is kept."""

    commander: Commander
    journal: Journal
    store: Store
    clock: Clock

    async def show(self, station: str, message: DisplayMessage) -> SetDisplayMessageOutcome:
        """Show a message (O01, O02) or replace the one with its id (O06); kept once the station has accepted it.

        Raises also PointlessMessage.
        """
        over = await self._transaction_is_over(station, message)
        flaw = flaw_of(message, self.clock.now(), transaction_is_over=over)
        if flaw is not None:
            raise PointlessMessage(flaw)
        outcome = await self.commander.ask(station, SetDisplayMessage(message=message), SetDisplayMessageOutcome)
        if outcome.status is SetDisplayMessageStatus.ACCEPTED:
            gone = [
                DISPLAY.remove(station, key_of(known.message.message_id))
                async for known in self.known(station)
                if is_replaced_by(known.message, message) and known.message.message_id != message.message_id
            ]
            await self.journal.append(*gone, keep_accepted(station, message, self.clock.now()))
        return outcome

    async def _transaction_is_over(self, station: str, message: DisplayMessage) -> bool:
        if message.transaction_id is None:
            return False
        known = await self.store.transaction(station, message.transaction_id)
        return known is not None and not known.is_open

    async def clear(self, station: str, message_id: int) -> ClearDisplayMessageOutcome:
        """Take a message off (O05). Unknown is also a station without it, so it goes from the record."""
        command = ClearDisplayMessage(message_id=message_id)
        outcome = await self.commander.ask(station, command, ClearDisplayMessageOutcome)
        if outcome.status is not ClearDisplayMessageStatus.REJECTED:
            await self.journal.append(DISPLAY.remove(station, key_of(message_id)))
        return outcome

    async def ask(
        self,
        station: str,
        *,
        ids: tuple[int, ...] = (),
        priority: MessagePriority | None = None,
        state: MessageState | None = None,
        patience: float,
    ) -> Told:
        """Ask which messages there are and wait for all of them, at most `patience` seconds for each part (O03, O04).

        What the station does not report although it was asked for is taken off the record. Raises also CommandTimedOut if a part does
        not come, AnswerUnusable if there is no end of parts.
        """
        asked_at = self.clock.now()
        request_id = self.commander.reports.next_request_id()
        command = GetDisplayMessages(request_id=request_id, ids=ids, priority=priority, state=state)
        with self.commander.reports.collecting(station, request_id) as collection:
            outcome = await self.commander.ask(station, command, GetDisplayMessagesOutcome)
            accepted = outcome.status is GetDisplayMessagesStatus.ACCEPTED
            parts = await all_parts(collection, station, patience) if accepted else ()
        messages = tuple(message for part in parts for message in part.messages)
        told = {message.message_id for message in messages}
        gone = [
            forget_unreported(station, known.message.message_id, asked_at)
            async for known in self.known(station)
            if fits(known.message, command) and known.message.message_id not in told
        ]
        if gone:
            await self.journal.append(*gone)
        return Told(request_id, outcome.status, messages)

    async def known(self, station: str) -> AsyncIterator[ShownMessage]:
        """All messages on record for a station."""
        page = Page(limit=_AT_ONCE)
        while True:
            found = await self.store.records(DISPLAY, station, page)
            for each in found:
                yield each
            if len(found) < _AT_ONCE:
                return
            page = Page(limit=_AT_ONCE, after=cursor_of(station, key_of(found[-1].message.message_id)))


@dataclass(frozen=True, slots=True)
class Told:
    """What came of asking for messages; none if there was none that fits."""

    request_id: int
    status: GetDisplayMessagesStatus
    messages: tuple[DisplayMessage, ...] = ()
