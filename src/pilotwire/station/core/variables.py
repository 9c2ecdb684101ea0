"""Variables: their values, and what a CSMS may do with them (B05, B06; 1.6:5.3, 1.6:5.8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from pilotwire.domain.device_model import (
    AttributeType,
    DataType,
    GetVariables,
    GetVariablesOutcome,
    Mutability,
    SetVariableResult,
    SetVariables,
    SetVariablesOutcome,
    SetVariableStatus,
    VariableName,
    VariableQuery,
    VariableResult,
    VariableSetting,
    VariableStatus,
)
from pilotwire.errors import ConfigError, MisuseError
from pilotwire.station.core.variable_table import Declared

_INTEGER = re.compile(r"-?[0-9]{1,18}\Z")
_LISTS = (DataType.MEMBER_LIST, DataType.SEQUENCE_LIST)


def key_of(name: VariableName) -> str:
    """What a variable is found by: names and instances are compared without case (2.x identifierString, CiString in 1.6)."""
    place = "" if name.evse is None else f"@{name.evse}" + (f".{name.connector}" if name.connector is not None else "")
    instance = f"<{name.component_instance}>" if name.component_instance else ""
    inner = f"[{name.variable_instance}]" if name.variable_instance else ""
    written = f"{name.component}{instance}{place}.{name.variable}{inner}"
    return written.casefold()


def fits(spec: Declared, value: str) -> str | None:
    """`value` as it is kept, None if the variable cannot have it (B05.FR.07, B05.FR.08)."""
    if spec.type is DataType.BOOLEAN:
        return value.casefold() if value.casefold() in ("true", "false") else None
    if spec.type is DataType.INTEGER:
        return str(int(value)) if _INTEGER.match(value) and _within(spec, int(value)) else None
    if spec.type in _LISTS:
        return _list(spec, value)
    if spec.type is DataType.OPTION_LIST:
        return value if value in spec.values else None
    return value if _within(spec, len(value)) else None


def _within(spec: Declared, number: int) -> bool:
    return (spec.low is None or number >= spec.low) and (spec.high is None or number <= spec.high)


def _list(spec: Declared, value: str) -> str | None:
    members = [member.strip() for member in value.split(",")] if value.strip() else []
    known = all(member in spec.values for member in members)
    return ",".join(members) if known and len(set(members)) == len(members) else None


class Variables:
    """The variables of one station.

    `first` are values by written name that stand over the defaults, `values` those set since by the CSMS (kept as `key_of`);
    `values` is replaced, never changed in place, when something is set. Raises `ConfigError` for a first value that cannot be.
    """

    def __init__(self, declared: tuple[Declared, ...], first: Mapping[str, str], values: Mapping[str, str]) -> None:
        self._specs = {key_of(spec.name): spec for spec in declared}
        self._components = {(spec.name.component.casefold(), spec.name.evse, spec.name.connector) for spec in declared}
        self._first = {key.casefold(): self._checked(key, value) for key, value in first.items()}
        self.values: dict[str, str] = {key: value for key, value in values.items() if key in self._specs}

    def _checked(self, key: str, value: str) -> str:
        return self.checked(key, value)[1]

    def checked(self, key: str, value: str) -> tuple[VariableName, str]:
        """The name of a written one, and `value` as it is kept; raises `ConfigError` for what cannot be."""
        spec = self._specs.get(key.casefold())
        if spec is None:
            raise ConfigError(f"This station has no variable {key}.", "Use a name like TxCtrlr.TxStartPoint.")
        kept = fits(spec, value)
        if kept is None:
            raise ConfigError(f"The variable {key} cannot be {value!r}.", f"It is of type {spec.type}.")
        return spec.name, kept

    # --- for the station itself -------------------------------------------------------------------------------------

    def text(self, key: str) -> str:
        """The value of `Component.Variable`; raises `MisuseError` for a name that is not declared."""
        folded = key.casefold()
        if folded not in self._specs:
            raise MisuseError(f"There is no variable {key}.")
        return self._value(folded)

    def on(self, key: str) -> bool:
        """A boolean."""
        return self.text(key) == "true"

    def number(self, key: str) -> int:
        """An integer."""
        return int(self.text(key))

    def members(self, key: str) -> frozenset[str]:
        """The members of a list."""
        return frozenset(filter(None, self.text(key).split(",")))

    def __iter__(self) -> Iterator[tuple[Declared, str]]:
        """Every variable with the value kept of it, in the order declared."""
        return ((spec, self._value(key)) for key, spec in self._specs.items())

    def put(self, key: str, value: str) -> None:
        """Set a value from within, whatever its mutability."""
        self.values = {**self.values, key.casefold(): value}

    def _value(self, folded: str) -> str:
        for source in (self.values, self._first):
            if folded in source:
                return source[folded]
        return self._specs[folded].default

    # --- for the CSMS -----------------------------------------------------------------------------------------------

    def get(self, command: GetVariables, live: Callable[[VariableName], str | None]) -> GetVariablesOutcome:
        """Answer B06; `live` gives values that are not stored but are so at this moment. No names: all that can be read."""
        asked = command.asked or tuple(
            VariableQuery(name=spec.name)
            for spec in self._specs.values()
            if spec.mutability is not Mutability.WRITE_ONLY
        )
        return GetVariablesOutcome(results=tuple(self._get_one(query, live) for query in asked))

    def _get_one(self, query: VariableQuery, live: Callable[[VariableName], str | None]) -> VariableResult:
        spec = self._specs.get(key_of(query.name))
        status = self._readable(query, spec)
        if spec is None or status is not VariableStatus.ACCEPTED:
            return VariableResult(name=query.name, status=status, attribute=query.attribute)
        value = live(spec.name)
        return VariableResult(
            name=query.name,
            status=status,
            value=self._value(key_of(spec.name)) if value is None else value,
            attribute=query.attribute,
            read_only=spec.mutability is Mutability.READ_ONLY,
        )

    def _readable(self, query: VariableQuery, spec: Declared | None) -> VariableStatus:
        if spec is None:
            known = self._knows_component(query.name)
            return VariableStatus.UNKNOWN_VARIABLE if known else VariableStatus.UNKNOWN_COMPONENT
        if query.attribute is not AttributeType.ACTUAL:
            return VariableStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE
        return VariableStatus.REJECTED if spec.mutability is Mutability.WRITE_ONLY else VariableStatus.ACCEPTED

    def set(
        self, command: SetVariables, allowed: Callable[[str, str], bool] = lambda _key, _value: True
    ) -> tuple[SetVariablesOutcome, tuple[VariableSetting, ...]]:
        """Answer B05, and what was set by it. `allowed` may refuse a value that fits its type, by `key_of` the name."""
        results: list[SetVariableResult] = []
        done: list[VariableSetting] = []
        for setting in command.settings:
            status, kept = self._set_one(setting, allowed)
            results.append(SetVariableResult(name=setting.name, status=status, attribute=setting.attribute))
            if kept is not None:
                done.append(VariableSetting(name=setting.name, value=kept, attribute=setting.attribute))
        return SetVariablesOutcome(results=tuple(results)), tuple(done)

    def _set_one(
        self, setting: VariableSetting, allowed: Callable[[str, str], bool]
    ) -> tuple[SetVariableStatus, str | None]:
        key = key_of(setting.name)
        spec = self._specs.get(key)
        if spec is None:
            known = self._knows_component(setting.name)
            return (SetVariableStatus.UNKNOWN_VARIABLE if known else SetVariableStatus.UNKNOWN_COMPONENT), None
        if setting.attribute is not AttributeType.ACTUAL:
            return SetVariableStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE, None
        kept = None if spec.mutability is Mutability.READ_ONLY else fits(spec, setting.value)
        if kept is None or not allowed(key, kept):
            return SetVariableStatus.REJECTED, None
        self.put(key, kept)
        return (SetVariableStatus.REBOOT_REQUIRED if spec.reboot_required else SetVariableStatus.ACCEPTED), kept

    def _knows_component(self, name: VariableName) -> bool:
        place = (name.component.casefold(), name.evse, name.connector)
        return not name.component_instance and place in self._components
