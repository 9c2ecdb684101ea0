"""What the two versions of OCPI say otherwise, and the words that both have for what the domain means."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec

from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff import DayOfWeek
from pilotwire.domain.tariff.general import TariffPurpose, TaxesInPrices
from pilotwire.ocpi import parts, v23, v221
from pilotwire.ocpi.types import CiString2, CiString3, Shape, decoder, encoded

_S = TypeVar("_S", bound=Shape)
PLACES: Final = 4
"""Decimals of OCPI numbers, unless mentioned otherwise."""
_UNIT: Final = Decimal(1).scaleb(-PLACES)


class Edition(StrEnum):
    """A version of OCPI."""

    V221 = "2.2.1"
    V23 = "2.3"


class Party(Value):
    """A CPO: its country (ISO 3166 alpha-2) and its id."""

    country_code: CiString2
    party_id: CiString3


TARIFFS: Final[dict[Edition, type[v221.Tariff] | type[v23.Tariff]]] = {
    Edition.V221: v221.Tariff,
    Edition.V23: v23.Tariff,
}
PURPOSES: Final = {
    TariffPurpose.AD_HOC_PAYMENT: parts.TariffType.AD_HOC_PAYMENT,
    TariffPurpose.PROFILE_CHEAP: parts.TariffType.PROFILE_CHEAP,
    TariffPurpose.PROFILE_FAST: parts.TariffType.PROFILE_FAST,
    TariffPurpose.PROFILE_GREEN: parts.TariffType.PROFILE_GREEN,
    TariffPurpose.REGULAR: parts.TariffType.REGULAR,
}
TAXES: Final = {
    TaxesInPrices.EXCLUDED: v23.TaxIncluded.NO,
    TaxesInPrices.INCLUDED: v23.TaxIncluded.YES,
    TaxesInPrices.NONE: v23.TaxIncluded.NA,
}
DAYS: Final = {day: parts.DayOfWeek(day.value.upper()) for day in DayOfWeek}
RUNNING: Final = {
    "energy": parts.TariffDimensionType.ENERGY,
    "charging_time": parts.TariffDimensionType.TIME,
    "idle_time": parts.TariffDimensionType.PARKING_TIME,
}
RESERVED: Final = {
    "reservation_time": parts.ReservationRestrictionType.RESERVATION,
    "expired_time": parts.ReservationRestrictionType.RESERVATION_EXPIRES,
}
FIXED: Final = {
    "fixed_fee": None,
    "reservation_fixed": parts.ReservationRestrictionType.RESERVATION,
    "expired_fixed": parts.ReservationRestrictionType.RESERVATION_EXPIRES,
}
CALENDAR: Final = {
    "start_time_of_day": "start_time",
    "end_time_of_day": "end_time",
    "valid_from_date": "start_date",
    "valid_to_date": "end_date",
}
QUANTITIES: Final = {
    "min_energy": ("min_kwh", 3),
    "max_energy": ("max_kwh", 3),
    "min_current": ("min_current", 0),
    "max_current": ("max_current", 0),
    "min_power": ("min_power", 3),
    "max_power": ("max_power", 3),
}
"""Conditions on quantities: their name in OCPI, and by how many powers of ten its unit is larger."""
DURATIONS: Final = {"min_time": "min_duration", "max_time": "max_duration"}


def to_places(number: Decimal) -> Decimal:
    """A number with the decimals that OCPI has, a half up."""
    return number.quantize(_UNIT, rounding=ROUND_HALF_UP) if number.adjusted() < 20 else number


def to_milliseconds(at: datetime) -> datetime:
    """A time as OCPI has it: in UTC, and in 25 characters."""
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def valid(kind: type[_S], values: dict[str, Any], unsaid: list[str]) -> _S | None:
    """An object of these values, if it is one that OCPI allows; else a sentence says what is wrong with it."""
    try:
        return decoder(kind).decode(encoded(kind(**values)))
    except msgspec.ValidationError as error:
        unsaid.append(f"OCPI does not allow it: {error}.")
        return None
