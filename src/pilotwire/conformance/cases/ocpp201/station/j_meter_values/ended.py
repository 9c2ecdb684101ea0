"""What the cases of values at the end of a transaction share: how it is set, how it ends, and what its last event tells, signed or not."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Literal

from pilotwire.conformance.cases.ocpp201.station.j_meter_values.samples import (
    CLOCK,
    END,
    PERIODIC,
    Reading,
    Steps,
    apart,
    complete,
    contexts,
    in_the,
    measuring,
    of_readings,
    read_for,
)
from pilotwire.conformance.checks import Check
from pilotwire.conformance.language import Configures, Sends, Waits
from pilotwire.conformance.states.station201 import energy_transfer_started, parking_bay_unoccupied
from pilotwire.conformance.values import Known, times
from pilotwire.conformance.variables import component_variable

Kind = Literal["Aligned", "Sampled"]
_LAST = in_the("Ended")
_SIGNATURE = "sampledValue[0].signedMeterValue"
_KEYS = "OCPPCommCtrlr.PublicKeyWithSignedMeterValue"


def told_at_the_end(kind: Kind, interval: Any, *, signed: bool = False) -> Steps:
    """Values of this kind, and not of the other, are told when the transaction ends; then energy flows."""
    other = {"Aligned": "Sampled", "Sampled": "Aligned"}[kind]
    signing = (
        Configures(variable=f"{kind}DataCtrlr.SignReadings", value=True),
        Configures(variable=f"{other}DataCtrlr.SignReadings", value=False, if_implemented=True, if_writable=True),
        Sends(
            action="GetVariables",
            payload={"getVariableData": [component_variable(_KEYS)]},
            keep={"keys are told": "getVariableResult[0].attributeValue"},
        ),
    )
    return (
        *measuring(f"{kind}DataCtrlr.TxEndedMeasurands"),
        Configures(variable=f"{other}DataCtrlr.TxEndedMeasurands", value=""),
        Configures(variable=f"{kind}DataCtrlr.TxEndedInterval", value=interval),
        Configures(variable="AlignedDataCtrlr.SendDuringIdle", value=False, if_implemented=True),
        *(signing if signed else ()),
        *energy_transfer_started(),
    )


def ends(interval: Any) -> Steps:
    """Values of some moments are collected, then the session ends."""
    return (
        Waits(seconds=times(2.5, interval), why="values of some moments are collected"),
        *parking_bay_unoccupied(),
    )


def aligned_told(interval: Any) -> tuple[Check, ...]:
    """The last event tells clock-aligned values, and nothing else."""
    return (
        contexts("the last event", _LAST, CLOCK),
        complete("the last event", _LAST),
        apart("the last event", _LAST, interval),
    )


def sampled_told(interval: Any) -> tuple[Check, ...]:
    """The last event tells periodic values and that of the end."""
    return (
        contexts("the last event", _LAST, PERIODIC, END),
        contexts("the last event", _LAST, END, each=False),
        contexts("the last event", _LAST, PERIODIC, each=False),
        complete("the last event", _LAST),
        apart("the periodic values of the last event", read_for(_LAST, PERIODIC), interval),
    )


# --- signed --------------------------------------------------------------------------------------------------------------------


def _signatures(reading: Reading) -> list[dict[str, Any]]:
    return [one["signedMeterValue"] for one in reading.samples if "signedMeterValue" in one]


def _signed(found: list[Reading], _: Known) -> tuple[bool, str]:
    without = [one for one in found if not any(each.get("signedMeterData") for each in _signatures(one))]
    return not without, f"{len(found) - len(without)} of {len(found)} are signed"


def _keyed(found: list[Reading], known: Known) -> tuple[bool, str]:
    policy = known.kept.get("keys are told", "")
    keys = [each.get("publicKey") for one in found for each in _signatures(one)]
    shown = [key for key in keys if key]
    well_formed = bool(keys) and all(key == "" or _is_key(key) for key in keys)
    as_often = {"Never": not shown, "EveryMeterValue": len(shown) == len(keys), "OncePerTransaction": len(shown) == 1}
    return well_formed and as_often.get(policy, True), f"{len(shown)} of {len(keys)} have a key ({policy or 'unsaid'})"


def _is_key(key: Any) -> bool:
    try:
        return isinstance(key, str) and bool(base64.b64decode(key, validate=True))
    except binascii.Error:
        return False


def signed_told(requirement: str) -> tuple[Check, ...]:
    """What the last event tells is signed, with the key as often as PublicKeyWithSignedMeterValue says (in the whole transaction)."""
    return (
        of_readings(
            "signedMeterValue is not omitted in any meter value of the last event", _LAST, _signed, path=_SIGNATURE
        ).of(requirement),
        of_readings(
            f"publicKey is empty or a key in Base64, as often as {_KEYS} says",
            lambda reading, _: bool(_signatures(reading)),
            _keyed,
            path=f"{_SIGNATURE}.publicKey",
        ),
    )
