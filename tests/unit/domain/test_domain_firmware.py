"""Which status of an update may follow which."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from pilotwire.domain.firmware import (
    ENDS,
    FAILURES,
    PUBLISH_FAILURES,
    FirmwareStatus,
    PublishFirmwareStatus,
    UpdateFirmware,
    may_follow,
    may_publish,
)

S, P = FirmwareStatus, PublishFirmwareStatus
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def walk(*steps: FirmwareStatus, signed: bool) -> bool:
    """Whether an update may go this way from its beginning."""
    before: FirmwareStatus | None = None
    for step in steps:
        if not may_follow(before, step, signed=signed):
            return False
        before = step
    return True


@pytest.mark.req("L01.FR.13", "L01.FR.14", "L01.FR.15", "L01.FR.16")
def test_a_signed_update_in_full() -> None:
    """Scheduled, paused, checked, scheduled again, rebooted."""
    assert walk(
        S.DOWNLOAD_SCHEDULED,
        S.DOWNLOADING,
        S.DOWNLOAD_PAUSED,
        S.DOWNLOADING,
        S.DOWNLOADED,
        S.SIGNATURE_VERIFIED,
        S.INSTALL_SCHEDULED,
        S.INSTALL_REBOOTING,
        S.INSTALLING,
        S.INSTALLED,
        signed=True,
    )


@pytest.mark.req("L01.FR.04")
def test_a_signature_is_checked_before_installation() -> None:
    """And only if there is one."""
    assert not walk(S.DOWNLOADING, S.DOWNLOADED, S.INSTALLING, signed=True)
    assert walk(S.DOWNLOADING, S.DOWNLOADED, S.INVALID_SIGNATURE, signed=True)
    assert walk(S.DOWNLOADING, S.DOWNLOADED, S.INSTALLING, S.INSTALLED, signed=False)
    assert not walk(S.DOWNLOADING, S.DOWNLOADED, S.SIGNATURE_VERIFIED, signed=False)


@pytest.mark.req("L01.FR.23", "L01.FR.32")
def test_a_reboot_may_hide_the_installation() -> None:
    """Installing may be left out, and so may the reboot."""
    assert walk(S.DOWNLOADING, S.DOWNLOADED, S.INSTALL_REBOOTING, S.INSTALLED, signed=False)
    assert walk(S.DOWNLOADING, S.DOWNLOADED, S.INSTALLING, S.INSTALL_REBOOTING, S.INSTALLED, signed=False)
    assert walk(S.DOWNLOADING, S.DOWNLOADED, S.INSTALLED, signed=False)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("end", sorted(ENDS))
def test_an_end_is_the_end(end: FirmwareStatus, signed: bool) -> None:
    """After it comes only the same again, or Idle."""
    after = {status for status in S if may_follow(end, status, signed=signed)}
    assert after == {end, S.IDLE}


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("status", sorted(set(S) - ENDS - {S.IDLE}))
def test_every_way_can_come_to_an_end(status: FirmwareStatus, signed: bool) -> None:
    """And Idle is no answer while something is under way (L01.FR.26); what cannot be reached has no way on."""
    reached, todo = {status}, [status]
    while todo:
        before = todo.pop()
        news = {after for after in S if may_follow(before, after, signed=signed)} - reached
        reached |= news
        todo += news
    assert reached & FAILURES
    assert (S.INSTALLED in reached) is True
    assert not may_follow(status, S.IDLE, signed=signed)


def test_an_update_begins_with_its_download() -> None:
    """Nothing else can be first."""
    first = {status for status in S if may_follow(None, status, signed=False)}
    assert first == {S.DOWNLOAD_SCHEDULED, S.DOWNLOAD_PAUSED, S.DOWNLOADING, S.DOWNLOAD_FAILED, S.IDLE}


@pytest.mark.req("L03.FR.06", "L03.FR.07", "L03.FR.08", "L03.FR.09", "L03.FR.10")
def test_publishing_goes_by_the_checksum() -> None:
    """Downloaded, checked, published; a failure or Published ends it."""
    way = (None, P.DOWNLOADING, P.DOWNLOADED, P.CHECKSUM_VERIFIED, P.PUBLISHED, P.IDLE)
    assert all(may_publish(before, after) for before, after in pairwise(way) if after is not None)
    assert not may_publish(P.DOWNLOADED, P.PUBLISHED)
    assert may_publish(P.DOWNLOADED, P.INVALID_CHECKSUM)
    assert may_publish(P.CHECKSUM_VERIFIED, P.PUBLISH_FAILED)
    for end in (P.PUBLISHED, *PUBLISH_FAILURES):
        assert {status for status in P if may_publish(end, status)} == {end, P.IDLE}


def test_signed_means_both() -> None:
    """A signature without a certificate proves nothing."""
    plain = UpdateFirmware(location="x", retrieve_at=NOON)
    assert not plain.is_signed
    assert not UpdateFirmware(location="x", retrieve_at=NOON, signature="s").is_signed
    assert UpdateFirmware(location="x", retrieve_at=NOON, signature="s", signing_certificate="c").is_signed
