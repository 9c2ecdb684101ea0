"""Tariffs as the API shows and takes them."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import ConfigDict, Field

from pilotwire.csms.api.mirrored import Quantity, Shown
from pilotwire.csms.api.resource import TEXT, Integer, Resource, Time
from pilotwire.domain.tariff import payment, tariffs

TariffId = Annotated[str, Field(min_length=1, max_length=60, pattern=TEXT)]
_LINES = r"^[^\x00]*$"
_Short = Annotated[str, Field(min_length=1, max_length=20, pattern=TEXT)]
_TimeOfDay = Annotated[str, Field(max_length=5, pattern=TEXT, examples=["07:30"])]
_Date = Annotated[str, Field(max_length=10, pattern=TEXT, examples=["2030-01-31"])]
_Days = Annotated[list[tariffs.DayOfWeek], Field(max_length=7)]


class TariffTextResource(Resource):
    """A text for the driver (MessageContentType)."""

    content: str = Field(min_length=1, max_length=1024, pattern=_LINES)
    format: tariffs.TextFormat = tariffs.TextFormat.UTF8
    language: Annotated[str, Field(min_length=1, max_length=8, pattern=TEXT)] | None = None


class TaxRateResource(Resource):
    """A tax in percent; those of a higher `stack` come on top (TaxRateType)."""

    type: _Short
    tax: Quantity
    stack: Integer | None = None


_TaxRates = Annotated[list[TaxRateResource], Field(max_length=5)]


class PriceResource(Resource):
    """An amount without and with tax (PriceType)."""

    excl_tax: Quantity | None = None
    incl_tax: Quantity | None = None
    tax_rates: _TaxRates = []


class FixedConditionsResource(Resource):
    """When a fixed price applies, in local time (TariffConditionsFixedType)."""

    start_time_of_day: _TimeOfDay | None = None
    end_time_of_day: _TimeOfDay | None = None
    day_of_week: _Days | None = None
    valid_from_date: _Date | None = None
    valid_to_date: _Date | None = None
    evse_kind: tariffs.EvseKind | None = None
    payment_brand: _Short | None = None
    payment_recognition: _Short | None = None


class ConditionsResource(Resource):
    """When a price applies, in local time; energy in Wh, current in A, power in W, times in seconds (TariffConditionsType)."""

    start_time_of_day: _TimeOfDay | None = None
    end_time_of_day: _TimeOfDay | None = None
    day_of_week: _Days | None = None
    valid_from_date: _Date | None = None
    valid_to_date: _Date | None = None
    evse_kind: tariffs.EvseKind | None = None
    min_energy: Quantity | None = None
    max_energy: Quantity | None = None
    min_current: Quantity | None = None
    max_current: Quantity | None = None
    min_power: Quantity | None = None
    max_power: Quantity | None = None
    min_time: Integer | None = None
    max_time: Integer | None = None
    min_charging_time: Integer | None = None
    max_charging_time: Integer | None = None
    min_idle_time: Integer | None = None
    max_idle_time: Integer | None = None


class EnergyPriceResource(Resource):
    """A price of a kWh, without tax."""

    price_kwh: Quantity
    conditions: ConditionsResource | None = None


class TimePriceResource(Resource):
    """A price of a minute, without tax."""

    price_minute: Quantity
    conditions: ConditionsResource | None = None


class FixedPriceResource(Resource):
    """A price to be paid once, without tax."""

    price_fixed: Quantity
    conditions: FixedConditionsResource | None = None


class EnergyPricesResource(Resource):
    """Prices of energy: the first whose conditions hold counts."""

    prices: Annotated[list[EnergyPriceResource], Field(min_length=1, max_length=100)]
    tax_rates: _TaxRates = []


class TimePricesResource(Resource):
    """Prices of time: the first whose conditions hold counts."""

    prices: Annotated[list[TimePriceResource], Field(min_length=1, max_length=100)]
    tax_rates: _TaxRates = []


class FixedPricesResource(Resource):
    """Prices to be paid once."""

    prices: Annotated[list[FixedPriceResource], Field(min_length=1, max_length=100)]
    tax_rates: _TaxRates = []


class TariffContent(Resource):
    """What a tariff says, without its id. Prices are without tax."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "currency": "EUR",
                    "description": [{"content": "0.49 a kWh, 0.10 a minute after the charge", "language": "en"}],
                    "energy": {"prices": [{"priceKwh": 0.49}], "taxRates": [{"type": "vat", "tax": 19}]},
                    "idleTime": {"prices": [{"priceMinute": 0.1, "conditions": {"minIdleTime": 600}}]},
                }
            ]
        }
    )

    currency: Annotated[str, Field(min_length=3, max_length=3, pattern=TEXT, examples=["EUR"])]
    description: Annotated[list[TariffTextResource], Field(max_length=10)] = []
    energy: EnergyPricesResource | None = None
    valid_from: Time | None = None
    charging_time: TimePricesResource | None = None
    idle_time: TimePricesResource | None = None
    fixed_fee: FixedPricesResource | None = None
    reservation_time: TimePricesResource | None = None
    reservation_fixed: FixedPricesResource | None = None
    min_cost: PriceResource | None = None
    max_cost: PriceResource | None = None


class TariffResource(TariffContent):
    """A whole tariff (TariffType)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"tariffId": "day-1", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.49}]}}]
        }
    )

    tariff_id: TariffId


class AddressResource(Resource):
    """A postal address (AddressType)."""

    name: str
    address1: str
    address2: str | None
    city: str
    postal_code: str | None
    country: str


SHOWN: Final[Shown] = {
    tariffs.Tariff: TariffResource,
    tariffs.TariffText: TariffTextResource,
    tariffs.TaxRate: TaxRateResource,
    tariffs.Price: PriceResource,
    tariffs.Conditions: ConditionsResource,
    tariffs.FixedConditions: FixedConditionsResource,
    tariffs.EnergyPrice: EnergyPriceResource,
    tariffs.TimePrice: TimePriceResource,
    tariffs.FixedPrice: FixedPriceResource,
    tariffs.EnergyPrices: EnergyPricesResource,
    tariffs.TimePrices: TimePricesResource,
    tariffs.FixedPrices: FixedPricesResource,
    payment.Address: AddressResource,
}
"""Which resource a value has."""
