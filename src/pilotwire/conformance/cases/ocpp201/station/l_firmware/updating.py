"""What the cases of block L share: an update that is asked for, fetched, installed; and in which order it is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from pilotwire.conformance.checks import Check, Judgement, equals, moment_of
from pilotwire.conformance.conditions import Condition, configured_is, not_
from pilotwire.conformance.connectors import told_by
from pilotwire.conformance.language import InAnyOrder, Judges, OnlyIf, Receives, Reconnects, Sends, Step, TellsStatus
from pilotwire.conformance.states.certificates201 import certificate_installed
from pilotwire.conformance.states.firmware201 import (
    REBOOTS_FIRST,
    REBOOTS_LAST,
    reboot_before_firmware_activation,
    reboot_before_firmware_installation,
    tells_firmware,
)
from pilotwire.conformance.values import Fresh, Known, Moment, configured, made

Steps = tuple[Step, ...]
LONG_AGO = Moment(-7200)
LATER = Moment(configured.firmware_offset, name="later")

SIGNER_TRUSTED: Steps = (
    OnlyIf(condition=configured_is("firmware_url", ""), steps=certificate_installed("ManufacturerRootCertificate")),
)
"""What the tester serves is signed under a root of its own, which the station must know; for an image of the plan it knows one."""


def firmware(kind: str = "good", **other: Any) -> dict[str, Any]:
    """The image to be fetched and installed at once, unless `other` says so."""
    usual = {
        "location": made("firmware location", kind=kind),
        "retrieveDateTime": LONG_AGO,
        "installDateTime": LONG_AGO,
        "signingCertificate": made("firmware signer"),
        "signature": made("firmware signature", kind=kind),
    }
    return usual | other


def updates(number: str, image: Mapping[str, Any], *checks: Check, name: str = "update", **more: Any) -> Sends:
    """UpdateFirmware; without `checks` it must be accepted."""
    return Sends(
        number=number,
        action="UpdateFirmware",
        payload={"requestId": Fresh(name), "firmware": image, **more},
        checks=checks or (equals("status", "Accepted"),),
    )


def fetched(first: int, *, name: str = "update", early: bool = False, down: bool = True) -> Steps:
    """Downloading (unless `down` is False), Downloaded, SignatureVerified; `first` is the number of the first."""
    states = (("Downloading",) if down else ()) + ("Downloaded", "SignatureVerified")
    return tuple(
        tells_firmware(str(first + 2 * place), state, name=name, early=early) for place, state in enumerate(states)
    )


def security_event(number: str, kind: str, requirement: str, *, early: bool = False) -> Receives:
    """The security event of this type."""
    return Receives(
        number=number,
        action="SecurityEventNotification",
        where=(equals("type", kind).of(requirement),),
        within=configured.long_operation_timeout,
        early=early,
    )


# --- connectors --------------------------------------------------------------------------------------------------------------------


def _out_of_use(known: Known) -> bool:
    last = {
        place: state
        for one in known.heard()
        for place, state, _ in told_by(one["action"], one["payload"] if isinstance(one["payload"], dict) else {})
    }
    return "Unavailable" in last.values()


OUT_OF_USE = Condition("a connector was told to be Unavailable, and nothing else since", _out_of_use)


def _goes_out_of_use(number: str, early: bool) -> TellsStatus:
    return TellsStatus(
        number=number,
        status="Unavailable",
        every="station",
        optional=True,
        early=early,
        within=configured.silence,
        note="The station may take its connectors out of use.",
    )


def back_in_use(number: str) -> OnlyIf:
    """The connectors that were taken out of use are told to be Available, if they have not been yet."""
    return OnlyIf(
        number=number,
        condition=OUT_OF_USE,
        steps=(
            TellsStatus(number=number, status="Available", every="station", within=configured.long_operation_timeout),
        ),
    )


def connectors_told(*states: str) -> Judges:
    """In the main part connectors are told to be in one of these states only."""

    def judge(everything: Any, _: Known) -> Judgement:
        told = {
            state
            for one in everything["messages"]
            if one["part"] == "main" and isinstance(one["payload"], dict)
            for _, state, _ in told_by(one["action"], one["payload"])
        }
        return Judgement(told <= set(states), ", ".join(sorted(told)) or "nothing")

    return Judges(checks=(Check(f"connectors are told to be {' or '.join(states)} only", judge),))


# --- installed -----------------------------------------------------------------------------------------------------------------------


def installing(first: int, *, early: bool = False, unless: Condition | None = None) -> Steps:
    """The connectors may go out of use, the station may reboot, and it installs, `unless` it has told so before."""
    told = OnlyIf(
        number=str(first + 3),
        condition=not_(REBOOTS_FIRST),
        steps=(tells_firmware(str(first + 3), "Installing", early=early),),
    )
    return (
        _goes_out_of_use(str(first), early),
        *reboot_before_firmware_installation(str(first + 2), early=early),
        told if unless is None else OnlyIf(number=told.number, condition=not_(unless), steps=(told,)),
    )


def activated(first: int, *, name: str = "update", early: bool = False) -> Steps:
    """The station reboots or at least connects again, and the new firmware runs."""
    return (
        *reboot_before_firmware_activation(str(first), early=early),
        OnlyIf(
            number=str(first + 1),
            condition=not_(REBOOTS_LAST),
            steps=(connects_again(str(first + 1)),),
        ),
        InAnyOrder(
            number=str(first + 2),
            steps=(
                back_in_use(str(first + 2)),
                tells_firmware(str(first + 4), "Installed", name=name),
                security_event(str(first + 6), "FirmwareUpdated", "L01.FR.31"),
            ),
        ),
    )


def connects_again(number: str) -> Reconnects:
    """The station leaves and connects, so that the version of OCPP is agreed anew."""
    return Reconnects(
        number=number,
        leaves_within=configured.long_operation_timeout,
        checks=(equals("left", True),),
        note="The station connects again by itself.",
    )


def installed(first: int, *, name: str = "update", early: bool = False, unless: Condition | None = None) -> Steps:
    """The image is installed, and runs; `first` is the number of the step in which connectors may go out of use."""
    return (*installing(first, early=early, unless=unless), *activated(first + 5, name=name, early=early))


# --- the order ---------------------------------------------------------------------------------------------------------------------

_FETCHED = "Downloading( DownloadPaused Downloading)* Downloaded SignatureVerified"
_INSTALLED = "( InstallScheduled)?( InstallRebooting)?( Installing)?( InstallRebooting)? Installed"
WHOLE = f"(DownloadScheduled )?{_FETCHED}{_INSTALLED}"
"""The statuses of an update that goes well, as a regular expression over their names."""
FAILED_TO_INSTALL = (
    f"{_FETCHED}( InstallScheduled)?( InstallRebooting)?( Installing)? Install(Verification|ation)Failed"
)
FAILED_TO_FETCH = "(Downloading( DownloadPaused Downloading)* (DownloadPaused )?)?DownloadFailed"
FORGED = "Downloading( DownloadPaused Downloading)* Downloaded InvalidSignature"
GIVEN_UP = "Downloading( DownloadFailed| InstallationFailed)?"
"""Of an update another one has taken the place of (errata 2025-09, 6.2.82)."""


def not_before_its_time(status: str, requirement: str) -> Judges:
    """This status comes when `LATER` has come. Half of the wait is left to the clocks of both sides."""

    def judge(everything: Any, known: Known) -> Judgement:
        first = next(
            (
                one["at"]
                for one in everything["messages"]
                if one["action"] == "FirmwareStatusNotification"
                and isinstance(one["payload"], dict)
                and one["payload"].get("status") == status
            ),
            None,
        )
        told, due = moment_of(first), moment_of(everything["kept"].get("later"))
        if told is None or due is None:
            return Judgement(False, "nothing")
        early = (due - told).total_seconds()
        return Judgement(early <= float(known.setting("firmware_offset")) / 2, f"{-early:.1f} s after its time")

    return Judges(checks=(Check(f"{status} does not come before its time", judge).of(requirement),))


def told_whole(*, charging: bool = False) -> Steps:
    """The update is told from its begin to its end, and of connectors only whether they are in use; `charging`: some are occupied."""
    return (
        told_in_order(WHOLE),
        connectors_told("Available", "Unavailable", *(("Occupied",) if charging else ())),
    )


def told_in_order(pattern: str, *, name: str = "update", requirement: str = "L01.FR.01") -> Judges:
    """The statuses of the update, those that are told again left out, follow each other as `pattern` says (L01.FR.01, L02.FR.01)."""
    wanted = re.compile(pattern)

    def judge(everything: Any, _: Known) -> Judgement:
        told = [
            str(one["payload"].get("status"))
            for one in everything["messages"]
            if one["action"] == "FirmwareStatusNotification"
            and isinstance(one["payload"], dict)
            and one["payload"].get("requestId") == everything["kept"].get(name)
        ]
        line = " ".join(status for status, _ in groupby(told))
        return Judgement(wanted.fullmatch(line) is not None, line or "nothing")

    return Judges(
        checks=(Check("the update is told from state to state, none before its time", judge).of(requirement),)
    )
