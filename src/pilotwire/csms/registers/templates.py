"""Configuration templates, their runs, and which stations have them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from pilotwire.csms.registers.device_model import VARIABLES, variables_of
from pilotwire.csms.store.ports import Page, Station, Store
from pilotwire.csms.store.registers import Register, cursor_of
from pilotwire.domain.device_model import VariableSetting, key_of
from pilotwire.domain.device_model.known import KnownVariable
from pilotwire.domain.kinds import Value
from pilotwire.domain.templates import Configured, Drift, StationRun, Template, TemplateRun, drift_of

_PAGE = 500


class BootPolicy(Value):
    """The intervals one station is told when it boots, in seconds; None: those of its templates, else of the CSMS (B01, B02)."""

    heartbeat_interval: int | None = None
    retry_interval: int | None = None


class OpenRun(Value):
    """A run that is not finished."""

    id: str


class Held(Value):
    """A station was answered Pending when it booted, because it must have these templates first."""

    templates: tuple[str, ...]
    at: datetime


TEMPLATES: Final = Register("templates", Template)
"""Of no station; by name."""
OPEN_RUNS: Final = Register("template-runs-open", OpenRun)
"""Of no station; by id: the runs that are not finished."""
RUNS: Final = Register("template-runs", TemplateRun)
"""Of no station; by id, which rises."""
STATION_RUNS: Final = Register("template-run-stations", StationRun)
"""By station and the id of the run."""
CONFIGURED: Final = Register("templates-configured", Configured)
"""By station and name of the template."""
HELD: Final = Register("held-at-boot", Held)
"""By station; the key is always empty."""
BOOT_POLICIES: Final = Register("boot-policies", BootPolicy)
"""By station; the key is always empty."""


async def all_templates(store: Store) -> Sequence[Template]:
    """All templates, by name."""
    found: list[Template] = []
    cursor: str | None = None
    while page := await store.records(TEMPLATES, "", Page(limit=_PAGE, after=cursor)):
        found += page
        cursor = cursor_of("", page[-1].name)
    return found


async def templates_for(store: Store, record: Station) -> Sequence[Template]:
    """The templates that cover a station, by name."""
    templates = await all_templates(store)
    return [each for each in templates if each.match.covers(record.station, record.identity, record.version)]


async def stations_of(store: Store, template: Template, *, after: str | None = None) -> AsyncIterator[Station]:
    """The stations on record that a template covers, by identity; those behind `after`."""
    cursor = after
    while page := await store.stations(Page(limit=_PAGE, after=cursor)):
        for record in page:
            if template.match.covers(record.station, record.identity, record.version):
                yield record
        cursor = page[-1].station


async def open_runs(store: Store) -> AsyncIterator[TemplateRun]:
    """The runs that are not finished, the oldest first."""
    cursor: str | None = None
    while page := await store.records(OPEN_RUNS, "", Page(limit=_PAGE, after=cursor)):
        for each in page:
            run = await store.record(RUNS, "", each.id)
            if run is not None:
                yield run
        cursor = cursor_of("", page[-1].id)


async def drift(store: Store, station: str, settings: Sequence[VariableSetting]) -> Sequence[Drift]:
    """What a station is not known to have of some settings. A key of 1.6 by its own name is found under its variable too."""
    found: list[Drift] = []
    by_key: dict[str, KnownVariable] | None = None
    for setting in settings:
        known = await store.record(VARIABLES, station, key_of(setting.name))
        if known is None and not setting.name.component:
            if by_key is None:
                by_key = {each.key.casefold(): each async for each in variables_of(store, station) if each.key}
            known = by_key.get(setting.name.variable.casefold())
        missing = drift_of(setting, known)
        if missing is not None:
            found.append(missing)
    return found
