"""The inverter in a vehicle on AC, as far as it is told: which DER controls it has, what vehicle and EVSE agree on (R02, R03, 2.1)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from pilotwire.domain.der_control import DerControlType
from pilotwire.domain.smart_charging import ChargingNeeds
from pilotwire.domain.smart_charging.profiles import Json

DER_SERVICES: Final = frozenset({"AC_BPT_DER", "AC_DER"})
"""The services of ISO 15118-20, Amendment 1, in which DER controls are for the vehicle."""
_SUPPORTED: Final = "evSupportedDERControl"
_CHARGE: Final = ("maxChargeApparentPower", "maxChargeReactivePower")
_DISCHARGE: Final = ("maxDischargeApparentPower", "maxDischargeReactivePower")
_PHASES: Final = ("", "_L2", "_L3")


def supported_by(needs: ChargingNeeds) -> frozenset[DerControlType]:
    """The controls the vehicle's inverter has; none outside of those services. Names that are no controls are left out."""
    if needs.requested_energy_transfer not in DER_SERVICES:
        return frozenset()
    named = _read(needs.der_charging_parameters).get(_SUPPORTED)
    known = frozenset(DerControlType)
    return (
        frozenset(DerControlType(each) for each in named if each in known) if isinstance(named, list) else frozenset()
    )


def agreed(told: Json | None, *, charge_va: Decimal, discharge_va: Decimal, phases: int) -> Json | None:
    """What a vehicle told, as vehicle and EVSE can do it together: the lesser of both (DERChargingParametersType).

    Values that begin with `ev` are the vehicle's own and stay. With a value for L2 or L3 the plain one is that of L1.
    """
    fields = _read(told)
    if not fields:
        return told
    for names, most in ((_CHARGE, charge_va), (_DISCHARGE, discharge_va)):
        for name in names:
            split = any(f"{name}{phase}" in fields for phase in _PHASES[1:])
            for phase in _PHASES:
                _lower(fields, f"{name}{phase}", most / phases if split else most)
    _lower(fields, "maxApparentPower", max(charge_va, discharge_va))
    return msgspec.json.encode(fields).decode()


def discharge_told(needs: ChargingNeeds) -> Decimal | None:
    """The most W a vehicle gives back, all its phases together (V2XChargingParametersType); None: it does not say."""
    told = needs.v2x_told() or {}
    phases = [told[name] for name in (f"max_discharge_power{end}" for end in ("", "_l2", "_l3")) if name in told]
    return sum(phases, Decimal(0)) if phases else None


def _lower(fields: dict[str, Any], name: str, most: Decimal) -> None:
    try:
        value = Decimal(str(fields[name]))
    except (KeyError, InvalidOperation):
        return
    if value > most:
        fields[name] = float(most)


def _read(told: Json | None) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(told) if told else {}
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}
