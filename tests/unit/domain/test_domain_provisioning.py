"""Who may take part, and how often a station is to ask again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pilotwire.domain.provisioning import BootVerdict, RegistrationStatus, UnknownStations, judge_boot

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Accepted, Pending, Rejected = RegistrationStatus.ACCEPTED, RegistrationStatus.PENDING, RegistrationStatus.REJECTED
UNKNOWN = {UnknownStations.ACCEPT: Accepted, UnknownStations.PENDING: Pending, UnknownStations.REJECT: Rejected}


@pytest.mark.parametrize("policy", list(UnknownStations))
@pytest.mark.parametrize("registered", [None, *RegistrationStatus])
@pytest.mark.req("B01.FR.02", "1.6:4.2")
def test_a_boot_is_judged_by_the_record_or_else_the_policy(
    registered: RegistrationStatus | None, policy: UnknownStations
) -> None:
    """The heartbeat interval goes to accepted stations, the retry interval to the others."""
    verdict = judge_boot(registered, policy, NOON, heartbeat_interval=300, retry_interval=60)
    status = registered if registered is not None else UNKNOWN[policy]
    assert verdict == BootVerdict(status=status, now=NOON, interval=300 if status is Accepted else 60)
