"""Watches stations that are to come back with a higher security profile (A05)."""

from __future__ import annotations

from typing import Final

from pilotwire.csms.commands.security_upgrade import fall_back
from pilotwire.csms.registers.security_upgrades import OPEN_UPGRADES, UPGRADES, SecurityUpgrade, UpgradeState
from pilotwire.csms.registers.station_conditions import CONDITIONS, USUAL
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import KeepFinding, Operation, Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.kinds import changed

LOOK: Final = 0.5
"""Seconds between looks."""
_PAGE: Final = 500


class SecurityUpgrades:
    """The service; one of a CSMS."""

    name = "security-upgrades"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def run(self) -> None:
        """Do it, until cancelled."""
        while True:
            await self.look()
            await pause(self._parts.clock, LOOK, look=LOOK)

    async def look(self) -> None:
        """See what became of every upgrade that is not over."""
        cursor: str | None = None
        while page := await self._parts.store.records(OPEN_UPGRADES, None, Page(limit=_PAGE, after=cursor)):
            for each in page:
                record = await self._parts.store.record(UPGRADES, each.station, "")
                if record is not None:
                    await self._look_at(record)
            cursor = cursor_of(page[-1].station, "")

    async def _look_at(self, record: SecurityUpgrade) -> None:
        station, now = record.station, self._parts.clock.now()
        conditions = await self._parts.store.record(CONDITIONS, station, "") or USUAL
        if (conditions.security_profile or 0) >= record.target:
            await self._end(station, UpgradeState.DONE, "")
        elif now >= record.until:
            what = f"it did not connect with security profile {record.target} in time"
            parts = self._parts
            if any(each.station == station for each in parts.commander.bus.connected()):
                await fall_back(parts.commander, parts.store, parts.journal, parts.clock, station, record)
            await self._end(station, UpgradeState.FAILED, f"{what}; the lower one is still allowed")

    async def _end(self, station: str, state: UpgradeState, what: str) -> None:
        """The upgrade is over. From Done on the gateway refuses the lower profiles (A05.FR.07)."""

        def over(kept: SecurityUpgrade | None) -> SecurityUpgrade | None:
            return None if kept is None else changed(kept, state=state, what=what)

        operations: list[Operation] = [UPGRADES.amend(station, "", over), OPEN_UPGRADES.remove(station, "")]
        if state is UpgradeState.FAILED:
            operations.append(KeepFinding(finding=self._finding(station, what)))
        await self._parts.journal.append(*operations)

    def _finding(self, station: str, what: str) -> Finding:
        return Finding(
            station=station,
            at=self._parts.clock.now(),
            rule="provisioning:security-upgrade",
            severity=Severity.BREACH,
            what=f"the security profile was not raised: {what}",
        )
