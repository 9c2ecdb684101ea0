"""Why sessions failed, from what stations tell: the reason of the stop, what triggered it, the error code of the port, and the energy.

A session failed if the driver did not get what a working station gives: it was ended by a fault, a reset, a loss of power or communication,
by an authorization that was refused or withdrawn, it never told its end, or no energy flowed. That a driver, a limit or an operator ends
it is no failure, as long as energy flowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Final

from pilotwire.domain.closing import Closing
from pilotwire.domain.transactions import StoppedReason, TriggerReason


class Failure(StrEnum):
    """Why a session failed. The names are those of the columns of reports."""

    NOT_AUTHORISED = "not-authorised"
    DEAUTHORISED = "deauthorised"
    EV_NOT_CONNECTED = "ev-not-connected"
    CABLE_NOT_LOCKED = "cable-not-locked"
    EV_COMMUNICATION = "ev-communication"
    FAULT = "fault"
    POWER_LOSS = "power-loss"
    RESET = "reset"
    CONNECTION_LOST = "connection-lost"
    ZERO_ENERGY = "zero-energy"


class Rule(StrEnum):
    """What of a session a rule looks at."""

    STOPPED_REASON = "stopped reason"
    TRIGGER_REASON = "trigger reason"
    ERROR_CODE = "error code"


_R, _T = StoppedReason, TriggerReason
CAUSES: Final[tuple[tuple[Rule, str, Failure, str], ...]] = (
    (Rule.STOPPED_REASON, _R.DEAUTHORIZED, Failure.DEAUTHORISED, "1.6 Reason; 2.x ReasonEnumType (E05.FR.10)"),
    (Rule.STOPPED_REASON, _R.REQ_ENERGY_TRANSFER_REJECTED, Failure.EV_COMMUNICATION, "2.1 ReasonEnumType"),
    (Rule.STOPPED_REASON, _R.TIMEOUT, Failure.EV_NOT_CONNECTED, "2.x ReasonEnumType (E03.FR.05)"),
    (Rule.STOPPED_REASON, _R.EMERGENCY_STOP, Failure.FAULT, "1.6 Reason; 2.x ReasonEnumType"),
    (Rule.STOPPED_REASON, _R.GROUND_FAULT, Failure.FAULT, "2.x ReasonEnumType"),
    (Rule.STOPPED_REASON, _R.OVERCURRENT_FAULT, Failure.FAULT, "2.x ReasonEnumType"),
    (Rule.STOPPED_REASON, _R.POWER_QUALITY, Failure.FAULT, "2.x ReasonEnumType"),
    (Rule.STOPPED_REASON, _R.POWER_LOSS, Failure.POWER_LOSS, "1.6 Reason; 2.x ReasonEnumType"),
    (Rule.STOPPED_REASON, _R.REBOOT, Failure.RESET, "1.6 Reason; 2.x ReasonEnumType"),
    (Rule.STOPPED_REASON, _R.IMMEDIATE_RESET, Failure.RESET, "1.6 Reason (HardReset); 2.x ReasonEnumType"),
    (Rule.STOPPED_REASON, _R.SOFT_RESET, Failure.RESET, "1.6 Reason"),
    (Rule.TRIGGER_REASON, _T.DEAUTHORIZED, Failure.DEAUTHORISED, "2.x TriggerReasonEnumType"),
    (Rule.TRIGGER_REASON, _T.TARIFF_NOT_ACCEPTED, Failure.NOT_AUTHORISED, "2.1 TriggerReasonEnumType"),
    (Rule.TRIGGER_REASON, _T.EV_CONNECT_TIMEOUT, Failure.EV_NOT_CONNECTED, "2.x TriggerReasonEnumType"),
    (Rule.TRIGGER_REASON, _T.EV_COMMUNICATION_LOST, Failure.EV_COMMUNICATION, "2.x TriggerReasonEnumType"),
    (Rule.TRIGGER_REASON, _T.ABNORMAL_CONDITION, Failure.FAULT, "2.x TriggerReasonEnumType"),
    (Rule.TRIGGER_REASON, _T.RESET_COMMAND, Failure.RESET, "2.x TriggerReasonEnumType"),
    (Rule.ERROR_CODE, "ConnectorLockFailure", Failure.CABLE_NOT_LOCKED, "1.6 ChargePointErrorCode"),
    (Rule.ERROR_CODE, "EVCommunicationError", Failure.EV_COMMUNICATION, "1.6 ChargePointErrorCode"),
    (Rule.ERROR_CODE, "GroundFailure", Failure.FAULT, "1.6 ChargePointErrorCode"),
    (Rule.ERROR_CODE, "HighTemperature", Failure.FAULT, "1.6 ChargePointErrorCode"),
    (Rule.ERROR_CODE, "InternalError", Failure.FAULT, "1.6 ChargePointErrorCode"),
    (Rule.ERROR_CODE, "OverCurrentFailure", Failure.FAULT, "1.6 ChargePointErrorCode"),
    (Rule.ERROR_CODE, "OverVoltage", Failure.FAULT, "1.6 ChargePointErrorCode"),
    (Rule.ERROR_CODE, "PowerMeterFailure", Failure.FAULT, "1.6 ChargePointErrorCode"),
    (Rule.ERROR_CODE, "PowerSwitchFailure", Failure.FAULT, "1.6 ChargePointErrorCode"),
    (Rule.ERROR_CODE, "UnderVoltage", Failure.FAULT, "1.6 ChargePointErrorCode"),
)
"""What each word of the standards says of a session that ended with it, and where the word is from."""
_TABLE: Final[Mapping[tuple[Rule, str], Failure]] = {(rule, str(word)): failure for rule, word, failure, _ in CAUSES}
_OWN_WILL: Final = frozenset({_R.LOCAL, _R.REMOTE, _R.EV_DISCONNECTED, _R.STOPPED_BY_EV, _R.MASTER_PASS})
"""Somebody or the vehicle ended it: what the port told besides does not count, if energy flowed."""


def failure_of(
    *,
    stopped: StoppedReason | None,
    trigger: TriggerReason | None,
    codes: Iterable[str],
    closing: Closing | None,
    energy: Decimal | None,
) -> Failure | None:
    """Why a session that is over failed; None: it did not. `codes`: error codes its port told when it ended. `energy` in Wh.

    The most telling word goes first: an error code that names lock or vehicle, then the reason, the trigger, any other error code.
    """
    none_flowed = energy is not None and energy <= 0
    told = tuple(codes)
    by_code = [found for code in told if (found := _TABLE.get((Rule.ERROR_CODE, code))) is not None]
    by_reason = _TABLE.get((Rule.STOPPED_REASON, str(stopped))) if stopped is not None else None
    by_trigger = _TABLE.get((Rule.TRIGGER_REASON, str(trigger))) if trigger is not None else None
    if stopped in _OWN_WILL and not none_flowed:
        return None
    named = [each for each in by_code if each in (Failure.CABLE_NOT_LOCKED, Failure.EV_COMMUNICATION)]
    found = next(iter([*named, *filter(None, (by_reason, by_trigger)), *by_code]), None)
    if found is None and told and stopped in (None, _R.OTHER):
        found = Failure.FAULT
    if found is Failure.DEAUTHORISED and (none_flowed or energy is None):
        return Failure.NOT_AUTHORISED
    if found is not None:
        return found
    if closing is not None:
        return Failure.CONNECTION_LOST
    return Failure.ZERO_ENERGY if none_flowed else None
