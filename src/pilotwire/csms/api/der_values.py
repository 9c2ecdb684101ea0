"""The settings of DER controls, as the API shows and takes them."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import ConfigDict, Field

from pilotwire.csms.api.mirrored import Quantity, Shown
from pilotwire.csms.api.resource import TEXT, Integer, Resource, Time
from pilotwire.domain import der_control as der

ControlId = Annotated[str, Field(min_length=1, max_length=36, pattern=TEXT)]


class CurvePointResource(Resource):
    """A point of a curve (DERCurvePointsType)."""

    x: Quantity
    y: Quantity


class HysteresisResource(Resource):
    """When a curve lets go again (HysteresisType)."""

    hysteresis_high: Quantity | None = None
    hysteresis_low: Quantity | None = None
    hysteresis_delay: Quantity | None = None
    hysteresis_gradient: Quantity | None = None


class ReactivePowerParamsResource(Resource):
    """The voltage reference of a VoltVar curve (ReactivePowerParamsType)."""

    v_ref: Quantity | None = None
    autonomous_v_ref_enable: Annotated[bool, Field(strict=True)] | None = None
    autonomous_v_ref_time_constant: Quantity | None = None


class VoltageParamsResource(Resource):
    """Voltage protection (VoltageParamsType)."""

    hv10_min_mean_value: Quantity | None = None
    hv10_min_mean_trip_delay: Quantity | None = None
    power_during_cessation: der.PowerDuringCessation | None = None


class _Timed(Resource):
    """What a scheduled control has; a default must not (R04.FR.12)."""

    start_time: Time | None = None
    duration: Quantity | None = Field(default=None, description="Seconds.")


class CurveResource(_Timed):
    """DERCurveType."""

    curve_data: Annotated[list[CurvePointResource], Field(min_length=1, max_length=10)]
    priority: Integer = Field(description="0 is the highest.")
    y_unit: der.DerUnit
    hysteresis: HysteresisResource | None = None
    reactive_power_params: ReactivePowerParamsResource | None = None
    voltage_params: VoltageParamsResource | None = None
    response_time: Quantity | None = None


class EnterServiceResource(Resource):
    """EnterServiceType."""

    priority: Integer
    high_voltage: Quantity
    low_voltage: Quantity
    high_freq: Quantity
    low_freq: Quantity
    delay: Quantity | None = None
    random_delay: Quantity | None = None
    ramp_rate: Quantity | None = None


class FixedPFResource(_Timed):
    """FixedPFType."""

    priority: Integer
    displacement: Quantity
    excitation: Annotated[bool, Field(strict=True)]


class FixedVarResource(_Timed):
    """FixedVarType."""

    priority: Integer
    setpoint: Quantity
    unit: der.DerUnit


class FreqDroopResource(_Timed):
    """FreqDroopType."""

    priority: Integer
    over_freq: Quantity
    under_freq: Quantity
    over_droop: Quantity
    under_droop: Quantity
    response_time: Quantity


class GradientResource(Resource):
    """GradientType."""

    priority: Integer
    gradient: Quantity
    soft_gradient: Quantity


class LimitMaxDischargeResource(_Timed):
    """LimitMaxDischargeType."""

    priority: Integer
    pct_max_discharge_power: Quantity | None = None
    power_monitoring_must_trip: CurveResource | None = None


class DerControlResource(Resource):
    """A control: exactly the setting that goes with its type (R04.FR.16)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "controlId": "vv-1",
                    "controlType": "VoltVar",
                    "isDefault": True,
                    "curve": {
                        "priority": 0,
                        "yUnit": "PctMaxVar",
                        "curveData": [{"x": 92, "y": 44}, {"x": 98, "y": 0}, {"x": 102, "y": 0}, {"x": 108, "y": -44}],
                    },
                }
            ]
        }
    )

    control_id: ControlId
    control_type: der.DerControlType
    is_default: Annotated[bool, Field(strict=True, description="true: holds always, without a time (R04.FR.12).")]
    curve: CurveResource | None = None
    enter_service: EnterServiceResource | None = None
    fixed_pf_absorb: FixedPFResource | None = Field(default=None, alias="fixedPFAbsorb")
    fixed_pf_inject: FixedPFResource | None = Field(default=None, alias="fixedPFInject")
    fixed_var: FixedVarResource | None = None
    freq_droop: FreqDroopResource | None = None
    gradient: GradientResource | None = None
    limit_max_discharge: LimitMaxDischargeResource | None = None


SHOWN: Final[Shown] = {
    der.CurvePoint: CurvePointResource,
    der.Hysteresis: HysteresisResource,
    der.ReactivePowerParams: ReactivePowerParamsResource,
    der.VoltageParams: VoltageParamsResource,
    der.Curve: CurveResource,
    der.EnterService: EnterServiceResource,
    der.FixedPowerFactor: FixedPFResource,
    der.FixedVar: FixedVarResource,
    der.FreqDroop: FreqDroopResource,
    der.Gradient: GradientResource,
    der.LimitMaxDischarge: LimitMaxDischargeResource,
    der.DerControl: DerControlResource,
}
"""Which resource a setting has."""
