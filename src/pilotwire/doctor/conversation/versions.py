"""Which version of OCPP a message is of, and whether it is the one that was agreed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pilotwire.doctor.conversation.heard import Sender
from pilotwire.doctor.conversation.schema import fits
from pilotwire.ocpp.registry import ACTIONS
from pilotwire.ocpp.version import OcppVersion

_TELLING: Final = frozenset(
    {
        "BootNotification",
        "StatusNotification",
        "Authorize",
        "MeterValues",
        "TransactionEvent",
        "StartTransaction",
        "StopTransaction",
        "ReserveNow",
        "SetChargingProfile",
        "SendLocalList",
        "ChangeAvailability",
        "Reset",
        "DataTransfer",
    }
)
"""Actions that are so different in 1.6 and 2.x that a payload of one tells which it is; of others a single field may mislead."""
_OFTEN: Final = (OcppVersion.V16, OcppVersion.V201, OcppVersion.V21)


def same_family(one: OcppVersion, other: OcppVersion) -> bool:
    """2.0.1 and 2.1 differ in what 2.1 added; 1.6 is another protocol."""
    return (one is OcppVersion.V16) is (other is OcppVersion.V16)


def belongs_to(
    version: OcppVersion, action: str, payload: Mapping[str, Any], *, response: bool, flawed: bool
) -> OcppVersion | None:
    """The other version whose message this is: its action is only there, or its payload breaks this schema and fits that one."""
    known = action in ACTIONS[version]
    if known and not flawed:
        return None
    for other in _OFTEN:
        if other is version or action not in ACTIONS[other]:
            continue
        if not known or (_tells(version, other, action) and fits(other, action, payload, response=response)):
            return other
    return None


def _tells(version: OcppVersion, other: OcppVersion, action: str) -> bool:
    return action in _TELLING or same_family(version, other)


def guess(action: str, payload: Mapping[str, Any], sender: Sender) -> OcppVersion | None:
    """The version of a call of which nobody said it; None if it could be of more than one family."""
    having = [each for each in _OFTEN if (known := ACTIONS[each].get(action)) and known.sender in (sender, "both")]
    if len(having) > 1 and OcppVersion.V16 in having:
        having = [each for each in having if fits(each, action, payload, response=False)]
    families = {each is OcppVersion.V16 for each in having}
    return having[0] if len(families) == 1 else None
