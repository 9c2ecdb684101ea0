"""What is known of a variable of a station, from all that the station ever told: reports, answers, and settings it took (B05 to B08)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from pilotwire.domain.device_model.reports import Mutability, ReportedVariable, VariableCharacteristics
from pilotwire.domain.device_model.variables import (
    AttributeType,
    SetVariableStatus,
    VariableName,
    VariableResult,
    VariableSetting,
    VariableStatus,
)
from pilotwire.domain.kinds import Value, changed

_SECRETS: Final = frozenset({"authorizationkey", "sharedsecret", "vpnkey", "simpin"})


class KnownAttribute(Value):
    """A value of a variable as last told, at `at`. None: not told (or never to be kept, as a password is).

    `after_reboot` is a value the station has taken, and uses once it has rebooted (RebootRequired).
    """

    at: datetime
    type: AttributeType = AttributeType.ACTUAL
    value: str | None = None
    mutability: Mutability | None = None
    persistent: bool | None = None
    constant: bool | None = None
    after_reboot: str | None = None


class KnownVariable(Value):
    """A variable of a station.

    `key` is the name of its 1.6 configuration key, as the station writes it. `reported_at` is when a report last had it (None: none did).
    `inventory` marks the full inventory that had it last.
    """

    name: VariableName
    attributes: tuple[KnownAttribute, ...] = ()
    characteristics: VariableCharacteristics | None = None
    key: str | None = None
    reported_at: datetime | None = None
    inventory: datetime | None = None

    def value(self, kind: AttributeType = AttributeType.ACTUAL) -> str | None:
        """The value of an attribute, None if it is not known."""
        return next((each.value for each in self.attributes if each.type is kind), None)


def key_of(name: VariableName) -> str:
    """The place of a variable among those of its station: the same for names that differ only in case."""
    texts = (name.component, name.component_instance, name.variable, name.variable_instance)
    component, instance, variable, of = ((text or "").casefold() for text in texts)
    return json.dumps([component, instance, name.evse, name.connector, variable, of], separators=(",", ":"))


def is_secret(name: VariableName) -> bool:
    """Whether the value of a variable must not be kept: passwords and keys (A01)."""
    folded = name.variable.casefold()
    return "password" in folded or folded in _SECRETS


def reported(
    before: KnownVariable | None, told: ReportedVariable, at: datetime, inventory: datetime | None = None
) -> KnownVariable:
    """What is known once a report had the variable: its attributes are those of the report."""
    secret = is_secret(told.name)
    return KnownVariable(
        name=told.name,
        attributes=tuple(
            KnownAttribute(
                at=at,
                type=each.type,
                value=None if secret or each.mutability is Mutability.WRITE_ONLY else each.value,
                mutability=each.mutability,
                persistent=each.persistent,
                constant=each.constant,
            )
            for each in told.attributes
        ),
        characteristics=told.characteristics or (before.characteristics if before is not None else None),
        key=before.key if before is not None else None,
        reported_at=at,
        inventory=inventory or (before.inventory if before is not None else None),
    )


def answered(before: KnownVariable | None, result: VariableResult, at: datetime) -> KnownVariable | None:
    """What is known once the station has answered what a variable's value is; None: it has no such variable (B06)."""
    if result.status in (VariableStatus.UNKNOWN_COMPONENT, VariableStatus.UNKNOWN_VARIABLE):
        return None
    if result.status is VariableStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE:
        return before
    told = before or KnownVariable(name=result.name)
    if result.key is not None:
        told = changed(told, key=result.key)
    old = _attribute(told, result.attribute, at)
    accepted = result.status is VariableStatus.ACCEPTED and not is_secret(result.name)
    mutability = old.mutability
    if result.read_only is not None:
        mutability = Mutability.READ_ONLY if result.read_only else Mutability.READ_WRITE
    attribute = changed(
        old, at=at, value=result.value if accepted else old.value, mutability=mutability, after_reboot=None
    )
    return _with(told, attribute)


def taken(
    before: KnownVariable | None, setting: VariableSetting, status: SetVariableStatus, at: datetime
) -> KnownVariable | None:
    """What is known once the station has answered a setting (B05): the value, if it took it; a variable it does not have goes."""
    if status in (SetVariableStatus.UNKNOWN_COMPONENT, SetVariableStatus.UNKNOWN_VARIABLE):
        return None
    if status not in (SetVariableStatus.ACCEPTED, SetVariableStatus.REBOOT_REQUIRED):
        return before
    told = before or KnownVariable(name=setting.name)
    old = _attribute(told, setting.attribute, at)
    hidden = is_secret(setting.name) or old.mutability is Mutability.WRITE_ONLY
    value = None if hidden else setting.value
    if status is SetVariableStatus.REBOOT_REQUIRED:
        return _with(told, changed(old, after_reboot=value))
    return _with(told, changed(old, at=at, value=value, after_reboot=None))


def _attribute(known: KnownVariable, kind: AttributeType, at: datetime) -> KnownAttribute:
    return next((each for each in known.attributes if each.type is kind), KnownAttribute(at=at, type=kind))


def _with(known: KnownVariable, attribute: KnownAttribute) -> KnownVariable:
    others = tuple(each for each in known.attributes if each.type is not attribute.type)
    every = sorted((*others, attribute), key=lambda each: _ORDER[each.type])
    return changed(known, attributes=tuple(every))


_ORDER: Final = {kind: place for place, kind in enumerate(AttributeType)}
