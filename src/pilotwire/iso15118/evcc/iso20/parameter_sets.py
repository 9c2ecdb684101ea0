"""The parameter set that suits a vehicle best: control mode, who plans, connector, prices, and the way back to the grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pilotwire.iso15118.charging import AcLimits, Control, Transfer
from pilotwire.iso15118.evcc.iso20.talk import BY_STATION, BY_VEHICLE, ParameterSet, Talk
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.quantities import plain

CONTROLS: Final = {1: Control.SCHEDULED, 2: Control.DYNAMIC}
"""ControlMode."""
_ONE_PHASE, _THREE_PHASES = 1, 2
"""Connector of AC."""
Value = bool | int | float | str


def best(s: Talk, transfer: Transfer, offered: Iterable[cm.ParameterSet]) -> ParameterSet | None:
    """The set that is liked most; None: the vehicle can take none of them."""
    rated = [(rank, found) for one in offered if (rank := _rank(s, transfer, _values(one))) and (found := _read(one))]
    return min(rated, key=lambda each: each[0])[1] if rated else None


def _values(one: cm.ParameterSet) -> dict[str, Value]:
    return {each.name: value for each in one.parameter if (value := _value(each)) is not None}


def _value(parameter: cm.Parameter) -> Value | None:
    for told in (parameter.bool_value, parameter.byte_value, parameter.short_value, parameter.int_value):
        if told is not None:
            return told
    if parameter.rational_number is not None:
        return plain(parameter.rational_number)
    return parameter.finite_string


def _read(one: cm.ParameterSet) -> ParameterSet:
    values = _values(one)
    return ParameterSet(
        id=one.parameter_set_id,
        control=CONTROLS[_number(values, "ControlMode", 1)],
        mobility=_number(values, "MobilityNeedsMode", BY_VEHICLE),
        pricing=_number(values, "Pricing", 0),
        phases=1 if _number(values, "Connector", _THREE_PHASES) == _ONE_PHASE else 3,
        channel=_number(values, "BPTChannel", 1),
    )


def _number(values: dict[str, Value], name: str, default: int) -> int:
    """A number that is written as another type is no reason to part."""
    found = values.get(name, default)
    return int(found) if isinstance(found, int | float) else default


def _rank(s: Talk, transfer: Transfer, values: dict[str, Value]) -> tuple[int, ...]:
    """How well a set suits, place by place in the vehicle's lists; (): not at all."""
    control = CONTROLS.get(_number(values, "ControlMode", 1))
    if control is None:
        s.remark(f"The station offers a ControlMode {values.get('ControlMode')}, which is not known.")
        return ()
    mobility = _number(values, "MobilityNeedsMode", BY_VEHICLE)
    if mobility == BY_STATION and control is Control.SCHEDULED:
        s.find("The station offers MobilityNeedsMode 2 with scheduled control; it belongs to dynamic control alone.")
        return ()
    options = s.options
    connectors = options.dc_connectors if transfer.dc else _connectors(s, transfer)
    places = [
        _place(s.ev.wish().controls, control),
        _place(options.mobility, mobility),
        _place(connectors, _number(values, "Connector", connectors[0])),
        _place(options.pricing, _number(values, "Pricing", 0)),
    ]
    if transfer.bidirectional:
        places.append(_place(options.channels, _number(values, "BPTChannel", options.channels[0])))
        places.append(_place(options.generator_modes, _number(values, "GeneratorMode", options.generator_modes[0])))
    found = [place for place in places if place is not None]
    return tuple(found) if len(found) == len(places) else ()


def _connectors(s: Talk, transfer: Transfer) -> tuple[int, ...]:
    """A vehicle of three phases charges by one too, and the other way round; its own are liked most."""
    limits = s.ev.needs(transfer, Control.SCHEDULED).limits
    one = isinstance(limits, AcLimits) and limits.phases == 1
    return (_ONE_PHASE, _THREE_PHASES) if one else (_THREE_PHASES, _ONE_PHASE)


def _place(liked: Sequence[object], value: object) -> int | None:
    return liked.index(value) if value in liked else None
