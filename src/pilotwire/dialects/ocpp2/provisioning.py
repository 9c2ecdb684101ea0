"""Boot, heartbeat, reset and triggers in 2.x."""

from __future__ import annotations

from typing import Any

from pilotwire.dialects.ocpp2.terms import read_evse, write_evse
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.identity import StationIdentity
from pilotwire.domain.provisioning import (
    BootReason,
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
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message


def read_boot(request: v201.BootNotificationRequest) -> StationBooted:
    """BootNotification (B01)."""
    station, modem = request.charging_station, request.charging_station.modem
    return StationBooted(
        reason=BootReason(request.reason),
        station=StationIdentity(
            vendor=station.vendor_name,
            model=station.model,
            serial_number=station.serial_number,
            firmware_version=station.firmware_version,
            iccid=None if modem is None else modem.iccid,
            imsi=None if modem is None else modem.imsi,
        ),
    )


def write_boot(wire: Wire, fact: StationBooted) -> Message:
    """BootNotification; 2.x has no place for the meter and the box serial number."""
    station = fact.station
    modem = wire.Modem(iccid=station.iccid, imsi=station.imsi) if station.iccid or station.imsi else None
    return wire.BootNotificationRequest(
        reason=same_name(fact.reason or BootReason.UNKNOWN),
        charging_station=wire.ChargingStation(
            vendor_name=station.vendor,
            model=station.model,
            serial_number=station.serial_number,
            firmware_version=station.firmware_version,
            modem=modem,
        ),
    )


def read_boot_verdict(_fact: StationBooted, response: v201.BootNotificationResponse) -> BootVerdict:
    """Whether the station may take part."""
    return BootVerdict(
        status=RegistrationStatus(response.status), now=read_time(response.current_time), interval=response.interval
    )


CUSTOM_TRIGGER = "CustomTrigger"
"""What 2.1 calls a trigger of a vendor's own."""


def read_trigger(request: v201.TriggerMessageRequest) -> TriggerMessage:
    """TriggerMessage (F06)."""
    custom: str | None = getattr(request, "custom_trigger", None)
    return TriggerMessage(message=request.requested_message, address=read_evse(request.evse), custom=custom)


def write_trigger(wire: Wire, command: TriggerMessage) -> tuple[Message, ...]:
    """TriggerMessage (F06)."""
    custom: dict[str, Any] = {} if command.custom is None else {"custom_trigger": command.custom}
    if custom and "custom_trigger" not in wire.TriggerMessageRequest.__struct_fields__:
        raise NotSayable("OCPP 2.0.1 has no custom triggers.", "Send DataTransfer.")
    if (command.message == CUSTOM_TRIGGER) != bool(custom):
        raise NotSayable(
            "A CustomTrigger says what it triggers, and nothing else does.",
            "Give requestedMessage CustomTrigger and customTrigger together (F06.FR.20).",
        )
    if command.message == "StatusNotification" and (command.address is None or not command.address.connector):
        raise NotSayable(
            "OCPP 2.x triggers StatusNotification of one connector.", "Name EVSE and connector (F06.FR.13)."
        )
    evse = write_evse(wire, command.address)
    return (wire.TriggerMessageRequest(requested_message=same_name(command.message), evse=evse, **custom),)


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=StationBooted,
            read={wire.BootNotificationRequest: read_boot},
            write=lambda fact, _named: write_boot(wire, fact),
            write_verdict=lambda _fact, verdict: wire.BootNotificationResponse(
                status=same_name(verdict.status), current_time=verdict.now, interval=verdict.interval
            ),
            read_verdict=read_boot_verdict,
        ),
        FactWord(
            fact=Heartbeat,
            read={wire.HeartbeatRequest: lambda _request: Heartbeat()},
            write=lambda _fact, _named: wire.HeartbeatRequest(),
            write_verdict=lambda _fact, verdict: wire.HeartbeatResponse(current_time=verdict.now),
            read_verdict=lambda _fact, response: HeartbeatVerdict(now=read_time(response.current_time)),
        ),
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=Reset,
            read={wire.ResetRequest: lambda request: Reset(kind=ResetKind(request.type), evse=request.evse_id)},
            write=lambda command: (wire.ResetRequest(type=same_name(command.kind), evse_id=command.evse),),
            write_outcome=lambda _command, outcome, _request: wire.ResetResponse(status=same_name(outcome.status)),
            read_outcome=lambda _command, responses: ResetOutcome(status=ResetStatus(responses[0].status)),
        ),
        CommandWord(
            command=TriggerMessage,
            read={wire.TriggerMessageRequest: read_trigger},
            write=lambda command: write_trigger(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.TriggerMessageResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=lambda _command, responses: TriggerOutcome(status=TriggerStatus(responses[0].status)),
        ),
    )
