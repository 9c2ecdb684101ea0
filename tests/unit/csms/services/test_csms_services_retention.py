"""What is kept no longer goes; what is to be kept stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pilotwire.clock import ManualClock
from pilotwire.csms.commands import Commander
from pilotwire.csms.services import Parts
from pilotwire.csms.services.retention import STEP, Retention
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.open import OpenStore, open_store
from pilotwire.csms.store.ports import Direction, KeepFinding, LogFilter, LogFrame
from pilotwire.domain.findings import Finding, Severity

DAY = 86_400.0


def parts(opened: OpenStore, clock: ManualClock, **settings: Any) -> Parts:
    """The parts of a CSMS whose stations do not matter."""
    bus: Any = None
    return Parts(opened.journal, opened.store, Commander(bus, clock), clock, CsmsSettings(**settings))


async def frames(opened: OpenStore, clock: ManualClock, count: int, text: str = "x") -> None:
    """Log so many frames now."""
    await opened.journal.append(
        *(
            LogFrame(
                station="CS001",
                at=clock.now(),
                direction=Direction.IN,
                message_id=str(n),
                action="Heartbeat",
                frame=text,
            )
            for n in range(count)
        )
    )


async def left(opened: OpenStore) -> int:
    """How many frames there are."""
    return len(await opened.store.search(LogFilter(), limit=100_000))


@pytest.mark.parametrize("days", [0, 7])
async def test_frames_and_findings_have_their_time(days: int, tmp_path: Path) -> None:
    """After it they are gone, however many; without a limit they stay."""
    clock = ManualClock()
    async with open_store(f"sqlite:///{tmp_path}/a.db", clock=clock) as opened:
        retention = Retention(parts(opened, clock, keep_messages_days=days, keep_findings_days=days))
        await frames(opened, clock, STEP + 10)
        finding = Finding(station="CS001", at=clock.now(), rule="r", severity=Severity.NOTE, what="w")
        await opened.journal.append(KeepFinding(finding=finding))
        clock.advance(6.9 * DAY)
        await frames(opened, clock, 3)
        assert await retention.look() == 0
        clock.advance(0.2 * DAY)
        assert await retention.look() == (STEP + 11 if days else 0)
        assert await left(opened) == (3 if days else STEP + 13)
        assert len(await opened.store.findings()) == (0 if days else 1)


async def test_the_log_does_not_outgrow_its_limit(tmp_path: Path) -> None:
    """The oldest go first, until it is small enough."""
    clock = ManualClock()
    async with open_store(f"sqlite:///{tmp_path}/a.db", clock=clock) as opened:
        retention = Retention(parts(opened, clock, keep_messages_mb=3))
        await frames(opened, clock, 2 * STEP, "y" * 1000)
        assert await opened.store.log_size() > 4_000_000
        await retention.look()
        assert await left(opened) == STEP
        assert await opened.store.log_size() < 3_000_000
