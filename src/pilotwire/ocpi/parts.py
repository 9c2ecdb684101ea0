"""OCPI: the classes that 2.2.1 and 2.3 have alike, of the modules Tariffs and CDRs."""

from __future__ import annotations

from enum import StrEnum

from pilotwire.ocpi.types import (
    AnyString,
    CiString2,
    CiString3,
    CiString32,
    CiString36,
    CiString48,
    DateTime,
    Day,
    Language,
    Latitude,
    Longitude,
    Number,
    OneOrMore,
    Seconds,
    Shape,
    StepSize,
    String3,
    String10,
    String20,
    String45,
    String64,
    String255,
    String512,
    String5000,
    TimeOfDay,
)


class TariffType(StrEnum):
    """For which sessions a tariff is valid."""

    AD_HOC_PAYMENT = "AD_HOC_PAYMENT"
    PROFILE_CHEAP = "PROFILE_CHEAP"
    PROFILE_FAST = "PROFILE_FAST"
    PROFILE_GREEN = "PROFILE_GREEN"
    REGULAR = "REGULAR"


class TariffDimensionType(StrEnum):
    """What a price component is of."""

    ENERGY = "ENERGY"
    FLAT = "FLAT"
    PARKING_TIME = "PARKING_TIME"
    TIME = "TIME"


class ReservationRestrictionType(StrEnum):
    """Whether an element is of reservations, or of those nobody came for."""

    RESERVATION = "RESERVATION"
    RESERVATION_EXPIRES = "RESERVATION_EXPIRES"


class DayOfWeek(StrEnum):
    """A day of the week."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


class DisplayText(Shape):
    """A text for people in a language (ISO 639-1)."""

    language: Language
    text: String512


class PriceComponent(Shape):
    """The price of a kWh, an hour, or once; `step_size` in Wh or seconds."""

    type: TariffDimensionType
    price: Number
    step_size: StepSize
    vat: Number | None = None


class TariffRestrictions(Shape):
    """When an element is active: all that is given must hold. Local time; kWh, A, kW, seconds."""

    start_time: TimeOfDay | None = None
    end_time: TimeOfDay | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    min_kwh: Number | None = None
    max_kwh: Number | None = None
    min_current: Number | None = None
    max_current: Number | None = None
    min_power: Number | None = None
    max_power: Number | None = None
    min_duration: Seconds | None = None
    max_duration: Seconds | None = None
    day_of_week: tuple[DayOfWeek, ...] = ()
    reservation: ReservationRestrictionType | None = None


class TariffElement(Shape):
    """Price components with the same restrictions."""

    price_components: OneOrMore[PriceComponent]
    restrictions: TariffRestrictions | None = None


class EnergySourceCategory(StrEnum):
    """Where energy comes from."""

    NUCLEAR = "NUCLEAR"
    GENERAL_FOSSIL = "GENERAL_FOSSIL"
    COAL = "COAL"
    GAS = "GAS"
    GENERAL_GREEN = "GENERAL_GREEN"
    SOLAR = "SOLAR"
    WIND = "WIND"
    WATER = "WATER"


class EnvironmentalImpactCategory(StrEnum):
    """What is left of making energy."""

    NUCLEAR_WASTE = "NUCLEAR_WASTE"
    CARBON_DIOXIDE = "CARBON_DIOXIDE"


class EnergySource(Shape):
    """A source and its percentage."""

    source: EnergySourceCategory
    percentage: Number


class EnvironmentalImpact(Shape):
    """An impact in g/kWh."""

    category: EnvironmentalImpactCategory
    amount: Number


class EnergyMix(Shape):
    """What energy is made of."""

    is_green_energy: bool
    energy_sources: tuple[EnergySource, ...] = ()
    environ_impact: tuple[EnvironmentalImpact, ...] = ()
    supplier_name: String64 | None = None
    energy_product_name: String64 | None = None


# --- CDRs -----------------------------------------------------------------------------------------------------------


class AuthMethod(StrEnum):
    """How a session was authorized."""

    AUTH_REQUEST = "AUTH_REQUEST"
    COMMAND = "COMMAND"
    WHITELIST = "WHITELIST"


class CdrDimensionType(StrEnum):
    """What a volume is of; those that are for sessions only are not here."""

    ENERGY = "ENERGY"
    MAX_CURRENT = "MAX_CURRENT"
    MIN_CURRENT = "MIN_CURRENT"
    MAX_POWER = "MAX_POWER"
    MIN_POWER = "MIN_POWER"
    PARKING_TIME = "PARKING_TIME"
    RESERVATION_TIME = "RESERVATION_TIME"
    TIME = "TIME"


class CdrDimension(Shape):
    """A volume: kWh, A, kW, hours."""

    type: CdrDimensionType
    volume: Number


class ChargingPeriod(Shape):
    """A period; it lasts until the next begins, or the session ends."""

    start_date_time: DateTime
    dimensions: OneOrMore[CdrDimension]
    tariff_id: CiString36 | None = None


class GeoLocation(Shape):
    """Where a place is, in decimal degrees."""

    latitude: Latitude
    longitude: Longitude


class ConnectorFormat(StrEnum):
    """A socket, or a cable that is attached."""

    SOCKET = "SOCKET"
    CABLE = "CABLE"


class PowerType(StrEnum):
    """The kind of power of a connector."""

    AC_1_PHASE = "AC_1_PHASE"
    AC_2_PHASE = "AC_2_PHASE"
    AC_2_PHASE_SPLIT = "AC_2_PHASE_SPLIT"
    AC_3_PHASE = "AC_3_PHASE"
    DC = "DC"


class CdrLocation(Shape):
    """Where a session took place. `connector_standard` is a ConnectorType; newer connectors have names of their own."""

    id: CiString36
    address: String45
    city: String45
    country: String3
    coordinates: GeoLocation
    evse_uid: CiString36
    evse_id: CiString48
    connector_id: CiString36
    connector_standard: CiString36
    connector_format: ConnectorFormat
    connector_power_type: PowerType
    name: String255 | None = None
    postal_code: String10 | None = None
    state: String20 | None = None


class SignedValue(Shape):
    """What a meter signed, and what it says."""

    nature: CiString32
    plain_data: String5000
    signed_data: String5000


class SignedData(Shape):
    """Signed values with how they are encoded and signed."""

    encoding_method: CiString36
    signed_values: OneOrMore[SignedValue]
    encoding_method_version: int | None = None
    public_key: String512 | None = None
    url: String512 | None = None


class TaxAmount(Shape):
    """How much of a tax is due (2.3)."""

    name: AnyString
    amount: Number
    account_number: AnyString | None = None
    percentage: Number | None = None


class CdrToken(Shape):
    """With what a session was authorized; `type` is a TokenType."""

    country_code: CiString2
    party_id: CiString3
    uid: CiString36
    type: CiString36
    contract_id: CiString36
