"""What is kept of tariffs and payment: tariffs on record, those at stations, settlements, questions about VAT numbers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from pilotwire.csms.store.registers import Diary, Register
from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff import Address, PaymentStatus, Tariff, TariffKind, VatStatus


class TariffRecord(Value):
    """A tariff on record. `sent_at`: a station accepted it, so its id stands for this content from then on (I08.FR.08)."""

    tariff: Tariff
    changed_at: datetime
    sent_at: datetime | None = None


class StationTariff(Value):
    """A tariff at a station, as it was set here (`set_at`) or as the station reported it (`reported_at`); EVSE 0: at all."""

    station: str
    tariff_id: str
    kind: TariffKind
    evse_ids: tuple[int, ...] = ()
    id_tokens: tuple[str, ...] = ()
    valid_from: datetime | None = None
    tariff: Tariff | None = None
    set_at: datetime | None = None
    reported_at: datetime | None = None


class SettlementRecord(Value):
    """A settlement as it was told, with the receipt: the station's, or the one it was answered with."""

    psp_ref: str
    status: PaymentStatus
    amount: Decimal
    at: datetime
    transaction_id: str | None = None
    status_info: str | None = None
    receipt_id: str | None = None
    receipt_url: str | None = None
    vat_company: Address | None = None
    vat_number: str | None = None


class VatRecord(Value):
    """A question about a VAT number and its answer. `checked_by`: who decided, the partner or only the form of the number."""

    vat_number: str
    status: VatStatus
    checked_by: str
    evse_id: int | None = None
    company: Address | None = None


TARIFFS: Final = Register("tariffs", TariffRecord)
"""By no station and the tariff's id."""
STATION_TARIFFS: Final = Register("station-tariffs", StationTariff)
"""By station and the tariff's id."""
SETTLEMENTS: Final = Diary("settlements", SettlementRecord)
"""By station; the key is the transaction id, empty for none."""
VAT_VALIDATIONS: Final = Diary("vat-validations", VatRecord)
"""By station."""
