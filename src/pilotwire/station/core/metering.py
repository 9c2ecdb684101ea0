"""What the meters say, in the measurands the CSMS configured (functional block J), and when it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.metering import (
    ENERGY_REGISTER,
    MeterReading,
    MeterValuesReported,
    Sample,
    SignedMeterValue,
    default_unit,
)
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.metering_variables import INTERVALS
from pilotwire.station.core.station import Station
from pilotwire.station.core.variable_table import MEASURANDS
from pilotwire.station.hardware import ports
from pilotwire.station.hardware.ports import SigningMoment, SigningRequest, Wh

_LINES = ("L1", "L2", "L3")
_Values = list[tuple[Decimal, str | None]]
"""Values with the phase each belongs to, None for all of them."""
SAMPLED, ALIGNED = "SampledDataCtrlr.TxUpdatedMeasurands", "AlignedDataCtrlr.Measurands"
"""The lists of what is told while a transaction runs, or at any time; the others go with its begin and end."""
LATE = timedelta(seconds=1)
"""A value read no later than this after it was due is told as of the moment it was due."""


@dataclass(slots=True)
class _Seen:
    """Registers at the last look for a list of measurands, by EVSE and variable; EVSEs whose meter's key this transaction was told."""

    registers: dict[tuple[int, str], dict[str, Wh]] = field(default_factory=dict)
    keys_told: set[int] = field(default_factory=set)


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
    signing = wants_signature(station, evse, variable) if sign is None else sign
    if register and ENERGY_REGISTER not in wanted:
        wanted.insert(0, ENERGY_REGISTER)
    meter = station.meter(evse.evse_id)
    if register_wh is not None:
        meter = replace(meter, energy_import_register=register_wh)
    meter = _with_intervals(station, evse, variable, meter, wanted)
    taken = reading(station.stamp() if at is None else at, _as_set(station, meter), wanted, context)
    return signed(station, evse, taken, meter) if signing else taken


def wanted_by(station: Station, variable: str) -> list[str]:
    """The measurands that a list names; an empty one of what is told meanwhile may stand for the register (1.6:9.1.17)."""
    named = list(filter(None, station.variables.text(variable).split(",")))
    told = variable in (SAMPLED, ALIGNED)
    return [ENERGY_REGISTER] if not named and told and station.settings.empty_list_means_register else named


def _as_set(station: Station, meter: ports.MeterReading) -> ports.MeterReading:
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


def reading(at: datetime, meter: ports.MeterReading, wanted: list[str], context: str) -> MeterReading:
    """`meter` in samples, in the order wanted; what this meter cannot tell is left out."""
    samples = [
        sample for measurand in wanted if measurand in MEASURANDS for sample in _samples(meter, measurand, context)
    ]
    return MeterReading(at=at, samples=tuple(samples))


def _samples(meter: ports.MeterReading, measurand: str, context: str) -> Iterator[Sample]:
    place = "EV" if measurand == "SoC" else "Outlet"
    plain = [(value, phase, place) for value, phase in _VALUES.get(measurand, _nothing)(meter)]
    more = [(one.value, one.phase, one.place) for one in meter.more if one.measurand == measurand]
    for value, phase, location in plain + more:
        yield Sample(
            value=value,
            measurand=measurand,
            unit=default_unit(measurand),
            phase=phase,
            location=location,
            context=context,
        )


def _nothing(_: ports.MeterReading) -> _Values:
    return []


def _one(value: Wh | None) -> _Values:
    return [] if value is None else [(Decimal(value), None)]


def _by_phase(values: tuple[Decimal, ...], ending: str = "") -> _Values:
    if len(values) == 1:
        return [(values[0], None)]
    return [(value, line + ending) for value, line in zip(values, _LINES, strict=False)]


_VALUES: dict[str, Callable[[ports.MeterReading], _Values]] = {
    "Energy.Active.Import.Register": lambda meter: _one(meter.energy_import_register),
    "Energy.Active.Export.Register": lambda meter: _one(meter.energy_export_register),
    "Power.Active.Import": lambda meter: _one(max(meter.power_w, Decimal(0))),
    "Power.Active.Export": lambda meter: _one(max(-meter.power_w, Decimal(0))),
    "Current.Import": lambda meter: _by_phase(meter.current_a),
    "Current.Offered": lambda meter: _one(meter.current_offered_a),
    "Power.Offered": lambda meter: _one(meter.power_offered_w),
    "Voltage": lambda meter: _by_phase(meter.voltage_v, "-N"),
    "Frequency": lambda meter: _one(meter.frequency_hz),
    "SoC": lambda meter: _one(meter.soc_percent),
    "Temperature": lambda meter: _one(meter.temperature_c),
}


def phases_used(station: Station, evse: Evse) -> int | None:
    """How many phases carry current at this moment (E02.FR.18); None on DC and where none does."""
    if evse.layout.dc:
        return None
    carrying = sum(1 for amps in station.meter(evse.evse_id).current_a if amps >= Decimal("0.5"))
    return carrying or None


# --- intervals ------------------------------------------------------------------------------------------------------


def _with_intervals(
    station: Station, evse: Evse, variable: str, meter: ports.MeterReading, wanted: list[str]
) -> ports.MeterReading:
    """What flowed since the last look for the same list, or since the transaction began; unknown before there was one."""
    asked = [measurand for measurand in wanted if measurand in INTERVALS]
    if not asked:
        return meter
    now = {ENERGY_REGISTER: meter.energy_import_register, "Energy.Active.Export.Register": meter.energy_export_register}
    seen = station.moment(_Seen).registers
    before = seen.get((evse.evse_id, variable)) or _begun_at(evse)
    seen[evse.evse_id, variable] = now
    flowed = {
        one: Decimal(now[INTERVALS[one]]) - Decimal(before[INTERVALS[one]]) for one in asked if INTERVALS[one] in before
    }
    return replace(meter, more=(*meter.more, *(ports.Measured(name, value) for name, value in flowed.items())))


def _begun_at(evse: Evse) -> dict[str, Wh]:
    return {} if evse.tx is None else {ENERGY_REGISTER: evse.tx.meter_start}


def forget_intervals(station: Station, evse: Evse) -> None:
    """A transaction begins: what flowed before it is not its own."""
    registers = station.moment(_Seen).registers
    for key in [key for key in registers if key[0] == evse.evse_id]:
        del registers[key]


# --- signatures -----------------------------------------------------------------------------------------------------

_SIGNED_IF = {
    "SampledDataCtrlr.TxStartedMeasurands": "SampledDataCtrlr.SignStartedReadings",
    "SampledDataCtrlr.TxUpdatedMeasurands": "SampledDataCtrlr.SignUpdatedReadings",
    "AlignedDataCtrlr.Measurands": "AlignedDataCtrlr.SignUpdatedReadings",
}
"""What must be on for a list besides SignReadings of its component (2.1 2.9.5, 2.9.20; OCA application note 3.3)."""


def wants_signature(station: Station, evse: Evse, variable: str) -> bool:
    """Whether the register read for a list of measurands is to be signed (J01.FR.21, J02.FR.21)."""
    if not evse.layout.signing_meter:
        return False
    component = variable.partition(".")[0]
    further = None if evse.tx is None and component == "AlignedDataCtrlr" else _SIGNED_IF.get(variable)
    return station.variables.on(f"{component}.SignReadings") and (further is None or station.variables.on(further))


def signed(
    station: Station, evse: Evse, taken: MeterReading, meter: ports.MeterReading, owner: IdToken | None = None
) -> MeterReading:
    """The reading with the meter's signature at its energy register; as it is if there is none, or the meter cannot sign.

    `owner` is whose session it is, if that cannot be seen at the EVSE any more.
    """
    place = next(
        (at for at, one in enumerate(taken.samples) if one.measurand == ENERGY_REGISTER and one.phase is None), None
    )
    if place is None or meter.sign is None:
        return taken
    sample = taken.samples[place]
    owner = owner or (evse.grant.id_token if evse.grant is not None else evse.tx.owner if evse.tx is not None else None)
    request = SigningRequest(
        at=taken.at,
        register_wh=sample.value if sample.value is not None else meter.energy_import_register,
        moment=_signing_moment(evse, taken.at, sample.context),
        evse_id=evse.evse_id,
        id_token=owner.value if owner is not None else "",
        token_type=str(owner.type or "") if owner is not None else "",
    )
    given = meter.sign(request)
    proof = SignedMeterValue(
        data=given.signed_data,
        signing_method=given.signing_method,
        encoding_method=given.encoding_method,
        public_key=given.public_key if _tells_key(station, evse, sample.context) else "",
    )
    samples = (*taken.samples[:place], changed(sample, signed=proof), *taken.samples[place + 1 :])
    return changed(taken, samples=samples)


def _signing_moment(evse: Evse, at: datetime, context: str) -> SigningMoment:
    if context == "Transaction.Begin" or (evse.tx is not None and at == evse.tx.started_at):
        return SigningMoment.BEGIN
    if context == "Transaction.End":
        return SigningMoment.END
    return SigningMoment.INTERMEDIATE if evse.tx is not None else SigningMoment.OUTSIDE


def _tells_key(station: Station, evse: Evse, context: str) -> bool:
    """Whether the meter's key goes with this signature (2.x PublicKeyWithSignedMeterValue)."""
    policy = station.variables.text("OCPPCommCtrlr.PublicKeyWithSignedMeterValue")
    within = evse.tx is not None or context == "Transaction.Begin"
    if policy != "OncePerTransaction" or not within:
        return policy == "EveryMeterValue"
    told = station.moment(_Seen).keys_told
    first = evse.evse_id not in told
    told.add(evse.evse_id)
    return first


def forget_key(station: Station, evse_id: int) -> None:
    """A transaction has ended: the next one is told the key anew."""
    station.moment(_Seen).keys_told.discard(evse_id)


# --- outside of transactions ----------------------------------------------------------------------------------------


def report(station: Station, evse: Evse, context: str, *, at: datetime | None = None, variable: str = ALIGNED) -> bool:
    """Say the measurands of a list for an EVSE (J01.FR.14, F06.FR.06); False if there are none to say, or nobody to say it to."""
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
    if station.variables.on("AlignedDataCtrlr.SendDuringIdle") and any(one.tx for one in station.evses.values()):
        return True
    return evse.tx is not None and station.variables.on(f"AlignedDataCtrlr@{evse.evse_id}.SendDuringIdle")
