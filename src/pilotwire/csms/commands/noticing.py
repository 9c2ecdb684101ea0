"""A bus that keeps what answers tell: values of variables that a station gave or took, whoever asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from pilotwire.clock import Clock
from pilotwire.csms.commands.bus import ConnectedStation, StationBus
from pilotwire.csms.registers import reservations
from pilotwire.csms.registers.device_model import INVENTORIES, Inventory, keep_answered, keep_taken
from pilotwire.csms.registers.network_profiles import keep_profile
from pilotwire.csms.registers.reservations import ReservationState
from pilotwire.csms.store.ports import Journal, Operation
from pilotwire.domain.device_model import (
    GetBaseReport,
    GetVariables,
    GetVariablesOutcome,
    ReportBase,
    SetVariables,
    SetVariablesOutcome,
)
from pilotwire.domain.device_model.batches import paired
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.network_profiles import SetNetworkProfile, SetNetworkProfileOutcome
from pilotwire.domain.reservation import (
    CancelReservation,
    CancelReservationOutcome,
    CancelReservationStatus,
    ReserveNow,
    ReserveNowOutcome,
    ReserveNowStatus,
)


class _BaseReport(msgspec.Struct, rename="camel"):
    """What counts of a GetBaseReport that goes out as it is."""

    request_id: int
    report_base: str


_BASE_REPORT = msgspec.json.Decoder(_BaseReport)


class NoticingBus:
    """A `StationBus` over another one. What it keeps is durable before the outcome is given; it raises StoreError besides."""

    def __init__(self, bus: StationBus, journal: Journal, clock: Clock) -> None:
        self._bus = bus
        self._journal = journal
        self._clock = clock

    async def call(self, station: str, command: Command, *, timeout: float | None = None) -> Outcome:
        """Give a command and keep what its outcome tells."""
        if isinstance(command, GetBaseReport) and command.base is ReportBase.FULL_INVENTORY:
            await self._expect(station, command.request_id)
        outcome = await self._bus.call(station, command, timeout=timeout)
        operations = list(_told(station, command, outcome, self._clock.now()))
        if operations:
            await self._journal.append(*operations)
        return outcome

    async def call_raw(
        self, station: str, action: str, payload: bytes, *, force: bool = False, timeout: float | None = None
    ) -> bytes:
        """Send an action as it is. That a full inventory was asked for is kept, so that its parts are known as such."""
        if action == "GetBaseReport":
            asked = _base_report(payload)
            if asked is not None and asked.report_base == ReportBase.FULL_INVENTORY.value:
                await self._expect(station, asked.request_id)
        return await self._bus.call_raw(station, action, payload, force=force, timeout=timeout)

    def dismiss(self, station: str, reason: str) -> bool:
        """Close the connection of a station that is taken off record."""
        return self._bus.dismiss(station, reason)

    def connected(self) -> Sequence[ConnectedStation]:
        """All stations with an open connection."""
        return self._bus.connected()

    async def _expect(self, station: str, request_id: int) -> None:
        inventory = Inventory(request_id=request_id, asked_at=self._clock.now())
        await self._journal.append(INVENTORIES.put(station, "", inventory))


def _base_report(payload: bytes) -> _BaseReport | None:
    try:
        return _BASE_REPORT.decode(payload)
    except msgspec.MsgspecError:
        return None  # who is asked says what is wrong with it


def _told(station: str, command: Command, outcome: Outcome, now: datetime) -> Iterator[Operation]:
    if isinstance(command, GetVariables) and isinstance(outcome, GetVariablesOutcome):
        yield from (keep_answered(station, result, now) for result in outcome.results)
    if isinstance(command, SetVariables) and isinstance(outcome, SetVariablesOutcome):
        for setting, result in paired(command.settings, outcome.results):
            yield keep_taken(station, setting, result, now)
    if isinstance(command, ReserveNow) and outcome == ReserveNowOutcome(status=ReserveNowStatus.ACCEPTED):
        yield reservations.made(station, command.reservation, now)
    if isinstance(command, CancelReservation) and isinstance(outcome, CancelReservationOutcome):
        canceled = outcome.status is CancelReservationStatus.ACCEPTED
        state = ReservationState.CANCELED if canceled else ReservationState.REMOVED  # H02.FR.01: it has no such one
        yield reservations.ended(station, command.reservation_id, state, now)
    if isinstance(command, SetNetworkProfile) and isinstance(outcome, SetNetworkProfileOutcome):
        yield keep_profile(station, command, outcome, now)
