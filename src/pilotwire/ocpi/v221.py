"""OCPI 2.2.1: Tariff, CDR, and the classes of theirs that the other version has otherwise."""

from __future__ import annotations

from pilotwire.ocpi.parts import (
    AuthMethod,
    CdrLocation,
    CdrToken,
    ChargingPeriod,
    DisplayText,
    EnergyMix,
    SignedData,
    TariffElement,
    TariffType,
)
from pilotwire.ocpi.types import (
    CiString2,
    CiString3,
    CiString36,
    CiString39,
    Currency,
    DateTime,
    Number,
    OneOrMore,
    Shape,
    String255,
    Url,
    decoder,
)


class Price(Shape):
    """An amount without and with VAT."""

    excl_vat: Number
    incl_vat: Number | None = None


class Tariff(Shape):
    """A tariff of a CPO."""

    country_code: CiString2
    party_id: CiString3
    id: CiString36
    currency: Currency
    elements: OneOrMore[TariffElement]

    last_updated: DateTime
    type: TariffType | None = None
    tariff_alt_text: tuple[DisplayText, ...] = ()
    tariff_alt_url: Url | None = None
    min_price: Price | None = None
    max_price: Price | None = None
    start_date_time: DateTime | None = None
    end_date_time: DateTime | None = None
    energy_mix: EnergyMix | None = None


class CDR(Shape):
    """A charge detail record: a session that has ended, and what it costs. Energy in kWh, times in hours."""

    country_code: CiString2
    party_id: CiString3
    id: CiString39
    start_date_time: DateTime
    end_date_time: DateTime
    cdr_token: CdrToken
    auth_method: AuthMethod
    cdr_location: CdrLocation
    currency: Currency
    charging_periods: OneOrMore[ChargingPeriod]
    total_cost: Price
    total_energy: Number
    total_time: Number
    last_updated: DateTime
    session_id: CiString36 | None = None
    authorization_reference: CiString36 | None = None
    meter_id: String255 | None = None
    tariffs: tuple[Tariff, ...] = ()
    signed_data: SignedData | None = None
    total_fixed_cost: Price | None = None
    total_energy_cost: Price | None = None
    total_time_cost: Price | None = None
    total_parking_time: Number | None = None
    total_parking_cost: Price | None = None
    total_reservation_cost: Price | None = None
    remark: String255 | None = None
    invoice_reference_id: CiString39 | None = None
    credit: bool | None = None
    credit_reference_id: CiString39 | None = None
    home_charging_compensation: bool | None = None


TARIFF = decoder(Tariff)
"""Reads a tariff from JSON."""
CDR_DECODER = decoder(CDR)
"""Reads a CDR from JSON."""
