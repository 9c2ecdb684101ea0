"""What all resources of the API have in common: camelCase JSON, and the values that several of them hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from pilotwire.domain.identity import STATION, EvseAddress, IdToken

HIGHEST_INTEGER = 2**31 - 1
TEXT = r"^[^\x00-\x1f\x7f]*$"
"""Text of one line, without control characters."""

_T = TypeVar("_T")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Resource(BaseModel):
    """A shape of the API. Unknown members are refused, so that a misspelt one is not lost silently."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", allow_inf_nan=False)


def _timestamp(value: object) -> object:
    if isinstance(value, str) and not _RFC3339.fullmatch(value):
        raise ValueError("a time looks like 2026-01-31T12:00:00Z, with its time zone")
    if not isinstance(value, str | datetime):
        raise ValueError("a time is text like 2026-01-31T12:00:00Z")
    return value


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("this time is before the year 1 or after the year 9999 in UTC") from None


def _in_utc(value: datetime) -> str:
    """As text in UTC; a time that a station put at the very edge of the calendar stays in its own time zone."""
    try:
        value = value.astimezone(UTC)
    except OverflowError:
        return value.isoformat()
    return value.isoformat().replace("+00:00", "Z")


Time = Annotated[
    AwareDatetime,
    BeforeValidator(_timestamp),
    AfterValidator(_utc),
    PlainSerializer(_in_utc, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment (RFC 3339, with time zone); given out in UTC."""


def _number(value: Decimal) -> float | None:
    number = float(value)
    return number if number - number == 0 else None


Number = Annotated[
    Decimal,
    PlainSerializer(_number, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "null"}]}),
]
"""A decimal number, given out as a JSON number (null if it is beyond what a double can hold; the message log has the digits)."""


def whole(value: object) -> object:
    """JSON has one kind of number: 2.0 is the integer 2 (and true is no number)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Integer = Annotated[int, Field(strict=True, ge=0, le=HIGHEST_INTEGER), BeforeValidator(whole)]
"""A whole number as OCPP has them."""

Positive = Annotated[int, Field(strict=True, ge=1, le=HIGHEST_INTEGER), BeforeValidator(whole)]
"""A whole number from 1: EVSEs and connectors are counted from there."""

Limit = Annotated[int, Query(ge=1, le=1000, description="How many entries at most.", examples=[100])]
StationIdentity = Annotated[
    str, Path(min_length=1, max_length=60, description="The identity of the station.", examples=["CS-0001"])
]
StationFilter = Annotated[str | None, Query(max_length=60, description="Only of this station.", examples=["CS-0001"])]


class PageOf(Resource, Generic[_T]):
    """A part of a list. `nextCursor` goes into `after` for the next part; null means there is no more."""

    items: list[_T]
    next_cursor: str | None = Field(
        default=None, description="Give this as `after` to get what follows; null: nothing does."
    )


def page_of(items: list[_T], limit: int, cursor: str) -> dict[str, Any]:
    """A page that ends with `cursor`; one that is not full is the last."""
    return {"items": items, "next_cursor": cursor if len(items) >= limit else None}


class EvseResource(Resource):
    """An EVSE or one of its connectors (EVSEType). `id` 0 is the station as a whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 1, "connectorId": 1}]})

    id: Integer
    connector_id: Integer | None = None

    @classmethod
    def of(cls, address: EvseAddress) -> EvseResource:
        """The resource of an address."""
        return cls.model_construct(id=address.evse, connector_id=address.connector)

    def address(self) -> EvseAddress:
        """The address meant."""
        return EvseAddress(evse=self.id, connector=self.connector_id)


def evse_of(address: EvseAddress | None) -> EvseResource | None:
    """The resource of an address that may not be known."""
    return None if address is None else EvseResource.of(address)


def address_of(evse: EvseResource | None) -> EvseAddress:
    """The address of an EVSE; none is the station as a whole."""
    return STATION if evse is None else evse.address()


TokenValue = Annotated[str, Field(min_length=1, max_length=255, pattern=TEXT)]
TokenType = Annotated[str, Field(min_length=1, max_length=20, pattern=TEXT)]


class IdTokenResource(Resource):
    """What a driver identifies with (IdTokenType). `type` is null where the protocol does not tell (1.6)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"idToken": "04A1B2C3D4", "type": "ISO14443"}]})

    id_token: TokenValue
    type: TokenType | None = Field(
        default=None, description="As in IdTokenEnumType: ISO14443, ISO15693, eMAID, Central, ..."
    )

    @classmethod
    def of(cls, token: IdToken | None) -> IdTokenResource | None:
        """The resource of a token, if there is one."""
        return None if token is None else cls.model_construct(id_token=token.value, type=token.type)

    def token(self) -> IdToken:
        """The id token meant."""
        return IdToken(value=self.id_token, type=self.type)
