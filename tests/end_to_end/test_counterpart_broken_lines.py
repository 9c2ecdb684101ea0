"""Lines that break at the worst moment, between our programs and counterparts nobody here wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotwire.clock import SystemClock
from pilotwire.csms.app import Csms
from pilotwire.csms.store.ports import PutToken
from pilotwire.domain.authorization import Token
from pilotwire.domain.identity import IdToken
from tests.support.counterpart_scene import scene
from tests.support.counterpart_station import CARD, MIDDLE, counterpart
from tests.support.raw_station import settings


@pytest.mark.req("E11.FR.02", "1.6:3.7.1")
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_line_that_breaks_again_and_again_loses_nothing(tmp_path: Path, version: str) -> None:
    """However often the answer is lost with the line: a lost line is no refusal, and does not use up the attempts."""
    async with scene(version, tmp_path) as one:
        one.plug()
        one.tap()
        await one.until_charged(100)
        action = "StopTransaction" if version == "1.6" else "TransactionEvent"
        before = len(one.csms.of(action))
        one.csms.deaf_to, one.csms.deaf_times = action, 4
        one.tap()
        await one.csms.until_heard(action, before + 5)
        await one.until_delivered()
        first, *others = one.csms.of(action)[before : before + 5]
        assert all(
            first | {"offline": other.get("offline")} == other | {"offline": other.get("offline")} for other in others
        )


@pytest.mark.req("E11.FR.07")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_an_event_from_the_queue_is_the_same_event(tmp_path: Path, version: str) -> None:
    """Said again after the line was lost it is marked offline; that makes it no other event."""
    async with Csms(settings(database=f"sqlite:///{tmp_path}/csms.db"), SystemClock()) as csms:
        await csms.journal.append(PutToken(token=Token(id_token=IdToken(value=CARD, type="ISO14443"))))
        async with counterpart(csms, version) as cs:
            await cs.boot()
            await cs.begin(CARD, 1000)
            await cs.event("Updated", "MeterValuePeriodic", 2250, MIDDLE, 1)
            await cs.event("Updated", "MeterValuePeriodic", 2250, MIDDLE, 1, offline=True)
            await cs.boot()
        assert await csms.store.findings("CS001") == []
