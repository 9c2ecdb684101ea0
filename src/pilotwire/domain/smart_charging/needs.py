"""What a vehicle needs, as it said by ISO 15118 (K15, K17, K18), and limits that come from outside (K11 to K14)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from pilotwire.domain.kinds import Value
from pilotwire.domain.smart_charging.profiles import Json


class ACChargingParameters(Value):
    """What a vehicle asks of AC charging: Wh, A per phase and V."""

    energy_amount: Decimal
    ev_min_current: Decimal
    ev_max_current: Decimal
    ev_max_voltage: Decimal


class DCChargingParameters(Value):
    """What a vehicle asks of DC charging: A, V, W, Wh and percent."""

    ev_max_current: Decimal
    ev_max_voltage: Decimal
    ev_max_power: Decimal | None = None
    ev_energy_capacity: Decimal | None = None
    energy_amount: Decimal | None = None
    state_of_charge: int | None = None
    full_soc: int | None = None
    bulk_soc: int | None = None


class V2XChargingParameters(Value):
    """What a vehicle can do in both directions (2.1): W (with values for L2 and L3 the plain one is that of L1), A, V, Wh, percent."""

    min_charge_power: Decimal | None = None
    min_charge_power_l2: Decimal | None = None
    min_charge_power_l3: Decimal | None = None
    max_charge_power: Decimal | None = None
    max_charge_power_l2: Decimal | None = None
    max_charge_power_l3: Decimal | None = None
    min_discharge_power: Decimal | None = None
    min_discharge_power_l2: Decimal | None = None
    min_discharge_power_l3: Decimal | None = None
    max_discharge_power: Decimal | None = None
    max_discharge_power_l2: Decimal | None = None
    max_discharge_power_l3: Decimal | None = None
    min_charge_current: Decimal | None = None
    max_charge_current: Decimal | None = None
    min_discharge_current: Decimal | None = None
    max_discharge_current: Decimal | None = None
    min_voltage: Decimal | None = None
    max_voltage: Decimal | None = None
    ev_target_energy_request: Decimal | None = None
    ev_min_energy_request: Decimal | None = None
    ev_max_energy_request: Decimal | None = None
    ev_min_v2x_energy_request: Decimal | None = None
    ev_max_v2x_energy_request: Decimal | None = None
    target_soc: int | None = None


class ChargingNeeds(Value):
    """What the vehicle needs. `requested_energy_transfer` as in EnergyTransferModeEnumType.

    What follows `departure_time` is of 2.1: `control_mode` ScheduledControl or DynamicControl, `mobility_needs_mode` EVCC or EVCC_SECC,
    and as JSON text DERChargingParametersType and EVEnergyOfferType.
    """

    requested_energy_transfer: str
    ac_charging_parameters: ACChargingParameters | None = None
    dc_charging_parameters: DCChargingParameters | None = None
    departure_time: datetime | None = None
    v2x_charging_parameters: V2XChargingParameters | None = None
    der_charging_parameters: Json | None = None
    ev_energy_offer: Json | None = None
    available_energy_transfer: tuple[str, ...] = ()
    control_mode: str | None = None
    mobility_needs_mode: str | None = None

    def v2x_told(self) -> dict[str, Decimal] | None:
        """What the vehicle told of both directions, by the names of the fields; None: nothing."""
        v2x: Any = self.v2x_charging_parameters
        if v2x is None:
            return None
        told = {name: getattr(v2x, name) for name in v2x.__struct_fields__}
        return {name: Decimal(value) for name, value in told.items() if value is not None}


class ChargingLimit(Value):
    """Who limits the charging (EMS, SO, CSO, Other; open in 2.1), whether for the grid's sake, whether it is what is generated on site
    (2.1)."""

    charging_limit_source: str
    is_grid_critical: bool | None = None
    is_local_generation: bool | None = None
