"""What is said of tariffs and costs (functional block I; in 1.6 by DataTransfer)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pilotwire.domain.data_transfer import DataTransferStatus
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Command, Outcome, Value
from pilotwire.domain.smart_charging import Reason
from pilotwire.domain.tariff.tariffs import Tariff, TariffText

# --- tariffs at stations (2.1) ------------------------------------------------------------------------------------------


class TariffSetStatus(StrEnum):
    """As in TariffSetStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    TOO_MANY_ELEMENTS = "TooManyElements"
    CONDITION_NOT_SUPPORTED = "ConditionNotSupported"
    DUPLICATE_TARIFF_ID = "DuplicateTariffId"


class SetDefaultTariff(Command):
    """Install the tariff of drivers who have none of their own, at one EVSE or at all (0) (I07)."""

    evse_id: int
    tariff: Tariff


class SetDefaultTariffOutcome(Outcome):
    """The answer."""

    status: TariffSetStatus
    reason: Reason | None = None


class TariffKind(StrEnum):
    """As in TariffKindEnumType."""

    DEFAULT_TARIFF = "DefaultTariff"
    DRIVER_TARIFF = "DriverTariff"


class TariffAssignment(Value):
    """Where a tariff is in use: at which EVSEs, for which tokens (I09.FR.04, I09.FR.05)."""

    tariff_id: str
    tariff_kind: TariffKind
    valid_from: datetime | None = None
    evse_ids: tuple[int, ...] = ()
    id_tokens: tuple[str, ...] = ()


class TariffStatus(StrEnum):
    """As in TariffGetStatusEnumType and TariffClearStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NO_TARIFF = "NoTariff"


class GetTariffs(Command):
    """Ask which tariffs are installed at an EVSE, or at all (0) (I09)."""

    evse_id: int


class GetTariffsOutcome(Outcome):
    """The answer."""

    status: TariffStatus
    assignments: tuple[TariffAssignment, ...] = ()
    reason: Reason | None = None


class ClearTariffs(Command):
    """Remove tariffs: those of these ids, at this EVSE; without either all (I10)."""

    tariff_ids: tuple[str, ...] = ()
    evse_id: int | None = None


class ClearedTariff(Value):
    """What became of one tariff; no id: there was none that matched (I10.FR.06)."""

    status: TariffStatus
    tariff_id: str | None = None
    reason: Reason | None = None


class ClearTariffsOutcome(Outcome):
    """The answer."""

    results: tuple[ClearedTariff, ...]


class TariffChangeStatus(StrEnum):
    """As in TariffChangeStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    TOO_MANY_ELEMENTS = "TooManyElements"
    CONDITION_NOT_SUPPORTED = "ConditionNotSupported"
    TX_NOT_FOUND = "TxNotFound"
    NO_CURRENCY_CHANGE = "NoCurrencyChange"


class ChangeTransactionTariff(Command):
    """Let a running transaction go on with another tariff (I11)."""

    transaction_id: str
    tariff: Tariff


class ChangeTransactionTariffOutcome(Outcome):
    """The answer."""

    status: TariffChangeStatus
    reason: Reason | None = None


# --- costs and prices to be shown ---------------------------------------------------------------------------------------


class CostState(StrEnum):
    """What a running cost is of, as the pricing messages of 1.6 name it."""

    CHARGING = "Charging"
    IDLE = "Idle"


class ChargingPrice(Value):
    """What charging costs at the moment, for the driver to see: a kWh, an hour, and once (1.6; 2.x has tariffs)."""

    kwh_price: Decimal | None = None
    hour_price: Decimal | None = None
    flat_fee: Decimal | None = None


class CostUpdated(Command):
    """The running cost of a transaction, taxes included, for the driver to see (I02).

    `at`, `meter_value` (Wh) and `state` go to 1.6 stations only: those of 2.x know them. `charging_price` is of 1.6.
    """

    transaction_id: str
    total_cost: Decimal
    at: datetime | None = None
    meter_value: Decimal | None = None
    state: CostState = CostState.CHARGING
    charging_price: ChargingPrice | None = None


class FinalCost(Command):
    """The cost of a transaction that has ended, for the driver to see (1.6; in 2.x it is in the answer to TransactionEvent, I03)."""

    transaction_id: str
    cost: Decimal
    price_text: str | None = None
    price_text_extra: tuple[TariffText, ...] = ()
    qr_code_text: str | None = None


class SetUserPrice(Command):
    """The price of a driver as a text, shown when they identify themselves (1.6; in 2.x it is in the answer to Authorize, I01)."""

    id_token: IdToken
    price_text: str
    price_text_extra: tuple[TariffText, ...] = ()


class CostShownOutcome(Outcome):
    """The answer to a cost or price; 2.x only confirms, which is Accepted."""

    status: DataTransferStatus = DataTransferStatus.ACCEPTED
