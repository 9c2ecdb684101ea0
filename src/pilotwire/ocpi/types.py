"""What OCPI objects are made of: the base, constrained strings, exact numbers, times. The annotations are the schema.

An optional field may be absent or `null` (OCPI: "may be considered as null values"). A field that OCPI does not know is refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, dataclass_transform

import msgspec
from msgspec import Meta

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Shape(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Base of every OCPI object. Immutable; equal when all fields are equal; fields by keyword only."""


_ASCII: Final = r"\A[\x20-\x7e]*\Z"
_PRINTABLE: Final = r"\A[^\x00-\x1f\x7f]*\Z"
CiString2 = Annotated[str, Meta(min_length=2, max_length=2, pattern=_ASCII)]
CiString3 = Annotated[str, Meta(min_length=1, max_length=3, pattern=_ASCII)]
CiString32 = Annotated[str, Meta(max_length=32, pattern=_ASCII)]
CiString36 = Annotated[str, Meta(min_length=1, max_length=36, pattern=_ASCII)]
CiString39 = Annotated[str, Meta(min_length=1, max_length=39, pattern=_ASCII)]
CiString48 = Annotated[str, Meta(max_length=48, pattern=_ASCII)]
CiString255 = Annotated[str, Meta(max_length=255, pattern=_ASCII)]
String3 = Annotated[str, Meta(max_length=3, pattern=_PRINTABLE)]
String10 = Annotated[str, Meta(max_length=10, pattern=_PRINTABLE)]
String20 = Annotated[str, Meta(max_length=20, pattern=_PRINTABLE)]
String45 = Annotated[str, Meta(max_length=45, pattern=_PRINTABLE)]
String64 = Annotated[str, Meta(max_length=64, pattern=_PRINTABLE)]
String255 = Annotated[str, Meta(max_length=255, pattern=_PRINTABLE)]
String512 = Annotated[str, Meta(max_length=512, pattern=_PRINTABLE)]
String5000 = Annotated[str, Meta(max_length=5000, pattern=_PRINTABLE)]
AnyString = Annotated[str, Meta(pattern=_PRINTABLE)]
Language = Annotated[str, Meta(min_length=2, max_length=2, pattern=_ASCII)]
Currency = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
Url = Annotated[str, Meta(max_length=255, pattern=r"\A[A-Za-z][A-Za-z0-9+.\-]*:[^\s]*\Z")]
TimeOfDay = Annotated[str, Meta(pattern=r"\A([0-1][0-9]|2[0-3]):[0-5][0-9]\Z")]
Day = Annotated[str, Meta(pattern=r"\A([12][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")]
Latitude = Annotated[str, Meta(max_length=10, pattern=r"\A-?[0-9]{1,2}\.[0-9]{5,7}\Z")]
Longitude = Annotated[str, Meta(max_length=11, pattern=r"\A-?[0-9]{1,3}\.[0-9]{5,7}\Z")]
StepSize = Annotated[int, Meta(ge=0, le=2_147_483_647)]
Seconds = Annotated[int, Meta(ge=0, le=2_147_483_647)]
OneOrMore = Annotated[tuple[_T, ...], Meta(min_length=1)]


class _Checked(type):
    """Metaclass of the markers below: what the decode hook made is what it is."""

    def __instancecheck__(cls, value: object) -> bool:
        return True


class _Number(metaclass=_Checked):
    """A JSON number, as the exact decimal."""


class _DateTime(metaclass=_Checked):
    """A time in UTC, with `Z` or without (OCPI DateTime); nothing else, not even `+00:00`."""


if TYPE_CHECKING:
    Number = Decimal
    DateTime = datetime
else:
    Number, DateTime = _Number, _DateTime

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z?", re.ASCII)
_LONGEST_TIME: Final = 25
_LARGEST_EXPONENT: Final = 30


def decode_hook(wanted: type, value: Any) -> Any:
    """msgspec's `dec_hook` for the markers of this module."""
    return _number(value) if wanted is _Number else _time(value)


def _number(value: Any) -> Decimal:
    if value.__class__ not in (int, Decimal):
        raise ValueError(f"Expected `number`, got {value!r}")
    number = Decimal(value)
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError(f"{value} is no number that can be meant")
    return number


def _time(value: Any) -> datetime:
    if not isinstance(value, str) or len(value) > _LONGEST_TIME or not _TIME.fullmatch(value):
        raise ValueError(f"{value!r} is no time in UTC like 2015-06-29T20:39:09Z")
    try:
        return datetime.fromisoformat(value.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{value!r} is no time there is") from None


def decoder(shape: type[_T]) -> msgspec.json.Decoder[_T]:
    """A decoder of JSON to one kind of object; it raises `msgspec.ValidationError` with what is wrong and where."""
    return msgspec.json.Decoder(shape, dec_hook=decode_hook, float_hook=Decimal)


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def encoded(shape: Shape) -> bytes:
    """An object as JSON; times to the millisecond, for OCPI has 25 characters for one."""
    return _ENCODER.encode(_plain(msgspec.to_builtins(shape, builtin_types=(datetime, Decimal))))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        at = value.astimezone(UTC).replace(tzinfo=None)
        return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds") + "Z"
    return value
