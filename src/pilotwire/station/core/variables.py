"""Variables: their values, and what a CSMS may do with them (B05, B06; 1.6:5.3, 1.6:5.8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from sys import intern

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
from pilotwire.domain.kinds import Reason
from pilotwire.errors import ConfigError, MisuseError
from pilotwire.station.core.device_model_catalogue import Catalogue, key_of
from pilotwire.station.core.variable_table import Declared

__all__ = ["Variables", "fits", "key_of", "moment_of"]

_INTEGER = re.compile(r"-?[0-9]{1,18}\Z")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?\Z")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})\Z")
_LISTS = (DataType.MEMBER_LIST, DataType.SEQUENCE_LIST)
_NUMBERS = (DataType.INTEGER, DataType.DECIMAL)
_INFO_MOST = 512
"""Characters of additionalInfo (2.0.1 StatusInfoType)."""
_READ_ONLY = Reason(code="ReadOnly")
_WRITE_ONLY = Reason(code="WriteOnly")
_REFUSED = Reason(code="InvalidValue", info="The station cannot take this value as things are.")
_OUTSIDE = Reason(code="ValueOutOfRange", info="It is not between MinSet and MaxSet, or they would cross.")
_DIGITS = {"1": "true", "0": "false"}
_AS_DIGITS = {word: digit for digit, word in _DIGITS.items()}
_ACTUAL = AttributeType.ACTUAL
_BOUNDS = (AttributeType.MIN_SET, AttributeType.MAX_SET)
_NONE: Mapping[str, str] = {}

Live = Callable[[VariableName], str | None]
"""A value that is not kept but is so at this moment; None where the kept one counts."""
LiveOther = Callable[[VariableName, AttributeType], str | None]
Allowed = Callable[[str, str], bool | Reason]


# --- what fits ------------------------------------------------------------------------------------------------------


def fits(spec: Declared, value: str) -> str | None:
    """`value` as it is kept, None if the variable cannot have it (B05.FR.07, B05.FR.08)."""
    if spec.type is DataType.BOOLEAN:
        return value.casefold() if value.casefold() in ("true", "false") else None
    if spec.type is DataType.INTEGER:
        return str(int(value)) if _INTEGER.match(value) and _within(spec, int(value)) else None
    if spec.type is DataType.DECIMAL:
        return value if _DECIMAL.match(value) and _within(spec, Decimal(value)) else None
    if spec.type is DataType.DATE_TIME:
        return value if value == "" or moment_of(value) is not None else None
    if spec.type in _LISTS:
        return _list(spec, value)
    if spec.type is DataType.OPTION_LIST:
        return value if value in spec.values else None
    return value if _within(spec, len(value)) else None


def moment_of(text: str) -> datetime | None:
    """A moment as RFC 3339 writes it, with its offset; None for text that is none."""
    if not _MOMENT.match(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _why_not(spec: Declared, value: str) -> Reason:
    """Why a variable cannot have a value, by the reason codes of the appendix."""
    numeric = spec.type in _NUMBERS and (_INTEGER if spec.type is DataType.INTEGER else _DECIMAL).match(value)
    if numeric or spec.type is DataType.STRING:
        what = "A text" if spec.type is DataType.STRING else "A number"
        length = " characters" if spec.type is DataType.STRING else ""
        return Reason(code="ValueOutOfRange", info=f"{what} from {_shown(spec.low)} to {_shown(spec.high)}{length}.")
    if spec.values:
        return Reason(code="InvalidValue", info=f"Only of {','.join(spec.values)}."[:_INFO_MOST])
    return Reason(code="InvalidValue", info=f"It is of type {spec.type}.")


def _shown(bound: int | Decimal | None) -> str:
    return "any" if bound is None else str(bound)


def _within(spec: Declared, number: int | Decimal) -> bool:
    return (spec.low is None or number >= spec.low) and (spec.high is None or number <= spec.high)


def _list(spec: Declared, value: str) -> str | None:
    members = [member.strip() for member in value.split(",")] if value.strip() else []
    known = all(member in spec.values for member in members)
    return ",".join(members) if known and len(set(members)) == len(members) else None


def _mutability(spec: Declared, attribute: AttributeType) -> Mutability | None:
    """Who may change an attribute, None if the variable has none of that type."""
    if attribute is _ACTUAL:
        return spec.mutability
    return next((other.mutability for other in spec.others if other.type is attribute), None)


def _is_persistent(spec: Declared, attribute: AttributeType) -> bool:
    if attribute is _ACTUAL:
        return spec.persistent
    return next(other.persistent for other in spec.others if other.type is attribute)


def _place(key: str, attribute: AttributeType) -> str:
    """Where the value of an attribute is kept."""
    return key if attribute is _ACTUAL else f"{key}#{attribute.casefold()}"


# --- the variables of a station -------------------------------------------------------------------------------------


class Variables:
    """The variables of one station; all it holds besides what its `catalogue` shares is what was set.

    `first` are values by written name that stand over the defaults, `values` those set since by the CSMS (kept as `key_of`, other
    attributes than Actual with their name behind it); `values` is replaced, never changed in place, when something is set. What is
    not persistent is not in it and is gone with this object. Raises `ConfigError` for a first value that cannot be.
    """

    __slots__ = ("_catalogue", "_first", "_in_force", "_passing", "live_other", "values")

    def __init__(self, catalogue: Catalogue, first: Mapping[str, str], values: Mapping[str, str]) -> None:
        self._catalogue = catalogue
        self.live_other: LiveOther = lambda _name, _attribute: None
        """The value that another attribute than Actual has at this moment; the core sets it."""
        self._passing: Mapping[str, str] = _NONE
        self._in_force: Mapping[str, str] = _NONE
        """What counts until the next start of what was set and needs a reboot."""
        self._first: Mapping[str, str] = (
            {intern(key.casefold()): self.checked(key, value)[1] for key, value in first.items()} if first else _NONE
        )
        specs = catalogue.specs
        self.values: dict[str, str] = {key: value for key, value in values.items() if key.partition("#")[0] in specs}

    def checked(self, key: str, value: str) -> tuple[VariableName, str]:
        """The name of a written one, and `value` as it is kept; raises `ConfigError` for what cannot be."""
        spec = self._catalogue.specs.get(key.casefold())
        if spec is None:
            raise ConfigError(f"This station has no variable {key}.", "Use a name like TxCtrlr.TxStartPoint.")
        kept = fits(spec, value)
        if kept is None:
            raise ConfigError(f"The variable {key} cannot be {value!r}.", f"It is of type {spec.type}.")
        return spec.name, kept

    # --- for the station itself -------------------------------------------------------------------------------------

    def spec(self, name: VariableName) -> Declared | None:
        """What is declared of a variable, None if there is no such."""
        return self._catalogue.specs.get(key_of(name))

    def knows_component(self, name: VariableName) -> bool:
        """Whether there is the component a variable is named of."""
        return self._catalogue.knows_component(name)

    def text(self, key: str, attribute: AttributeType = _ACTUAL) -> str:
        """The value of `Component.Variable`, empty if not set; raises `MisuseError` for a name that is not declared."""
        folded = key.casefold()
        spec = self._catalogue.specs.get(folded)
        if spec is None:
            raise MisuseError(f"There is no variable {key}.")
        if attribute is _ACTUAL:
            return self._actual(folded, spec)
        if _mutability(spec, attribute) is None:
            raise MisuseError(f"The variable {key} has no {attribute}.")
        return self._value(folded, spec, attribute)

    def has(self, key: str) -> bool:
        """Whether there is a variable of this written name."""
        return key.casefold() in self._catalogue.specs

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
        return ((spec, self._value(key, spec)) for key, spec in self._catalogue.specs.items())

    def value_of(self, spec: Declared, attribute: AttributeType) -> str:
        """The kept value of an attribute of a declared variable, empty if not set; of others than Actual the present one, if it is live."""
        if attribute is not _ACTUAL and (now := self.live_other(spec.name, attribute)) is not None:
            return now
        return self._value(key_of(spec.name), spec, attribute)

    def put(self, key: str, value: str) -> None:
        """Set a value from within, whatever its mutability; it counts from now on. Limits that were set do not hold it."""
        folded = key.casefold()
        spec = self._catalogue.specs.get(folded)
        if spec is None:
            raise MisuseError(f"There is no variable {key}.")
        self._in_force = {other: kept for other, kept in self._in_force.items() if other != folded}
        self._keep(folded, spec.persistent, value)

    def _keep(self, place: str, persistent: bool, value: str) -> None:
        if persistent:
            self.values = {**self.values, place: value}
        else:
            self._passing = {**self._passing, place: value}

    def _actual(self, folded: str, spec: Declared) -> str:
        for source in (self._in_force, self._passing, self.values, self._first):
            if source and folded in source:
                return source[folded]
        return spec.default

    def _value(self, folded: str, spec: Declared, attribute: AttributeType = _ACTUAL) -> str:
        if attribute is _ACTUAL:
            return self._actual(folded, spec)
        place = _place(folded, attribute)
        if place in self._passing:
            return self._passing[place]
        default = next((other.default for other in spec.others if other.type is attribute), "")
        return self.values.get(place, default)

    # --- read by the CSMS -------------------------------------------------------------------------------------------

    def get(self, command: GetVariables, live: Live, *, digits: bool = False) -> GetVariablesOutcome:
        """Answer B06; no names: all that can be read. `digits`: booleans are told as 1 and 0."""
        asked = command.asked or tuple(
            VariableQuery(name=spec.name)
            for spec in self._catalogue.specs.values()
            if spec.mutability is not Mutability.WRITE_ONLY
        )
        return GetVariablesOutcome(results=tuple(self._get_one(query, live, digits) for query in asked))

    def _get_one(self, query: VariableQuery, live: Live, digits: bool) -> VariableResult:
        spec = self._catalogue.specs.get(key_of(query.name))
        status = self._readable(query, spec)
        if spec is None or status is not VariableStatus.ACCEPTED:
            reason = _WRITE_ONLY if status is VariableStatus.REJECTED else None
            return VariableResult(name=query.name, status=status, attribute=query.attribute, reason=reason)
        value = live(spec.name) if query.attribute is _ACTUAL else None
        if value is None:
            value = self.value_of(spec, query.attribute)
        if digits and spec.type is DataType.BOOLEAN:
            value = _AS_DIGITS.get(value, value)
        return VariableResult(
            name=query.name,
            status=status,
            value=value,
            attribute=query.attribute,
            read_only=_mutability(spec, query.attribute) is Mutability.READ_ONLY,
        )

    def _readable(self, query: VariableQuery, spec: Declared | None) -> VariableStatus:
        if spec is None:
            known = self._catalogue.knows_component(query.name)
            return VariableStatus.UNKNOWN_VARIABLE if known else VariableStatus.UNKNOWN_COMPONENT
        mutability = _mutability(spec, query.attribute)
        if mutability is None:
            return VariableStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE
        return VariableStatus.REJECTED if mutability is Mutability.WRITE_ONLY else VariableStatus.ACCEPTED

    # --- set by the CSMS --------------------------------------------------------------------------------------------

    def set(
        self, command: SetVariables, allowed: Allowed = lambda _key, _value: True, *, digits: bool = False
    ) -> tuple[SetVariablesOutcome, tuple[VariableSetting, ...]]:
        """Answer B05, and what was set by it and counts already. `allowed` may refuse an actual value that fits its type.

        It is asked by `key_of` the name. `digits`: booleans may be written as 1 and 0.
        """
        results: list[SetVariableResult] = []
        done: list[VariableSetting] = []
        for setting in command.settings:
            status, more = self._set_one(setting, allowed, digits)
            reason = more if isinstance(more, Reason) else None
            results.append(
                SetVariableResult(name=setting.name, status=status, attribute=setting.attribute, reason=reason)
            )
            if isinstance(more, str) and status is SetVariableStatus.ACCEPTED:
                done.append(VariableSetting(name=setting.name, value=more, attribute=setting.attribute))
        return SetVariablesOutcome(results=tuple(results)), tuple(done)

    def _set_one(
        self, setting: VariableSetting, allowed: Allowed, digits: bool
    ) -> tuple[SetVariableStatus, str | Reason | None]:
        """What becomes of a setting, and the value that was kept, or why none was."""
        key = key_of(setting.name)
        spec = self._catalogue.specs.get(key)
        if spec is None:
            known = self._catalogue.knows_component(setting.name)
            return (SetVariableStatus.UNKNOWN_VARIABLE if known else SetVariableStatus.UNKNOWN_COMPONENT), None
        mutability = _mutability(spec, setting.attribute)
        if mutability is None:
            return SetVariableStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE, None
        value = _DIGITS.get(setting.value, setting.value) if digits and spec.type is DataType.BOOLEAN else setting.value
        if mutability is Mutability.READ_ONLY:
            return SetVariableStatus.REJECTED, _READ_ONLY
        unsets = not value and setting.attribute is not _ACTUAL  # it is not set any more (as in B06.FR.13)
        kept = "" if unsets else fits(spec, value)
        if kept is None:
            return SetVariableStatus.REJECTED, _why_not(spec, value)
        answer = allowed(key, kept) if setting.attribute is _ACTUAL else True
        if answer is not True:
            return SetVariableStatus.REJECTED, answer or _REFUSED
        if not self._is_in_bounds(key, spec, setting.attribute, kept):
            return SetVariableStatus.REJECTED, _OUTSIDE
        waits = spec.reboot_required and setting.attribute is _ACTUAL
        if waits and key not in self._in_force:
            self._in_force = {**self._in_force, key: self._value(key, spec)}
        self._keep(_place(key, setting.attribute), _is_persistent(spec, setting.attribute), kept)
        return (SetVariableStatus.REBOOT_REQUIRED if waits else SetVariableStatus.ACCEPTED), kept

    def _is_in_bounds(self, key: str, spec: Declared, attribute: AttributeType, value: str) -> bool:
        """A value lies between MinSet and MaxSet where those are set, and these do not cross (B05.FR.08, AttributeEnumType)."""
        if not value or not spec.others or spec.type not in _NUMBERS:
            return True
        low, high = (self._value(key, spec, bound) for bound in _BOUNDS)
        if attribute is AttributeType.MIN_SET:
            return not high or Decimal(value) <= Decimal(high)
        if attribute is AttributeType.MAX_SET:
            return not low or Decimal(value) >= Decimal(low)
        return (not low or Decimal(value) >= Decimal(low)) and (not high or Decimal(value) <= Decimal(high))
