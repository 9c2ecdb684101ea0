"""Reusable states of OCPP 2.0.1 Part 6 about firmware updates: a charging station under test, the tester is the CSMS.

The statuses of an update are those of the requestId kept as `update`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.checks import equals, one_of
from pilotwire.conformance.conditions import configured_is
from pilotwire.conformance.language import OnlyIf, Receives, State, Step, TellsStatus
from pilotwire.conformance.values import Kept, configured

Steps = tuple[Step, ...]

REBOOTS_FIRST = configured_is("reboots_before_installation", True)
REBOOTS_LAST = configured_is("reboots_before_activation", True)


def tells_firmware(
    number: str,
    *status: str,
    name: str = "update",
    early: bool = False,
    optional: bool = False,
    within: Any = configured.long_operation_timeout,
    keep: Mapping[str, str] | None = None,
    note: str = "",
) -> Receives:
    """FirmwareStatusNotification with one of these states, for the update whose requestId was kept as `name`."""
    return Receives(
        number=number,
        action="FirmwareStatusNotification",
        where=(one_of("status", *status),),
        checks=(equals("requestId", Kept(name)).of("L01.FR.10"),),
        early=early,
        optional=optional,
        within=within,
        keep=keep or {},
        note=note,
    )


def _boots(number: str, early: bool) -> Steps:
    """The station starts for the update, and tells its connectors."""
    return (
        Receives(
            number=number,
            action="BootNotification",
            checks=(equals("reason", "FirmwareUpdate").of("B01.FR.03"),),
            marks=True,
            early=early,
            within=configured.long_operation_timeout,
        ),
        TellsStatus(
            number=str(int(number) + 2),
            status=["Available", "Unavailable"],
            every="station",
            within=configured.long_operation_timeout,
        ),
    )


def reboot_before_firmware_installation(number: str, *, early: bool = False) -> Steps:
    """State RebootBeforeFirmwareInstallation, for a station that needs it; without a word from a bootloader that cannot speak."""
    heard = (*_boots("3", False), tells_firmware("7", "Installing"))
    return (
        OnlyIf(
            number=number,
            condition=REBOOTS_FIRST,
            steps=(
                State(
                    name="RebootBeforeFirmwareInstallation",
                    steps=(
                        tells_firmware("1", "InstallRebooting", early=early),
                        OnlyIf(condition=configured_is("bootloader_speaks_ocpp", True), steps=heard),
                    ),
                ),
            ),
        ),
    )


def reboot_before_firmware_activation(number: str, *, early: bool = False) -> Steps:
    """State RebootBeforeFirmwareActivation, for a station that needs it. That it is about to is best told, and need not be (L01.FR.32)."""
    return (
        OnlyIf(
            number=number,
            condition=REBOOTS_LAST,
            steps=(
                State(
                    name="RebootBeforeFirmwareActivation",
                    steps=(
                        tells_firmware("1", "InstallRebooting", early=early, optional=True, within=configured.silence),
                        *_boots("3", early),
                    ),
                ),
            ),
        ),
    )
