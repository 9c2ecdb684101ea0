"""The way in: from the type of a fact to its handler."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from pilotwire.clock import Clock
from pilotwire.csms.handlers import (
    authorization,
    availability,
    battery_swap,
    certificates,
    customer_information,
    data_transfer,
    der_control,
    display,
    firmware,
    logs,
    metering,
    monitoring,
    payment,
    provisioning,
    reports,
    reservation,
    security,
    smart_charging,
    transactions,
)
from pilotwire.csms.handlers.desk import Desk, Policy, VendorHook
from pilotwire.csms.partners.ports import ALONE, Partners
from pilotwire.csms.registers.station_conditions import CONDITIONS, USUAL, StationConditions
from pilotwire.csms.reports import ReportShelf
from pilotwire.csms.store.ports import Journal, Store
from pilotwire.domain.authorization import AuthorizationAsked
from pilotwire.domain.availability import ConnectorStatus
from pilotwire.domain.battery_swap import BatterySwapped
from pilotwire.domain.certificates import (
    CertificateStatusAsked,
    ChainStatusAsked,
    EvCertificateAsked,
    SigningAsked,
)
from pilotwire.domain.customer_information import CustomerInformationPart
from pilotwire.domain.data_transfer import DataTransferred
from pilotwire.domain.der_control import DerAlarm, DerControlsReported, DerControlStarted
from pilotwire.domain.device_model import ReportPart
from pilotwire.domain.diagnostics import LogUploadReported
from pilotwire.domain.display import DisplayMessagesPart
from pilotwire.domain.findings import Finding
from pilotwire.domain.firmware import FirmwareStatusReported, PublishFirmwareStatusReported
from pilotwire.domain.kinds import Fact, Verdict
from pilotwire.domain.metering import MeterValuesReported
from pilotwire.domain.monitoring import (
    EventsTold,
    MonitoringReportPart,
    StreamClosed,
    StreamOpened,
    StreamValuesTold,
)
from pilotwire.domain.provisioning import Heartbeat, RegistrationStatus, StationBooted
from pilotwire.domain.reservation import ReservationEnded
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.smart_charging import (
    ChargingLimitCleared,
    ChargingLimitNotified,
    ChargingProfilesReported,
    DynamicScheduleAsked,
    EVChargingNeedsNotified,
    EVChargingScheduleNotified,
    PriorityChargingNotified,
)
from pilotwire.domain.tariff import PaymentSettled, VatNumberAsked
from pilotwire.domain.transactions import TransactionEvent
from pilotwire.errors import MisuseError

Handler = Callable[[Desk, str, Any, str], Coroutine[Any, Any, Verdict]]
"""Takes the desk, the station, the fact and the id of the message that stated it."""

HANDLERS: Final[Mapping[type[Fact], Handler]] = {
    StationBooted: provisioning.booted,
    Heartbeat: provisioning.heartbeat,
    AuthorizationAsked: authorization.asked,
    TransactionEvent: transactions.event,
    ConnectorStatus: availability.status,
    MeterValuesReported: metering.reported,
    DataTransferred: data_transfer.transferred,
    SecurityEvent: security.happened,
    ReservationEnded: reservation.ended,
    DisplayMessagesPart: display.part,
    CustomerInformationPart: customer_information.part,
    SigningAsked: certificates.signing_asked,
    EvCertificateAsked: certificates.ev_certificate_asked,
    CertificateStatusAsked: certificates.status_asked,
    ChainStatusAsked: certificates.chain_status_asked,
    LogUploadReported: logs.status,
    FirmwareStatusReported: firmware.reported,
    PublishFirmwareStatusReported: firmware.publishing,
    ReportPart: reports.part,
    ChargingLimitNotified: smart_charging.limited,
    ChargingLimitCleared: smart_charging.limit_cleared,
    ChargingProfilesReported: smart_charging.reported,
    EVChargingNeedsNotified: smart_charging.needs,
    EVChargingScheduleNotified: smart_charging.ev_schedule,
    PriorityChargingNotified: smart_charging.priority,
    DynamicScheduleAsked: smart_charging.dynamic_schedule,
    MonitoringReportPart: monitoring.report_part,
    EventsTold: monitoring.events,
    StreamOpened: monitoring.stream_opened,
    StreamClosed: monitoring.stream_closed,
    StreamValuesTold: monitoring.stream_values,
    DerControlsReported: der_control.report_part,
    DerAlarm: der_control.alarm,
    DerControlStarted: der_control.started,
    BatterySwapped: battery_swap.swapped,
    PaymentSettled: payment.settled,
    VatNumberAsked: payment.vat_number,
}
"""Who handles which fact."""


class Handlers:
    """What the CSMS does when a station says something: ask the ports, apply a domain rule, store, and only then answer.

    `vendors` has a hook per vendor id for DataTransfer; ids are compared without regard to case. `shelf` is where
    those who asked for a report wait for its parts. `partners` are others to ask.
    """

    def __init__(
        self,
        journal: Journal,
        store: Store,
        clock: Clock,
        policy: Policy,
        vendors: Mapping[str, VendorHook] | None = None,
        shelf: ReportShelf | None = None,
        partners: Partners = ALONE,
    ) -> None:
        hooks = {vendor.lower(): hook for vendor, hook in (vendors or {}).items()}
        self._desk = Desk(journal, store, clock, policy, shelf or ReportShelf(clock), partners, hooks)

    async def handle(self, station: str, fact: Fact, *, message_id: str = "") -> Verdict:
        """The verdict on a fact; what it states is durable when this returns.

        Raises StoreError if it could not be stored (then the station must not get a positive answer), MisuseError for a fact
        nobody handles.
        """
        handler = HANDLERS.get(type(fact))
        if handler is None:
            raise MisuseError(f"nobody handles the fact {type(fact).__name__}")
        return await handler(self._desk, station, fact, message_id)

    async def welcome(self, station: str) -> RegistrationStatus | None:
        """A station has connected; gives its standing, None if it has never booted. Raises StoreError."""
        return await provisioning.welcome(self._desk, station)

    def farewell(self, station: str) -> None:
        """A station has gone and has no other connection: forget its standing."""
        self._desk.told.pop(station, None)
        self._desk.known.pop(station, None)

    async def conditions(self, station: str) -> StationConditions:
        """Under which conditions a station is served. Raises StoreError."""
        return await self._desk.store.record(CONDITIONS, station, "") or USUAL

    def attributed(self, finding: Finding) -> Finding:
        """A finding with what its station said of itself when it booted."""
        return self._desk.attributed(finding)

    def standing(self, station: str) -> RegistrationStatus | None:
        """What a connected station was last told of its registration, None if it has never booted."""
        return self._desk.told.get(station)

    def refusal(
        self, station: str, *, boots: bool, asked_for: bool, message_id: str = "", action: str = ""
    ) -> str | None:
        """Why a station may not say something now (answer it with SecurityError), or None if it may."""
        return provisioning.refusal(
            self._desk, station, boots=boots, asked_for=asked_for, message_id=message_id, action=action
        )
