"""F06: the CSMS has the station send a message."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, equals, near
from pilotwire.conformance.language import Asks, Case, ForEach, Receives, Sends, Step, Tells
from pilotwire.conformance.states.csms201 import energy_transfer_started, transaction_event
from pilotwire.conformance.values import Kept, Moment, configured

Steps = tuple[Step, ...]
AT_EVSE = {"evse": {"id": configured.evse_id}}
EVSE_IS = equals("evse.id", configured.evse_id)
EVSES = [configured.evse_id, configured.evse2_id]


def triggers(
    message: str, *checks: Check, place: dict[str, Any] | None = None, status: str = "Accepted", number: str = "1"
) -> Steps:
    """The operator asks for a message; the CSMS sends TriggerMessage, which is answered with `status`."""
    return (
        Asks(action="TriggerMessage", payload={"requestedMessage": message} | (place or {})),
        Receives(
            number=number,
            action="TriggerMessage",
            checks=(equals("requestedMessage", message), *checks),
            answer={"status": status},
        ),
    )


def reading() -> list[dict[str, Any]]:
    """A meter value that was asked for."""
    sample = {"value": 1200, "context": "Trigger", "measurand": "Energy.Active.Import.Register"}
    return [{"timestamp": Moment(), "sampledValue": [sample]}]


def meter_values(evse: Any) -> Sends:
    """The station sends the values of an EVSE."""
    return Sends(number="3", action="MeterValues", payload={"evseId": evse, "meterValue": reading()})


def charging_told(evse: Any) -> Step:
    """The station tells that it charges, because it was asked."""
    return transaction_event(
        "3",
        trigger="Trigger",
        info={"chargingState": "Charging"},
        more={"evse": {"id": evse, "connectorId": 1}, "meterValue": reading()},
    )


TC_F_11_CSMS = Case(
    id="TC_F_11_CSMS",
    title="Meter values of an EVSE",
    purpose="The CSMS asks for the meter values of an EVSE, and takes them.",
    requirements=("F06.FR.01", "F06.FR.02"),
    main=(*triggers("MeterValues", EVSE_IS, place=AT_EVSE), meter_values(configured.evse_id)),
)
TC_F_12_CSMS = Case(
    id="TC_F_12_CSMS",
    title="Meter values of all EVSEs",
    purpose="The CSMS asks for the meter values of the station, and takes those of every EVSE.",
    requirements=("F06.FR.01",),
    main=(
        *triggers("MeterValues"),
        ForEach(name="an EVSE", values=EVSES, steps=(meter_values(Kept("an EVSE")),)),
    ),
)
TC_F_13_CSMS = Case(
    id="TC_F_13_CSMS",
    title="The transaction of an EVSE",
    purpose="The CSMS asks for the transaction of an EVSE, and takes the event.",
    requirements=("F06.FR.01", "F06.FR.02"),
    before=energy_transfer_started(),
    main=(*triggers("TransactionEvent", EVSE_IS, place=AT_EVSE), charging_told(configured.evse_id)),
)
TC_F_14_CSMS = Case(
    id="TC_F_14_CSMS",
    title="All transactions",
    purpose="The CSMS asks for all transactions of the station, and takes the event.",
    requirements=("F06.FR.01",),
    before=energy_transfer_started(),
    main=(*triggers("TransactionEvent"), charging_told(configured.evse_id)),
    remark="One transaction is ongoing, so one event answers for all EVSEs.",
)
TC_F_15_CSMS = Case(
    id="TC_F_15_CSMS",
    title="The state of a log upload",
    purpose="The CSMS asks for LogStatusNotification, and takes that there is no upload.",
    requirements=("F06.FR.01",),
    main=(
        *triggers("LogStatusNotification"),
        Sends(number="3", action="LogStatusNotification", payload={"status": "Idle"}),
    ),
)
TC_F_18_CSMS = Case(
    id="TC_F_18_CSMS",
    title="The state of a firmware update",
    purpose="The CSMS asks for FirmwareStatusNotification, and takes that there is no update.",
    requirements=("F06.FR.01",),
    main=(
        *triggers("FirmwareStatusNotification"),
        Sends(number="3", action="FirmwareStatusNotification", payload={"status": "Idle"}),
    ),
)
TC_F_20_CSMS = Case(
    id="TC_F_20_CSMS",
    title="A heartbeat",
    purpose="The CSMS asks for a heartbeat, and answers it.",
    requirements=("F06.FR.01", "G02.FR.03"),
    main=(
        *triggers("Heartbeat"),
        Sends(number="3", action="Heartbeat", checks=(near("currentTime", Moment()).of("G02.FR.03"),)),
    ),
)
TC_F_23_CSMS = Case(
    id="TC_F_23_CSMS",
    title="The state of a free connector",
    purpose="The CSMS asks for the state of a connector that is free.",
    requirements=("F06.FR.01", "F06.FR.02", "F06.FR.13"),
    main=(
        *triggers(
            "StatusNotification",
            EVSE_IS,
            place={"evse": {"id": configured.evse_id, "connectorId": configured.connector_id}},
        ),
        Tells(number="3", status="Available"),
    ),
)
TC_F_24_CSMS = Case(
    id="TC_F_24_CSMS",
    title="The state of an occupied connector",
    purpose="The CSMS asks for the state of a connector with a cable in it.",
    requirements=("F06.FR.01", "F06.FR.02", "F06.FR.13"),
    main=(
        Tells(number="1", status="Occupied"),
        *triggers(
            "StatusNotification",
            EVSE_IS,
            place={"evse": {"id": configured.evse_id, "connectorId": configured.connector_id}},
            number="3",
        ),
        Tells(number="5", status="Occupied"),
    ),
)
TC_F_27_CSMS = Case(
    id="TC_F_27_CSMS",
    title="A message the station does not implement",
    purpose="The CSMS takes it that the station cannot send what was asked for.",
    requirements=("F06.FR.08",),
    main=triggers("SignCombinedCertificate", status="NotImplemented"),
)
