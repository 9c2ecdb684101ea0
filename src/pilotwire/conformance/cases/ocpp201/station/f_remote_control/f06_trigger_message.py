"""F06: the CSMS asks for a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.checks import Check, absent_or, equals, present
from pilotwire.conformance.language import AtEvse, Case, ForEach, NotReceives, Receives, Sends, TellsStatus
from pilotwire.conformance.states.everywhere201 import EVERY_EVSE, energy_transfer_started_everywhere
from pilotwire.conformance.states.station201 import (
    energy_transfer_started,
    ev_connected_pre_session,
    transaction_event,
)
from pilotwire.conformance.values import OMITTED, Kept, configured

_EVSE: Mapping[str, Any] = {"id": configured.evse_id}
_CONNECTOR: Mapping[str, Any] = {"id": configured.evse_id, "connectorId": configured.connector_id}
_TRIGGERED = equals("meterValue[0].sampledValue[0].context", "Trigger")
_ASKED = ("F06.FR.04", "F06.FR.05", "F06.FR.10")
_AT_AN_EVSE = ("F06.FR.02", *_ASKED)
_EVERYWHERE = (*_ASKED, "F06.FR.11")


def asks_for(
    message: str, *, number: str = "1", evse: Any = OMITTED, status: str = "Accepted", fr: str = "F06.FR.05"
) -> Sends:
    """TriggerMessage, answered so; the message asked for comes after the answer."""
    return Sends(
        number=number,
        action="TriggerMessage",
        payload={"requestedMessage": message, "evse": evse},
        checks=(equals("status", status).of(fr),),
        marks=True,
    )


def _status_told(number: str, message: str, status: str) -> Receives:
    return Receives(number=number, action=message, checks=(equals("status", status),))


# --- meter values and transactions ------------------------------------------------------------------------------------------------

TC_F_11_CS = Case(
    id="TC_F_11_CS",
    title="Meter values of an EVSE asked for",
    purpose="MeterValues of the EVSE that was named are sent, as triggered.",
    requirements=(*_AT_AN_EVSE, "F06.FR.06"),
    main=(
        asks_for("MeterValues", evse=_EVSE),
        Receives(
            number="3",
            action="MeterValues",
            where=(_TRIGGERED,),
            checks=(equals("evseId", configured.evse_id).of("F06.FR.02"),),
        ),
    ),
)

TC_F_12_CS = Case(
    id="TC_F_12_CS",
    title="Meter values of every EVSE asked for",
    purpose="Where no EVSE is named, MeterValues of each are sent, as triggered.",
    requirements=(*_EVERYWHERE, "F06.FR.06"),
    main=(
        asks_for("MeterValues"),
        ForEach(
            name="asked_evse",
            values=EVERY_EVSE,
            steps=(
                Receives(
                    number="3",
                    action="MeterValues",
                    where=(equals("evseId", Kept("asked_evse")).of("F06.FR.11"),),
                    checks=(_TRIGGERED,),
                ),
            ),
        ),
    ),
)


def _transaction_told(number: str, evse: Check) -> Receives:
    return transaction_event(
        number,
        trigger="Trigger",
        where=(equals("transactionInfo.transactionId", Kept("transaction_id")),),
        checks=(
            evse,
            equals("transactionInfo.chargingState", "Charging").of("F06.FR.07"),
            present("meterValue").of("F06.FR.07"),
            _TRIGGERED,
        ),
    )


TC_F_13_CS = Case(
    id="TC_F_13_CS",
    title="A transaction asked for",
    purpose="The transaction of the EVSE that was named is told, with its charging state and meter values.",
    requirements=(*_AT_AN_EVSE, "F06.FR.07"),
    before=energy_transfer_started(),
    main=(
        asks_for("TransactionEvent", evse=_EVSE),
        _transaction_told("3", absent_or("evse.id", configured.evse_id)),
    ),
)

TC_F_14_CS = Case(
    id="TC_F_14_CS",
    title="All transactions asked for",
    purpose="Where no EVSE is named, the transactions of all are told, each with its EVSE, charging state and meter values.",
    requirements=(*_EVERYWHERE, "F06.FR.07"),
    before=energy_transfer_started_everywhere(),
    main=(
        asks_for("TransactionEvent"),
        ForEach(
            name="asked_evse",
            values=EVERY_EVSE,
            steps=(
                AtEvse(
                    evse=Kept("asked_evse"),
                    connector=1,
                    steps=(_transaction_told("3", equals("evse.id", configured.evse_id)),),
                ),
            ),
        ),
    ),
    remark="The transactions at the other EVSEs are started remotely, with the second valid token.",
)

# --- logs and firmware, when nothing goes on --------------------------------------------------------------------------------------

TC_F_15_CS = Case(
    id="TC_F_15_CS",
    title="The status of log uploads asked for",
    purpose="While nothing is uploaded the status is Idle.",
    requirements=(*_ASKED, "F06.FR.15"),
    main=(asks_for("LogStatusNotification"), _status_told("3", "LogStatusNotification", "Idle")),
)

TC_F_17_CS = Case(
    id="TC_F_17_CS",
    title="The status of the firmware asked for at an EVSE",
    purpose="An EVSE that means nothing to the message is passed over, and the message is sent.",
    requirements=("F06.FR.03", *_ASKED),
    main=(
        asks_for("FirmwareStatusNotification", evse=_EVSE),
        _status_told("3", "FirmwareStatusNotification", "Idle"),
    ),
)

TC_F_18_CS = Case(
    id="TC_F_18_CS",
    title="The status of the firmware asked for",
    purpose="While nothing is downloaded the status is Idle.",
    requirements=(*_ASKED, "F06.FR.16", "L01.FR.25"),
    main=(asks_for("FirmwareStatusNotification"), _status_told("3", "FirmwareStatusNotification", "Idle")),
)

# --- all else ---------------------------------------------------------------------------------------------------------------------

TC_F_20_CS = Case(
    id="TC_F_20_CS",
    title="A heartbeat asked for",
    purpose="A Heartbeat is sent when it is asked for.",
    requirements=_ASKED,
    main=(asks_for("Heartbeat"), Receives(number="3", action="Heartbeat")),
)

TC_F_23_CS = Case(
    id="TC_F_23_CS",
    title="The state of a free connector asked for",
    purpose="The connector that was named is told to be Available.",
    requirements=_AT_AN_EVSE,
    main=(
        asks_for("StatusNotification", evse=_CONNECTOR),
        TellsStatus(number="3", status="Available"),
    ),
)

TC_F_24_CS = Case(
    id="TC_F_24_CS",
    title="The state of an occupied connector asked for",
    purpose="The connector that was named is told to be Occupied.",
    requirements=_AT_AN_EVSE,
    before=ev_connected_pre_session(),
    main=(
        asks_for("StatusNotification", evse=_CONNECTOR),
        TellsStatus(number="3", status="Occupied"),
    ),
)

TC_F_26_CS = Case(
    id="TC_F_26_CS",
    title="A boot notification asked for",
    purpose="A station that was accepted does not send BootNotification again.",
    requirements=("F06.FR.04", "F06.FR.05", "F06.FR.17"),
    main=(
        asks_for("BootNotification", status="Rejected", fr="F06.FR.17"),
        NotReceives(action="BootNotification", note="What was refused is not done."),
    ),
)

TC_F_27_CS = Case(
    id="TC_F_27_CS",
    title="A message the station does not have asked for",
    purpose="A station without combined certificates says that it cannot ask to have one signed.",
    requirements=("F06.FR.08",),
    traits={"habits": {"combined_certificate": False}},
    main=(
        asks_for("SignCombinedCertificate", status="NotImplemented", fr="F06.FR.08"),
        NotReceives(action="SignCertificate", note="What is not there is not done."),
    ),
)
