"""What the meters say, in the measurands the CSMS configured (functional block J), and when it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.metering import ENERGY_REGISTER, MeterReading, MeterValuesReported
from pilotwire.station.core import v2x_measurands
from pilotwire.station.core.battery_swap_slots import with_battery
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.metering_intervals import with_intervals
from pilotwire.station.core.metering_samples import reading
from pilotwire.station.core.metering_setpoint import measured
from pilotwire.station.core.metering_signed import signed, wants_signature
from pilotwire.station.core.station import Station
from pilotwire.station.hardware import ports
from pilotwire.station.hardware.ports import Wh

SAMPLED, ALIGNED = "SampledDataCtrlr.TxUpdatedMeasurands", "AlignedDataCtrlr.Measurands"
"""The lists of what is told while a transaction runs, or at any time; the others go with its begin and end."""
LATE = timedelta(seconds=1)
"""A value read no later than this after it was due is told as of the moment it was due."""


def moment(station: Station, due: datetime) -> datetime:
    """When a value counts as read that was due at this moment of the station's own time: then, unless it is really late."""
    now = station.stamp()
    then = due + station.offset
    then = then.replace(microsecond=then.microsecond // 1000 * 1000)
    return then if timedelta(0) <= now - then <= LATE else now


def take(
    station: Station,
    evse: Evse,
    variable: str,
    context: str,
    *,
    register: bool = False,
    register_wh: Wh | None = None,
    at: datetime | None = None,
    sign: bool | None = None,
) -> MeterReading:
    """Read an EVSE's meter for the measurands that `variable` lists; `register` adds the energy register if it does not.

    `register_wh` is what the energy register said when it mattered, if not now; `at` the CSMS's time of the reading, likewise. The
    register is signed where the settings for this list want it, or as `sign` says.
    """
    wanted = wanted_by(station, variable)
    wanted += [each for each in v2x_measurands.besides(station, evse, variable) if each not in wanted]
    if context == "Sample.Periodic" and (apart := v2x_measurands.apart(station, evse, variable)):
        wanted = [each for each in wanted if each not in apart]
    signing = wants_signature(station, evse, variable) if sign is None else sign
    if register and ENERGY_REGISTER not in wanted:
        wanted.insert(0, ENERGY_REGISTER)
    meter = with_battery(station, evse.evse_id, station.meter(evse.evse_id))
    if register_wh is not None:
        meter = replace(meter, energy_import_register=register_wh)
    if evse.layout.max_discharge_w > 0:
        meter = replace(meter, more=(*meter.more, *measured(station, evse, meter)))
    begins = context == "Transaction.Begin"
    meter = with_intervals(station, evse.evse_id, variable, meter, wanted, begins=begins)
    taken = reading(station.stamp() if at is None else at, as_set(station, meter), wanted, context)
    return signed(station, evse, taken, meter) if signing else taken


def wanted_by(station: Station, variable: str) -> list[str]:
    """The measurands that a list names; an empty one of what is told meanwhile may stand for the register (1.6:9.1.17)."""
    named = list(filter(None, station.variables.text(variable).split(",")))
    told = variable in (SAMPLED, ALIGNED)
    return [ENERGY_REGISTER] if not named and told and station.settings.empty_list_means_register else named


def as_set(station: Station, meter: ports.MeterReading) -> ports.MeterReading:
    """As the installer wants it: whole Wh (StrictEnergyUnit), and no registers of single phases (RegisterValuesWithoutPhases)."""
    if station.variables.on("SampledDataCtrlr.RegisterValuesWithoutPhases"):
        meter = replace(
            meter, more=tuple(one for one in meter.more if not (one.measurand == ENERGY_REGISTER and one.phase))
        )
    if not station.variables.on("InstallerCtrlr.StrictEnergyUnit"):
        return meter
    return replace(
        meter,
        energy_import_register=_whole(meter.energy_import_register),
        energy_export_register=_whole(meter.energy_export_register),
        more=tuple(
            replace(one, value=_whole(one.value)) if one.measurand.startswith("Energy") else one for one in meter.more
        ),
    )


def _whole(wh: Wh) -> Decimal:
    return Decimal(wh).to_integral_value(ROUND_HALF_EVEN)


def phases_used(station: Station, evse: Evse) -> int | None:
    """How many phases carry current at this moment (E02.FR.18); None on DC and where none does."""
    if evse.layout.dc:
        return None
    carrying = sum(1 for amps in station.meter(evse.evse_id).current_a if amps >= Decimal("0.5"))
    return carrying or None


# --- outside of transactions ----------------------------------------------------------------------------------------


def report(station: Station, evse: Evse, context: str, *, at: datetime | None = None, variable: str = ALIGNED) -> bool:
    """Say the measurands of a list for an EVSE (J01.FR.14, F06.FR.06); False if there are none to say, or nobody to say it to."""
    if not station.meter(evse.evse_id).known:
        return False
    taken = take(station, evse, variable, context, at=at)
    if not taken.samples:
        return False
    fact = MeterValuesReported(address=EvseAddress(evse=evse.evse_id), readings=(taken,))
    return station.tell(fact, queue=station.settings.queues_meter_values and not station.online)


# --- when -----------------------------------------------------------------------------------------------------------


def sample_interval(station: Station) -> int:
    """Seconds between two samples that are told while a transaction runs; 0 for none."""
    on = station.variables.on("SampledDataCtrlr.Enabled")
    return station.variables.number("SampledDataCtrlr.TxUpdatedInterval") if on else 0


def next_aligned(station: Station, after: datetime) -> datetime | None:
    """When the next clock-aligned values are due, in the station's own time."""
    on = station.variables.on("AlignedDataCtrlr.Enabled")
    return aligned_after(station, after, station.variables.number("AlignedDataCtrlr.Interval")) if on else None


def aligned_after(station: Station, after: datetime, interval: int) -> datetime | None:
    """The next moment, in the station's own time, that is a multiple of an interval since midnight of the CSMS's day."""
    if interval <= 0:
        return None
    there = after + station.offset
    midnight = there.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = int((there - midnight).total_seconds() // interval)
    return min(midnight + timedelta(seconds=(passed + 1) * interval), midnight + timedelta(days=1)) - station.offset


def quiet(station: Station, evse: Evse) -> bool:
    """Whether an EVSE says no clock-aligned values because of a transaction (SendDuringIdle, J01.FR.19, J01.FR.20)."""
    if keeps_back(station):
        return True
    return evse.tx is not None and station.variables.on(f"AlignedDataCtrlr@{evse.evse_id}.SendDuringIdle")


def keeps_back(station: Station) -> bool:
    """Whether the whole station says no clock-aligned values because of a transaction (J01.FR.20)."""
    if not station.variables.on("AlignedDataCtrlr.SendDuringIdle"):
        return False
    return any(one.tx is not None for one in station.evses.values())
