"""Another service for a vehicle whose way of energy transfer the CSMS refused (2.1: Q01.FR.05)."""

from __future__ import annotations

from typing import Final

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import ChargingNeeds
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.station import Station
from pilotwire.station.core.v2x_memory import V2XMemory
from pilotwire.station.hardware.ports import AcSupply

SUPPORT: Final = "ISO15118Ctrlr.ServiceRenegotiationSupport"
BY_PHASES: Final = {1: "AC_single_phase", 2: "AC_two_phase", 3: "AC_three_phase"}
_GIVES_BACK: Final = "BPT"

Refused = frozenset[tuple[str, str]]
"""Ways of energy transfer that the CSMS did not accept, each with its transaction."""


def other_ways(station: Station, evse: Evse, needs: ChargingNeeds, refused: Refused) -> tuple[str, ...]:
    """What can be negotiated with the vehicle: what it and the EVSE can, the CSMS allows, and has not refused; empty where nothing is
    negotiated anew here, or was asked for again after it was refused.
    """
    if evse.tx is None or not station.variables.has(SUPPORT) or not station.variables.on(SUPPORT):
        return ()
    own = evse.tx.transaction_id
    if (own, needs.requested_energy_transfer) in refused:
        return ()
    allowed = station.kept(V2XMemory).allowed.get(own)
    return tuple(
        way
        for way in needs.available_energy_transfer or _usual(evse)
        if way != needs.requested_energy_transfer
        and (own, way) not in refused
        and (allowed is None or way in allowed)
        and _can(evse, way)
    )


def keep_to(station: Station, evse: Evse, ways: tuple[str, ...]) -> None:
    """The transaction is held to these from now on; without a bidirectional one it gives nothing back (as in Q02.FR.05)."""
    assert evse.tx is not None
    memory = station.kept(V2XMemory)
    station.remember(changed(memory, allowed={**memory.allowed, evse.tx.transaction_id: ways}))


def _usual(evse: Evse) -> tuple[str, ...]:
    """Charging alone, where the vehicle did not say what it can."""
    supply = evse.layout.supply
    return (BY_PHASES[supply.phases],) if isinstance(supply, AcSupply) else ("DC",)


def _can(evse: Evse, way: str) -> bool:
    """Whether the EVSE has such a supply."""
    if _GIVES_BACK in way and evse.layout.max_discharge_w == 0:
        return False
    return way.startswith("DC" if evse.layout.dc else "AC")
