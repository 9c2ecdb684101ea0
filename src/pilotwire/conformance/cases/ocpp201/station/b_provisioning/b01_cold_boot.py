"""B01, B02, B03: a station boots and is accepted, held back or refused."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import EVERY_CONNECTOR_TOLD, boots
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.reports import base_report
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.variables import THRESHOLD, variable
from pilotwire.conformance.checks import equals, one_of, when
from pilotwire.conformance.conditions import CONNECTED, kept_is
from pilotwire.conformance.language import Acts, Case, Judges, NotReceives, OnlyIf, Sends, TellsStatus
from pilotwire.conformance.states.booting import only_between_boots, waited_between_boots
from pilotwire.conformance.states.station201 import booted, id_token
from pilotwire.conformance.values import Fresh, configured, plus

_ASKED_FOR = ("BootNotification", "NotifyReport")


TC_B_01_CS = Case(
    id="TC_B_01_CS",
    title="Cold boot, accepted",
    purpose="A station that was without power boots, tells its connectors and says that it has started.",
    requirements=("B01.FR.01", "B01.FR.05", "B01.FR.09"),
    main=booted(),
    after=EVERY_CONNECTOR_TOLD,
)

TC_B_02_CS = Case(
    id="TC_B_02_CS",
    title="Cold boot, pending",
    purpose="While its boot is Pending the station takes and gives variables and reports, starts nothing, and boots when triggered.",
    requirements=("B02.FR.01", "B02.FR.02", "B02.FR.04", "B02.FR.05", "B02.FR.06", "B02.FR.08", "F06.FR.17"),
    main=(
        Acts(act="power_cycle"),
        boots("1", answer={"status": "Pending", "interval": configured.retry_interval}),
        Sends(
            number="3",
            action="SetVariables",
            payload={"setVariableData": [variable(THRESHOLD, attributeValue="300")]},
            checks=(equals("setVariableResult[0].attributeStatus", "Accepted"),),
        ),
        Sends(
            number="5",
            action="GetVariables",
            payload={"getVariableData": [variable(THRESHOLD)]},
            checks=(
                equals("getVariableResult[0].attributeStatus", "Accepted"),
                equals("getVariableResult[0].attributeValue", "300").of("B02.FR.01"),
            ),
        ),
        *base_report("FullInventory", numbers=("7", "9")),
        Sends(
            number="11",
            action="RequestStartTransaction",
            payload={
                "idToken": id_token(),
                "evseId": configured.evse_id,
                "remoteStartId": Fresh("remote_start_id"),
            },
            checks=(equals("status", "Rejected").of("B02.FR.05"),),
        ),
        Sends(
            number="13",
            action="TriggerMessage",
            payload={"requestedMessage": "BootNotification"},
            checks=(one_of("status", "Accepted", "NotImplemented"),),
            keep={"triggered": "status"},
        ),
        boots(
            "15",
            answer={"status": "Accepted", "interval": configured.heartbeat_interval},
            checks=when(kept_is("triggered", "Accepted"), equals("reason", "Triggered")),
            within=plus(configured.retry_interval, configured.message_timeout),
        ),
        TellsStatus(number="17", status="Available", every="station"),
    ),
    after=(
        *EVERY_CONNECTOR_TOLD,
        Judges(checks=(only_between_boots(*_ASKED_FOR).of("B02.FR.02"),)),
    ),
    remark=(
        "The interval is long, not that of heartbeats, so that the station does not boot by itself in the middle of the report. "
        "The value that was set is compared as well (step 6), and that nothing is sent unasked."
    ),
)

TC_B_03_CS = Case(
    id="TC_B_03_CS",
    title="Cold boot, rejected",
    purpose="A station that was rejected says nothing until the interval is over, then boots again and tells its connectors.",
    requirements=("B03.FR.02", "B03.FR.04", "B03.FR.06"),
    main=(
        Acts(act="power_cycle"),
        boots("1", answer={"status": "Rejected", "interval": configured.heartbeat_interval}),
        boots(
            "3",
            answer={"status": "Accepted", "interval": configured.heartbeat_interval},
            within=plus(configured.heartbeat_interval, configured.long_operation_timeout),
            note="The station may close the connection until then.",
        ),
        TellsStatus(number="5", status="Available", every="station"),
    ),
    after=(
        *EVERY_CONNECTOR_TOLD,
        Judges(
            checks=(
                only_between_boots("BootNotification").of("B03.FR.02"),
                waited_between_boots(configured.heartbeat_interval).of("B03.FR.06"),
            )
        ),
    ),
)

TC_B_30_CS = Case(
    id="TC_B_30_CS",
    title="Cold boot, rejected: SecurityError",
    purpose="A station that was rejected answers whatever it is asked with SecurityError.",
    requirements=("B03.FR.08",),
    main=(
        Acts(act="power_cycle"),
        boots("1", answer={"status": "Rejected", "interval": configured.retry_interval}),
        NotReceives(note="The station may close the connection meanwhile (B03.FR.04)."),
        OnlyIf(
            condition=CONNECTED,
            steps=(
                Sends(
                    number="3",
                    action="GetBaseReport",
                    payload={"requestId": Fresh("report_id"), "reportBase": "FullInventory"},
                    refused=("SecurityError",),
                ),
            ),
        ),
    ),
    remark="That nothing is sent while rejected is checked too (B03.FR.02).",
)
