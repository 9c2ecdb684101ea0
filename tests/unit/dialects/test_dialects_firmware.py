"""Firmware where the versions differ: which message 1.6 picks, and what a version cannot say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pilotwire.domain.firmware import (
    FirmwareStatus,
    FirmwareStatusReported,
    PublishFirmware,
    PublishFirmwareStatus,
    PublishFirmwareStatusReported,
    StatusDetail,
    UnpublishFirmware,
    UpdateFirmware,
)
from pilotwire.domain.kinds import changed
from pilotwire.errors import NotSayable
from pilotwire.ocpp import registry
from tests.support.said import DIALECTS, V16, V21, V201, heard

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAIN = UpdateFirmware(location="https://firmware.example.org/a.bin", retrieve_at=NOON, request_id=7)
SIGNED = changed(PLAIN, signature="c2ln", signing_certificate="PEM")
WHY = StatusDetail(reason_code="Busy", additional_info="charging")


def names(version: Any, command: Any) -> list[str]:
    """The actions a command becomes."""
    return [registry.action_of(message).name for message in DIALECTS[version].write_command(command)]


@pytest.mark.req("1.6:5.19")
def test_the_signature_picks_the_message_of_16() -> None:
    """One command for both."""
    assert names(V16, PLAIN) == ["UpdateFirmware"]
    assert names(V16, SIGNED) == ["SignedUpdateFirmware"]
    assert names(V201, SIGNED) == names(V21, PLAIN) == ["UpdateFirmware"]


@pytest.mark.parametrize(
    ("version", "command", "says"),
    [
        (V16, changed(PLAIN, install_at=NOON), "when unsigned firmware is to be installed"),
        (V16, changed(PLAIN, signature="c2ln"), "a signature and a signing certificate"),
        (V16, changed(SIGNED, signing_certificate=None), "a signature and a signing certificate"),
        (V16, changed(SIGNED, request_id=None), "needs a requestId"),
        (V16, PublishFirmware(location="x", checksum="0" * 32, request_id=1), "has no message"),
        (V16, UnpublishFirmware(checksum="0" * 32), "has no message"),
        (V201, changed(PLAIN, request_id=None), "needs a requestId"),
        (V201, changed(PLAIN, location="x" * 513), "cannot be said"),
        (V21, changed(PLAIN, location="x" * 2001), "cannot be said"),
        (V21, changed(PLAIN, retries=-1), "cannot be said"),
    ],
)
def test_what_a_version_cannot_say_is_told_before_it_is_sent(version: Any, command: Any, says: str) -> None:
    """With a sentence."""
    with pytest.raises(NotSayable, match=says):
        DIALECTS[version].write_command(command)


@pytest.mark.req("L01.FR.20")
@pytest.mark.parametrize("version", [V201, V21])
def test_only_idle_needs_no_request_id(version: Any) -> None:
    """In 2.x."""
    assert DIALECTS[version].write_fact(FirmwareStatusReported(status=FirmwareStatus.IDLE)) is not None
    with pytest.raises(NotSayable, match=r"L01\.FR\.20"):
        DIALECTS[version].write_fact(FirmwareStatusReported(status=FirmwareStatus.INSTALLED))


def test_only_21_says_why() -> None:
    """2.0.1 leaves it out, the status itself is said."""
    update = FirmwareStatusReported(status=FirmwareStatus.DOWNLOAD_SCHEDULED, request_id=7, detail=WHY)
    publishing = PublishFirmwareStatusReported(status=PublishFirmwareStatus.DOWNLOADING, request_id=7, detail=WHY)
    for fact in (update, publishing):
        for version, expected in ((V201, changed(fact, detail=None)), (V21, fact)):
            request = DIALECTS[version].write_fact(fact)
            assert request is not None
            assert DIALECTS[version].read_fact(heard(request)) == expected
