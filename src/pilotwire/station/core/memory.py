"""What of a station must survive a power failure, in the parts it is saved in.

Each part is one row of JSON and is saved as a whole when it changed; the outbox has a row for each entry. A part that is missing
means: as delivered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, TypeVar, cast, get_args

from pilotwire.domain.authorization import NO_LIMIT, AuthorizationVerdict, TransactionLimit
from pilotwire.domain.availability import ConnectorStatus
from pilotwire.domain.battery_swap import BatterySwapped
from pilotwire.domain.customer_information import CustomerInformationPart
from pilotwire.domain.data_transfer import DataTransferred
from pilotwire.domain.der_control import DerAlarm, DerControlsReported, DerControlStarted
from pilotwire.domain.device_model import ReportPart
from pilotwire.domain.diagnostics import LogUploadReported
from pilotwire.domain.display import DisplayMessagesPart
from pilotwire.domain.firmware import FirmwareStatusReported, PublishFirmwareStatusReported
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Fact, Value
from pilotwire.domain.local_list import LocalList
from pilotwire.domain.metering import MeterReading, MeterValuesReported
from pilotwire.domain.monitoring import EventsTold, MonitoringReportPart
from pilotwire.domain.provisioning import BootReason
from pilotwire.domain.reservation import Reservation, ReservationEnded
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.smart_charging import (
    ChargingLimitCleared,
    ChargingLimitNotified,
    ChargingProfilesReported,
    EVChargingNeedsNotified,
    EVChargingScheduleNotified,
    PriorityChargingNotified,
)
from pilotwire.domain.tariff import PaymentSettled
from pilotwire.domain.transactions import ChargingState, StoppedReason, TransactionEvent, TriggerReason
from pilotwire.station.core.battery_swap_memory import BatterySwapMemory
from pilotwire.station.core.certificates_memory import CertificatesMemory
from pilotwire.station.core.contracts_memory import ContractsMemory
from pilotwire.station.core.der_control_memory import DerMemory
from pilotwire.station.core.display_memory import DisplayMemory
from pilotwire.station.core.firmware_memory import FirmwareMemory, PublishMemory
from pilotwire.station.core.logs_memory import LogsMemory, SecurityLogMemory
from pilotwire.station.core.metering_usage_memory import UsageMemory
from pilotwire.station.core.monitoring_memory import MonitoringMemory
from pilotwire.station.core.network_memory import NetworkMemory
from pilotwire.station.core.payment_memory import PaymentMemory
from pilotwire.station.core.progress_memory import ProgressMemory
from pilotwire.station.core.resumption_memory import ResumptionMemory
from pilotwire.station.core.setup_memory import SetupMemory
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.tariff_memory import TariffMemory
from pilotwire.station.core.v2x_memory import V2XMemory


class HeldReading(Fact):
    """Meter values that are told at the end of their transaction (TxEndedMeasurands): kept in the outbox's rows, never said by itself."""

    transaction_id: str
    reading: MeterReading


ReportedPart = (
    ChargingProfilesReported
    | CustomerInformationPart
    | DerControlsReported
    | DisplayMessagesPart
    | MonitoringReportPart
    | ReportPart
)
"""A part of what the CSMS asked to be told: it can ask again, and a report with a hole is of no use."""

KeptFact = (
    TransactionEvent
    | SecurityEvent
    | HeldReading
    | BatterySwapped
    | ChargingLimitCleared
    | ChargingLimitNotified
    | ConnectorStatus
    | DataTransferred
    | DerAlarm
    | DerControlStarted
    | EVChargingNeedsNotified
    | EVChargingScheduleNotified
    | EventsTold
    | FirmwareStatusReported
    | LogUploadReported
    | MeterValuesReported
    | PaymentSettled
    | PriorityChargingNotified
    | PublishFirmwareStatusReported
    | ReportedPart
    | ReservationEnded
)
"""What can be queued until the CSMS has it: transaction and security events (E04.FR.01, A04.FR.02), the others by `QueueAllMessages`.

A question (authorize, sign a certificate, heartbeat) is not among them: its answer is of no use later.
"""


class Entry(Value):
    """One fact in the outbox. `number` rises by one with each fact and is never used again."""

    number: int
    fact: KeptFact

    @property
    def transaction_id(self) -> str | None:
        """The station's own id of the transaction the fact belongs to, if it does."""
        return self.fact.transaction_id if isinstance(self.fact, TransactionEvent | HeldReading) else None


class StationMemory(Value, tag="station", tag_field="part"):
    """The station's own affairs.

    `offset` is the CSMS's time less ours in seconds; `inoperative` the places taken out of use by the CSMS, as (EVSE, connector) with 0 for
    all of them (B01.FR.07); `next_boot_reason` why the coming start will have happened, if the core itself asked for it.
    """

    name: ClassVar[str] = "station"
    boots: int = 0
    offset: float = 0.0
    inoperative: tuple[tuple[int, int], ...] = ()
    next_boot_reason: BootReason | None = None
    next_number: int = 1


class KeptTransaction(Value):
    """A transaction under way. `register` is the last energy register reported, in Wh; `next_seq_no` belongs to the next event.

    `authorized` tells that somebody may charge in it, `withheld`, `was_live` and `parked` are as in `Evse`; the rest is as in `Running`.
    """

    evse: int
    transaction_id: str
    started_at: datetime
    last_at: datetime
    next_seq_no: int
    meter_start: Decimal
    register: Decimal
    connector: int | None = None
    id_token: IdToken | None = None
    group: IdToken | None = None
    remote_start_id: int | None = None
    charging_state: ChargingState | None = None
    stopping: StoppedReason | None = None
    authorized: bool = False
    remote: bool = False
    withheld: bool = False
    was_live: bool = False
    parked: bool = False
    limit: TransactionLimit = NO_LIMIT
    csms_limit: TransactionLimit = NO_LIMIT
    reached: TriggerReason | None = None
    cost: Decimal | None = None
    invalid: bool = False
    interrupted_in: ChargingState | None = None


class TransactionsMemory(Value, tag="transactions", tag_field="part"):
    """The transactions under way, and the ids the CSMS gave to transactions that still have facts to be sent (1.6)."""

    name: ClassVar[str] = "transactions"
    running: tuple[KeptTransaction, ...] = ()
    named: dict[str, str] = {}


class VariablesMemory(Value, tag="variables", tag_field="part"):
    """Values that were set, by the variable's written name (`str(VariableName)`)."""

    name: ClassVar[str] = "variables"
    values: dict[str, str] = {}


class CachedVerdict(Value):
    """An entry of the Authorization Cache (C10): the verdict last heard on a token, when the token was last used and how often, and since
    when it is there.
    """

    id_token: IdToken
    verdict: AuthorizationVerdict
    used_at: datetime
    added_at: datetime | None = None
    uses: int = 1


class CacheMemory(Value, tag="cache", tag_field="part"):
    """The Authorization Cache, by the token's compared value."""

    name: ClassVar[str] = "cache"
    entries: dict[str, CachedVerdict] = {}


class LocalListMemory(Value, tag="local_list", tag_field="part"):
    """The Local Authorization List as the CSMS left it (D01.FR.10)."""

    name: ClassVar[str] = "local_list"
    held: LocalList = LocalList()


class ReservationsMemory(Value, tag="reservations", tag_field="part"):
    """The reservations that stand, in the order they were made, and the ends of others that the CSMS has not heard of.

    `since` is when each was asked for, by its id and in the CSMS's time: what a tariff can have a price for (I12.FR.07).
    """

    name: ClassVar[str] = "reservations"
    pending: tuple[Reservation, ...] = ()
    ended: tuple[ReservationEnded, ...] = ()
    since: dict[int, datetime] = {}


Part = (
    StationMemory
    | TransactionsMemory
    | VariablesMemory
    | CacheMemory
    | LocalListMemory
    | ReservationsMemory
    | MonitoringMemory
    | ChargingMemory
    | ResumptionMemory
    | UsageMemory
    | FirmwareMemory
    | PublishMemory
    | LogsMemory
    | SecurityLogMemory
    | ProgressMemory
    | NetworkMemory
    | SetupMemory
    | CertificatesMemory
    | ContractsMemory
    | DisplayMemory
    | TariffMemory
    | PaymentMemory
    | V2XMemory
    | DerMemory
    | BatterySwapMemory
)
"""All parts; each is its own row. A street with a memory of its own adds its part here."""

PARTS: tuple[type[Part], ...] = get_args(Part)
_WOVEN = (StationMemory, TransactionsMemory, VariablesMemory, CacheMemory, LocalListMemory, ReservationsMemory)
STREET_PARTS: tuple[type[Part], ...] = tuple(kind for kind in PARTS if kind not in _WOVEN)
"""The parts of the streets of `streets.py`."""

_P = TypeVar("_P")
_AS_DELIVERED: dict[type, Part] = {kind: kind() for kind in PARTS}
"""One of each, for all stations alike: a part is never changed in place."""


@dataclass(frozen=True, slots=True)
class SavedState:
    """All that was saved of one station, as a storage gives it back. `outbox` is in order of its numbers."""

    parts: tuple[Part, ...] = ()
    outbox: tuple[Entry, ...] = ()

    def part(self, kind: type[_P]) -> _P:
        """The part of a kind, as delivered if it was never saved."""
        found = next((part for part in self.parts if type(part) is kind), _AS_DELIVERED[kind])
        return cast(_P, found)


def saved_state(parts: Iterable[Part], outbox: tuple[Entry, ...]) -> SavedState:
    """`SavedState` of the parts there are; those missing are as delivered."""
    return SavedState(tuple(parts), outbox)
