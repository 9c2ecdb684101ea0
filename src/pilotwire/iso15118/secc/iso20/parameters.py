"""ChargeParameterDiscovery of AC and DC: the limits of both sides."""

from __future__ import annotations

from datetime import datetime

from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.secc.iso20 import states
from pilotwire.iso15118.secc.iso20.limits import (
    ac_of,
    ac_trouble,
    dc_of,
    dc_trouble,
    station_ac,
    station_dc,
    vehicle_ac,
    vehicle_dc,
)
from pilotwire.iso15118.secc.iso20.talk import Answer, Outcome, Refusal, Talk


def ac_parameters(s: Talk, request: ac.AC_ChargeParameterDiscoveryReq, now: datetime) -> Outcome:
    """Limits of AC; the bidirectional service has an element of its own."""
    mode, both_ways = request.ac_cpd_req_energy_transfer_mode, s.agreed.transfer.bidirectional
    if isinstance(mode, ac.BPT_AC_CPDReqEnergyTransferMode) is not both_ways:
        return _wrong(s, f"{mode.xsd.element} is not that of {s.agreed.transfer}")
    state = s.stands()
    station = ac_of(state.limits)
    vehicle = vehicle_ac(mode, station)
    trouble = ac_trouble(vehicle)
    if trouble:
        return _wrong(s, f"the vehicle cannot be charged: {trouble}")
    s.limits = vehicle
    offered = station_ac(station, s.options.frequency_hz, state.present_w, bidirectional=both_ways)
    response = ac.AC_ChargeParameterDiscoveryRes(
        header=s.header(now), response_code="OK", ac_cpd_res_energy_transfer_mode=offered
    )
    return Answer(response, states.SCHEDULE_EXCHANGE)


def dc_parameters(s: Talk, request: dc.DC_ChargeParameterDiscoveryReq, now: datetime) -> Outcome:
    """Limits of DC; the bidirectional service has an element of its own."""
    mode, both_ways = request.dc_cpd_req_energy_transfer_mode, s.agreed.transfer.bidirectional
    if isinstance(mode, dc.BPT_DC_CPDReqEnergyTransferMode) is not both_ways:
        return _wrong(s, f"{mode.xsd.element} is not that of {s.agreed.transfer}")
    station = dc_of(s.stands().limits)
    vehicle = vehicle_dc(mode)
    trouble = dc_trouble(vehicle, station)
    if trouble:
        return _wrong(s, f"the vehicle cannot be charged: {trouble}")
    s.limits, s.target_soc = vehicle, mode.target_soc
    response = dc.DC_ChargeParameterDiscoveryRes(
        header=s.header(now),
        response_code="OK",
        dc_cpd_res_energy_transfer_mode=station_dc(station, bidirectional=both_ways),
    )
    return Answer(response, states.SCHEDULE_EXCHANGE)


def _wrong(s: Talk, what: str) -> Refusal:
    s.find(f"ChargeParameterDiscoveryReq: {what}.")
    return Refusal("FAILED_WrongChargeParameter", what)
