"""ChargeParameterDiscovery of AC and DC: the limits of both sides."""

from __future__ import annotations

from datetime import datetime

from pilotwire.iso15118.charging import AcLimits, DcLimits
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.limits import ac_of, dc_of, fields_of, phases_of, read_ac, read_dc
from pilotwire.iso15118.quantities import rational
from pilotwire.iso15118.secc.iso20 import states
from pilotwire.iso15118.secc.iso20.talk import Answer, Outcome, Refusal, Talk


def ac_parameters(s: Talk, request: ac.AC_ChargeParameterDiscoveryReq, now: datetime) -> Outcome:
    """Limits of AC; the bidirectional service has an element of its own."""
    mode, both_ways = request.ac_cpd_req_energy_transfer_mode, s.agreed.transfer.bidirectional
    if isinstance(mode, ac.BPT_AC_CPDReqEnergyTransferMode) is not both_ways:
        return _wrong(s, f"{mode.xsd.element} is not that of {s.agreed.transfer}")
    state = s.stands()
    station = ac_of(state.limits, "evse")
    vehicle = _vehicle_ac(mode, station)
    trouble = _ac_trouble(vehicle)
    if trouble:
        return _wrong(s, f"the vehicle cannot be charged: {trouble}")
    s.limits = vehicle
    cls = ac.BPT_AC_CPDResEnergyTransferMode if both_ways else ac.AC_CPDResEnergyTransferMode
    offered = cls(
        **fields_of(station, "evse", cls),
        evse_nominal_frequency=rational(s.options.frequency_hz),
        evse_present_active_power=rational(state.present_w),
    )
    response = ac.AC_ChargeParameterDiscoveryRes(
        header=s.header(now), response_code="OK", ac_cpd_res_energy_transfer_mode=offered
    )
    return Answer(response, states.SCHEDULE_EXCHANGE)


def dc_parameters(s: Talk, request: dc.DC_ChargeParameterDiscoveryReq, now: datetime) -> Outcome:
    """Limits of DC; the bidirectional service has an element of its own."""
    mode, both_ways = request.dc_cpd_req_energy_transfer_mode, s.agreed.transfer.bidirectional
    if isinstance(mode, dc.BPT_DC_CPDReqEnergyTransferMode) is not both_ways:
        return _wrong(s, f"{mode.xsd.element} is not that of {s.agreed.transfer}")
    station = dc_of(s.stands().limits, "evse")
    vehicle = read_dc(mode, "ev")
    trouble = _dc_trouble(vehicle, station)
    if trouble:
        return _wrong(s, f"the vehicle cannot be charged: {trouble}")
    s.limits, s.target_soc = vehicle, mode.target_soc
    cls = dc.BPT_DC_CPDResEnergyTransferMode if both_ways else dc.DC_CPDResEnergyTransferMode
    response = dc.DC_ChargeParameterDiscoveryRes(
        header=s.header(now),
        response_code="OK",
        dc_cpd_res_energy_transfer_mode=cls(**fields_of(station, "evse", cls)),
    )
    return Answer(response, states.SCHEDULE_EXCHANGE)


def _wrong(s: Talk, what: str) -> Refusal:
    s.find(f"ChargeParameterDiscoveryReq: {what}.")
    return Refusal("FAILED_WrongChargeParameter", what)


def _vehicle_ac(mode: ac.AC_CPDReqEnergyTransferMode, station: AcLimits) -> AcLimits:
    """The vehicle's limits. Phases and voltage are the station's where the vehicle does not tell its powers by phase."""
    told = sum(each is not None for each in phases_of(mode, "ev_maximum_charge_power"))
    return read_ac(mode, "ev", told if told > 1 else station.phases, station.nominal_v)


def _ac_trouble(vehicle: AcLimits) -> str:
    """Why the vehicle's limits make no sense, "" if they do."""
    if vehicle.max_a <= 0 or vehicle.min_a < 0:
        return f"its highest power is {vehicle.max_w:g} W and its lowest {vehicle.min_w:g} W"
    if vehicle.min_a > vehicle.max_a:
        return f"its lowest power ({vehicle.min_w:g} W) is above its highest ({vehicle.max_w:g} W)"
    if vehicle.min_discharge_w > vehicle.max_discharge_w:
        return "its lowest discharge power is above its highest"
    return ""


def _dc_trouble(vehicle: DcLimits, station: DcLimits) -> str:
    """Why the two do not fit, "" if they do."""
    if min(vehicle.max_v, vehicle.max_a, vehicle.max_w) <= 0:
        return "its highest voltage, current or power is not above 0"
    if vehicle.min_v > vehicle.max_v or vehicle.min_a > vehicle.max_a or vehicle.min_w > vehicle.max_w:
        return "one of its lowest values is above the highest"
    if vehicle.max_v < station.min_v:
        return f"its highest voltage ({vehicle.max_v:g} V) is below the station's lowest ({station.min_v:g} V)"
    if vehicle.min_v > station.max_v:
        return f"its lowest voltage ({vehicle.min_v:g} V) is above the station's highest ({station.max_v:g} V)"
    return ""
