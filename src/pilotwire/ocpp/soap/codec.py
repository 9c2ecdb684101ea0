"""Whole messages of OCPP-S: bytes to typed messages of 1.6 and back, for both services and both versions."""

from __future__ import annotations

from dataclasses import dataclass

from pilotwire.errors import NotSayable
from pilotwire.ocpp.registry import ACTIONS as TYPED
from pilotwire.ocpp.soap import fifteen
from pilotwire.ocpp.soap.envelope import (
    ANONYMOUS,
    Envelope,
    Fault,
    Header,
    Unreadable,
    fault_body,
    read,
    read_fault,
    shown,
    split,
    write,
)
from pilotwire.ocpp.soap.names import ACTIONS, NAMESPACES, Side, SoapVersion, place_of
from pilotwire.ocpp.soap.payload import (
    Departures,
    action_of_type,
    element_name,
    element_of,
    read_request,
    read_response,
    values_of,
)
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion


@dataclass(frozen=True, slots=True)
class Call:
    """A request as read: what it is, and what it says. `departures` are sentences on what was not as it should be."""

    version: SoapVersion
    side: Side
    action: str
    header: Header
    envelope: Envelope
    departures: Departures

    def message(self) -> Message:
        """The typed request. Raises SchemaViolation."""
        body = self.envelope.body
        if self.version is SoapVersion.V15:
            body = fifteen.up(body, self.departures)
        kind = TYPED[OcppVersion.V16][self.action].request
        return read_request(self.action, values_of(body, kind, self.departures))


def read_call(data: bytes) -> Call:
    """Read a request: whose it is and what it wants; `Call.message` reads the rest. Raises Unreadable."""
    envelope = read(data)
    namespace, name = split(envelope.body.tag)
    place = place_of(namespace)
    if place is None:
        raise Unreadable(f"the body is of the namespace {shown(namespace)}, which is none of OCPP 1.5 or 1.6")
    action = _action(name)
    if action not in ACTIONS[place]:
        raise Unreadable(f"OCPP {place[0]} has no operation {shown(name)} here", "Receiver", "NotSupported")
    departures = Departures()
    _check_header(envelope.header, action, departures)
    return Call(place[0], place[1], action, envelope.header, envelope, departures)


def _action(name: str) -> str:
    return name[:1].upper() + name[1:].removesuffix("Request") if name.endswith("Request") else name


def _check_header(header: Header, action: str, departures: Departures) -> None:
    """A header that names another action is refused; one that leaves out what is required is a departure (S16:3)."""
    if header.action and header.action.rpartition("/")[2] != action:
        raise Unreadable(f"the header's action is {shown(header.action)}, the body holds {action}")
    if not header.action:
        departures.add("the header has no Action (OCPP-S 1.6, 3.4)")
    elif not header.action.startswith("/"):
        departures.add(f"the header's Action is {shown(header.action)}, it begins with '/' (OCPP-S 1.6, 3.4)")
    if not header.message_id:
        departures.add("the header has no MessageID (OCPP-S 1.6, 3.5)")
    if not header.address:
        departures.add("the header has no From: nothing can be sent to this station (OCPP-S 1.6, 3.7)")
    if header.reply_to and not header.reply_to.endswith("/anonymous"):
        departures.add(
            f"ReplyTo is {shown(header.reply_to)}; answers are only given in the same exchange (OCPP-S 1.6, 3.8)"
        )


def write_call(version: SoapVersion, side: Side, message: Message, header: Header) -> bytes:
    """The bytes of a request to the service of `side`. Raises NotSayable if the version has no such operation."""
    action = action_of_type(type(message))
    if action not in ACTIONS[version, side]:
        raise NotSayable(f"OCPP {version} by SOAP has no operation {action}.", "Stations of OCPP-J have it.")
    body = element_of(message, NAMESPACES[version, side])
    if version is SoapVersion.V15:
        body = fifteen.down(body)
    return write(version, side, header, body)


def write_answer(call: Call, message: Message) -> bytes:
    """The bytes of the response to a call."""
    body = element_of(message, NAMESPACES[call.version, call.side])
    if call.version is SoapVersion.V15:
        body = fifteen.down(body)
    return write(call.version, call.side, _answering(call.header, f"/{call.action}Response"), body)


def write_fault(fault: Fault, request: Header | None = None) -> bytes:
    """The bytes of a fault that answers a request; `request` None if its header could not be read."""
    header = _answering(request or Header(), "http://www.w3.org/2005/08/addressing/soap/fault")
    return write(SoapVersion.V16, "central-system", header, fault_body(fault))


def _answering(request: Header, action: str) -> Header:
    return Header(action=action, relates_to=request.message_id, to=ANONYMOUS)


def read_answer(data: bytes, version: SoapVersion, side: Side, action: str) -> tuple[Message | Fault, Departures]:
    """What answers a call of ours: the typed response, or the fault. Raises Unreadable, SchemaViolation."""
    envelope = read(data)
    fault = read_fault(envelope.body)
    departures = Departures()
    if fault is not None:
        return fault, departures
    kind = TYPED[OcppVersion.V16][action].response
    namespace, name = split(envelope.body.tag)
    if kind is None or name != element_name(kind):
        raise Unreadable(f"the answer to {action} is a {shown(name)} element")
    if place_of(namespace) != (version, side):
        departures.add(f"the answer is of the namespace {shown(namespace)}")
    body = fifteen.up(envelope.body, departures) if version is SoapVersion.V15 else envelope.body
    return read_response(action, values_of(body, kind, departures)), departures
