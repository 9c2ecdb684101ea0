"""Why a command was not done, in the reason codes of the standard's appendix (2.x StatusInfoType): for people and programs at the CSMS.

The decision itself is each street's own. Here it is looked at once it was made, with the station as it was when the command came: what is
refused changes nothing. Only codes that both 2.0.1 and 2.1 list are used; 1.6 has no place for them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import timedelta
from typing import Any

from pilotwire.domain.authorization import ClearCache
from pilotwire.domain.availability import ChangeAvailability
from pilotwire.domain.certificates import (
    CertificateSigned,
    DeleteCertificate,
    GetInstalledCertificates,
    InstallCertificate,
)
from pilotwire.domain.device_model import GetBaseReport, GetReport
from pilotwire.domain.diagnostics import GetLog
from pilotwire.domain.display import ClearDisplayMessage, GetDisplayMessages
from pilotwire.domain.kinds import Command, Outcome, Reason, changed
from pilotwire.domain.local_list import SendLocalList
from pilotwire.domain.monitoring import AdjustEventStream, GetMonitoringReport, SetMonitoringLevel
from pilotwire.domain.provisioning import RegistrationStatus, Reset, ResetKind, TriggerMessage
from pilotwire.domain.remote_control import RequestStart, RequestStop, UnlockConnector
from pilotwire.domain.reservation import CancelReservation, ReserveNow
from pilotwire.station.core import availability, certificate_store, event_streams, resumption
from pilotwire.station.core.actions import Answer
from pilotwire.station.core.firmware_memory import FirmwareMemory, Phase
from pilotwire.station.core.station import Station

_Why = Callable[[Station, Any, str], Reason | None]
_NOT_FOUND = Reason(code="NotFound")
_UNKNOWN_EVSE = Reason(code="UnknownEvse")
_UNKNOWN_CONNECTOR = Reason(code="UnknownConnectorId")
_NOT_ACCEPTED = Reason(code="CSNotAccepted")
_IN_USE = Reason(code="TxInProgress")
_ONE_REPORT = Reason(code="InvalidMessageSeq", info="Another report is under way.")


def explain(station: Station, ref: Hashable, command: Command, since: int) -> None:
    """Add to the answer that was just given to a command, if it was, why it is not as wished; `since` is where to look for it."""
    why = _WHY.get(type(command))
    if why is None:
        return
    for at in range(since, len(station.actions)):
        action = station.actions[at]
        if isinstance(action, Answer) and action.ref == ref and action.outcome.why is None:
            reason = why(station, command, _status(action.outcome))
            if reason is not None:
                station.actions[at] = Answer(ref, changed(action.outcome, why=reason))


def _status(outcome: Outcome) -> str:
    accepted = getattr(outcome, "accepted", None)
    if accepted is not None:
        return "Accepted" if accepted else "Rejected"
    return str(getattr(outcome, "status", ""))


def _when(status: str, reason: Reason) -> _Why:
    """A reason that goes with a status."""
    return lambda _station, _command, told: reason if told == status else None


def _rejected(why: Callable[[Station, Any], Reason]) -> _Why:
    return lambda station, command, told: why(station, command) if told == "Rejected" else None


# --- one after the other --------------------------------------------------------------------------------------------


def _reset(station: Station, command: Reset) -> Reason:
    update = station.kept(FirmwareMemory).update
    if update is not None and update.phase in (Phase.INSTALLING, Phase.ACTIVATING, Phase.CONNECTING):
        return Reason(code="FwUpdateInProgress")
    if command.evse is not None and command.evse not in station.evses:
        return _UNKNOWN_EVSE
    if command.kind is ResetKind.RESUME and resumption.timeout(station) <= timedelta(0):
        return Reason(code="NotEnabled", info="ResumptionTimeout is 0.")
    return Reason(code="NotEnabled", info="AllowReset is false.")


def _availability(station: Station, command: ChangeAvailability) -> Reason:
    return _UNKNOWN_CONNECTOR if command.address.evse in station.evses else _UNKNOWN_EVSE


def _start(station: Station, command: RequestStart) -> Reason:
    if station.registration is not RegistrationStatus.ACCEPTED:
        return _NOT_ACCEPTED
    if len(command.id_token.additional) > station.variables.number("AuthCtrlr.AdditionalInfoItemsPerMessage"):
        return Reason(code="TooManyElements", info="The id token has more additionalInfo than the station takes.")
    if command.evse is not None and command.evse not in station.evses:
        return _UNKNOWN_EVSE
    wanted = list(station.evses.values()) if command.evse is None else [station.evses[command.evse]]
    usable = [evse for evse in wanted if availability.usable(station, evse)]
    if not usable:
        return Reason(code="NotEnabled", info="No connector is available.")
    if all(evse.grant is not None or (evse.tx is not None and evse.tx.owner is not None) for evse in usable):
        return _IN_USE
    if command.charging_profile is not None:
        return Reason(
            code="InvalidProfile", info="The profile cannot be used for this transaction, or the place is reserved."
        )
    return Reason(code="InvalidIdToken", info="The place is reserved for another token.")


def _stop(station: Station, _command: RequestStop) -> Reason:
    return Reason(code="TxNotFound") if station.registration is RegistrationStatus.ACCEPTED else _NOT_ACCEPTED


def _unlock(station: Station, command: UnlockConnector, told: str) -> Reason | None:
    if told == "UnknownConnector":
        return _UNKNOWN_CONNECTOR if command.evse in station.evses else _UNKNOWN_EVSE
    return {"NotSupported": Reason(code="FixedCable"), "OngoingAuthorizedTransaction": _IN_USE}.get(told)


def _reserve(station: Station, command: ReserveNow) -> Reason:
    wanted, variables = command.reservation, station.variables
    if not (variables.on("ReservationCtrlr.Enabled") and variables.on("ReservationCtrlr.Available")):
        return Reason(code="NotEnabled")
    if station.registration is not RegistrationStatus.ACCEPTED:
        return _NOT_ACCEPTED
    if wanted.evse is None and not variables.on("ReservationCtrlr.NonEvseSpecific"):
        return Reason(code="MissingParam", info="This station reserves a certain EVSE only.")
    if wanted.evse is not None and wanted.evse not in station.evses:
        return _UNKNOWN_EVSE
    if wanted.expires_at <= station.now + station.offset:
        return Reason(code="InvalidValue", info="The expiry time has passed.")
    return Reason(code="UnknownConnectorType")


def _listed(station: Station, command: SendLocalList, told: str) -> Reason | None:
    if told == "NotSupported":
        return Reason(code="NotEnabled")
    if told != "Failed":
        return None
    most = station.variables.number("LocalAuthListCtrlr.ItemsPerMessage")
    many = len(command.entries) > most
    return Reason(code="TooManyElements", info=f"At most {most}.") if many else Reason(code="InvalidValue")


def _trigger(station: Station, command: TriggerMessage, told: str) -> Reason | None:
    if told == "NotImplemented":
        return Reason(code="UnsupportedRequest")
    if told != "Rejected":
        return None
    address = command.address
    if address is not None and address.evse and address.evse not in station.evses:
        return _UNKNOWN_EVSE
    return Reason(code="TxNotFound") if command.message == "TransactionEvent" else Reason(code="InvalidMessageSeq")


def _report(_station: Station, _command: object, told: str) -> Reason | None:
    return {"EmptyResultSet": _NOT_FOUND, "Rejected": _ONE_REPORT}.get(told)


def _install(station: Station, _command: InstallCertificate) -> Reason:
    return Reason(code="OutOfStorage" if certificate_store.is_full(station) else "InvalidCertificate")


def _adjust(station: Station, command: AdjustEventStream) -> Reason:
    known = command.stream_id in station.moment(event_streams.Streams).opened
    return (
        Reason(code="ValueOutOfRange", info="A stream has an interval, or a number of values.") if known else _NOT_FOUND
    )


_WHY: dict[type[Command], _Why] = {
    AdjustEventStream: _rejected(_adjust),
    CancelReservation: _when("Rejected", _NOT_FOUND),
    CertificateSigned: _when("Rejected", Reason(code="InvalidCertificate")),
    ChangeAvailability: _rejected(_availability),
    ClearCache: _when("Rejected", Reason(code="NotEnabled")),
    ClearDisplayMessage: _when("Unknown", _NOT_FOUND),
    DeleteCertificate: _when("NotFound", _NOT_FOUND),
    GetBaseReport: _report,
    GetDisplayMessages: _when("Unknown", _NOT_FOUND),
    GetInstalledCertificates: _when("NotFound", _NOT_FOUND),
    GetLog: _when("Rejected", Reason(code="UnsupportedParam", info="This station has no such log.")),
    GetMonitoringReport: _report,
    GetReport: _report,
    InstallCertificate: _rejected(_install),
    RequestStart: _rejected(_start),
    RequestStop: _rejected(_stop),
    Reset: _rejected(_reset),
    ReserveNow: _rejected(_reserve),
    SendLocalList: _listed,
    SetMonitoringLevel: _when("Rejected", Reason(code="ValueOutOfRange", info="Severities run from 0 to 9.")),
    TriggerMessage: _trigger,
    UnlockConnector: _unlock,
}
