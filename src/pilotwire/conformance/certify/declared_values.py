"""What a device declares of its intervals, at each moment of a recorded conversation: read, reported, set, or given to it when it boots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from pilotwire.conformance.wire.transcript import Entry
from pilotwire.ocpp.version import OcppVersion


@dataclass(frozen=True, slots=True)
class Names:
    """What a version calls the variables that can be measured; "" for what it has not."""

    heartbeat: str
    sampled: str
    sampled_what: str
    aligned: str
    aligned_what: str
    attempts: str
    attempt_interval: str
    connection: str
    wait: str = ""
    wait_range: str = ""
    wait_repeats: str = ""


_OF_2: Final = Names(
    "OCPPCommCtrlr.HeartbeatInterval",
    "SampledDataCtrlr.TxUpdatedInterval",
    "SampledDataCtrlr.TxUpdatedMeasurands",
    "AlignedDataCtrlr.Interval",
    "AlignedDataCtrlr.Measurands",
    "OCPPCommCtrlr.MessageAttempts[TransactionEvent]",
    "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]",
    "TxCtrlr.EVConnectionTimeOut",
    "OCPPCommCtrlr.RetryBackOffWaitMinimum",
    "OCPPCommCtrlr.RetryBackOffRandomRange",
    "OCPPCommCtrlr.RetryBackOffRepeatTimes",
)
_OF_16: Final = Names(
    "HeartbeatInterval",
    "MeterValueSampleInterval",
    "MeterValuesSampledData",
    "ClockAlignedDataInterval",
    "MeterValuesAlignedData",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "ConnectionTimeOut",
)


def names_of(version: OcppVersion) -> Names:
    """What this version calls them."""
    return _OF_16 if version is OcppVersion.V16 else _OF_2


def name_of(row: Mapping[str, Any]) -> str:
    """The name of a row with `component` and `variable`, as `Component[instance]@evse:connector.Variable[instance]`."""
    component, variable = row.get("component") or {}, row.get("variable") or {}
    evse = component.get("evse") or {}
    place = f"@{evse.get('id')}" + (f":{evse['connectorId']}" if "connectorId" in evse else "") if evse else ""
    return f"{_with_instance(component)}{place}.{_with_instance(variable)}"


def _with_instance(named: Mapping[str, Any]) -> str:
    return f"{named.get('name', '')}[{named['instance']}]" if named.get("instance") else str(named.get("name", ""))


class Declared:
    """The values declared in one conversation; `before` are those that held when it began. Names are compared without case."""

    def __init__(self, entries: list[Entry], before: Mapping[str, str], version: OcppVersion) -> None:
        self._before = {name.casefold(): value for name, value in before.items()}
        self._changes: dict[str, list[tuple[int, str | None]]] = {}
        for entry in entries:
            for name, value in _declares(entry, entries, names_of(version)):
                self._note(name.casefold(), entry.index, value)

    def _note(self, name: str, index: int, value: str | None) -> None:
        known = self._changes.setdefault(name, [])
        if value != (known[-1][1] if known else self._before.get(name)):
            known.append((index, value))

    def at(self, name: str, index: int) -> str | None:
        """The value at an entry; None if it is not known."""
        value = self._before.get(name.casefold())
        for place, changed in self._changes.get(name.casefold(), ()):
            if place > index:
                break
            value = changed
        return value

    def number(self, name: str, index: int) -> float | None:
        """The value as a number; None if it is none."""
        return _number(self.at(name, index))

    def stretches(self, name: str, entries: list[Entry]) -> Iterator[tuple[float, list[Entry]]]:
        """The parts of the conversation in which the value was one number, with that number."""
        if not name:
            return
        places = [0, *(place for place, _ in self._changes.get(name.casefold(), ())), len(entries)]
        for start, stop in pairwise(places):
            value = self.number(name, start)
            if value is not None and stop > start:
                yield value, entries[start:stop]


def _number(text: str | None) -> float | None:
    try:
        found = float(text) if text is not None else None
    except ValueError:
        return None
    return found if found is not None and 0 <= found < float("inf") else None


def _declares(entry: Entry, entries: list[Entry], names: Names) -> Iterator[tuple[str, str | None]]:
    """What this entry says of variables: name and value, None where it is not known from now on."""
    payload = entry.payload if isinstance(entry.payload, dict) else {}
    if entry.kind == "call" and entry.action == "NotifyReport" and entry.direction == "received" and not entry.breach:
        yield from _reported(payload)
    if entry.kind != "result":
        return
    if entry.direction == "sent" and entry.action == "BootNotification":
        given = payload.get("interval") if payload.get("status") == "Accepted" else None
        yield names.heartbeat, str(given) if given else None
    if entry.direction == "sent" or entry.request is None or entry.breach:
        return
    asked = entries[entry.request].payload if entry.request < len(entries) else {}
    if entry.action == "GetConfiguration":
        for row in payload.get("configurationKey") or ():
            if "value" in row:
                yield str(row.get("key", "")), str(row["value"])
    elif entry.action == "ChangeConfiguration" and isinstance(asked, dict):
        yield from _set(str(asked.get("key", "")), str(asked.get("value", "")), payload.get("status"))
    elif entry.action == "GetVariables":
        for row in payload.get("getVariableResult") or ():
            if row.get("attributeType", "Actual") == "Actual" and "attributeValue" in row:
                yield name_of(row), str(row["attributeValue"])
    elif entry.action == "SetVariables" and isinstance(asked, dict):
        wanted = {name_of(row): str(row.get("attributeValue", "")) for row in asked.get("setVariableData") or ()}
        for row in payload.get("setVariableResult") or ():
            if row.get("attributeType", "Actual") == "Actual" and name_of(row) in wanted:
                yield from _set(name_of(row), wanted[name_of(row)], row.get("attributeStatus"))


def _reported(payload: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    for row in payload.get("reportData") or ():
        for attribute in row.get("variableAttribute") or ():
            if attribute.get("type", "Actual") == "Actual" and "value" in attribute:
                yield name_of(row), str(attribute["value"])


def _set(name: str, value: str, status: Any) -> Iterator[tuple[str, str | None]]:
    if status == "Accepted":
        yield name, value
    elif status == "RebootRequired":
        yield name, None
