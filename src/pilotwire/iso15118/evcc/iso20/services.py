"""ServiceDiscovery, ServiceDetail and ServiceSelection: one energy transfer service, and what the driver wishes for beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.iso15118.charging import Transfer
from pilotwire.iso15118.evcc.iso20 import parameters
from pilotwire.iso15118.evcc.iso20.parameter_sets import best
from pilotwire.iso15118.evcc.iso20.stopping import give_up
from pilotwire.iso15118.evcc.iso20.talk import Choosing, Next, Step, Talk
from pilotwire.iso15118.iso20 import common_messages as cm

IDS: Final = {Transfer.AC: 1, Transfer.DC: 2, Transfer.AC_BPT: 5, Transfer.DC_BPT: 6}
"""The energy transfer services of conductive charging, by their ServiceID."""
_INTERNET, _INTERNET_20 = 3, 65
"""Wishes for added services are numbered as in -2; in -20 these numbers are energy transfer services."""
_LEAST_ADDED: Final = 60
_MOST_IDS: Final = 16


def _transfers(s: Talk) -> list[Transfer]:
    return [each for each in s.ev.wish().transfers if each.dc is s.dc]


def _added(s: Talk) -> list[int]:
    ids = (_INTERNET_20 if each == _INTERNET else each for each in s.ev.wish().value_added)
    return [each for each in ids if each >= _LEAST_ADDED]


def discover(s: Talk, now: datetime) -> Step:
    """Ask for the services that the vehicle can use."""
    ids = [IDS[each] for each in _transfers(s)]
    if not ids:
        return give_up(s, f"The vehicle wishes for no energy transfer service of {s.speaks.name}.", now, finding=False)
    supported = cm.ServiceIDList(service_id=[*ids, *_added(s)][:_MOST_IDS])
    return Next(cm.ServiceDiscoveryReq(header=s.header(now), supported_service_ids=supported))


def service_discovery(s: Talk, response: cm.ServiceDiscoveryRes, now: datetime) -> Step:
    """The services that both have."""
    offered = {each.service_id for each in response.energy_transfer_service_list.service}
    added = {each.service_id for each in response.vas_list.service} if response.vas_list else set()
    s.choosing = Choosing(
        renegotiable=response.service_renegotiation_supported,
        transfers=[each for each in _transfers(s) if IDS[each] in offered],
        added=[each for each in _added(s) if each in added],
    )
    if not s.choosing.transfers:
        told = ", ".join(str(each) for each in sorted(offered))
        return give_up(s, f"The vehicle can use none of the energy transfer services {told}.", now, finding=False)
    return _detail(s, IDS[s.choosing.transfers[0]], now)


def _detail(s: Talk, service_id: int, now: datetime) -> Next:
    return Next(cm.ServiceDetailReq(header=s.header(now), service_id=service_id))


def service_detail(s: Talk, response: cm.ServiceDetailRes, now: datetime) -> Step:
    """Choose a parameter set of the service that was asked about; then the details of the next one, or the selection."""
    asked = s.message
    assert isinstance(asked, cm.ServiceDetailReq)
    if response.service_id != asked.service_id:
        what = f"The station told the details of the service {response.service_id}; those of {asked.service_id} were asked for."
        return give_up(s, what, now)
    sets = response.service_parameter_list.parameter_set
    if asked.service_id not in IDS.values():
        s.choosing.chosen.append((s.choosing.added.pop(0), sets[0].parameter_set_id))
        return _further(s, now)
    transfer = s.choosing.transfers.pop(0)
    chosen = best(s, transfer, sets)
    if chosen is not None:
        s.transfer, s.chosen = transfer, chosen
        return _further(s, now)
    s.remark(f"None of the station's parameter sets of {transfer} suits the vehicle.")
    if s.choosing.transfers:
        return _detail(s, IDS[s.choosing.transfers[0]], now)
    return give_up(s, "No parameter set of the station suits the vehicle.", now, finding=False)


def _further(s: Talk, now: datetime) -> Next:
    if s.choosing.added:
        return _detail(s, s.choosing.added[0], now)
    others = [cm.SelectedService(service_id=id_, parameter_set_id=set_id) for id_, set_id in s.choosing.chosen]
    energy = cm.SelectedService(service_id=IDS[s.transfer], parameter_set_id=s.chosen.id)
    return Next(
        cm.ServiceSelectionReq(
            header=s.header(now),
            selected_energy_transfer_service=energy,
            selected_vas_list=cm.SelectedServiceList(selected_service=others) if others else None,
        )
    )


def service_selection(s: Talk, response: cm.ServiceSelectionRes, now: datetime) -> Step:
    """The limits of both sides are next."""
    return parameters.request(s, now)
