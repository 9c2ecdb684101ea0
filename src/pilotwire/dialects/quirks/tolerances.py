"""The tolerances: what stations in the field get wrong, and how it is understood all the same where the operator allows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from msgspec import inspect as shapes

from pilotwire.dialects.quirks.places import Place
from pilotwire.ocpp.violations import Rule, SchemaViolation

Mend = Callable[[Place, SchemaViolation, datetime], bool]
"""Changes the payload at a place so that it may fit; False if this is not what it is for. The time is when the message came."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A departure that can be allowed. `what` is a sentence for people, `rules` the kinds of breach it may mend."""

    name: str
    what: str
    rules: frozenset[Rule]
    mend: Mend


_INTEGER: Final = re.compile(r"\s*[+-]?[0-9]{1,12}(?:\.0*)?\s*", re.ASCII)
_NUMBER: Final = re.compile(r"\s*[+-]?[0-9]{1,20}(?:[.,][0-9]{1,20})?\s*", re.ASCII)
_WORDS: Final = {"true": True, "false": False, "1": True, "0": False, 1: True, 0: False}
_MOMENT: Final = re.compile(
    r"\s*(\d{4})-(\d\d?)-(\d\d?)[T ](\d\d?):(\d\d)(?::(\d\d)(\.\d+)?)?\s*([Zz]|[+-]\d\d:?\d\d)?\s*", re.ASCII
)
_EARLIEST: Final = 946_684_800  # 2000-01-01: a smaller number is hardly meant as seconds since 1970
_MILLISECONDS: Final = 10**11


def _numbers_as_strings(place: Place, _: SchemaViolation, _now: datetime) -> bool:
    value = place.value
    if not isinstance(value, str):
        return False
    if isinstance(place.kind, shapes.IntType) and _INTEGER.fullmatch(value):
        return place.put(int(Decimal(value.strip())))
    if isinstance(place.kind, shapes.CustomType | shapes.FloatType) and _NUMBER.fullmatch(value):
        return place.put(Decimal(value.strip().replace(",", ".")))
    return False


def _strings_as_numbers(place: Place, _: SchemaViolation, _now: datetime) -> bool:
    value = place.value
    if not isinstance(place.kind, shapes.StrType) or isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    return place.put(format(value, "f") if isinstance(value, Decimal) else str(value))


def _booleans_as_words(place: Place, _: SchemaViolation, _now: datetime) -> bool:
    value = place.value.strip().lower() if isinstance(place.value, str) else place.value
    if not isinstance(place.kind, shapes.BoolType) or isinstance(value, bool | Decimal | list | dict):
        return False
    return value in _WORDS and place.put(_WORDS[value])


def _fractional_integers(place: Place, _: SchemaViolation, _now: datetime) -> bool:
    value = place.value
    if not isinstance(place.kind, shapes.IntType) or not isinstance(value, Decimal) or not value.is_finite():
        return False
    return abs(value) < 2**31 and place.put(int(value.to_integral_value()))


def _enum_case(place: Place, _: SchemaViolation, _now: datetime) -> bool:
    if not isinstance(place.kind, shapes.LiteralType) or not isinstance(place.value, str):
        return False
    meant = {_bare(word): word for word in place.kind.values if isinstance(word, str)}.get(_bare(place.value))
    return meant is not None and place.put(meant)


def _bare(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalnum())


def _null_fields(place: Place, _: SchemaViolation, _now: datetime) -> bool:
    return place.value is None and not place.required and isinstance(place.key, str) and place.drop()


def _empty_strings(place: Place, _: SchemaViolation, _now: datetime) -> bool:
    return place.value == "" and not place.required and isinstance(place.key, str) and place.drop()


def _unknown_fields(place: Place, _: SchemaViolation, _now: datetime) -> bool:
    return isinstance(place.key, str) and place.drop()


def _missing_timestamp(place: Place, _: SchemaViolation, now: datetime) -> bool:
    if place.is_there or not isinstance(place.kind, shapes.DateTimeType):
        return False
    return place.put(now.astimezone(UTC).isoformat())


def _loose_timestamps(place: Place, _: SchemaViolation, _now: datetime) -> bool:
    if not isinstance(place.kind, shapes.DateTimeType):
        return False
    moment = _moment(place.value)
    return moment is not None and place.put(moment.isoformat())


def _moment(value: Any) -> datetime | None:
    """What a time that is not RFC 3339 means: without an offset it is UTC; a number is seconds or milliseconds since 1970."""
    try:
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and value >= _EARLIEST:
            return datetime.fromtimestamp(float(value if value < _MILLISECONDS else Decimal(value) / 1000), UTC)
        found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            return None
        year, month, day, hour, minute, second, fraction, offset = found.groups()
        text = f"{year}-{int(month):02}-{int(day):02}T{int(hour):02}:{minute}:{second or '00'}"
        micro = (fraction or ".0")[:7].ljust(7, "0")
        return datetime.fromisoformat(f"{text}{micro}{'+00:00' if offset in (None, 'Z', 'z') else offset}")
    except (ValueError, OverflowError, InvalidOperation):
        return None


def _long_text(place: Place, _: SchemaViolation, _now: datetime) -> bool:
    kind, value = place.kind, place.value
    if not isinstance(kind, shapes.StrType) or kind.max_length is None or not isinstance(value, str):
        return False
    return len(value) > kind.max_length and place.put(value[: kind.max_length])


def _bare_objects(place: Place, _: SchemaViolation, _now: datetime) -> bool:
    return isinstance(place.kind, shapes.ListType) and not isinstance(place.value, list) and place.put([place.value])


def _many_digits(place: Place, _: SchemaViolation, _now: datetime) -> bool:
    value = place.value
    return isinstance(value, Decimal) and value.is_finite() and place.put(round(value, 1))


def _empty_lists(place: Place, _: SchemaViolation, _now: datetime) -> bool:
    return place.value == [] and not place.required and isinstance(place.key, str) and place.drop()


def _there(mend: Mend) -> Mend:
    """A mend of what is there, not of what is missing."""
    return lambda place, violation, now: place.is_there and mend(place, violation, now)


def _tolerance(name: str, what: str, rules: tuple[Rule, ...], mend: Mend) -> tuple[str, Tolerance]:
    return name, Tolerance(name, what, frozenset(rules), mend if rules == ("missing",) else _there(mend))


TOLERANCES: Final[Mapping[str, Tolerance]] = dict(
    (
        _tolerance(
            "enum-case",
            'Words of a list in another spelling: "accepted", "ACCEPTED", "suspended_ev".',
            ("enum",),
            _enum_case,
        ),
        _tolerance("numbers-as-strings", 'Numbers as text: "connectorId": "1".', ("type",), _numbers_as_strings),
        _tolerance("strings-as-numbers", 'Text as numbers: "value": 1234.5.', ("type",), _strings_as_numbers),
        _tolerance(
            "booleans-as-words", 'Booleans as text or numbers: "offline": "true", 1.', ("type",), _booleans_as_words
        ),
        _tolerance(
            "fractional-integers",
            'Whole numbers with a fraction, which is rounded away: "meterStop": 12.0.',
            ("type", "range"),
            _fractional_integers,
        ),
        _tolerance("null-fields", 'Optional fields that are null: "iccid": null.', ("type",), _null_fields),
        _tolerance(
            "empty-strings",
            'Optional fields that are empty and may not be: "unit": "".',
            ("enum", "format", "type"),
            _empty_strings,
        ),
        _tolerance("empty-lists", "Optional lists that are empty and may not be.", ("items",), _empty_lists),
        _tolerance(
            "unknown-fields", "Fields the schema does not have: they are left out.", ("unknown_field",), _unknown_fields
        ),
        _tolerance(
            "missing-timestamp",
            "No time where one is required: the time of arrival counts.",
            ("missing",),
            _missing_timestamp,
        ),
        _tolerance(
            "loose-timestamps",
            'Times that are not RFC 3339: without offset (UTC is meant), one digit short, "2026-1-2 3:04", seconds since 1970.',
            ("format", "type"),
            _loose_timestamps,
        ),
        _tolerance("long-text", "Text longer than allowed: it is cut.", ("length",), _long_text),
        _tolerance("bare-objects", "An object where a list with one is wanted.", ("type",), _bare_objects),
        _tolerance(
            "many-digits",
            "Numbers with more than one digit after the point where one is allowed (1.6).",
            ("multiple",),
            _many_digits,
        ),
    )
)
"""All tolerances by name. Each mends one place at a time; a message may need several."""
