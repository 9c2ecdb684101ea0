"""Energy in both directions (functional block Q, 2.1): what the CSMS may ask and set beside charging profiles.

What the operation modes of profiles come to is in `v2x_setpoints`, values of external systems are in `external_power`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from pilotwire.domain.device_model import DataType, Mutability, VariableName
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import GenericStatus, OperationMode, Reason
from pilotwire.domain.v2x import (
    AFRRSignal,
    AFRRSignalOutcome,
    NotifyAllowedEnergyTransfer,
    NotifyAllowedEnergyTransferOutcome,
)
from pilotwire.station.core import evse_sleep, external_power, grid, v2x_measurands
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.charging_site import csms_time
from pilotwire.station.core.device_model_bounds import DISCHARGE_BOUNDS
from pilotwire.station.core.metering_variables import supported
from pilotwire.station.core.service_renegotiation import BY_PHASES, SUPPORT
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street, answered
from pilotwire.station.core.v2x_memory import V2XMemory
from pilotwire.station.core.v2x_setpoints import Setpoints, signalled
from pilotwire.station.core.v2x_settings import BALANCING, ENABLED, PRIORITY, THRESHOLD, is_on
from pilotwire.station.core.variable_table import Declared, fixed, name_of, number, switch
from pilotwire.station.core.vehicle_sessions import ServiceRenegotiation, VehicleSessions
from pilotwire.station.hardware.ports import AcSupply, StationLayout

_MOST_SIGNALS: Final = 100
"""How many aFRR signals that are still to come are kept."""


# --- commands -------------------------------------------------------------------------------------------------------


def signal(station: Station, command: AFRRSignal) -> AFRRSignalOutcome:
    """Add what a signal means to the power, from its time on (Q08.FR.10)."""
    if not is_on(station) or not signalled(station):  # Q08.FR.11
        reason = Reason(code="NoSignalWattCurve", info="No transaction is in LocalFrequency with a v2xSignalWattCurve.")
        return AFRRSignalOutcome(status=GenericStatus.REJECTED, reason=reason)
    state, now = station.moment(Setpoints), csms_time(station)
    past = [each for each in state.signals if each[0] <= now][-1:]
    to_come = [each for each in state.signals if each[0] > now]
    known = [*past, *to_come, (command.timestamp, command.signal)]
    state.signals = sorted(known, key=lambda each: each[0])[-_MOST_SIGNALS:]
    return AFRRSignalOutcome(status=GenericStatus.ACCEPTED)


def allow(station: Station, command: NotifyAllowedEnergyTransfer) -> NotifyAllowedEnergyTransferOutcome:
    """What a transaction may do from now on: without a bidirectional way it gives nothing back (Q02.FR.05)."""
    evse = station.evse_of_transaction(command.transaction_id)
    if evse is None or evse.tx is None:
        reason = Reason(code="TxNotFound")
        return NotifyAllowedEnergyTransferOutcome(status=GenericStatus.REJECTED, reason=reason)
    if not is_on(station):
        reason = Reason(code="NotEnabled", info="V2XChargingCtrlr.Enabled is false, or the station has no such EVSE.")
        return NotifyAllowedEnergyTransferOutcome(status=GenericStatus.REJECTED, reason=reason)
    memory = station.kept(V2XMemory)
    allowed = {**memory.allowed, evse.tx.transaction_id: command.allowed_energy_transfer}
    station.remember(changed(memory, allowed=allowed))
    spoken = station.moment(VehicleSessions).by_evse.get(evse.evse_id)
    if spoken is not None:  # Q02.FR.06
        station.do(Inform(spoken.ref, ServiceRenegotiation(allowed_energy_transfer=command.allowed_energy_transfer)))
    return NotifyAllowedEnergyTransferOutcome(status=GenericStatus.ACCEPTED)


# --- by itself ------------------------------------------------------------------------------------------------------


def _follow(station: Station) -> None:
    """What belonged to transactions that are over goes; signals go with the last period that took them."""
    memory = station.kept(V2XMemory)
    if memory.allowed or memory.modes:
        running = {evse.tx.transaction_id for evse in station.evses.values() if evse.tx is not None}
        left = V2XMemory(
            allowed={own: each for own, each in memory.allowed.items() if own in running},
            modes={own: each for own, each in memory.modes.items() if own in running},
        )
        if left != memory:
            station.remember(left)
    state = station.moment(Setpoints)
    if state.signals and not signalled(station):
        state.signals = []


def _deadline(station: Station) -> datetime | None:
    now = csms_time(station)
    times = [at - station.offset for at, _ in station.moment(Setpoints).signals if at > now]
    rest = evse_sleep.deadline(station)
    return min(times if rest is None else (*times, rest), default=None)


def _discharge_power(station: Station, name: VariableName) -> str | None:
    """A positive number (2.1 2.15.9)."""
    if name.evse not in station.evses:
        return None
    return str(max(0, -station.meter(name.evse).power_w))


# --- the street -----------------------------------------------------------------------------------------------------


def _variables(family: Family, layout: StationLayout) -> Iterator[Declared]:
    """Only where energy can come back."""
    both_ways = [evse for evse in layout.evses if evse.max_discharge_w > 0]
    if family is Family.OCPP16 or not both_ways:
        return
    yield switch(ENABLED, True)
    yield fixed(SUPPORT, "false", DataType.BOOLEAN)
    modes, ways = tuple(OperationMode), _ways(layout)
    yield fixed("V2XChargingCtrlr.SupportedOperationModes", ",".join(modes), DataType.MEMBER_LIST, modes)
    yield fixed("V2XChargingCtrlr.SupportedEnergyTransferModes", ",".join(ways), DataType.MEMBER_LIST, ways)
    yield number(THRESHOLD, 10, low=0)
    yield from v2x_measurands.declared(supported(family, layout))
    for each in ("UpperThreshold", "LowerThreshold", "UpperOffset", "LowerOffset"):
        yield Declared(name_of(f"{BALANCING}[{each}]"), DataType.DECIMAL, "", unit="W")
    systems = ("ExternalSystem", "CSMS")
    yield Declared(name_of(PRIORITY), DataType.OPTION_LIST, systems[0], values=systems)
    for evse in both_ways:
        name = VariableName(component="EVSE", variable="DischargePower", evse=evse.evse_id)
        most = int(evse.max_discharge_w)
        yield Declared(
            name,
            DataType.DECIMAL,
            "0",
            Mutability.READ_ONLY,
            low=0,
            high=most,
            unit="W",
            persistent=False,
            others=DISCHARGE_BOUNDS,
        )


def _ways(layout: StationLayout) -> tuple[str, ...]:
    """The ways of energy transfer there are, as in EnergyTransferModeEnumType."""
    alternating = [evse.supply for evse in layout.evses if isinstance(evse.supply, AcSupply)]
    ways = [BY_PHASES[supply.phases] for supply in alternating]
    if any(supply.max_discharge_w > 0 for supply in alternating):
        ways += ["AC_BPT", "AC_BPT_DER", "AC_DER"]
    direct = [evse for evse in layout.evses if evse.dc]
    ways += ["DC"] if direct else []
    ways += ["DC_BPT"] if any(evse.max_discharge_w > 0 for evse in direct) else []
    return tuple(dict.fromkeys(ways))


STREET = Street(
    "v2x",
    commands={AFRRSignal: answered(signal), NotifyAllowedEnergyTransfer: answered(allow)},
    events={
        grid.GridMeasured: grid.measured,
        grid.UpstreamLoad: grid.loaded,
        external_power.ExternalPower: external_power.received,
        evse_sleep.FellAsleep: evse_sleep.fell_asleep,
    },
    variables=_variables,
    live={("evse", "dischargepower"): _discharge_power},
    deadline=_deadline,
    follow=_follow,
)
