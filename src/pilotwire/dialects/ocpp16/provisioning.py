"""Boot, heartbeat, reset and triggers in 1.6."""

from __future__ import annotations

from typing import Any

from pilotwire.dialects.ocpp16 import plug_and_charge as plug
from pilotwire.dialects.ocpp16.terms import read_connector, read_time, write_connector
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.identity import StationIdentity
from pilotwire.domain.provisioning import (
    BootVerdict,
    Heartbeat,
    HeartbeatVerdict,
    RegistrationStatus,
    Reset,
    ResetKind,
    ResetOutcome,
    ResetStatus,
    StationBooted,
    TriggerMessage,
    TriggerOutcome,
    TriggerStatus,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.v16 import plug_and_charge as pnc

# --- boot --------------------------------------------------------------------------------------------------------------------------


def read_boot(request: v16.BootNotificationRequest) -> StationBooted:
    """1.6 does not tell why the station booted; `chargeBoxSerialNumber` is deprecated but still common."""
    return StationBooted(
        station=StationIdentity(
            vendor=request.charge_point_vendor,
            model=request.charge_point_model,
            serial_number=request.charge_point_serial_number,
            firmware_version=request.firmware_version,
            iccid=request.iccid,
            imsi=request.imsi,
            meter_type=request.meter_type,
            meter_serial_number=request.meter_serial_number,
            box_serial_number=request.charge_box_serial_number,
        )
    )


def write_boot(fact: StationBooted, _named: str | None) -> Message:
    """BootNotification (1.6 4.2)."""
    station = fact.station
    return v16.BootNotificationRequest(
        charge_point_vendor=station.vendor,
        charge_point_model=station.model,
        charge_point_serial_number=station.serial_number,
        charge_box_serial_number=station.box_serial_number,
        firmware_version=station.firmware_version,
        iccid=station.iccid,
        imsi=station.imsi,
        meter_type=station.meter_type,
        meter_serial_number=station.meter_serial_number,
    )


def write_boot_verdict(_fact: StationBooted, verdict: BootVerdict) -> Message:
    """The answer to a boot, with the time."""
    return v16.BootNotificationResponse(
        status=same_name(verdict.status), current_time=verdict.now, interval=verdict.interval
    )


def read_boot_verdict(_fact: StationBooted, response: v16.BootNotificationResponse) -> BootVerdict:
    """Whether the station may take part."""
    return BootVerdict(
        status=RegistrationStatus(response.status), now=read_time(response.current_time), interval=response.interval
    )


# --- reset -------------------------------------------------------------------------------------------------------------------------


def write_reset(command: Reset) -> tuple[Message, ...]:
    """Hard for immediately, Soft for on idle; 1.6 resets only the station as a whole."""
    if command.evse is not None:
        raise NotSayable("OCPP 1.6 can reset only the whole station, not one EVSE.", "Leave out the EVSE.")
    if command.kind is ResetKind.RESUME:
        raise NotSayable("OCPP 1.6 has no reset that resumes transactions.", "Use Immediate or OnIdle.")
    return (v16.ResetRequest(type="Hard" if command.kind is ResetKind.IMMEDIATE else "Soft"),)


def read_reset(request: v16.ResetRequest) -> Reset:
    """Hard or Soft (1.6 5.14)."""
    return Reset(kind=ResetKind.IMMEDIATE if request.type == "Hard" else ResetKind.ON_IDLE)


def write_reset_outcome(_command: Reset, outcome: ResetOutcome, _request: object) -> Message:
    """1.6 has no Scheduled: a reset that will happen is accepted."""
    return v16.ResetResponse(status="Rejected" if outcome.status is ResetStatus.REJECTED else "Accepted")


# --- triggers ----------------------------------------------------------------------------------------------------------------------

_PLAIN_TRIGGERS = {
    "BootNotification": "BootNotification",
    "FirmwareStatusNotification": "FirmwareStatusNotification",
    "Heartbeat": "Heartbeat",
    "MeterValues": "MeterValues",
    "StatusNotification": "StatusNotification",
    "DiagnosticsStatusNotification": "DiagnosticsStatusNotification",
}
_EXTENDED_TRIGGERS = {
    "LogStatusNotification": "LogStatusNotification",
    "SignChargingStationCertificate": "SignChargePointCertificate",
}
_BOTH_WAYS = frozenset(_PLAIN_TRIGGERS) - {"DiagnosticsStatusNotification"}
"""What both messages can ask for."""
_READ_EXTENDED = {wire: neutral for neutral, wire in _EXTENDED_TRIGGERS.items()}


def write_trigger(command: TriggerMessage) -> tuple[Message, ...]:
    """TriggerMessage, the ExtendedTriggerMessage of the security extension, or that of Plug & Charge: whichever can ask for it."""
    connector = None if command.address is None else write_connector(command.address)
    if command.custom is not None:
        raise NotSayable("OCPP 1.6 has no custom triggers.", "Send DataTransfer.")
    if command.extended and command.message in _BOTH_WAYS:
        both = same_name(command.message)
        return (v16.ExtendedTriggerMessageRequest(requested_message=both, connector_id=connector),)
    if command.message in _PLAIN_TRIGGERS:
        plain = same_name(_PLAIN_TRIGGERS[command.message])
        return (v16.TriggerMessageRequest(requested_message=plain, connector_id=connector),)
    if command.message in _EXTENDED_TRIGGERS:
        extended = same_name(_EXTENDED_TRIGGERS[command.message])
        return (v16.ExtendedTriggerMessageRequest(requested_message=extended, connector_id=connector),)
    if command.message == plug.V2G_TRIGGER and connector is None:
        return (plug.write_trigger(),)
    if command.message == plug.V2G_TRIGGER:
        raise NotSayable("A V2G certificate is not that of a connector in OCPP 1.6.", "Leave out the EVSE.")
    can = sorted({*_PLAIN_TRIGGERS, *_EXTENDED_TRIGGERS, plug.V2G_TRIGGER})
    raise NotSayable(f"OCPP 1.6 cannot trigger {command.message}.", f"It can trigger {', '.join(can)}.")


def read_trigger(request: v16.TriggerMessageRequest | v16.ExtendedTriggerMessageRequest) -> TriggerMessage:
    """What message is wanted, of which connector."""
    wanted = str(request.requested_message)
    address = None if request.connector_id is None else read_connector(request.connector_id)
    extended = isinstance(request, v16.ExtendedTriggerMessageRequest) and wanted in _BOTH_WAYS
    return TriggerMessage(message=_READ_EXTENDED.get(wanted, wanted), address=address, extended=extended)


def write_trigger_outcome(_command: TriggerMessage, outcome: TriggerOutcome, request: Message) -> Message:
    """The answer, in the message that asked."""
    status = same_name(outcome.status)
    if isinstance(request, v16.DataTransferRequest):
        return plug.wrap_answer(pnc.PncTriggerMessageResponse(status=status))
    if isinstance(request, v16.ExtendedTriggerMessageRequest):
        return v16.ExtendedTriggerMessageResponse(status=status)
    return v16.TriggerMessageResponse(status=status)


def read_trigger_outcome(response: Any) -> TriggerOutcome:
    """The answer; a station that does not know the Plug & Charge messages has not implemented what is wanted."""
    told = (
        plug.unwrap_answer("TriggerMessage", response) if isinstance(response, v16.DataTransferResponse) else response
    )
    return TriggerOutcome(status=TriggerStatus.NOT_IMPLEMENTED if told is None else TriggerStatus(told.status))


FACTS = (
    FactWord(
        fact=StationBooted,
        read={v16.BootNotificationRequest: read_boot},
        write=write_boot,
        write_verdict=write_boot_verdict,
        read_verdict=read_boot_verdict,
    ),
    FactWord(
        fact=Heartbeat,
        read={v16.HeartbeatRequest: lambda _request: Heartbeat()},
        write=lambda _fact, _named: v16.HeartbeatRequest(),
        write_verdict=lambda _fact, verdict: v16.HeartbeatResponse(current_time=verdict.now),
        read_verdict=lambda _fact, response: HeartbeatVerdict(now=read_time(response.current_time)),
    ),
)

COMMANDS = (
    CommandWord(
        command=Reset,
        read={v16.ResetRequest: read_reset},
        write=write_reset,
        write_outcome=write_reset_outcome,
        read_outcome=lambda _command, responses: ResetOutcome(status=ResetStatus(responses[0].status)),
    ),
    CommandWord(
        command=TriggerMessage,
        read={v16.TriggerMessageRequest: read_trigger, v16.ExtendedTriggerMessageRequest: read_trigger},
        write=write_trigger,
        write_outcome=write_trigger_outcome,
        read_outcome=lambda _command, responses: read_trigger_outcome(responses[0]),
    ),
)
