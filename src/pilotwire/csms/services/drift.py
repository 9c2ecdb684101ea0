"""Reads the variables of templates again on a period, so that drift is seen that nobody told (B06)."""

from __future__ import annotations

from datetime import datetime

from pilotwire.csms.commands.templates import read_again
from pilotwire.csms.registers.station_conditions import CONDITIONS
from pilotwire.csms.registers.templates import all_templates, drift, stations_of
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import KeepFinding
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.templates import Template
from pilotwire.errors import PilotwireError, StoreError


class DriftWatch:
    """The service; it does nothing where the setting `drift_interval` is 0."""

    name = "drift"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._told: set[tuple[str, str, str]] = set()

    async def run(self) -> None:
        """Do it, until cancelled."""
        interval = self._parts.settings.drift_interval
        while interval > 0:
            await pause(self._parts.clock, interval)
            await self.look()

    async def look(self) -> None:
        """Read all templates' variables at the accepted stations they cover; drift that was not there before is a finding."""
        standing = {each.station: each.standing for each in self._parts.commander.bus.connected()}
        for template in await all_templates(self._parts.store):
            async for record in stations_of(self._parts.store, template):
                if standing.get(record.station) is RegistrationStatus.ACCEPTED:
                    await self._look_at(template, record.station)

    async def _look_at(self, template: Template, station: str) -> None:
        conditions = await self._parts.store.record(CONDITIONS, station, "")
        if conditions is not None and conditions.quiet:
            return
        try:
            await read_again(self._parts.commander, self._parts.store, station, template)
        except StoreError:
            raise
        except PilotwireError:
            return  # the message log has what went wrong; the next time comes
        found = await drift(self._parts.store, station, template.settings)
        now = {(station, template.name, str(each.setting.name)) for each in found}
        news = sorted(name for _, _, name in now - self._told)
        self._told = {each for each in self._told if each[:2] != (station, template.name)} | now
        if news:
            await self._parts.journal.append(self._finding(template, station, news, self._parts.clock.now()))

    @staticmethod
    def _finding(template: Template, station: str, names: list[str], at: datetime) -> KeepFinding:
        what = f"what the station has is not what template {template.name!r} says: {', '.join(names)}"
        finding = Finding(
            station=station, at=at, rule="provisioning:drift", severity=Severity.NOTE, what=what, action="GetVariables"
        )
        return KeepFinding(finding=finding)
