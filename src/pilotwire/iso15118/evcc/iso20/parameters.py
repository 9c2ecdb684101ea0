"""ChargeParameterDiscovery of AC and DC: the limits of both sides."""

from __future__ import annotations

from datetime import datetime

from pilotwire.iso15118.charging import Limits
from pilotwire.iso15118.evcc.iso20 import scheduling
from pilotwire.iso15118.evcc.iso20.stopping import give_up
from pilotwire.iso15118.evcc.iso20.talk import Next, Step, Talk
from pilotwire.iso15118.evcc.ports import Offered
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.limits import ac_of, dc_of, fields_of, read_ac, read_dc


def request(s: Talk, now: datetime) -> Next:
    """The vehicle's limits; a bidirectional service has an element of its own."""
    return _dc(s, now) if s.dc else _ac(s, now)


def _ac(s: Talk, now: datetime) -> Next:
    both_ways = s.transfer.bidirectional
    cls = ac.BPT_AC_CPDReqEnergyTransferMode if both_ways else ac.AC_CPDReqEnergyTransferMode
    mode = cls(**fields_of(ac_of(s.needs().limits, "ev"), "ev", cls))
    return Next(ac.AC_ChargeParameterDiscoveryReq(header=s.header(now), ac_cpd_req_energy_transfer_mode=mode))


def _dc(s: Talk, now: datetime) -> Next:
    both_ways, needs = s.transfer.bidirectional, s.needs()
    cls = dc.BPT_DC_CPDReqEnergyTransferMode if both_ways else dc.DC_CPDReqEnergyTransferMode
    mode = cls(target_soc=needs.target_soc, **fields_of(dc_of(needs.limits, "ev"), "ev", cls))
    return Next(dc.DC_ChargeParameterDiscoveryReq(header=s.header(now), dc_cpd_req_energy_transfer_mode=mode))


def ac_parameters(s: Talk, response: ac.AC_ChargeParameterDiscoveryRes, now: datetime) -> Step:
    """The station's limits of AC; the schedules are next."""
    mode = response.ac_cpd_res_energy_transfer_mode
    wrong = _wrong(s, isinstance(mode, ac.BPT_AC_CPDResEnergyTransferMode), now)
    own = ac_of(s.needs().limits, "ev")
    return wrong or _taken(s, read_ac(mode, "evse", s.chosen.phases, own.nominal_v), now)


def dc_parameters(s: Talk, response: dc.DC_ChargeParameterDiscoveryRes, now: datetime) -> Step:
    """The same of DC."""
    mode = response.dc_cpd_res_energy_transfer_mode
    wrong = _wrong(s, isinstance(mode, dc.BPT_DC_CPDResEnergyTransferMode), now)
    return wrong or _taken(s, read_dc(mode, "evse"), now)


def _wrong(s: Talk, both_ways: bool, now: datetime) -> Next | None:
    if both_ways is s.transfer.bidirectional:
        return None
    told = "bidirectional" if both_ways else "one way"
    return give_up(s, f"The station's limits are {told}, and {s.transfer} was chosen.", now)


def _taken(s: Talk, limits: Limits, now: datetime) -> Next:
    s.station = limits
    s.ev.offered(Offered(limits))
    return scheduling.request(s, now)
