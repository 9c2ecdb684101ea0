"""Messages of 1.6 as XML elements and back. The types are those of OCPP-J: what is read goes through the same strict decoder.

The WSDL says how an element is spelled (the wire name), what is a list (repeated elements) and in which order the elements stand. The
order on reading is told as a departure, not refused: there is no doubt about what is meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement

import msgspec
from msgspec import inspect as shapes

from pilotwire.ocpp import v16
from pilotwire.ocpp.registry import ACTIONS, decode_request, decode_response, encode
from pilotwire.ocpp.soap.envelope import printable, split, text_of
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})", re.ASCII)
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_DEPTH: Final = 16

ORDER: Final[Mapping[type, tuple[str, ...]]] = {
    v16.MeterValuesRequest: ("connectorId", "transactionId", "meterValue"),
    v16.StartTransactionRequest: ("connectorId", "idTag", "timestamp", "meterStart", "reservationId"),
    v16.StartTransactionResponse: ("transactionId", "idTagInfo"),
    v16.StatusNotificationRequest: (
        *("connectorId", "status", "errorCode", "info"),
        *("timestamp", "vendorId", "vendorErrorCode"),
    ),
    v16.StopTransactionRequest: ("transactionId", "idTag", "timestamp", "meterStop", "reason", "transactionData"),
    v16.GetDiagnosticsRequest: ("location", "startTime", "stopTime", "retries", "retryInterval"),
    v16.RemoteStartTransactionRequest: ("connectorId", "idTag", "chargingProfile"),
    v16.ReserveNowRequest: ("connectorId", "expiryDate", "idTag", "parentIdTag", "reservationId"),
    v16.SendLocalListRequest: ("listVersion", "localAuthorizationList", "updateType"),
    v16.UpdateFirmwareRequest: ("retrieveDate", "location", "retries", "retryInterval"),
    v16.ChargingSchedule: (
        *("duration", "startSchedule", "chargingRateUnit"),
        *("chargingSchedulePeriod", "minChargingRate"),
    ),
    v16.ChargingProfile: (
        *("chargingProfileId", "transactionId", "stackLevel", "chargingProfilePurpose", "chargingProfileKind"),
        *("recurrencyKind", "validFrom", "validTo", "chargingSchedule"),
    ),
}
"""The order of elements where it is not the one our types are declared in."""


@dataclass
class Departures:
    """What was not as the WSDL has it and yet understood, in sentences."""

    said: list[str] = field(default_factory=list)

    def add(self, what: str) -> None:
        """Note one."""
        self.said.append(what)


def element_name(message: type[Message]) -> str:
    """What the element of a message is called: `bootNotificationRequest`, `bootNotificationResponse`."""
    action = action_of_type(message)
    kind = "Request" if ACTIONS[OcppVersion.V16][action].request is message else "Response"
    return f"{action[0].lower()}{action[1:]}{kind}"


def action_of_type(message: type[Message]) -> str:
    """The action a message type of 1.6 belongs to."""
    return _actions()[message]


@cache
def _actions() -> Mapping[type[Message], str]:
    every = ACTIONS[OcppVersion.V16].values()
    return {kind: action.name for action in every for kind in (action.request, action.response) if kind is not None}


# --- reading ------------------------------------------------------------------------------------------------------------


def read_request(action: str, values: Mapping[str, Any]) -> Message:
    """The typed request of an action from plain values. Raises SchemaViolation."""
    return decode_request(OcppVersion.V16, action, _ENCODER.encode(values))


def read_response(action: str, values: Mapping[str, Any]) -> Message:
    """The typed response of an action from plain values. Raises SchemaViolation."""
    return decode_response(OcppVersion.V16, action, _ENCODER.encode(values))


def values_of(element: Element, message: type[Message], departures: Departures) -> dict[str, Any]:
    """The plain values in an element, as JSON would have them. Raises SchemaViolation where the text is no value of its type."""
    return _object(element, _shape(message), "$", departures, 0)


@cache
def _shape(kind: type) -> shapes.StructType:
    shape = shapes.type_info(kind)
    assert isinstance(shape, shapes.StructType)
    return shape


def _object(
    element: Element, shape: shapes.StructType, path: str, departures: Departures, depth: int
) -> dict[str, Any]:
    if depth > _DEPTH:
        raise SchemaViolation(path, "nested too deeply", "not_object")
    known = {entry.encode_name: entry.type for entry in shape.fields}
    values: dict[str, Any] = {}
    order: list[str] = []
    for child in element:
        namespace, name = split(child.tag)
        if not name:
            continue  # a comment
        kind = known.get(name)
        if kind is None:
            raise SchemaViolation(f"{path}.{name}", "the schema has no such field", "unknown_field")
        if namespace != split(element.tag)[0]:
            departures.add(f"{path}.{name}: the element is not in the namespace of its message")
        order.append(name)
        _take(values, child, name, kind, path, departures, depth)
    _check_order(order, shape, path, departures)
    return values


def _take(
    values: dict[str, Any], child: Element, name: str, kind: Any, path: str, departures: Departures, depth: int
) -> None:
    if isinstance(kind, shapes.ListType):
        entries = values.setdefault(name, [])
        place = f"{path}.{name}[{len(entries)}]"
        entries.append(_value(child, kind.item_type, place, departures, depth))
        return
    if name in values:
        raise SchemaViolation(f"{path}.{name}", "the field is there twice", "items")
    values[name] = _value(child, kind, f"{path}.{name}", departures, depth)


def _value(element: Element, kind: Any, path: str, departures: Departures, depth: int) -> Any:
    if isinstance(kind, shapes.StructType):
        return _object(element, kind, path, departures, depth + 1)
    if len(element):
        raise SchemaViolation(path, "expected text, got elements", "type")
    text = text_of(element)
    if isinstance(kind, shapes.IntType):
        return int(_matching(_INTEGER, text, path, "a whole number"))
    if isinstance(kind, shapes.CustomType):
        return Decimal(_matching(_DECIMAL, text, path, "a number"))
    if isinstance(kind, shapes.BoolType):
        if text not in _BOOLEANS:
            raise SchemaViolation(path, "expected true or false", "type")
        return _BOOLEANS[text]
    return text if isinstance(kind, shapes.DateTimeType | shapes.LiteralType) else (element.text or "")


def _matching(pattern: re.Pattern[str], text: str, path: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise SchemaViolation(path, f"expected {what}", "type")
    return text


def _check_order(order: list[str], shape: shapes.StructType, path: str, departures: Departures) -> None:
    ranks = {name: rank for rank, name in enumerate(_order(shape.cls))}
    placed = [ranks[name] for name in order]
    if placed != sorted(placed):
        departures.add(f"{path}: the elements are not in the order of the WSDL: {', '.join(order)[:200]}")


@cache
def _order(kind: type) -> tuple[str, ...]:
    return ORDER.get(kind) or tuple(entry.encode_name for entry in _shape(kind).fields)


# --- writing ------------------------------------------------------------------------------------------------------------


def plain(message: Message) -> dict[str, Any]:
    """The plain values of a message, as JSON has them; numbers with a fraction are exact."""
    decoded: dict[str, Any] = _DECODER.decode(encode(message))
    return decoded


_DECODER: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def element_of(message: Message, namespace: str) -> Element:
    """The element of a message, its children in the order of the WSDL."""
    root = Element(f"{{{namespace}}}{element_name(type(message))}")
    _fill(root, plain(message), _shape(type(message)), namespace)
    return root


def _fill(element: Element, values: Mapping[str, Any], shape: shapes.StructType, namespace: str) -> None:
    kinds = {entry.encode_name: entry.type for entry in shape.fields}
    for name in _order(shape.cls):
        if name not in values:
            continue
        kind = kinds[name]
        repeated = isinstance(kind, shapes.ListType)
        for value in values[name] if repeated else (values[name],):
            child = SubElement(element, f"{{{namespace}}}{name}")
            inner = kind.item_type if isinstance(kind, shapes.ListType) else kind
            if isinstance(inner, shapes.StructType):
                _fill(child, value, inner, namespace)
            else:
                child.text = written(value)


def written(value: Any) -> str:
    """A plain value as the text of an element."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return printable(str(value))


__all__ = [
    "Departures",
    "action_of_type",
    "element_name",
    "element_of",
    "plain",
    "read_request",
    "read_response",
    "values_of",
]
