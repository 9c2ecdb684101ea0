"""What OCPP 1.5 spells otherwise than 1.6: elements of one version made into elements of the other, before or after the typed messages.

1.5 has no reason of a stop, no phase, fewer states and measurands: what it cannot say towards a station is NotSayable; what a 1.5
station says is always sayable in 1.6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from pilotwire.errors import NotSayable
from pilotwire.ocpp.soap.envelope import split, text_of
from pilotwire.ocpp.soap.payload import Departures

_UNITS: Final = {"Amp": "A", "Volt": "V"}
_ATTRIBUTES: Final = ("context", "format", "measurand", "location", "unit")
_LENGTHS: Final = {"info": 50, "vendorErrorCode": 50, "vendorId": 255}
"""Texts without a limit in 1.5 that have one in 1.6."""
_STATUSES_15: Final = {"Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"}
_ERRORS_15: Final = {
    "EVCommunicationError": "Mode3Error",
    "InternalError": "OtherError",
    "LocalListConflict": "OtherError",
}
_UNLOCKED: Final = {"Accepted": "Unlocked", "Rejected": "UnlockFailed"}
Change = Callable[[Element, Departures], None]


def up(element: Element, departures: Departures) -> Element:
    """Make of an element of 1.5 the one 1.6 has for it, in place."""
    change = _UP.get(split(element.tag)[1])
    if change is not None:
        change(element, departures)
    return element


def down(element: Element) -> Element:
    """Make of an element of 1.6 the one 1.5 has for it, in place. Raises NotSayable."""
    change = _DOWN.get(split(element.tag)[1])
    if change is not None:
        change(element, Departures())
    return element


# --- towards 1.6 --------------------------------------------------------------------------------------------------------


def _meter_values_up(element: Element, _: Departures) -> None:
    for child in _children(element, "values"):
        _rename(child, "meterValue")
        _values_up(child)


def _stop_up(element: Element, _: Departures) -> None:
    """Each `transactionData` of 1.5 is a list of meter values; in 1.6 it is one meter value."""
    for data in _children(element, "transactionData"):
        place = list(element).index(data)
        element.remove(data)
        for number, child in enumerate(_children(data, "values")):
            _rename(child, "transactionData")
            _values_up(child)
            element.insert(place + number, child)


def _values_up(values: Element) -> None:
    for value in _children(values, "value"):
        text, said = value.text, dict(value.attrib)
        value.text, value.attrib = None, {}
        _rename(value, "sampledValue")
        _add(value, "value", text or "")
        for name in _ATTRIBUTES:
            if name in said:
                _add(value, name, _UNITS.get(said[name], said[name]) if name == "unit" else said[name])


def _status_up(element: Element, departures: Departures) -> None:
    for child in element:
        name, text = split(child.tag)[1], text_of(child)
        if name == "status" and text == "Occupied":
            child.text = "Preparing"
        elif name == "errorCode" and text == "Mode3Error":
            child.text = "EVCommunicationError"
        elif len(text) > _LENGTHS.get(name, len(text)):
            child.text = text[: _LENGTHS[name]]
            departures.add(
                f"$.{name}: cut to the {_LENGTHS[name]} characters OCPP 1.6 allows; the message log has all of it"
            )


def _unlock_up(element: Element, _: Departures) -> None:
    for child in _children(element, "status"):
        child.text = _UNLOCKED.get(text_of(child), text_of(child))


def _list_up(element: Element, _: Departures) -> None:
    for child in _children(element, "localAuthorisationList"):
        _rename(child, "localAuthorizationList")
    _drop(element, "hash")
    _reorder(element, "listVersion", "localAuthorizationList", "updateType")


def _start_up(element: Element, _: Departures) -> None:
    _reorder(element, "connectorId", "idTag")


def _list_answer_up(element: Element, departures: Departures) -> None:
    for child in _children(element, "status"):
        if text_of(child) == "HashError":
            child.text = "Failed"
            departures.add("$.status: HashError, which 1.6 has no more, was taken as Failed")
    _drop(element, "hash")


def _boot_answer_up(element: Element, _: Departures) -> None:
    for child in _children(element, "heartbeatInterval"):
        _rename(child, "interval")


_UP: Final[dict[str, Change]] = {
    "meterValuesRequest": _meter_values_up,
    "stopTransactionRequest": _stop_up,
    "statusNotificationRequest": _status_up,
    "unlockConnectorResponse": _unlock_up,
    "sendLocalListRequest": _list_up,
    "remoteStartTransactionRequest": _start_up,
    "sendLocalListResponse": _list_answer_up,
    "bootNotificationResponse": _boot_answer_up,
}

# --- towards 1.5 --------------------------------------------------------------------------------------------------------


def _boot_answer_down(element: Element, _: Departures) -> None:
    """1.5 knows no Pending: a station that is to wait is told Rejected, and comes again after the interval."""
    for child in element:
        name = split(child.tag)[1]
        if name == "interval":
            _rename(child, "heartbeatInterval")
        elif name == "status" and text_of(child) == "Pending":
            child.text = "Rejected"


def _list_down(element: Element, _: Departures) -> None:
    for child in _children(element, "localAuthorizationList"):
        _rename(child, "localAuthorisationList")
    _reorder(element, "updateType", "listVersion", "localAuthorisationList")


def _start_down(element: Element, _: Departures) -> None:
    if _children(element, "chargingProfile"):
        raise NotSayable("A remote start of OCPP 1.5 takes no charging profile.", "Leave it out.")
    _reorder(element, "idTag", "connectorId")


def _meter_values_down(element: Element, _: Departures) -> None:
    for child in _children(element, "meterValue"):
        _rename(child, "values")
        _values_down(child)


def _stop_down(element: Element, _: Departures) -> None:
    _drop(element, "reason")
    readings = _children(element, "transactionData")
    if not readings:
        return
    data = Element(_named(element, "transactionData"))
    for reading in readings:
        element.remove(reading)
        _rename(reading, "values")
        _values_down(reading)
        data.append(reading)
    element.append(data)


def _values_down(reading: Element) -> None:
    shorter = {long: short for short, long in _UNITS.items()}
    for sampled in _children(reading, "sampledValue"):
        said = {split(child.tag)[1]: text_of(child) for child in sampled}
        for child in list(sampled):
            sampled.remove(child)
        _rename(sampled, "value")
        sampled.text = said.get("value", "")
        for name in _ATTRIBUTES:
            if name in said:
                sampled.set(name, shorter.get(said[name], said[name]) if name == "unit" else said[name])


def _status_down(element: Element, _: Departures) -> None:
    for child in element:
        name, text = split(child.tag)[1], text_of(child)
        if name == "status" and text in _STATUSES_15:
            child.text = "Occupied"
        elif name == "errorCode":
            child.text = _ERRORS_15.get(text, text)


def _unlock_down(element: Element, _: Departures) -> None:
    for child in _children(element, "status"):
        child.text = "Accepted" if text_of(child) == "Unlocked" else "Rejected"


_DOWN: Final[dict[str, Change]] = {
    "bootNotificationResponse": _boot_answer_down,
    "sendLocalListRequest": _list_down,
    "remoteStartTransactionRequest": _start_down,
    "meterValuesRequest": _meter_values_down,
    "stopTransactionRequest": _stop_down,
    "statusNotificationRequest": _status_down,
    "unlockConnectorResponse": _unlock_down,
}

# --- elements -----------------------------------------------------------------------------------------------------------


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if split(child.tag)[1] == name]


def _named(beside: Element, name: str) -> str:
    namespace = split(beside.tag)[0]
    return f"{{{namespace}}}{name}" if namespace else name


def _rename(element: Element, name: str) -> None:
    element.tag = _named(element, name)


def _add(element: Element, name: str, text: str) -> None:
    SubElement(element, _named(element, name)).text = text


def _drop(element: Element, name: str) -> None:
    for child in _children(element, name):
        element.remove(child)


def _reorder(element: Element, *names: str) -> None:
    """Put the children of these names in this order; others, which the version does not have, go behind them."""
    ranks = {name: rank for rank, name in enumerate(names)}
    children = sorted(element, key=lambda child: ranks.get(split(child.tag)[1], len(ranks)))
    for child in children:
        element.remove(child)
    element.extend(children)
