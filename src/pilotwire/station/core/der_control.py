"""DER control (functional block R, 2.1): the controls of the grid operator, kept and scheduled.

What they do to the power is in `der_effects`. A control is known by its id: another one with an id that is there takes its place.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from pilotwire.domain.der_control import (
    ClearDerControl,
    DerControl,
    DerControlOutcome,
    DerControlsReported,
    DerControlStarted,
    DerControlStatus,
    DerControlType,
    GetDerControl,
    InstalledDerControl,
    SetDerControl,
    SetDerControlOutcome,
    misfits,
    setting_of,
)
from pilotwire.domain.der_inverter import Rating
from pilotwire.domain.device_model import DataType, Mutability, VariableName
from pilotwire.domain.kinds import changed
from pilotwire.station.core import der_effects, grid, outbox_policy
from pilotwire.station.core.actions import Answer
from pilotwire.station.core.charging_site import csms_time
from pilotwire.station.core.der_control_memory import DerMemory, HeldControl
from pilotwire.station.core.der_settings import is_enabled, key_of_modes
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street, answered
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.hardware.ports import DcSupply, EvseLayout, StationLayout

MOST_CONTROLS: Final = 100
"""How many controls are kept at a time."""
_AT_A_TIME: Final = 10
"""How many controls go into one part of a report (R04.FR.32)."""
_S = DerControlStatus


# --- setting --------------------------------------------------------------------------------------------------------


def install(station: Station, command: SetDerControl) -> SetDerControlOutcome:
    """Keep a control, in force or standing back for others (R04)."""
    control = command.control
    if not is_supported(station, control.control_type):
        return SetDerControlOutcome(status=_S.NOT_SUPPORTED)  # R04.FR.01
    wrong = [f"{each.where}: {each.what} ({each.rule})" for each in misfits(control)]
    held = _of(station, without=control.control_id)
    if len(held) >= MOST_CONTROLS:
        wrong.append(f"{MOST_CONTROLS} controls are kept already")
    if wrong:  # R04.FR.13, R04.FR.15, R04.FR.17
        station.note(f"DER control {control.control_id} was not taken: {'; '.join(wrong)}.")
        return SetDerControlOutcome(status=_S.REJECTED)
    new = _scheduled(station, control)
    superseded = _superseded_by(new, held)
    if control.control_id in superseded:
        new = changed(new, is_superseded=True)
    kept = tuple(changed(each, is_superseded=True) if each.control.control_id in superseded else each for each in held)
    _remember(station, (*kept, new))
    _run(station)
    return SetDerControlOutcome(status=_S.ACCEPTED, superseded_ids=tuple(superseded))


def _scheduled(station: Station, control: DerControl) -> HeldControl:
    """With its times; a scheduled control that does not say when begins at once."""
    if control.is_default:
        return HeldControl(control=control)
    setting = setting_of(control)
    begin: datetime = getattr(setting, "start_time", None) or csms_time(station)
    seconds = getattr(setting, "duration", None)
    end = None if seconds is None else begin + timedelta(seconds=float(seconds))
    return HeldControl(control=control, starts_at=begin, ends_at=end)


def _superseded_by(new: HeldControl, held: Iterable[HeldControl]) -> list[str]:
    """Who stands back at once: those with a lower priority (a higher number), or the new one itself (R04.FR.03, R04.FR.06, R04.FR.08).

    One that runs goes on until the new one begins (R04.FR.07). Of two alike the later counts.
    """
    rivals = [each for each in held if _is_rival(each, new)]
    priority = priority_of(new)
    if any(priority_of(each) < priority for each in rivals):
        return [new.control.control_id]
    return [each.control.control_id for each in rivals if not each.started]


def _is_rival(each: HeldControl, new: HeldControl) -> bool:
    one, other = each.control, new.control
    return one.control_type is other.control_type and one.is_default == other.is_default and not each.is_superseded


def priority_of(held: HeldControl) -> int:
    """The lower, the more it counts."""
    setting = setting_of(held.control)
    return 0 if setting is None else setting.priority


# --- asking and clearing --------------------------------------------------------------------------------------------


def report(station: Station, ref: Hashable, command: GetDerControl) -> None:
    """Answer whether there are such controls, then report them in parts (R04.FR.30 to R04.FR.37)."""
    wanted = command.control_type
    found = [
        each
        for each in station.kept(DerMemory).controls
        if _matches(each.control, command.is_default, wanted, command.control_id)
    ]
    status = _S.ACCEPTED if found else _S.NOT_FOUND
    if wanted is not None and not is_supported(station, wanted):
        status = _S.NOT_SUPPORTED
    station.do(Answer(ref, DerControlOutcome(status=status)))
    if status is not _S.ACCEPTED:
        return
    facts = []
    for first in range(0, len(found), _AT_A_TIME):
        part = tuple(
            InstalledDerControl(control=each.control, is_superseded=each.is_superseded)
            for each in found[first : first + _AT_A_TIME]
        )
        more = first + _AT_A_TIME < len(found)
        facts.append(DerControlsReported(request_id=command.request_id, controls=part, more=more))
    if not outbox_policy.keep_parts(station, facts):
        for fact in facts:
            station.say(fact)


def clear(station: Station, command: ClearDerControl) -> DerControlOutcome:
    """Remove default or scheduled controls (R04.FR.41 to R04.FR.46)."""
    wanted = command.control_type
    if wanted is not None and not is_supported(station, wanted):
        return DerControlOutcome(status=_S.NOT_SUPPORTED)
    held = station.kept(DerMemory).controls
    left = tuple(each for each in held if not _matches(each.control, command.is_default, wanted, command.control_id))
    all_of_them = wanted is None and command.control_id is None
    if len(left) == len(held) and not all_of_them:
        return DerControlOutcome(status=_S.NOT_FOUND)
    _remember(station, left)
    return DerControlOutcome(status=_S.ACCEPTED)


def _matches(
    control: DerControl, is_default: bool | None, control_type: DerControlType | None, control_id: str | None
) -> bool:
    return (
        is_default in (None, control.is_default)
        and control_type in (None, control.control_type)
        and control_id in (None, control.control_id)
    )


def is_supported(station: Station, control_type: DerControlType) -> bool:
    """Whether an inverter under control has it; the one in a vehicle may have any (R02.FR.02)."""
    return any(
        not evse.layout.dc or control_type in station.variables.members(key_of_modes(evse))
        for evse in station.evses.values()
        if is_enabled(station, evse)
    )


# --- schedules ------------------------------------------------------------------------------------------------------


def _run(station: Station) -> None:
    """Begin and end what is due, and tell it (R04.FR.20 to R04.FR.22); what is over is forgotten (R04.FR.10)."""
    now = csms_time(station)
    for each in sorted(_timed(station), key=lambda held: held.starts_at or now):
        current = next((one for one in _timed(station) if one.control.control_id == each.control.control_id), None)
        if current is None:
            continue
        if current.ends_at is not None and now >= current.ends_at:
            _end(station, current)
        elif current.starts_at is not None and now >= current.starts_at and not _is_settled(current):
            _begin(station, current)


def _is_settled(held: HeldControl) -> bool:
    return held.started or held.is_superseded


def _begin(station: Station, held: HeldControl) -> None:
    """It runs from now on; others of its type that run stand back (R04.FR.07, R04.FR.21)."""
    rivals = {
        each.control.control_id
        for each in _timed(station)
        if each is not held and _is_rival(each, held) and each.started and priority_of(each) >= priority_of(held)
    }
    controls = []
    for each in station.kept(DerMemory).controls:
        if each.control.control_id in rivals:
            each = changed(each, is_superseded=True)
        controls.append(changed(each, started=True) if each is held else each)
    _remember(station, tuple(controls))
    _tell(station, held, started=True, superseded=tuple(sorted(rivals)))


def _end(station: Station, held: HeldControl) -> None:
    _remember(station, tuple(each for each in station.kept(DerMemory).controls if each is not held))
    if held.started and not held.is_superseded:
        _tell(station, held, started=False)


def _tell(station: Station, held: HeldControl, *, started: bool, superseded: tuple[str, ...] = ()) -> None:
    fact = DerControlStarted(
        control_id=held.control.control_id, started=started, at=station.stamp(), superseded_ids=superseded
    )
    station.tell(fact, queue=not station.online)


def _deadline(station: Station) -> datetime | None:
    times = [each.starts_at for each in _timed(station) if not _is_settled(each)]
    times += [each.ends_at for each in _timed(station)]
    mine = [time - station.offset for time in times if time is not None]
    back = der_effects.deadline(station)
    return min([*mine, *([] if back is None else [back])], default=None)


def _timed(station: Station) -> list[HeldControl]:
    return [each for each in station.kept(DerMemory).controls if each.starts_at is not None]


def _of(station: Station, *, without: str) -> tuple[HeldControl, ...]:
    return tuple(each for each in station.kept(DerMemory).controls if each.control.control_id != without)


def _remember(station: Station, controls: tuple[HeldControl, ...]) -> None:
    station.remember(changed(station.kept(DerMemory), controls=controls))


# --- the street -----------------------------------------------------------------------------------------------------


def _variables(family: Family, layout: StationLayout) -> Iterator[Declared]:
    """The inverter of each EVSE that feeds in (R01.FR.01, R01.FR.02); none elsewhere."""
    for evse in layout.evses if family is not Family.OCPP16 else ():
        if isinstance(evse.supply, DcSupply) and evse.max_discharge_w > 0:
            yield from _inverter(evse, layout, evse.supply)


def _inverter(evse: EvseLayout, layout: StationLayout, supply: DcSupply) -> Iterator[Declared]:
    def of(variable: str, value: str, type_: DataType = DataType.DECIMAL, unit: str | None = None) -> Declared:
        name = VariableName(component="DCDERCtrlr", variable=variable, evse=evse.evse_id)
        return Declared(name, type_, value, Mutability.READ_ONLY, unit=unit)

    most, charge = str(supply.max_discharge_w), str(supply.max_power_w)
    enabled = VariableName(component="DCDERCtrlr", variable="Enabled", evse=evse.evse_id)
    yield Declared(enabled, DataType.BOOLEAN, "true")
    rating = Rating(watts=supply.max_discharge_w, charge_watts=supply.max_power_w)
    yield of("MaxW", most, unit="W")
    for variable in ("OverExcitedW", "UnderExcitedW"):
        yield of(variable, _plain(rating.excited_watts), unit="W")
    yield of("MaxVA", most, unit="VA")
    yield of("MaxChargeRateW", charge, unit="W")
    yield of("MaxChargeRateVA", charge, unit="VA")
    for variable in ("OverExcitedPF", "UnderExcitedPF"):
        yield of(variable, _plain(rating.power_factor))
    for variable in ("MaxVar", "MaxVarNeg"):
        yield of(variable, _plain(rating.reactive), unit="var")
    yield of("ReactiveSusceptance", "0", unit="s")
    types = tuple(DerControlType)
    yield Declared(
        VariableName(component="DCDERCtrlr", variable="ModesSupported", evse=evse.evse_id),
        DataType.MEMBER_LIST,
        ",".join(types),
        Mutability.READ_ONLY,
        values=types,
    )
    yield of("InverterManufacturer", layout.vendor, DataType.STRING)
    yield of("InverterModel", layout.model, DataType.STRING)
    yield of("InverterSwVersion", "1", DataType.STRING)
    yield of("InverterHwVersion", "1", DataType.STRING)


def _plain(value: Decimal) -> str:
    """A number without an exponent or needless zeros."""
    return f"{value.normalize():f}"


STREET = Street(
    "der_control",
    commands={SetDerControl: answered(install), GetDerControl: report, ClearDerControl: answered(clear)},
    events={grid.GridFault: grid.faulted},
    variables=_variables,
    deadline=_deadline,
    due=_run,
    follow=der_effects.tell_alarm,
)
