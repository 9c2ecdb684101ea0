"""The conversation a snapshot is taken by: a case of no test document, which reads everything and then listens for heartbeats.

A device that was there already is taken as it is: nothing is cleared and nothing reset. Only the heartbeat interval is changed, after all
was read, and put back.
"""

from __future__ import annotations

from typing import Any, Final

from pilotwire.conformance.catalogue import keys16
from pilotwire.conformance.certify.snapshot_record import is_secret
from pilotwire.conformance.checks import equals
from pilotwire.conformance.conditions import Condition, kept_is
from pilotwire.conformance.language import (
    Case,
    Configures,
    ForEach,
    Keeps,
    OnlyIf,
    Receives,
    Reconnects,
    Repeats,
    Sends,
    Step,
    Waits,
)
from pilotwire.conformance.values import Computed, Fresh, Kept, Known, configured, written
from pilotwire.ocpp.version import OcppVersion

FEW_KEYS: Final = 10
"""How many keys are asked for at once where GetConfigurationMaxKeys is not told."""
_MOST_PARTS: Final = 5000


def snapshot_case(version: OcppVersion, observe: float) -> Case:
    """The case that reads everything, and listens for `observe` seconds (0: not at all)."""
    of_16 = version is OcppVersion.V16
    return Case(
        id="SNAPSHOT",
        title="A configuration snapshot",
        purpose="What the device declares of itself is read, and its heartbeats are timed.",
        before=_ARRIVES,
        main=(*(_READS_KEYS if of_16 else _READS_MODEL), *(_listens(of_16, observe) if observe else ())),
        booted=False,
        untouched=True,
        ours=True,
        follows="",
        within=900.0 + observe,
        version=version,
    )


_SAID_WHO: Final = Condition(
    "the device has told who it is", lambda known: any(one["action"] == "BootNotification" for one in known.heard())
)
_BOOTS: Final = Receives(action="BootNotification", optional=True, early=True, within=configured.silence)
_ARRIVES: Final[tuple[Step, ...]] = (
    Reconnects(),
    _BOOTS,
    OnlyIf(
        condition=_SAID_WHO,
        steps=(),
        otherwise=(
            Sends(action="TriggerMessage", payload={"requestedMessage": "BootNotification"}, any_answer=True),
            _BOOTS,
        ),
    ),
)
"""A device that does not boot when it connects is asked to say who it is."""

_READS_MODEL: Final[tuple[Step, ...]] = (
    Sends(
        action="GetBaseReport",
        payload={"requestId": Fresh("snapshot_request"), "reportBase": "FullInventory"},
        checks=(equals("status", "Accepted").of("B07.FR.01"),),
    ),
    Repeats(
        steps=(
            Keeps(values={"more_of_snapshot": False}),
            Receives(
                action="NotifyReport",
                where=(equals("requestId", Kept("snapshot_request")),),
                keep={"more_of_snapshot": "tbc"},
            ),
        ),
        until=kept_is("more_of_snapshot", False),
        most=_MOST_PARTS,
    ),
)


def _lots(known: Known) -> list[list[str]]:
    """Keys of the standard that were not told when all were asked for, in lots of GetConfigurationMaxKeys (1.6:9.1.9)."""
    told = {str(one.get("key", "")).casefold(): str(one.get("value", "")) for one in known.kept["told_keys"]}
    maximum = told.get("getconfigurationmaxkeys", "")
    most = int(maximum) if maximum.isdecimal() and int(maximum) > 0 else FEW_KEYS
    # a key that holds a password is not asked for: it could be told
    untold = [one.key for one in keys16() if one.key.casefold() not in told and not is_secret(one.key)]
    return [untold[place : place + most] for place in range(0, len(untold), most)]


_READS_KEYS: Final[tuple[Step, ...]] = (
    Keeps(values={"told_keys": []}),
    Sends(action="GetConfiguration", any_answer=True, keep={"told_keys": "configurationKey"}),
    ForEach(
        name="lot_of_keys",
        values=Computed("keys that were not told, as many as may be asked for at once", _lots),
        steps=(Sends(action="GetConfiguration", payload={"key": Kept("lot_of_keys")}, any_answer=True),),
    ),
)


def _listens(of_16: bool, seconds: float) -> tuple[Step, ...]:
    variable: Any = "HeartbeatInterval" if of_16 else "OCPPCommCtrlr.HeartbeatInterval"
    value = written(configured.heartbeat_interval)
    return (
        Configures(variable=variable, value=value, if_implemented=True, if_writable=True),
        Waits(seconds=seconds, why="heartbeats are timed"),
    )
