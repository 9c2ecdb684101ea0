"""What the cases of block B share: a boot in its parts, and the connectors told after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.checks import Check, Judgement, equals, one_of
from pilotwire.conformance.connectors import told_by
from pilotwire.conformance.language import InAnyOrder, Judges, Receives, Sends, Step, TellsStatus
from pilotwire.conformance.values import OMITTED, Known, configured

RESET_OR_START = (one_of("type", "StartupOfTheDevice", "ResetOrReboot"),)


def boots(
    number: str,
    *,
    answer: Mapping[str, Any] | None = None,
    checks: tuple[Check, ...] = (),
    within: Any = configured.long_operation_timeout,
    note: str = "",
) -> Receives:
    """The station sends BootNotificationRequest; what it said before is not meant by the steps after it."""
    return Receives(
        number=number,
        action="BootNotification",
        checks=checks,
        answer=answer,
        marks=True,
        within=within,
        note=note,
    )


def says_it_started(number: str = "") -> Receives:
    """The security event of a start."""
    return Receives(number=number, action="SecurityEventNotification", where=RESET_OR_START)


def since_last_boot(everything: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The messages after the last BootNotification of the main part."""
    messages = [one for one in everything["messages"] if one["part"] == "main"]
    boot_places = [place for place, one in enumerate(messages) if one["action"] == "BootNotification"]
    return messages[boot_places[-1] + 1 :] if boot_places else []


def _every_connector(everything: Any, _: Known) -> Judgement:
    told = {place for one in since_last_boot(everything) for place, _, _ in told_by(one["action"], one["payload"])}
    missing = [one for one in everything["connectors"] if (one["evse"], one["connector"]) not in told]
    names = ", ".join(f"connector {one['connector']} of EVSE {one['evse']}" for one in missing)
    return Judgement(not missing, f"nothing of {names}" if missing else f"{len(told)} connectors")


EVERY_CONNECTOR_TOLD: tuple[Step, ...] = (
    Judges(checks=(Check("the state of every connector was told after the boot", _every_connector),)),
)
"""Post scenario validation of the boots and resets."""

BY_RESET = equals("reason", "RemoteReset").of("B01.FR.03")
SCHEDULED = equals("reason", "ScheduledReset").of("B01.FR.03")


def resets(number: str, kind: str, status: str, *, evse: Any = OMITTED) -> Sends:
    """Reset of the station, or of an EVSE."""
    return Sends(
        number=number,
        action="Reset",
        payload={"type": kind, "evseId": evse},
        checks=(equals("status", status),),
    )


def tells_itself_and_others(number: str, status: str) -> tuple[Step, ...]:
    """The configured connector is told to be so, those of the other EVSEs to be Available."""
    return (
        InAnyOrder(
            number=number,
            steps=(
                TellsStatus(number=number, status=status),
                TellsStatus(number=number, status="Available", every="others"),
            ),
        ),
    )
