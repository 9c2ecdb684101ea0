"""B04: what a station tells of its connectors when it was offline; and how it comes back (Part 4, 5.3)."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import tells_itself_and_others
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.variables import THRESHOLD
from pilotwire.conformance.checks import Check, at_least, satisfies
from pilotwire.conformance.connectors import told_by
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    Disconnects,
    NotReceives,
    Offers,
    Reconnects,
    Refuses,
    Step,
    TellsStatus,
    Waits,
)
from pilotwire.conformance.values import Kept, Known, configured, plus, times


def _waits_for(seconds: object) -> tuple[Step, ...]:
    """The threshold, and how long the station waits until it tries to connect again."""
    return (
        Configures(variable=THRESHOLD, value=configured.offline_threshold),
        Configures(variable="OCPPCommCtrlr.RetryBackOffWaitMinimum", value=seconds),
        Configures(variable="OCPPCommCtrlr.RetryBackOffRandomRange", value=0),
    )


def _tells_another(payload: object, known: Known) -> bool:
    mine = (known.setting("evse_id"), known.setting("connector_id"))
    return any(place != mine for place, _, _ in told_by("StatusNotification", payload))


TC_B_51_CS = Case(
    id="TC_B_51_CS",
    title="Offline for longer than the threshold",
    purpose="A station that was offline for longer than OfflineThreshold tells the state of every connector.",
    requirements=("B04.FR.01",),
    before=_waits_for(plus(configured.offline_threshold, 2)),
    main=(
        Disconnects(number="1", stay_away=True),
        Acts(number="2", act="plug_in"),
        Waits(seconds=plus(configured.offline_threshold, 1), why="the threshold is exceeded"),
        Reconnects(number="3", checks=(at_least("waited", configured.offline_threshold),)),
        *tells_itself_and_others("4", "Occupied"),
    ),
)

TC_B_52_CS = Case(
    id="TC_B_52_CS",
    title="Offline for less than the threshold",
    purpose="A station that was offline for less than OfflineThreshold tells the states that have changed, and no others.",
    requirements=("B04.FR.02",),
    before=_waits_for(plus(configured.offline_threshold, -2)),
    main=(
        Disconnects(number="1", stay_away=True),
        Acts(number="2", act="plug_in"),
        Reconnects(number="3"),
        TellsStatus(number="4", status="Occupied"),
        NotReceives(
            action="StatusNotification",
            where=(satisfies("", "tells another connector", _tells_another),),
            note="What has not changed is not told (B04.FR.02).",
        ),
    ),
    remark="The document has the validations at step 3 instead of 4. That no other connector is told is B04.FR.02.",
)


_DOUBLED = 1.75
"""How much longer the second wait is at least: handshakes take their time in both, so it is not quite twice as long."""


def _about(seconds: object, what: str) -> Check:
    """The line was down for at least so long; a twentieth is allowed for how it is measured."""
    return at_least("waited", times(0.95, seconds)).of(what)


TC_B_57_CS = Case(
    id="TC_B_57_CS",
    title="Reconnecting with a growing wait",
    purpose="A station waits RetryBackOffWaitMinimum before it connects again, and twice as long after it was turned away.",
    before=(
        Configures(variable="OCPPCommCtrlr.NetworkProfileConnectionAttempts", value=3),
        Configures(variable="OCPPCommCtrlr.RetryBackOffRepeatTimes", value=2),
        Configures(variable="OCPPCommCtrlr.RetryBackOffRandomRange", value=0),
        Configures(variable="OCPPCommCtrlr.RetryBackOffWaitMinimum", value=configured.retry_back_off_wait_minimum),
    ),
    main=(
        Disconnects(number="1"),
        Reconnects(number="2", checks=(_about(configured.retry_back_off_wait_minimum, "J2:5.3"),)),
        Offers(how={"turning_away": True}),
        Disconnects(number="4"),
        Refuses(
            number="5",
            checks=(_about(configured.retry_back_off_wait_minimum, "J2:5.3"),),
            keep={"first wait": "waited"},
        ),
        Reconnects(
            number="7",
            checks=(
                _about(times(2, configured.retry_back_off_wait_minimum), "J2:5.3"),
                at_least("waited", times(_DOUBLED, Kept("first wait"))).of("J2:5.3"),
            ),
        ),
    ),
    remark="The waits are those of Part 4, section 5.3, which has no numbered requirements.",
)
