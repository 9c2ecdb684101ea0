"""Has stations renew their certificates before these end (A02, A03): those that do it by themselves are not asked twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pilotwire.csms.commands.bus import CommandRefused
from pilotwire.csms.commands.certificates import Certificates
from pilotwire.csms.registers.certificates import OPEN_REQUESTS
from pilotwire.csms.registers.held_certificates import HeldCertificate, all_held, asked
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import KeepFinding, Page
from pilotwire.domain.certificates import SigningUse
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.provisioning import TriggerStatus
from pilotwire.errors import PilotwireError, StoreError

LOOK: Final = 600.0
"""Seconds between two looks."""
AGAIN: Final = timedelta(days=1)
"""How long a station has for it before it is asked again."""
_RULE: Final = "certificates:renewal"
_MESSAGES: Final = {
    SigningUse.CHARGING_STATION: "SignChargingStationCertificate",
    SigningUse.V2G: "SignV2GCertificate",
    SigningUse.V2G_20: "SignV2G20Certificate",
}


class CertificateRenewals:
    """The service; one of a CSMS. `renew_days` of 0 turns it off."""

    name = "certificate-renewals"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._certificates = Certificates(parts.commander, parts.journal, parts.store, parts.clock)

    async def run(self) -> None:
        """Do it, until cancelled."""
        if not self._parts.settings.renew_days:
            return
        while True:
            await self.look()
            await pause(self._parts.clock, LOOK)

    async def look(self) -> None:
        """Ask each connected station whose certificate is due, unless it was asked a day ago or less, or has asked by itself."""
        connected = {each.station for each in self._parts.commander.bus.connected()}
        due = [each async for each in all_held(self._parts.store) if self._is_due(each) and each.station in connected]
        for each in due:
            if await self._parts.commander.unsolicited(each.station) and not await self._is_under_way(each):
                await self._ask(each)

    def _is_due(self, each: HeldCertificate) -> bool:
        now = self._parts.clock.now()
        asked_lately = each.asked_at is not None and now - each.asked_at < AGAIN
        return not asked_lately and each.not_after - now <= timedelta(days=self._parts.settings.renew_days)

    async def _is_under_way(self, each: HeldCertificate) -> bool:
        waiting = await self._parts.store.records(OPEN_REQUESTS, each.station, Page(limit=10))
        return any((one.use or SigningUse.CHARGING_STATION) is each.use for one in waiting)

    async def _ask(self, each: HeldCertificate) -> None:
        problem: str | None = None
        try:
            outcome = await self._certificates.trigger(each.station, _MESSAGES[each.use], by="service:renewal")
            if outcome.status is not TriggerStatus.ACCEPTED:
                problem = f"it answered {outcome.status}"
        except StoreError:
            raise
        except CommandRefused as refused:
            problem = refused.what
        except PilotwireError as error:
            problem = error.what
        now = self._parts.clock.now()
        finding = () if problem is None else (KeepFinding(finding=self._finding(each, problem)),)
        await self._parts.journal.append(asked(each, now, problem), *finding)

    def _finding(self, each: HeldCertificate, problem: str) -> Finding:
        now = self._parts.clock.now()
        ends = f"The {each.use} of the station ends on {each.not_after:%Y-%m-%d} ({each.days_left(now)} days left)"
        what = f"{ends}, and it does not renew it: {problem}"
        return Finding(station=each.station, at=now, rule=_RULE, severity=Severity.BREACH, what=what)
