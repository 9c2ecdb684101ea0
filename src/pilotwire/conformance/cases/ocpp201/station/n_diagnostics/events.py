"""What the cases of block N share: events that are told, and what makes a monitored value change."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.monitors import Monitor, Place, id_of
from pilotwire.conformance.checks import Check, equals, is_not, near, satisfies, some
from pilotwire.conformance.conditions import Condition
from pilotwire.conformance.language import Acts, OnlyIf, Receives
from pilotwire.conformance.settings import setting_named
from pilotwire.conformance.values import Configured, Known, Moment, configured, plus, resolve, shown, written

EVENT = "NotifyEvent"
Steps = tuple[Any, ...]


def tells_event(
    number: str,
    *checks: Check,
    meant: tuple[Check, ...],
    early: bool = False,
    waited: bool = False,
    shared: bool = False,
    within: Any = configured.message_timeout,
) -> Receives:
    """NotifyEvent, the first of its report (N07.FR.07), with an event that passes `meant`; that event must pass each of `checks`.

    `waited`: it may be of some time ago, as the line was down. `shared`: its message may tell another event that is judged, too.
    """
    happened = () if waited else (some("eventData", *meant, near("timestamp", Moment())),)
    return Receives(
        number=number,
        action=EVENT,
        where=(some("eventData", *meant),),
        checks=(
            *(() if waited else (near("generatedAt", Moment()),)),
            equals("seqNo", 0).of("N07.FR.07"),
            *happened,
            *(some("eventData", *meant, check).of(check.requirement) for check in checks),
        ),
        early=early,
        shared=shared,
        within=within,
    )


def of_monitor(data: Monitor, *more: Check) -> tuple[Check, ...]:
    """An event of this monitor."""
    return (equals("variableMonitoringId", id_of(data)), *more)


def at_place(place: Place) -> tuple[Check, ...]:
    """An event of this variable."""
    return (equals("component", place["component"]), equals("variable", place["variable"]))


def alerts(data: Monitor, kind: str = "Alerting") -> tuple[Check, ...]:
    """What every event of a monitor of the CSMS tells (N07.FR.06)."""
    of_variable = tuple(check.of("N07.FR.06") for check in at_place(data))
    return (equals("trigger", kind), equals("eventNotificationType", "CustomMonitor"), *of_variable)


RAISED = is_not("cleared", True)
CLEARED = equals("cleared", True).of("N07.FR.02")


def _value(what: str, bound: Any, holds: Any) -> Check:
    def test(found: Any, known: Known) -> bool:
        try:
            return bool(holds(float(found), float(resolve(bound, known))))
        except (TypeError, ValueError):
            return False

    return satisfies("actualValue", f"is {what} {shown(bound)}", test)


def value_above(bound: Any) -> Check:
    """The value of an event is a number above this."""
    return _value("above", bound, lambda value, limit: value > limit)


def value_below(bound: Any) -> Check:
    """The value of an event is a number below this."""
    return _value("below", bound, lambda value, limit: value < limit)


def value_at_most(bound: Any) -> Check:
    """The value of an event is a number not above this."""
    return _value("at most", bound, lambda value, limit: value <= limit)


# --- what makes values change ------------------------------------------------------------------------------------------------------


def by_charging(setting: str) -> Condition:
    """The variable this setting names rises by charging: it is Power or Current."""
    setting_named(setting)

    def holds(known: Known) -> bool:
        return str(known.setting(setting)).rsplit(".", 1)[-1].startswith(("Power", "Current"))

    return Condition(f"{setting} rises by charging", holds)


def rises(number: str, setting: str, above: Any, charging: Steps) -> OnlyIf:
    """The variable of a setting comes above a value: by `charging`, or by what somebody does at the station."""
    return _moves(number, setting, plus(above, 1), charging)


def falls(number: str, setting: str, below: Any, stopping: Steps) -> OnlyIf:
    """The variable of a setting comes below a value: by `stopping`, or by what somebody does at the station."""
    return _moves(number, setting, plus(below, -1), stopping)


def _moves(number: str, setting: str, to: Any, steps: Steps) -> OnlyIf:
    by_hand = Acts(act="set_inside", details={"variable": Configured(setting), "value": written(to)})
    return OnlyIf(number=number, condition=by_charging(setting), steps=steps, otherwise=(by_hand,))
