"""How one station is set up: who it is, and the habits in which the protocol families differ.

The core asks for habits, never for a version. What a CSMS may read and change are variables (`variables`), what it may not is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from pilotwire.domain.identity import StationIdentity
from pilotwire.domain.monitoring import MonitorSetting
from pilotwire.domain.network_profiles import NetworkConnectionProfile
from pilotwire.station.core.features import Built, Feature

SLOT_POINT: Final = "EVConnected"
"""What begins and ends the transactions of a swap station (S04.FR.08, S04.FR.09)."""


class Family(StrEnum):
    """Which defaults a station starts from."""

    OCPP16 = "1.6"
    OCPP2 = "2"


@dataclass(frozen=True, slots=True)
class StationSettings:
    """See the module; use `ocpp16` or `ocpp2`.

    `variables` are first values by written name (`TxCtrlr.TxStartPoint`), over the family's defaults and under what was set since.
    `boot_retry_seconds` is the wait before another boot message where the CSMS gives none (B02.FR.07, B03.FR.05);
    `reset_wait_seconds` how long a restart waits for queued messages to be answered (B12.FR.05); `outbox_limit` how many
    entries the outbox may hold before intermediate ones are dropped (E04.FR.08), `held_limit` how many readings are kept for the end of a
    transaction (E06.FR.12); `cache_limit` counts the Authorization Cache.
    """

    identity: StationIdentity
    family: Family = Family.OCPP2
    variables: Mapping[str, str] = field(default_factory=dict)
    home: NetworkConnectionProfile | None = None
    """The way to the CSMS the station was set up with; the shell knows it."""
    unlock_ends_transaction: bool = False
    """Whether UnlockConnector ends a transaction (1.6:5.18) or is refused during one (F05.FR.02)."""
    on_idle_reset_waits: bool = True
    """Whether a reset on idle waits for transactions to end (B12.FR.01) or ends them first (1.6:5.14, soft)."""
    boot_on_trigger_when_accepted: bool = False
    """Whether a triggered BootNotification is sent when already accepted (F06.FR.17 says no, 1.6 says nothing)."""
    occupied_when_authorized: bool = False
    """Whether a connector counts as taken once a driver is authorized for it (1.6:4.9, Preparing) or only by a cable (E02.FR.05)."""
    empty_list_is_no_list: bool = False
    """Whether a local list without entries has the version 0 (1.6:5.10) or the one it was sent with (D01.FR.04)."""
    caches_listed_tokens: bool = True
    """Whether tokens on the local list are cached too (C10.FR.01) or not (1.6:3.5.3)."""
    reports_list_conflicts: bool = False
    """Whether a verdict that contradicts the local list is told as a problem of the station (1.6:3.5.2)."""
    reservation_waits_for_transaction: bool = False
    """Whether only a transaction ends a reservation (1.6:5.13), or the token does (H03.FR.09); and only the token its state (1.6:4.9)."""
    queues_meter_values: bool = False
    """Whether values outside of transactions are queued while offline: in 1.6 they are transaction-related too (1.6:3.7)."""
    ended_readings_follow_samples: bool = False
    """Whether readings for the end are taken as often as those in between (1.6:9.1, StopTxn...Data) or by intervals of their own."""
    end_needs_register: bool = False
    """Whether the end of a transaction cannot be told without the energy register (1.6:4.10, meterStop)."""
    empty_list_means_register: bool = False
    """Whether an empty list of measurands that are told stands for the energy register (1.6:7.31, 1.6:9.1.17) or for nothing."""
    triggers_samples: bool = False
    """Whether triggered meter values are the sampled ones, of the transaction if there is one (1.6:5.17), or clock-aligned (F06.FR.06)."""
    asks_about_groups_only: bool = False
    """Whether another token is asked about at a transaction only if that has a group it could be of (1.6: TC_068), or always (C09)."""
    own_profile_excludes_default: bool = False
    """Whether a transaction with a profile of its own has no default any more (1.6:3.13.1), or has when its own ends (K02.FR.08)."""
    reports_bad_csms_roots: bool = False
    """Whether a root for the CSMS that is not good is a security event when it is to be installed (1.6: TC_078), or only when met."""
    counts_roots_only: bool = False
    """Whether roots alone take the room there is for certificates (1.6 whitepaper 7.4), or the station's own chains as well."""
    newest_certificate_counts: bool = False
    """Whether of two valid station certificates the one that begins later is used (1.6 whitepaper A02.FR.09) or the last (A02.FR.08)."""
    answers_when_rejected: bool = True
    """Whether a command of a CSMS that rejected the station is answered with SecurityError (B03.FR.08) or not at all (1.6:4.2)."""
    security_events: bool = True
    """Whether security events are sent (A04; 1.6 knows them from its security whitepaper only)."""
    certificate_renewal_days: int = 30
    """How many days before a certificate of the station ends its renewal is asked for (A03.FR.02)."""
    certificate_key: str = "EC-P256"
    """The kind of key of the station certificate: EC-P256, EC-P384, EC-P521, RSA-2048, RSA-3072 or RSA-4096."""
    combined_certificate: bool = True
    """Whether one certificate may be both the station's and its SECC's, so that SignCombinedCertificate is implemented (F06.FR.08)."""
    accepts_unsigned_firmware: bool | None = False
    """Whether firmware without a signature is installed (L02; 1.6:5.19). None: while the security whitepaper for 1.6 is not in force, that
    is with security profile 0 and by OCPP-S (SEC16:L01.FR.20)."""
    fetches_firmware_while_charging: bool = True
    """Whether firmware is fetched while somebody charges, or only when nobody does (L01.FR.13)."""
    installs_firmware_while_charging: bool = False
    """Whether firmware is installed and runs without a restart, whoever charges, or when nobody does (L01.FR.06, L01.FR.33)."""
    master_pass_screen: bool = False
    """Whether a screen asks who shows a master pass what is to be stopped (C16.FR.01), or everything is (C16.FR.02)."""
    cancels_firmware_updates: bool = True
    """Whether an update that is not being installed yet can be given up for another one (L01.FR.24, L01.FR.27)."""
    names_unsigned_updates: bool = True
    """Whether unsigned updates have a request id and the messages of signed ones (L02), or neither (1.6:4.5)."""
    diagnostics_log: bool = True
    """Whether the station writes a diagnostics log, and gives it (N01.FR.04); a fleet may do without."""
    summary_report: bool = True
    """Whether it has the base report SummaryInventory, which a station need not have (B07.FR.02, B07.FR.12)."""
    local_controller: bool = False
    """Whether the station publishes firmware for others (L03)."""
    publish_host: str = "127.0.0.1"
    """The address of this machine at which published firmware is offered, and found."""
    publish_port: int = 0
    """The port of it; 0: any free one."""
    states_as_events: bool = False
    """Whether the state of a connector is told by NotifyEvent instead of StatusNotification (2.1:G01.FR.03 leaves the choice)."""
    hard_wired_monitors: tuple[MonitorSetting, ...] = ()
    """Monitors that a CSMS can neither change nor clear (N04.FR.18, N06.FR.03); their ids are their own, or 1, 2, ... ."""
    preconfigured_monitors: tuple[MonitorSetting, ...] = ()
    """Monitors from the factory that a CSMS may change and switch off (N03); their ids follow those that are hard-wired."""
    dhcp_ntp_servers: tuple[str, ...] = ()
    """The NTP servers of the network, where ClockCtrlr.NtpSource is DHCP: the station has no DHCP client and is told them."""
    lacks: frozenset[Feature] = frozenset()
    """Features of 2.1 this station does not have, which a station need not have (see `features`)."""
    custom_triggers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Messages of its maker's own that a CSMS may trigger (2.1:F06.FR.18): by name, the variables whose values each tells."""
    swap_slots: int = 0
    """How many of the EVSEs, the first ones, are slots for batteries to be swapped (2.1: S); 0: none, the usual."""
    boot_retry_seconds: int = 30
    reset_wait_seconds: int = 10
    vehicle_ready_seconds: int = 10
    """How long a vehicle that is offered energy may take to ask for it before it counts as suspended (2.x SuspendedEV, 1.6:4.9)."""
    resume_transactions: int = 0
    """For how many seconds of interruption a transaction goes on at least, whatever TxCtrlr.ResumptionTimeout says (E17)."""
    outbox_limit: int = 10_000
    held_limit: int = 500
    cache_limit: int = 500
    said: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What was said beside the habits of the family: it goes along to another one."""

    @property
    def first_values(self) -> Mapping[str, str]:
        """`variables`, and what a swap station has besides: its transactions go from a battery's coming to its going (S04.FR.08)."""
        if self.swap_slots <= 0 or self.family is Family.OCPP16:
            return self.variables
        return {**self.variables, "TxCtrlr.TxStartPoint": SLOT_POINT, "TxCtrlr.TxStopPoint": SLOT_POINT}

    @property
    def built(self) -> Built:
        """What of this decides which variables the station has."""
        return Built(self.lacks, tuple(self.custom_triggers))

    @classmethod
    def ocpp2(cls, identity: StationIdentity, **changes: Any) -> StationSettings:
        """The habits of 2.0.1 and 2.1."""
        return replace(cls(identity), **changes, said=changes)

    @classmethod
    def ocpp16(cls, identity: StationIdentity, **changes: Any) -> StationSettings:
        """The habits of 1.6."""
        habits = cls(
            identity,
            family=Family.OCPP16,
            unlock_ends_transaction=True,
            on_idle_reset_waits=False,
            boot_on_trigger_when_accepted=True,
            occupied_when_authorized=True,
            reservation_waits_for_transaction=True,
            empty_list_is_no_list=True,
            caches_listed_tokens=False,
            reports_list_conflicts=True,
            answers_when_rejected=False,
            queues_meter_values=True,
            ended_readings_follow_samples=True,
            end_needs_register=True,
            empty_list_means_register=True,
            triggers_samples=True,
            asks_about_groups_only=True,
            own_profile_excludes_default=True,
            reports_bad_csms_roots=True,
            counts_roots_only=True,
            newest_certificate_counts=True,
            accepts_unsigned_firmware=None,
            names_unsigned_updates=False,
        )
        return replace(habits, **changes, said=changes)

    def in_family(self, family: Family) -> StationSettings:
        """The same station with the habits of another family; itself if it is of that family."""
        if family is self.family:
            return self
        made = StationSettings.ocpp16 if family is Family.OCPP16 else StationSettings.ocpp2
        return made(self.identity, **self.said)
