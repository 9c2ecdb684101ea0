"""The shapes of charging profiles in the API: those of OCPP 2.1, for every version."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any, TypeVar, cast

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from pilotwire.csms.api.resource import TEXT, Integer, Resource, Time
from pilotwire.domain.kinds import Value
from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    FreqWattPoint,
    LimitAtSoC,
    OperationMode,
    RecurrencyKind,
    ScheduleValues,
    SignalWattPoint,
)

_V = TypeVar("_V", bound=Value)
_R = TypeVar("_R", bound=Resource)
_MOST = 10**12


def _amount(value: object) -> object:
    """JSON numbers as the decimals they were written as; text is no number."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_MOST <= value <= _MOST:
        raise ValueError("this is a number from -1000000000000 to 1000000000000")
    return Decimal(str(value))


def _out(value: Decimal) -> float | int:
    return int(value) if value == value.to_integral_value() and abs(value) < _MOST else float(value)


Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    PlainSerializer(_out, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": -_MOST, "maximum": _MOST}),
]
"""A decimal number: A, W, V or Wh."""
Percent = Annotated[int, Field(ge=0, le=100, strict=True)]
Phases = Annotated[int, Field(ge=0, le=3, strict=True)]
Handed = dict[str, Any]
"""An object that is handed through to the vehicle, in the shape OCPP gives it."""
TransactionId = Annotated[str, Field(min_length=1, max_length=36, pattern=TEXT)]


def names_of(kind: type[Value]) -> tuple[str, ...]:
    """The names of the fields of a kind of value."""
    names: tuple[str, ...] = cast(Any, kind).__struct_fields__
    return names


def value_of(kind: type[_V], resource: Resource, **differently: Any) -> _V:
    """The value whose fields a resource has under the same names."""
    names = (name for name in names_of(kind) if name not in differently)
    given = {name: value for name in names if (value := getattr(resource, name)) is not None}
    return kind(**given, **differently)


def resource_of(kind: type[_R], value: Value, **differently: Any) -> _R:
    """The resource of a value, whose fields it has under the same names; what a station sent is not judged again."""
    fields = {name: getattr(value, name) for name in kind.model_fields if name not in differently}
    return kind.model_construct(**fields, **differently)


def text_of(handed: Handed | None) -> str | None:
    """An object as it is kept."""
    return None if handed is None else json.dumps(handed, separators=(",", ":"))


def handed_of(text: str | None) -> Handed | None:
    """An object as it was kept."""
    if text is None:
        return None
    handed: Handed = json.loads(text)
    return handed


class ValuesResource(Resource):
    """Limits and set points in the rate unit of their schedule (ChargingScheduleUpdateType). 1.6 and 2.0.1 have `limit` only."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"limit": 16}]})

    limit: Amount | None = None
    limit_l2: Amount | None = Field(default=None, alias="limit_L2")
    limit_l3: Amount | None = Field(default=None, alias="limit_L3")
    discharge_limit: Amount | None = None
    discharge_limit_l2: Amount | None = Field(default=None, alias="dischargeLimit_L2")
    discharge_limit_l3: Amount | None = Field(default=None, alias="dischargeLimit_L3")
    setpoint: Amount | None = None
    setpoint_l2: Amount | None = Field(default=None, alias="setpoint_L2")
    setpoint_l3: Amount | None = Field(default=None, alias="setpoint_L3")
    setpoint_reactive: Amount | None = None
    setpoint_reactive_l2: Amount | None = Field(default=None, alias="setpointReactive_L2")
    setpoint_reactive_l3: Amount | None = Field(default=None, alias="setpointReactive_L3")

    def values(self) -> ScheduleValues:
        """In domain terms."""
        return value_of(ScheduleValues, self)


class FreqWattPointResource(Resource):
    """A point of power (W) over the frequency of the grid (Hz)."""

    frequency: Amount
    power: Amount


class SignalWattPointResource(Resource):
    """A point of power (W) over an aFRR signal."""

    signal: Annotated[int, Field(strict=True, ge=-(2**31), le=2**31 - 1)]
    power: Amount


class PeriodResource(ValuesResource):
    """What holds from `startPeriod` seconds on, until the next period (ChargingSchedulePeriodType)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"startPeriod": 0, "limit": 16}]})

    start_period: Integer
    number_phases: Phases | None = None
    phase_to_use: Phases | None = None
    preconditioning_request: bool | None = None
    evse_sleep: bool | None = None
    v2x_baseline: Amount | None = Field(default=None, alias="v2xBaseline")
    operation_mode: OperationMode | None = None
    v2x_freq_watt_curve: list[FreqWattPointResource] = Field(default=[], alias="v2xFreqWattCurve", max_length=20)
    v2x_signal_watt_curve: list[SignalWattPointResource] = Field(default=[], alias="v2xSignalWattCurve", max_length=20)

    def period(self) -> ChargingSchedulePeriod:
        """In domain terms."""
        return value_of(
            ChargingSchedulePeriod,
            self,
            v2x_freq_watt_curve=tuple(value_of(FreqWattPoint, point) for point in self.v2x_freq_watt_curve),
            v2x_signal_watt_curve=tuple(value_of(SignalWattPoint, point) for point in self.v2x_signal_watt_curve),
        )

    @classmethod
    def of(cls, period: ChargingSchedulePeriod) -> PeriodResource:
        """The resource of a period."""
        return resource_of(
            cls,
            period,
            v2x_freq_watt_curve=[resource_of(FreqWattPointResource, point) for point in period.v2x_freq_watt_curve],
            v2x_signal_watt_curve=[
                resource_of(SignalWattPointResource, point) for point in period.v2x_signal_watt_curve
            ],
        )


class LimitAtSoCResource(Resource):
    """A limit that holds from a state of charge (percent) on."""

    soc: Percent
    limit: Amount


class ScheduleResource(Resource):
    """Periods of limits or set points (ChargingScheduleType). `id` is not in 1.6; without one it is the place in the profile, from 1."""

    charging_rate_unit: ChargingRateUnit
    charging_schedule_period: list[PeriodResource] = Field(max_length=1024)
    id: Integer | None = None
    start_schedule: Time | None = None
    duration: Integer | None = None
    min_charging_rate: Amount | None = None
    sales_tariff: Handed | None = None
    limit_at_soc: LimitAtSoCResource | None = Field(default=None, alias="limitAtSoC")
    power_tolerance: Amount | None = None
    signature_id: Integer | None = None
    digest_value: Annotated[str, Field(max_length=88, pattern=TEXT)] | None = None
    use_local_time: bool | None = None
    randomized_delay: Integer | None = None
    absolute_price_schedule: Handed | None = None
    price_level_schedule: Handed | None = None

    def schedule(self) -> ChargingSchedule:
        """In domain terms."""
        soc = self.limit_at_soc
        return value_of(
            ChargingSchedule,
            self,
            charging_schedule_period=tuple(period.period() for period in self.charging_schedule_period),
            limit_at_soc=None if soc is None else value_of(LimitAtSoC, soc),
            sales_tariff=text_of(self.sales_tariff),
            absolute_price_schedule=text_of(self.absolute_price_schedule),
            price_level_schedule=text_of(self.price_level_schedule),
        )

    @classmethod
    def of(cls, schedule: ChargingSchedule) -> ScheduleResource:
        """The resource of a schedule."""
        soc = schedule.limit_at_soc
        return resource_of(
            cls,
            schedule,
            charging_schedule_period=[PeriodResource.of(period) for period in schedule.charging_schedule_period],
            limit_at_soc=None if soc is None else resource_of(LimitAtSoCResource, soc),
            sales_tariff=handed_of(schedule.sales_tariff),
            absolute_price_schedule=handed_of(schedule.absolute_price_schedule),
            price_level_schedule=handed_of(schedule.price_level_schedule),
        )


DAILY: dict[str, Any] = {
    "id": 100,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "chargingSchedule": [
        {
            "id": 1,
            "startSchedule": "2026-01-01T00:00:00Z",
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 11000},
                {"startPeriod": 28800, "limit": 6000},
                {"startPeriod": 72000, "limit": 11000},
            ],
        }
    ],
}
"""6 kW from 8 to 20 o'clock, every day, else 11 kW."""


class ProfileResource(Resource):
    """A charging profile (ChargingProfileType), in the words of 2.1 for every version."""

    model_config = ConfigDict(json_schema_extra={"examples": [DAILY]})

    id: Integer
    stack_level: Integer
    charging_profile_purpose: ChargingProfilePurpose
    charging_profile_kind: ChargingProfileKind
    charging_schedule: list[ScheduleResource] = Field(max_length=3)
    recurrency_kind: RecurrencyKind | None = None
    valid_from: Time | None = None
    valid_to: Time | None = None
    transaction_id: TransactionId | None = None
    max_offline_duration: Integer | None = None
    invalid_after_offline_duration: bool | None = None
    dyn_update_interval: Integer | None = None
    dyn_update_time: Time | None = None
    price_schedule_signature: Annotated[str, Field(max_length=256, pattern=TEXT)] | None = None

    def profile(self) -> ChargingProfile:
        """In domain terms."""
        schedules = tuple(schedule.schedule() for schedule in self.charging_schedule)
        return value_of(ChargingProfile, self, charging_schedule=schedules)

    @classmethod
    def of(cls, profile: ChargingProfile) -> ProfileResource:
        """The resource of a profile."""
        schedules = [ScheduleResource.of(schedule) for schedule in profile.charging_schedule]
        return resource_of(cls, profile, charging_schedule=schedules)
