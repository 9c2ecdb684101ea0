"""Charging profiles: what a station may draw, or is to feed back, and when (functional block K and Q; 1.6:3.13)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pilotwire.domain.kinds import Value

Json = str
"""An object that is handed through to the vehicle as it is (tariffs, offers): compact JSON text, in the spelling of OCPP 2.x."""
WHOLE_STATION = 0
"""The number of the "EVSE" that stands for the station as a whole."""


class ChargingProfilePurpose(StrEnum):
    """What a profile is for. 1.6 says ChargePointMaxProfile for the first, and has only three; the last two are of 2.1."""

    CHARGING_STATION_MAX_PROFILE = "ChargingStationMaxProfile"
    TX_DEFAULT_PROFILE = "TxDefaultProfile"
    TX_PROFILE = "TxProfile"
    CHARGING_STATION_EXTERNAL_CONSTRAINTS = "ChargingStationExternalConstraints"
    PRIORITY_CHARGING = "PriorityCharging"
    LOCAL_GENERATION = "LocalGeneration"


class ChargingProfileKind(StrEnum):
    """What the periods of a profile are counted from. Dynamic (2.1): one period, whose values are updated."""

    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"
    DYNAMIC = "Dynamic"


class RecurrencyKind(StrEnum):
    """How often a recurring profile begins again."""

    DAILY = "Daily"
    WEEKLY = "Weekly"


class ChargingRateUnit(StrEnum):
    """W for the power of all phases together, A for the current of each phase."""

    WATT = "W"
    AMPERE = "A"


class OperationMode(StrEnum):
    """Who decides within a period, and in which direction energy flows (2.1); none said is ChargingOnly."""

    IDLE = "Idle"
    CHARGING_ONLY = "ChargingOnly"
    CENTRAL_SETPOINT = "CentralSetpoint"
    EXTERNAL_SETPOINT = "ExternalSetpoint"
    EXTERNAL_LIMITS = "ExternalLimits"
    CENTRAL_FREQUENCY = "CentralFrequency"
    LOCAL_FREQUENCY = "LocalFrequency"
    LOCAL_LOAD_BALANCING = "LocalLoadBalancing"


class FreqWattPoint(Value):
    """A point of a curve of power (W) over the frequency of the grid (Hz)."""

    frequency: Decimal
    power: Decimal


class SignalWattPoint(Value):
    """A point of a curve of power (W) over an aFRR signal."""

    signal: int
    power: Decimal


class LimitAtSoC(Value):
    """A limit that holds from a state of charge (percent) on."""

    soc: int
    limit: Decimal


class ScheduleValues(Value):
    """Limits and set points, in the rate unit of their schedule. With values for L2 and L3 the plain one is that of L1.

    Discharge limits are negative or zero, set points negative for discharging. All but `limit` are of 2.1.
    """

    limit: Decimal | None = None
    limit_l2: Decimal | None = None
    limit_l3: Decimal | None = None
    discharge_limit: Decimal | None = None
    discharge_limit_l2: Decimal | None = None
    discharge_limit_l3: Decimal | None = None
    setpoint: Decimal | None = None
    setpoint_l2: Decimal | None = None
    setpoint_l3: Decimal | None = None
    setpoint_reactive: Decimal | None = None
    setpoint_reactive_l2: Decimal | None = None
    setpoint_reactive_l3: Decimal | None = None


class ChargingSchedulePeriod(ScheduleValues):
    """What holds from `start_period` seconds on, until the next period or the end of the schedule (K01.FR.12).

    `phase_to_use` goes with one phase. What comes after it is of 2.1.
    """

    start_period: int
    number_phases: int | None = None
    phase_to_use: int | None = None
    preconditioning_request: bool | None = None
    evse_sleep: bool | None = None
    v2x_baseline: Decimal | None = None
    operation_mode: OperationMode | None = None
    v2x_freq_watt_curve: tuple[FreqWattPoint, ...] = ()
    v2x_signal_watt_curve: tuple[SignalWattPoint, ...] = ()


class ChargingSchedule(Value):
    """Periods of limits or set points; `duration` and `randomized_delay` in seconds, `power_tolerance` in the rate unit.

    `id` None: it has none (1.6). The JSON texts are SalesTariffType, AbsolutePriceScheduleType and PriceLevelScheduleType. `limit_at_soc`
    and what follows `sales_tariff` is of 2.1.
    """

    charging_rate_unit: ChargingRateUnit
    charging_schedule_period: tuple[ChargingSchedulePeriod, ...]
    id: int | None = None
    start_schedule: datetime | None = None
    duration: int | None = None
    min_charging_rate: Decimal | None = None
    sales_tariff: Json | None = None
    limit_at_soc: LimitAtSoC | None = None
    power_tolerance: Decimal | None = None
    signature_id: int | None = None
    digest_value: str | None = None
    use_local_time: bool | None = None
    randomized_delay: int | None = None
    absolute_price_schedule: Json | None = None
    price_level_schedule: Json | None = None


class ChargingProfile(Value):
    """A charging profile: one schedule, or up to three a vehicle may choose from (ISO 15118). Durations and intervals in seconds.

    What follows `transaction_id` is of 2.1.
    """

    id: int
    stack_level: int
    charging_profile_purpose: ChargingProfilePurpose
    charging_profile_kind: ChargingProfileKind
    charging_schedule: tuple[ChargingSchedule, ...]
    recurrency_kind: RecurrencyKind | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction_id: str | None = None
    max_offline_duration: int | None = None
    invalid_after_offline_duration: bool | None = None
    dyn_update_interval: int | None = None
    dyn_update_time: datetime | None = None
    price_schedule_signature: str | None = None


class CompositeSchedule(Value):
    """What results from all profiles together at an EVSE (0: the station), from `schedule_start` on for `duration` seconds.

    1.6 may leave out when it starts and how long it is, and may tell the lowest rate that makes sense.
    """

    evse_id: int
    charging_rate_unit: ChargingRateUnit
    charging_schedule_period: tuple[ChargingSchedulePeriod, ...]
    schedule_start: datetime | None = None
    duration: int | None = None
    min_charging_rate: Decimal | None = None
