"""Resources that have the fields of a kind of value of the domain: made of each other, all levels down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, TypeVar, cast

import msgspec
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from pilotwire.csms.api.problems import ApiError
from pilotwire.csms.api.resource import Resource
from pilotwire.domain.der_control import Misfit
from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff import TariffMisfit

_V = TypeVar("_V", bound=Value)
_MOST = 10**12


def _decimal(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not -_MOST <= value <= _MOST:
        raise ValueError("this is a number from -1000000000000 to 1000000000000")
    return Decimal(str(value))


def _number(value: Decimal) -> float | int | None:
    number = float(value)
    if number - number != 0:
        return None
    return int(number) if number.is_integer() else number


Quantity = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    PlainSerializer(_number, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": -_MOST, "maximum": _MOST}),
]
"""A decimal number, as a JSON number both ways, with the digits it was written with."""
Shown = Mapping[type[Value], type[Resource]]
"""Which resource a kind of value has."""


def value_of(kind: type[_V], resource: Resource) -> _V:
    """The value of a resource that has been checked; what is null gets the value's default."""
    return msgspec.convert(resource.model_dump(exclude_none=True), kind)


def shown(resources: Shown, value: Value) -> Any:
    """The resource of a value; it may have come from a station, so nothing is checked again."""
    names = cast(Any, value).__struct_fields__
    fields = {name: _shown(resources, getattr(value, name)) for name in names}
    return resources[type(value)].model_construct(**fields)


def _shown(resources: Shown, value: Any) -> Any:
    if isinstance(value, Value):
        return shown(resources, value)
    return [_shown(resources, each) for each in value] if isinstance(value, tuple) else value


def refuse(where: str, misfits: Sequence[Misfit | TariffMisfit]) -> None:
    """Raise the error of a request that holds what a station would reject, with every reason and its rule; nothing was sent."""
    if not misfits:
        return
    errors = [{"where": f"{where}.{_spelled(each.where)}", "what": f"{each.what} ({each.rule})"} for each in misfits]
    said = "; ".join(f"{each['where']}: {each['what']}" for each in errors)
    detail = f"A station would reject this: {said}. Nothing was sent."
    unfit = HTTPStatus.UNPROCESSABLE_ENTITY
    raise ApiError(unfit, "invalid-request", detail, "Mend that; /docs shows what is expected.", errors=errors)


_SPELLED = {"fixed_pf_absorb": "fixedPFAbsorb", "fixed_pf_inject": "fixedPFInject"}


def _spelled(path: str) -> str:
    """A path of field names as the API writes them."""
    return ".".join(_SPELLED.get(name) or _camel(name) for name in path.split("."))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
