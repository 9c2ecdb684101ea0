"""Values of schedules in the unit asked for, and as many digits as a message has (K01.FR.49 to K01.FR.51; 2.1 K 3.8)."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_FLOOR, Decimal
from typing import Final

from pilotwire.domain.smart_charging.composite_timeline import Leading, Supply
from pilotwire.domain.smart_charging.profiles import ChargingRateUnit, ChargingSchedulePeriod, OperationMode

A, W = ChargingRateUnit.AMPERE, ChargingRateUnit.WATT
_STEP: Final = Decimal("0.1")
_EXACT: Final = Decimal("1e-9")
"""What is finer comes from dividing W by A, and back."""
_NOTHING: Final = Decimal(0)


def number_of(period: ChargingSchedulePeriod) -> int:
    """The phases of a period: three where it does not say (K01.FR.49)."""
    return 3 if period.number_phases is None else period.number_phases


def is_by_phase(period: ChargingSchedulePeriod) -> bool:
    """Whether its limit is that of L1, with others for L2 and L3."""
    return period.limit_l2 is not None or period.limit_l3 is not None


def limit_in(lead: Leading, unit: ChargingRateUnit, supply: Supply, phases: int, soc: Decimal | None = None) -> Decimal:
    """The limit of a period in a unit: nothing in Idle; a full vehicle may be given less (K01.FR.100).

    With values for single phases the least of them counts for each phase (K01.FR.147): a control pilot can say no more than one.
    """
    period, cap = lead.period, lead.schedule.limit_at_soc
    if period.operation_mode is OperationMode.IDLE or period.number_phases == 0:
        return _NOTHING
    told = [value for value in (period.limit, period.limit_l2, period.limit_l3) if value is not None]
    limit = min(told) if told else max(period.setpoint or _NOTHING, _NOTHING)
    if is_by_phase(period) and lead.schedule.charging_rate_unit is W and not supply.is_dc:
        limit *= number_of(period)
        if unit is W:
            limit = limit * phases / number_of(period)
    if cap is not None and soc is not None and soc >= cap.soc:
        limit = min(limit, cap.limit)
    return converted(limit, lead, unit, supply, phases)


def converted(value: Decimal, lead: Leading, unit: ChargingRateUnit, supply: Supply, phases: int) -> Decimal:
    """A value of a schedule in a unit: as it is in its own; W become A a phase by the period's own phases, A become W by `phases`."""
    if lead.schedule.charging_rate_unit is unit:
        return value
    if supply.is_dc:
        return value / supply.voltage if unit is A else value * supply.voltage
    number = number_of(lead.period)
    if unit is W:
        return value * supply.voltage * phases
    return value / (supply.voltage * number) if number else _NOTHING


def floored(value: Decimal) -> Decimal:
    """With one digit behind the point, as a message may have it, and never more than allowed."""
    return value.quantize(_EXACT).quantize(_STEP, ROUND_FLOOR).normalize() + 0


def towards_zero(value: Decimal) -> Decimal:
    """The same for what may be negative: never more in either direction."""
    return value.quantize(_EXACT).quantize(_STEP, ROUND_DOWN).normalize() + 0
