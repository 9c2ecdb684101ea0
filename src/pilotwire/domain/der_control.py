"""Distributed energy resource control (functional block R, 2.1): what the grid operator's rules make a station do with its power."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from pilotwire.domain.kinds import Command, Fact, Outcome, Value

MOST_POINTS: Final = 10
"""How many points a curve has at most (DERCurveType)."""


class DerControlType(StrEnum):
    """As in DERControlEnumType."""

    ENTER_SERVICE = "EnterService"
    FREQ_DROOP = "FreqDroop"
    FREQ_WATT = "FreqWatt"
    FIXED_PF_ABSORB = "FixedPFAbsorb"
    FIXED_PF_INJECT = "FixedPFInject"
    FIXED_VAR = "FixedVar"
    GRADIENTS = "Gradients"
    HF_MUST_TRIP = "HFMustTrip"
    HF_MAY_TRIP = "HFMayTrip"
    HV_MUST_TRIP = "HVMustTrip"
    HV_MOM_CESS = "HVMomCess"
    HV_MAY_TRIP = "HVMayTrip"
    LIMIT_MAX_DISCHARGE = "LimitMaxDischarge"
    LF_MUST_TRIP = "LFMustTrip"
    LV_MUST_TRIP = "LVMustTrip"
    LV_MOM_CESS = "LVMomCess"
    LV_MAY_TRIP = "LVMayTrip"
    POWER_MONITORING_MUST_TRIP = "PowerMonitoringMustTrip"
    VOLT_VAR = "VoltVar"
    VOLT_WATT = "VoltWatt"
    WATT_PF = "WattPF"
    WATT_VAR = "WattVar"


class DerUnit(StrEnum):
    """As in DERUnitEnumType."""

    NOT_APPLICABLE = "Not_Applicable"
    PCT_MAX_W = "PctMaxW"
    PCT_MAX_VAR = "PctMaxVar"
    PCT_W_AVAIL = "PctWAvail"
    PCT_VAR_AVAIL = "PctVarAvail"
    PCT_EFFECTIVE_V = "PctEffectiveV"


class PowerDuringCessation(StrEnum):
    """As in PowerDuringCessationEnumType."""

    ACTIVE = "Active"
    REACTIVE = "Reactive"


class GridEventFault(StrEnum):
    """As in GridEventFaultEnumType."""

    CURRENT_IMBALANCE = "CurrentImbalance"
    LOCAL_EMERGENCY = "LocalEmergency"
    LOW_INPUT_POWER = "LowInputPower"
    OVER_CURRENT = "OverCurrent"
    OVER_FREQUENCY = "OverFrequency"
    OVER_VOLTAGE = "OverVoltage"
    PHASE_ROTATION = "PhaseRotation"
    REMOTE_EMERGENCY = "RemoteEmergency"
    UNDER_FREQUENCY = "UnderFrequency"
    UNDER_VOLTAGE = "UnderVoltage"
    VOLTAGE_IMBALANCE = "VoltageImbalance"


# --- settings: a lower number is a higher priority; durations and delays in seconds, power and voltage in percent, frequency in Hz ------


class CurvePoint(Value):
    """A point of a curve."""

    x: Decimal
    y: Decimal


class Hysteresis(Value):
    """When a curve lets go again."""

    hysteresis_high: Decimal | None = None
    hysteresis_low: Decimal | None = None
    hysteresis_delay: Decimal | None = None
    hysteresis_gradient: Decimal | None = None


class ReactivePowerParams(Value):
    """The voltage reference of a VoltVar curve."""

    v_ref: Decimal | None = None
    autonomous_v_ref_enable: bool | None = None
    autonomous_v_ref_time_constant: Decimal | None = None


class VoltageParams(Value):
    """Voltage protection."""

    hv10_min_mean_value: Decimal | None = None
    hv10_min_mean_trip_delay: Decimal | None = None
    power_during_cessation: PowerDuringCessation | None = None


class Curve(Value):
    """DERCurveType."""

    curve_data: tuple[CurvePoint, ...]
    priority: int
    y_unit: DerUnit
    hysteresis: Hysteresis | None = None
    reactive_power_params: ReactivePowerParams | None = None
    voltage_params: VoltageParams | None = None
    response_time: Decimal | None = None
    start_time: datetime | None = None
    duration: Decimal | None = None


class EnterService(Value):
    """Conditions under which to come back to the grid (EnterServiceType)."""

    priority: int
    high_voltage: Decimal
    low_voltage: Decimal
    high_freq: Decimal
    low_freq: Decimal
    delay: Decimal | None = None
    random_delay: Decimal | None = None
    ramp_rate: Decimal | None = None


class FixedPowerFactor(Value):
    """A fixed power factor; `excitation` true: under-excited, reactive power is absorbed (FixedPFType)."""

    priority: int
    displacement: Decimal
    excitation: bool
    start_time: datetime | None = None
    duration: Decimal | None = None


class FixedVar(Value):
    """A fixed reactive power (FixedVarType)."""

    priority: int
    setpoint: Decimal
    unit: DerUnit
    start_time: datetime | None = None
    duration: Decimal | None = None


class FreqDroop(Value):
    """Power changed with the frequency's departure (FreqDroopType)."""

    priority: int
    over_freq: Decimal
    under_freq: Decimal
    over_droop: Decimal
    under_droop: Decimal
    response_time: Decimal
    start_time: datetime | None = None
    duration: Decimal | None = None


class Gradient(Value):
    """How fast power may change, normally and at a soft start (GradientType)."""

    priority: int
    gradient: Decimal
    soft_gradient: Decimal


class LimitMaxDischarge(Value):
    """The most a station may discharge, or a curve by which it must trip (LimitMaxDischargeType)."""

    priority: int
    pct_max_discharge_power: Decimal | None = None
    power_monitoring_must_trip: Curve | None = None
    start_time: datetime | None = None
    duration: Decimal | None = None


class DerControl(Value):
    """A control: exactly the one setting that goes with its type (R04.FR.16). A default holds always, others at their time."""

    control_id: str
    control_type: DerControlType
    is_default: bool
    curve: Curve | None = None
    enter_service: EnterService | None = None
    fixed_pf_absorb: FixedPowerFactor | None = None
    fixed_pf_inject: FixedPowerFactor | None = None
    fixed_var: FixedVar | None = None
    freq_droop: FreqDroop | None = None
    gradient: Gradient | None = None
    limit_max_discharge: LimitMaxDischarge | None = None


Setting = Curve | EnterService | FixedPowerFactor | FixedVar | FreqDroop | Gradient | LimitMaxDischarge

MEMBER_OF: Final = {
    DerControlType.ENTER_SERVICE: "enter_service",
    DerControlType.FREQ_DROOP: "freq_droop",
    DerControlType.FIXED_PF_ABSORB: "fixed_pf_absorb",
    DerControlType.FIXED_PF_INJECT: "fixed_pf_inject",
    DerControlType.FIXED_VAR: "fixed_var",
    DerControlType.GRADIENTS: "gradient",
    DerControlType.LIMIT_MAX_DISCHARGE: "limit_max_discharge",
}
"""Which member goes with a type (R04.FR.16); with all others the curve."""
MEMBERS: Final = ("curve", *sorted(set(MEMBER_OF.values())))


def member_of(control_type: DerControlType) -> str:
    """The name of the member that goes with a type (R04.FR.16)."""
    return MEMBER_OF.get(control_type, "curve")


# --- what is said ---------------------------------------------------------------------------------------------------


class DerControlStatus(StrEnum):
    """As in DERControlStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_SUPPORTED = "NotSupported"
    NOT_FOUND = "NotFound"


class SetDerControl(Command):
    """Install a control (R04)."""

    control: DerControl


class SetDerControlOutcome(Outcome):
    """The answer; `superseded_ids` are controls the new one takes the place of, or itself if it has to stand back (R04.FR.08)."""

    status: DerControlStatus
    superseded_ids: tuple[str, ...] = ()


class GetDerControl(Command):
    """Ask for a report of the controls that match; what is None matches any (R04.FR.30)."""

    request_id: int
    is_default: bool | None = None
    control_type: DerControlType | None = None
    control_id: str | None = None


class ClearDerControl(Command):
    """Remove the default or the scheduled controls that match (R04.FR.44, R04.FR.45, R04.FR.46)."""

    is_default: bool
    control_type: DerControlType | None = None
    control_id: str | None = None


class DerControlOutcome(Outcome):
    """The answer to being asked for a report, or to a removal."""

    status: DerControlStatus


class InstalledDerControl(Value):
    """A control as its station reports it; a superseded one is not executed (R04.FR.09)."""

    control: DerControl
    is_superseded: bool = False


class DerControlsReported(Fact):
    """A part of a report (R04); `more` parts follow (R04.FR.32)."""

    request_id: int
    controls: tuple[InstalledDerControl, ...] = ()
    more: bool = False


class DerAlarm(Fact):
    """A control made the station depart from its charging profile, or no longer does (R05.FR.01, R05.FR.02)."""

    control_type: DerControlType
    at: datetime
    fault: GridEventFault | None = None
    ended: bool = False
    extra_info: str | None = None


class DerControlStarted(Fact):
    """A scheduled control started, or stopped (R04.FR.20, R04.FR.22); `superseded_ids` stand back for it (R04.FR.21)."""

    control_id: str
    started: bool
    at: datetime
    superseded_ids: tuple[str, ...] = ()


# --- rules ----------------------------------------------------------------------------------------------------------


class Misfit(Value):
    """Why something must not be sent: the member, what is wrong with it, and the rule."""

    where: str
    what: str
    rule: str


def setting_of(control: DerControl) -> Setting | None:
    """The setting that goes with the control's type."""
    setting: Setting | None = getattr(control, member_of(control.control_type))
    return setting


def misfits(control: DerControl) -> tuple[Misfit, ...]:
    """All reasons why a control must not be sent (R04.FR.12, R04.FR.14, R04.FR.16)."""
    return (*_of_members(control), *_of_default(control), *_of_curves(control))


def _of_members(control: DerControl) -> Iterator[Misfit]:
    wanted = member_of(control.control_type)
    for name in MEMBERS:
        given = getattr(control, name) is not None
        if name == wanted and not given:
            yield Misfit(where=name, what=f"{control.control_type} needs it", rule="R04.FR.16")
        if name != wanted and given:
            yield Misfit(where=name, what=f"it does not go with {control.control_type}", rule="R04.FR.16")


def _of_default(control: DerControl) -> Iterator[Misfit]:
    only_default = (DerControlType.ENTER_SERVICE, DerControlType.GRADIENTS)
    if not control.is_default and control.control_type in only_default:
        what = f"{control.control_type} exists as a default only"
        yield Misfit(where="is_default", what=what, rule="R04.FR.14")
    if not control.is_default:
        return
    for name in MEMBERS:
        for timed in ("start_time", "duration"):
            if getattr(getattr(control, name), timed, None) is not None:
                what = "a default control holds always and has no time"
                yield Misfit(where=f"{name}.{timed}", what=what, rule="R04.FR.12")


def _of_curves(control: DerControl) -> Iterator[Misfit]:
    limit = control.limit_max_discharge
    curves = {
        "curve": control.curve,
        "limit_max_discharge.power_monitoring_must_trip": None if limit is None else limit.power_monitoring_must_trip,
    }
    for where, curve in curves.items():
        if curve is not None and not 1 <= len(curve.curve_data) <= MOST_POINTS:
            what = f"a curve has 1 to {MOST_POINTS} points, not {len(curve.curve_data)}"
            yield Misfit(where=f"{where}.curve_data", what=what, rule="DERCurveType")
