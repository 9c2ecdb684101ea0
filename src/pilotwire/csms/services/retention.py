"""Retention: the message log, findings, security events and the audit log are kept as long, and the log as large, as the operator wants.

What is removed goes in small steps, so that stations never wait for it. Transactions, their events and readings are never removed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog

from pilotwire.csms.registers.access import AUDIT
from pilotwire.csms.registers.authorization import AUTHORIZATIONS
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import ForgetFindings, ForgetFrames

_log = structlog.get_logger("pilotwire.csms.retention")
INTERVAL: Final = 600.0
"""Seconds between two looks."""
STEP: Final = 2000
"""Rows removed at once."""
_MEGABYTE: Final = 1_000_000


class Retention:
    """Removes what is too old or too much."""

    name = "retention"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            await self.look()
            await pause(self._parts.clock, INTERVAL)

    async def look(self) -> int:
        """Remove what is to be removed now; how many frames and findings that were. Raises StoreError."""
        removed = await self._forget_old() + await self._forget_large()
        if removed:
            _log.info("removed what was to be kept no longer", entries=removed)
        return removed

    async def _forget_old(self) -> int:
        settings, now, removed = self._parts.settings, self._parts.clock.now(), 0
        if settings.keep_messages_days:
            before = now - timedelta(days=settings.keep_messages_days)
            removed += await self._repeat(ForgetFrames(before=before, most=STEP))
            removed += (await self._parts.journal.append(AUTHORIZATIONS.forget(before)))[0]
        if settings.keep_findings_days:
            before = now - timedelta(days=settings.keep_findings_days)
            removed += await self._repeat(ForgetFindings(before=before, most=STEP))
        if settings.keep_audit_days:
            before = now - timedelta(days=settings.keep_audit_days)
            removed += (await self._parts.journal.append(AUDIT.forget(before)))[0]
        return removed

    async def _repeat(self, operation: ForgetFrames | ForgetFindings) -> int:
        removed = 0
        while count := (await self._parts.journal.append(operation))[0]:
            removed += count
        return removed

    async def _forget_large(self) -> int:
        limit, removed = self._parts.settings.keep_messages_mb * _MEGABYTE, 0
        while limit and await self._parts.store.log_size() > limit:
            count = (await self._parts.journal.append(ForgetFrames(oldest=STEP)))[0]
            if not count:
                break
            removed += count
        return removed
