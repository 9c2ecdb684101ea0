"""DER controls of a station: set, reported, cleared (functional block R, 2.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pilotwire.clock import Clock
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.commands.parts import all_parts
from pilotwire.csms.registers.der_control import DER_CONTROLS, DerControlRecord
from pilotwire.csms.store.ports import Journal, Page, Store
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.der_control import (
    ClearDerControl,
    DerControl,
    DerControlOutcome,
    DerControlStatus,
    DerControlType,
    GetDerControl,
    InstalledDerControl,
    SetDerControl,
    SetDerControlOutcome,
)
from pilotwire.domain.kinds import changed

_PAGE = 500


async def set_control(
    commander: Commander, journal: Journal, clock: Clock, station: str, control: DerControl
) -> SetDerControlOutcome:
    """Install a control, and keep it if the station accepts it, with what it supersedes (R04.FR.03, R04.FR.06, R04.FR.08)."""
    outcome = await commander.ask(station, SetDerControl(control=control), SetDerControlOutcome)
    if outcome.status is DerControlStatus.ACCEPTED:
        own = control.control_id in outcome.superseded_ids
        record = DerControlRecord(
            station=station,
            control_id=control.control_id,
            control=control,
            is_superseded=own,
            set_at=clock.now(),
        )
        others = [
            DER_CONTROLS.amend(
                station, each, lambda known: None if known is None else changed(known, is_superseded=True)
            )
            for each in outcome.superseded_ids
            if each != control.control_id
        ]
        await journal.append(DER_CONTROLS.put(station, control.control_id, record), *others)
    return outcome


@dataclass(frozen=True, slots=True)
class DerReport:
    """What came of asking for a report: all controls, put together from its parts."""

    request_id: int
    status: DerControlStatus
    controls: tuple[InstalledDerControl, ...] = ()


async def get_controls(
    commander: Commander,
    journal: Journal,
    store: Store,
    station: str,
    *,
    is_default: bool | None = None,
    control_type: DerControlType | None = None,
    control_id: str | None = None,
    patience: float,
) -> DerReport:
    """Ask for a report of controls and wait for all of it, at most `patience` seconds for each part (R04.FR.31, R04.FR.32).

    The parts are kept as they come; those on record that match and were not told are forgotten. Raises also CommandTimedOut if a part
    does not come, AnswerUnusable if there is no end of parts.
    """
    number = commander.reports.next_request_id()
    command = GetDerControl(request_id=number, is_default=is_default, control_type=control_type, control_id=control_id)
    with commander.reports.collecting(station, number) as collection:
        outcome = await commander.ask(station, command, DerControlOutcome)
        accepted = outcome.status is DerControlStatus.ACCEPTED
        parts = await all_parts(collection, station, patience) if accepted else ()
    controls: tuple[InstalledDerControl, ...] = tuple(each for part in parts for each in part.controls)
    if outcome.status in (DerControlStatus.ACCEPTED, DerControlStatus.NOT_FOUND):
        there = {each.control.control_id for each in controls}
        held = await _matching(store, station, is_default, control_type, control_id)
        await _forget(journal, station, (each for each in held if each not in there))
    return DerReport(number, outcome.status, controls)


async def clear_controls(
    commander: Commander,
    journal: Journal,
    store: Store,
    station: str,
    *,
    is_default: bool,
    control_type: DerControlType | None = None,
    control_id: str | None = None,
) -> DerControlOutcome:
    """Remove controls (R04.FR.44 to R04.FR.46), and forget those on record; also if the station has none such (R04.FR.41)."""
    command = ClearDerControl(is_default=is_default, control_type=control_type, control_id=control_id)
    outcome = await commander.ask(station, command, DerControlOutcome)
    if outcome.status in (DerControlStatus.ACCEPTED, DerControlStatus.NOT_FOUND):
        await _forget(journal, station, await _matching(store, station, is_default, control_type, control_id))
    return outcome


async def _matching(
    store: Store,
    station: str,
    is_default: bool | None,
    control_type: DerControlType | None,
    control_id: str | None,
) -> list[str]:
    """The ids of the controls on record that match; what is None matches any (R04.FR.30)."""
    return [
        each.control_id
        for each in await controls_of(store, station)
        if (control_id is None or each.control_id == control_id)
        and (control_type is None or (each.control is not None and each.control.control_type is control_type))
        and (is_default is None or (each.control is not None and each.control.is_default is is_default))
    ]


async def controls_of(store: Store, station: str) -> list[DerControlRecord]:
    """All controls on record of a station."""
    found: list[DerControlRecord] = []
    after: str | None = None
    while True:
        page = await store.records(DER_CONTROLS, station, Page(limit=_PAGE, after=after))
        found += page
        if len(page) < _PAGE:
            return found
        after = cursor_of(station, page[-1].control_id)


async def _forget(journal: Journal, station: str, control_ids: Iterable[str]) -> None:
    gone = [DER_CONTROLS.remove(station, each) for each in control_ids]
    if gone:
        await journal.append(*gone)
