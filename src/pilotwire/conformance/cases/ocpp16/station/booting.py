"""Charge Point under test: cold boots (test document 2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.checks import Check, equals, some
from pilotwire.conformance.language import Acts, Case16, Configures, Judges, Receives, Sends, Step
from pilotwire.conformance.states.booting import beats, only_between_boots, waited_between_boots
from pilotwire.conformance.states.station16 import boots, everything_is
from pilotwire.conformance.values import configured, plus, times, written

Steps = tuple[Step, ...]

_INTERVAL = configured.heartbeat_interval
_LATER = times(4, configured.heartbeat_interval)
"""While its boot is Pending the Charge Point must be asked things before it boots again."""


def _accepted(number: str, waited: Any) -> Receives:
    return boots(
        number,
        answer={"status": "Accepted", "interval": _INTERVAL},
        within=plus(waited, configured.long_operation_timeout),
    )


def _heart_beats(number: str) -> Steps:
    """Three heartbeats come, each after the interval."""
    one = Receives(number=number, action="Heartbeat", within=plus(_INTERVAL, configured.message_timeout))
    return (one, one, one, Judges(number=number, checks=(Check("the heartbeats are the interval apart", beats),)))


def _refused(status: str, interval: Any) -> Mapping[str, Any]:
    return {"status": status, "interval": interval}


TC_001_CS = Case16(
    id="TC_001_CS",
    title="Cold boot",
    purpose="A Charge Point that is rejected keeps silent until it may ask again; accepted, it tells its connectors, and its heart beats.",
    main=(
        Acts(act="power_cycle"),
        boots("1", answer=_refused("Rejected", _INTERVAL)),
        _accepted("3", _INTERVAL),
        everything_is("5", "Available"),
        *_heart_beats("7"),
    ),
    after=(Judges(checks=(only_between_boots("BootNotification"), waited_between_boots(_INTERVAL))),),
    requirements=("1.6:4.2", "1.6:4.6", "1.6:4.9"),
    remark="That nothing is sent while the boot is rejected (section 4.2 of the specification) is judged as well.",
)

TC_002_CS = Case16(
    id="TC_002_CS",
    title="Cold boot, pending",
    purpose="A Charge Point whose boot is pending gives its configuration and takes a change of it, and boots again when it may.",
    before=(Configures(variable="MeterValueSampleInterval", value=written(plus(configured.sampled_interval, 1))),),
    main=(
        Acts(act="power_cycle"),
        boots("1", answer=_refused("Pending", _LATER)),
        Sends(
            number="3",
            action="GetConfiguration",
            checks=(some("configurationKey", equals("key", "MeterValueSampleInterval")),),
        ),
        Sends(
            number="5",
            action="ChangeConfiguration",
            payload={"key": "MeterValueSampleInterval", "value": written(configured.sampled_interval)},
            checks=(equals("status", "Accepted"),),
        ),
        _accepted("7", _LATER),
        everything_is("9", "Available"),
        *_heart_beats("11"),
    ),
    after=(Judges(checks=(only_between_boots("BootNotification"), waited_between_boots(_LATER))),),
    requirements=("1.6:4.2", "1.6:5.3", "1.6:5.8"),
    remark=(
        "That nothing is sent unasked while the boot is pending (section 4.2 of the specification) is judged as well, and that the key "
        "that is changed is among those that are told."
    ),
)
