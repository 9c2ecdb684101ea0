"""Messages the CSMS asks for (F06): first the answer, then the message (F06.FR.04)."""

from __future__ import annotations

from collections.abc import Callable

from pilotwire.domain.availability import ConnectorState
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.provisioning import BootReason, RegistrationStatus, TriggerMessage, TriggerOutcome, TriggerStatus
from pilotwire.domain.transactions import TriggerReason
from pilotwire.station.core import availability, custom_triggers, metering, metering_main, provisioning, transactions
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.station import Station
from pilotwire.station.core.streets import TRIGGERS

Then = Callable[[], None]
_IMPLEMENTED = frozenset(
    {
        "BootNotification",
        "Heartbeat",
        "StatusNotification",
        "MeterValues",
        "TransactionEvent",
        custom_triggers.CUSTOM,
    }
)


def request(station: Station, command: TriggerMessage) -> tuple[TriggerOutcome, Then | None]:
    """The answer, and what to do after it was given."""
    of_street = TRIGGERS.get(command.message)
    lacking = command.message == "SignCombinedCertificate" and not station.settings.combined_certificate
    if (
        custom_triggers.is_none(station, command)
        or lacking
        or (of_street is None and command.message not in _IMPLEMENTED)
    ):
        return TriggerOutcome(status=TriggerStatus.NOT_IMPLEMENTED), None  # F06.FR.08, F06.FR.19
    then = of_street(station, command) if of_street is not None else _plan(station, command)
    status = TriggerStatus.REJECTED if then is None else TriggerStatus.ACCEPTED
    return TriggerOutcome(status=status), then


def _plan(station: Station, command: TriggerMessage) -> Then | None:
    if command.message == "BootNotification":
        return _boot(station)
    if command.message == "Heartbeat":
        return lambda: provisioning.heartbeat(station)
    if command.message == "StatusNotification":
        return _statuses(station, command.address)
    if command.message == custom_triggers.CUSTOM:
        return lambda: custom_triggers.tell(station, command.custom or "")
    if command.message == "MeterValues":
        return _meter_values(station, command.address)
    evses = _named(station, command.address)
    running = [evse for evse in evses if evse.tx is not None]
    return (lambda: _transaction_events(station, running)) if running else None


def _boot(station: Station) -> Then | None:
    """F06.FR.17."""
    accepted = station.registration is RegistrationStatus.ACCEPTED
    if accepted and not station.settings.boot_on_trigger_when_accepted:
        return None
    return lambda: provisioning.boot(station, BootReason.TRIGGERED)


def _statuses(station: Station, address: EvseAddress | None) -> Then | None:
    wanted = [(place, state) for place, state in availability.states(station) if _covers(address, place)]
    return (lambda: _report(station, wanted)) if wanted else None


def _covers(address: EvseAddress | None, place: EvseAddress) -> bool:
    """Nothing named means all (F06.FR.11); the station as a whole is itself (1.6 connector 0)."""
    if address is None:
        return True
    return address.evse == place.evse and address.connector in (None, place.connector)


def _report(station: Station, wanted: list[tuple[EvseAddress, ConnectorState]]) -> None:
    for place, state in wanted:
        availability.report(station, place, state, anyway=True)


def _named(station: Station, address: EvseAddress | None) -> list[Evse]:
    if address is None or address.is_station:
        return list(station.evses.values())
    return [evse for evse in station.evses.values() if evse.evse_id == address.evse]


def _meter_values(station: Station, address: EvseAddress | None) -> Then | None:
    """The clock-aligned measurands (F06.FR.06); in 1.6 the sampled ones, within the transaction that runs (1.6:5.17).

    All meters, the one of the EVSE that is named, or the main meter if that is (EVSE 0) and there is one.
    """
    samples = station.settings.triggers_samples
    variable = metering.SAMPLED if samples else metering.ALIGNED
    main = (address is None or address.is_station) and bool(metering_main.wanted(station, variable))
    only_main = address is not None and address.is_station and station.layout.main_meter is not None
    evses = [] if only_main or not metering.wanted_by(station, variable) else _named(station, address)
    if not evses and not main:
        return None

    def tell() -> None:
        if main:
            metering_main.report(station, "Trigger", variable=variable)
        for evse in evses:
            if samples and evse.tx is not None:
                transactions.sample(station, evse, TriggerReason.TRIGGER)
            else:
                metering.report(station, evse, "Trigger", variable=variable)

    return tell


def _transaction_events(station: Station, evses: list[Evse]) -> None:
    for evse in evses:
        transactions.sample(station, evse, TriggerReason.TRIGGER)
