"""Distributed energy resource control in 2.1 (R04, R05)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pilotwire.dialects.ocpp21.mirrored import Shapes, read_value, write_value
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.der_control import (
    MEMBERS,
    ClearDerControl,
    Curve,
    CurvePoint,
    DerAlarm,
    DerControl,
    DerControlOutcome,
    DerControlsReported,
    DerControlStarted,
    DerControlStatus,
    DerControlType,
    EnterService,
    FixedPowerFactor,
    FixedVar,
    FreqDroop,
    GetDerControl,
    Gradient,
    GridEventFault,
    Hysteresis,
    InstalledDerControl,
    LimitMaxDischarge,
    ReactivePowerParams,
    SetDerControl,
    SetDerControlOutcome,
    VoltageParams,
    member_of,
    setting_of,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v21

_SHAPES: Final[Shapes] = {
    Curve: v21.DERCurve,
    CurvePoint: v21.DERCurvePoints,
    Hysteresis: v21.Hysteresis,
    ReactivePowerParams: v21.ReactivePowerParams,
    VoltageParams: v21.VoltageParams,
    EnterService: v21.EnterService,
    FixedPowerFactor: v21.FixedPF,
    FixedVar: v21.FixedVar,
    FreqDroop: v21.FreqDroop,
    Gradient: v21.Gradient,
    LimitMaxDischarge: v21.LimitMaxDischarge,
}
_KINDS: Final[dict[str, type[Any]]] = {
    "curve": Curve,
    "enter_service": EnterService,
    "fixed_pf_absorb": FixedPowerFactor,
    "fixed_pf_inject": FixedPowerFactor,
    "fixed_var": FixedVar,
    "freq_droop": FreqDroop,
    "gradient": Gradient,
    "limit_max_discharge": LimitMaxDischarge,
}
_REPORTED: Final[dict[str, tuple[type[Any], str]]] = {
    "curve": (v21.DERCurveGet, "curve"),
    "enter_service": (v21.EnterServiceGet, "enter_service"),
    "fixed_pf_absorb": (v21.FixedPFGet, "fixed_pf"),
    "fixed_pf_inject": (v21.FixedPFGet, "fixed_pf"),
    "fixed_var": (v21.FixedVarGet, "fixed_var"),
    "freq_droop": (v21.FreqDroopGet, "freq_droop"),
    "gradient": (v21.GradientGet, "gradient"),
    "limit_max_discharge": (v21.LimitMaxDischargeGet, "limit_max_discharge"),
}
"""By member: the type in a report, and the name of the setting in it."""
_ALWAYS_DEFAULT: Final = ("enter_service", "gradient")
"""Reports do not say of these whether they are defaults: they are nothing else (R04.FR.14)."""
_TYPES: Final = {member_of(each): each for each in DerControlType if member_of(each) != "curve"}


def write_set(control: DerControl) -> v21.SetDERControlRequest:
    """SetDERControl: every member that is there is sent, so that what was asked is not changed silently."""
    settings = {name: each for name in MEMBERS if (each := getattr(control, name)) is not None}
    return v21.SetDERControlRequest(
        is_default=control.is_default,
        control_id=control.control_id,
        control_type=same_name(control.control_type),
        **{name: write_value(_SHAPES, each) for name, each in settings.items()},
    )


def read_set(request: v21.SetDERControlRequest) -> SetDerControl:
    """SetDERControl."""
    settings = {
        name: read_value(_KINDS[name], each) for name in MEMBERS if (each := getattr(request, name)) is not None
    }
    control = DerControl(
        control_id=request.control_id,
        control_type=DerControlType(request.control_type),
        is_default=request.is_default,
        **settings,
    )
    return SetDerControl(control=control)


def write_report(fact: DerControlsReported) -> v21.ReportDERControlRequest:
    """ReportDERControl: the controls sorted by their types (R04.FR.32)."""
    lists: dict[str, Any] = {}
    for installed in fact.controls:
        name = member_of(installed.control.control_type)
        lists.setdefault(name, []).append(_write_installed(name, installed))
    return v21.ReportDERControlRequest(request_id=fact.request_id, tbc=True if fact.more else None, **lists)


def _write_installed(name: str, installed: InstalledDerControl) -> Any:
    control, (shape, inside) = installed.control, _REPORTED[name]
    setting = setting_of(control)
    if setting is None:
        raise NotSayable(f"A {control.control_type} control without its setting cannot be reported.")
    said: dict[str, Any] = {"id": control.control_id, inside: write_value(_SHAPES, setting)}
    if name not in _ALWAYS_DEFAULT:
        said |= {"is_default": control.is_default, "is_superseded": installed.is_superseded}
    if name == "curve":
        said["curve_type"] = same_name(control.control_type)
    return shape(**said)


def read_report(request: v21.ReportDERControlRequest) -> DerControlsReported:
    """ReportDERControl."""
    return DerControlsReported(
        request_id=request.request_id, controls=tuple(_read_installed(request)), more=bool(request.tbc)
    )


def _read_installed(request: v21.ReportDERControlRequest) -> Iterator[InstalledDerControl]:
    for name in MEMBERS:
        for told in getattr(request, name) or ():
            setting = read_value(_KINDS[name], getattr(told, _REPORTED[name][1]))
            control = DerControl(
                control_id=told.id,
                control_type=DerControlType(told.curve_type) if name == "curve" else _TYPES[name],
                is_default=getattr(told, "is_default", True),
                **{name: setting},
            )
            yield InstalledDerControl(control=control, is_superseded=getattr(told, "is_superseded", False))


def _read_alarm(request: v21.NotifyDERAlarmRequest) -> DerAlarm:
    fault = request.grid_event_fault
    return DerAlarm(
        control_type=DerControlType(request.control_type),
        at=read_time(request.timestamp),
        fault=None if fault is None else GridEventFault(fault),
        ended=bool(request.alarm_ended),
        extra_info=request.extra_info,
    )


def _read_get(request: v21.GetDERControlRequest) -> GetDerControl:
    return GetDerControl(
        request_id=request.request_id,
        is_default=request.is_default,
        control_type=_type(request.control_type),
        control_id=request.control_id,
    )


def _type(name: str | None) -> DerControlType | None:
    return None if name is None else DerControlType(name)


FACTS = (
    FactWord(
        fact=DerControlsReported,
        read={v21.ReportDERControlRequest: read_report},
        write=lambda fact, _named: write_report(fact),
        write_verdict=lambda _fact, _verdict: v21.ReportDERControlResponse(),
    ),
    FactWord(
        fact=DerAlarm,
        read={v21.NotifyDERAlarmRequest: _read_alarm},
        write=lambda fact, _named: v21.NotifyDERAlarmRequest(
            control_type=same_name(fact.control_type),
            timestamp=fact.at,
            grid_event_fault=same_name(fact.fault),
            alarm_ended=True if fact.ended else None,
            extra_info=fact.extra_info,
        ),
        write_verdict=lambda _fact, _verdict: v21.NotifyDERAlarmResponse(),
    ),
    FactWord(
        fact=DerControlStarted,
        read={
            v21.NotifyDERStartStopRequest: lambda request: DerControlStarted(
                control_id=request.control_id,
                started=request.started,
                at=read_time(request.timestamp),
                superseded_ids=tuple(request.superseded_ids or ()),
            )
        },
        write=lambda fact, _named: v21.NotifyDERStartStopRequest(
            control_id=fact.control_id,
            started=fact.started,
            timestamp=fact.at,
            superseded_ids=list(fact.superseded_ids) or None,
        ),
        write_verdict=lambda _fact, _verdict: v21.NotifyDERStartStopResponse(),
    ),
)

COMMANDS = (
    CommandWord(
        command=SetDerControl,
        read={v21.SetDERControlRequest: read_set},
        write=lambda command: (write_set(command.control),),
        write_outcome=lambda _command, outcome, _request: v21.SetDERControlResponse(
            status=same_name(outcome.status), superseded_ids=list(outcome.superseded_ids) or None
        ),
        read_outcome=lambda _command, responses: SetDerControlOutcome(
            status=DerControlStatus(responses[0].status), superseded_ids=tuple(responses[0].superseded_ids or ())
        ),
    ),
    CommandWord(
        command=GetDerControl,
        read={v21.GetDERControlRequest: _read_get},
        write=lambda command: (
            v21.GetDERControlRequest(
                request_id=command.request_id,
                is_default=command.is_default,
                control_type=same_name(command.control_type),
                control_id=command.control_id,
            ),
        ),
        write_outcome=lambda _command, outcome, _request: v21.GetDERControlResponse(status=same_name(outcome.status)),
        read_outcome=lambda _command, responses: DerControlOutcome(status=DerControlStatus(responses[0].status)),
    ),
    CommandWord(
        command=ClearDerControl,
        read={
            v21.ClearDERControlRequest: lambda request: ClearDerControl(
                is_default=request.is_default,
                control_type=_type(request.control_type),
                control_id=request.control_id,
            )
        },
        write=lambda command: (
            v21.ClearDERControlRequest(
                is_default=command.is_default,
                control_type=same_name(command.control_type),
                control_id=command.control_id,
            ),
        ),
        write_outcome=lambda _command, outcome, _request: v21.ClearDERControlResponse(status=same_name(outcome.status)),
        read_outcome=lambda _command, responses: DerControlOutcome(status=DerControlStatus(responses[0].status)),
    ),
)
