"""What every handler is handed: where to write, where to read, the time, and what the operator decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pilotwire.clock import Clock
from pilotwire.csms.partners.ports import ALONE, Partners
from pilotwire.csms.reports import ReportShelf
from pilotwire.csms.store.ports import Journal, KeepFinding, Store
from pilotwire.domain.alerts import ALERT_SEVERITY
from pilotwire.domain.authorization import AuthorizationFallback
from pilotwire.domain.data_transfer import DataTransferred, DataTransferVerdict
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.identity import EvseAddress, StationIdentity
from pilotwire.domain.kinds import changed
from pilotwire.domain.provisioning import RegistrationStatus, UnknownStations
from pilotwire.domain.smart_charging import ChargingNeedsPolicy
from pilotwire.domain.uptime import PortStatus

VendorHook = Callable[[str, DataTransferred], Awaitable[DataTransferVerdict]]
"""Answers the data of one vendor: is given the station's identity and what it sent."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator decided for all stations. Intervals in seconds.

    `heartbeat_interval` goes to accepted stations, `retry_interval` to those that are to boot again. `accept_unknown_tokens` is for a
    lab: a token nobody has put on record may charge. `alert_severity` is the least severe that raises an alert (0 to 9).
    `receipt_url` is where receipts are, with `{receipt}` for the id of one; empty: none are made here.
    `energy_price` is what a kWh costs, taxes included, for sessions without a tariff; None: their costs are not told.
    `time_zone` is in which times of day of tariffs are, where their rule does not say. `cost_rest`: for how many seconds a running cost
    counts before it is worked out anew.
    `charging_needs` is what a vehicle's needs are answered. `authorization_fallback` is done where the partner that decides on tokens does
    not. `contract_roots` are the roots of contract certificates in PEM, `contract_ocsp` is the responder for those that name none;
    `accept_unverified_contracts` is for a lab (C07.FR.17).
    """

    unknown_stations: UnknownStations = UnknownStations.PENDING
    heartbeat_interval: int = 300
    retry_interval: int = 60
    accept_unknown_tokens: bool = False
    charging_needs: ChargingNeedsPolicy = ChargingNeedsPolicy.NONE
    alert_severity: int = ALERT_SEVERITY
    receipt_url: str = ""
    energy_price: Decimal | None = None
    time_zone: str = "UTC"
    cost_rest: float = 0.0
    authorization_fallback: AuthorizationFallback = AuthorizationFallback.LOCAL
    contract_roots: str = ""
    contract_ocsp: str = ""
    accept_unverified_contracts: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """The tools of a handler.

    `reports` is where parts of reports are waited for. `partners` are others to ask. `vendors` has a hook per vendor id, in lower case.
    `told` is what each connected station was told when it booted, None if it has never booted; `known` what it said of itself then.
    `ports` is the newest state of each connector that was kept for its uptime.
    """

    journal: Journal
    store: Store
    clock: Clock
    policy: Policy
    reports: ReportShelf
    partners: Partners = ALONE
    vendors: Mapping[str, VendorHook] = field(default_factory=dict)
    told: dict[str, RegistrationStatus | None] = field(default_factory=dict)
    known: dict[str, StationIdentity] = field(default_factory=dict)
    ports: dict[tuple[str, EvseAddress], PortStatus] = field(default_factory=dict)

    def note(
        self, station: str, rule: str, severity: Severity, what: str, message_id: str = "", action: str = ""
    ) -> None:
        """Keep a finding; nobody waits for it."""
        finding = Finding(
            station=station,
            at=self.clock.now(),
            rule=rule,
            severity=severity,
            what=what,
            action=action,
            message_id=message_id,
        )
        self.journal.note(KeepFinding(finding=self.attributed(finding)))

    def attributed(self, finding: Finding) -> Finding:
        """The finding with what its station is, as far as it has told."""
        identity = self.known.get(finding.station)
        if identity is None:
            return finding
        return changed(finding, vendor=identity.vendor, model=identity.model, firmware=identity.firmware_version or "")
