"""What every typed OCPP message is made of: the bases, the constrained primitives, exact numbers, custom data.

The annotations *are* the schema: `msgspec` decodes and validates in one pass, and a test proves the result equal to the official
JSON schemas. Three things JSON Schema says and msgspec does not say by itself are made here:

- an optional field may be absent but never `null`: `Maybe[T]` (see there);
- a JSON `number` is an exact decimal (`0.1` stays `Decimal("0.1")`) and a JSON string is not a number: `Number` and its kin;
- `customData` is an open object that is kept to the last key: `CustomData`.

Three declared departures from JSON Schema, all to the strict side or harmless: `1.0` is not accepted for an `integer` (draft-06
would); an `integer` has at most 32 bits, as the specifications' own tables of types say; and timestamps may use the freedoms of
RFC 3339 section 5.6 (lower case `t` and `z`, a space for `T`, `+0200`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, dataclass_transform

import msgspec
from msgspec import Meta

T = TypeVar("T")

if TYPE_CHECKING:
    from typing import Optional

    Maybe = Optional[T]  # noqa: UP045 - `T | None` would be a value here, not an alias
else:

    class Maybe:
        """`Maybe[T] = None`: a field that may be absent. For the decoder it is plain `T`, so `null` on the wire is refused;
        `None` stands for absence in Python only and is left out when encoding."""

        def __class_getitem__(cls, item: Any) -> Any:
            return item


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class _Shape(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, rename="camel", gc=False
):
    """What messages and datatypes have in common; the decorator tells type checkers that subclasses inherit it."""


class Message(_Shape):
    """Base of every request and response payload. Immutable; equal when all fields are equal; fields by keyword only."""


class Datatype(_Shape):
    """Base of every object nested in a message. Immutable; equal when all fields are equal; fields by keyword only."""


# --- strings, arrays, integers, time ---------------------------------------------------------------------------------------------

String3 = Annotated[str, Meta(max_length=3)]
String6 = Annotated[str, Meta(max_length=6)]
String8 = Annotated[str, Meta(max_length=8)]
String16 = Annotated[str, Meta(max_length=16)]
String20 = Annotated[str, Meta(max_length=20)]
String25 = Annotated[str, Meta(max_length=25)]
String32 = Annotated[str, Meta(max_length=32)]
String36 = Annotated[str, Meta(max_length=36)]
String40 = Annotated[str, Meta(max_length=40)]
String48 = Annotated[str, Meta(max_length=48)]
String50 = Annotated[str, Meta(max_length=50)]
String60 = Annotated[str, Meta(max_length=60)]
String64 = Annotated[str, Meta(max_length=64)]
String80 = Annotated[str, Meta(max_length=80)]
String88 = Annotated[str, Meta(max_length=88)]
String100 = Annotated[str, Meta(max_length=100)]
String128 = Annotated[str, Meta(max_length=128)]
String160 = Annotated[str, Meta(max_length=160)]
String200 = Annotated[str, Meta(max_length=200)]
String255 = Annotated[str, Meta(max_length=255)]
String256 = Annotated[str, Meta(max_length=256)]
String500 = Annotated[str, Meta(max_length=500)]
String512 = Annotated[str, Meta(max_length=512)]
String800 = Annotated[str, Meta(max_length=800)]
String1000 = Annotated[str, Meta(max_length=1000)]
String1024 = Annotated[str, Meta(max_length=1024)]
String2000 = Annotated[str, Meta(max_length=2000)]
String2500 = Annotated[str, Meta(max_length=2500)]
String5500 = Annotated[str, Meta(max_length=5500)]
String5600 = Annotated[str, Meta(max_length=5600)]
String7500 = Annotated[str, Meta(max_length=7500)]
String10000 = Annotated[str, Meta(max_length=10000)]
String11000 = Annotated[str, Meta(max_length=11000)]
String17000 = Annotated[str, Meta(max_length=17000)]
String18000 = Annotated[str, Meta(max_length=18000)]
String32768 = Annotated[str, Meta(max_length=32768)]

Uri = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`]*$")]
"""A URI with its scheme (RFC 3986), no blanks."""

OneOrMore = Annotated[list[T], Meta(min_length=1)]
"""A JSON array that may not be empty."""

Integer = Annotated[int, Meta(ge=-2_147_483_648, le=2_147_483_647)]
"""An `integer`: 32 bits with sign (2.x Part 2, table of primitive datatypes), which the JSON schemas leave out."""
NonNegativeInt = Annotated[int, Meta(ge=0, le=2_147_483_647)]
PositiveInt = Annotated[int, Meta(ge=1, le=2_147_483_647)]
Int0To3 = Annotated[int, Meta(ge=0, le=3)]
Int0To100 = Annotated[int, Meta(ge=0, le=100)]

Timestamp = Annotated[datetime, Meta(tz=True)]
"""A `date-time` of OCPP 2.x: RFC 3339 with an offset."""
LooseTimestamp = datetime
"""A `date-time` of OCPP 1.6, where stations leave the offset out: a naive value means UTC (1.6:3.14)."""

# --- exact numbers ---------------------------------------------------------------------------------------------------------------


class _NumberKind(type):
    """Metaclass of the number markers.

    msgspec checks what a decode hook returned with `isinstance(value, Marker)`. The hook only ever returns finite decimals, so a
    C function answers that check with True; an `__instancecheck__` written in Python costs 80 ns more for every number.
    """

    __instancecheck__ = staticmethod(Decimal.is_finite)


class _Number(metaclass=_NumberKind):
    """Any JSON number."""

    @classmethod
    def from_wire(cls, value: Any) -> Decimal:
        """The exact decimal of a decoded JSON number; ValueError (a schema violation to the caller) for anything else."""
        if value.__class__ is Decimal:
            number: Decimal = value
        elif value.__class__ is int:
            number = Decimal(value)
        else:
            raise ValueError(f"Expected `number`, got `{_JSON_NAMES.get(value.__class__, 'unknown')}`")
        cls.check(number)
        return number

    @classmethod
    def check(cls, number: Decimal) -> None:
        """Raise ValueError if the number breaks a constraint of this kind; a plain number has none."""


class _NonPositiveNumber(_Number):
    """A JSON number <= 0."""

    @classmethod
    def check(cls, number: Decimal) -> None:
        """Raise ValueError above zero."""
        if number > 0:
            raise ValueError("Expected `number` <= 0")


class _Percentage(_Number):
    """A JSON number from 0 to 100."""

    @classmethod
    def check(cls, number: Decimal) -> None:
        """Raise ValueError outside 0..100."""
        if not 0 <= number <= 100:
            raise ValueError(f"Expected `number` {'>= 0' if number < 0 else '<= 100'}")


class _Tenths(_Number):
    """A JSON number with at most one digit after the point (`multipleOf: 0.1` of 1.6), checked exactly."""

    @classmethod
    def check(cls, number: Decimal) -> None:
        """Raise ValueError unless the number is a whole count of tenths."""
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and exponent < -1 and number.normalize().as_tuple().exponent < -1:  # type: ignore[operator]
            raise ValueError("Expected `number` that's a multiple of 0.1")


_JSON_NAMES = {str: "str", bool: "bool", type(None): "null", dict: "object", list: "array"}

if TYPE_CHECKING:
    Number = Decimal
    NonPositiveNumber = Decimal
    Percentage = Decimal
    Tenths = Decimal
else:
    Number, NonPositiveNumber, Percentage, Tenths = _Number, _NonPositiveNumber, _Percentage, _Tenths

# --- custom data -----------------------------------------------------------------------------------------------------------------


class CustomData(Mapping[str, Any]):
    """A vendor's own object inside a 2.x message: `vendorId` (at most 255 characters) and anything else, kept as it came.

    Reads like a mapping of wire names. Values are what JSON gave: numbers with a fraction are `Decimal`. ValueError if `vendorId`
    is missing, no text or too long.
    """

    __slots__ = ("_fields",)
    VENDOR_ID_MAX: ClassVar[int] = 255

    def __init__(self, fields: Mapping[str, Any]) -> None:
        vendor_id = fields.get("vendorId", _ABSENT)
        if vendor_id is _ABSENT:
            raise ValueError("Object missing required field `vendorId`")
        if not isinstance(vendor_id, str):
            raise ValueError(f"Expected `str`, got `{_JSON_NAMES.get(vendor_id.__class__, 'number')}` for `vendorId`")
        if len(vendor_id) > self.VENDOR_ID_MAX:
            raise ValueError(f"Expected `str` of length <= {self.VENDOR_ID_MAX} for `vendorId`")
        self._fields = dict(fields)

    @classmethod
    def from_wire(cls, value: object) -> CustomData:
        """Wrap a decoded JSON object; ValueError (a schema violation to the caller) for anything else."""
        if not isinstance(value, dict):
            raise ValueError(f"Expected `object`, got `{_JSON_NAMES.get(value.__class__, 'number')}`")
        return cls(value)

    @property
    def vendor_id(self) -> str:
        """Who defined the other fields."""
        vendor_id: str = self._fields["vendorId"]
        return vendor_id

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"CustomData({self._fields!r})"


_ABSENT = object()

# --- the codec's hooks -----------------------------------------------------------------------------------------------------------


def decode_hook(kind: Any, value: Any) -> Any:
    """msgspec's `dec_hook` for the types of this module."""
    if kind is _Number and value.__class__ is Decimal:  # by far the most frequent: one look and done
        return value
    return kind.from_wire(value)


def encode_hook(value: Any) -> Any:
    """msgspec's `enc_hook` for the types of this module."""
    if isinstance(value, CustomData):
        return dict(value)
    raise NotImplementedError(f"{type(value).__name__} has no place in an OCPP message")


def decoder_of(message: type[T]) -> msgspec.json.Decoder[T]:
    """A decoder that validates one message or datatype; build it once and keep it."""
    return msgspec.json.Decoder(message, dec_hook=decode_hook, float_hook=Decimal)
