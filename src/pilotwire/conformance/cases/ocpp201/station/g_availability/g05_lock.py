"""G05: the lock of a connector fails."""

from __future__ import annotations

from pilotwire.conformance.checks import both, either, equals, some
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Acts, Case, Happened, NotReceives, OnlyIf, Receives, Sends
from pilotwire.conformance.states.station201 import authorized, ev_connected_pre_session

_LOCK_FAILED = some(
    "eventData",
    equals("component.name", "ConnectorPlugRetentionLock"),
    equals("variable.name", "Problem"),
    equals("actualValue", "true"),
    either(
        equals("trigger", "Delta"),
        both(equals("trigger", "Alerting"), equals("eventNotificationType", "HardWiredNotification")),
    ),
).of("G05.FR.02")

TC_G_20_CS = Case(
    id="TC_G_20_CS",
    title="A lock that does not close",
    purpose="An EV whose plug cannot be locked gets no energy, and the CSMS is told that the lock has a problem.",
    requirements=("G05.FR.01", "G05.FR.02"),
    needs=(feature("HFS-1"),),
    before=(
        OnlyIf(
            condition=feature("Advanced Device Management"),
            steps=(
                Sends(
                    action="SetMonitoringLevel",
                    payload={"severity": 9},
                    checks=(equals("status", "Accepted"),),
                ),
            ),
        ),
        Acts(act="block_lock"),
        Happened(facts={"lock_blocked": True}),
        *ev_connected_pre_session(),
    ),
    main=(
        *authorized(),
        Receives(number="2", action="NotifyEvent", where=(_LOCK_FAILED,), early=True),
    ),
    after=(
        NotReceives(
            action="TransactionEvent",
            where=(equals("transactionInfo.chargingState", "Charging").of("G05.FR.01"),),
            early=True,
        ),
    ),
    remark=(
        "The document wants the trigger Delta. Told by a hard-wired notification its trigger is Alerting (EventTriggerEnumType): both are "
        "taken. A station may lock, and tell, when the cable comes in. Stations without a detachable cable have no such lock."
    ),
)
