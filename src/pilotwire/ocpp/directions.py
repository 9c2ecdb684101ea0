"""Who may say what: the actions a CSMS and a station may send in each version, and in which frame they travel."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pilotwire.errors import MisuseError, NotSayable
from pilotwire.ocpp import registry
from pilotwire.ocpp.events import SHOWN_NAME
from pilotwire.ocpp.outbound import RawCall
from pilotwire.ocpp.payloads import json_object
from pilotwire.ocpp.registry import Action
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation

Role = Literal["csms", "station"]


class Directions:
    """The actions of a version as one role sees them: `may_send`, `may_receive`, by name."""

    def __init__(self, version: OcppVersion, role: Role) -> None:
        actions = registry.ACTIONS[version]
        self.version = version
        self.role = role
        self.may_send: dict[str, Action] = {n: a for n, a in actions.items() if a.sender in (role, "both")}
        self.may_receive: dict[str, Action] = {n: a for n, a in actions.items() if a.sender != role}

    def request(self, message: Message | RawCall, *, confirmed: bool) -> tuple[str, bytes]:
        """Action and payload of what we want to send: as a CALL if `confirmed`, else as a SEND.

        Raises NotSayable if the version has no such action or a raw payload does not fit it, MisuseError if this role may not send
        it or not in this frame.
        """
        if isinstance(message, RawCall):
            return self._raw_request(message, confirmed=confirmed)
        action = registry.action_of(message)
        if action.version is not self.version:
            raise NotSayable(f"{type(message).__name__} of OCPP {action.version} cannot be said in OCPP {self.version}")
        if type(message) is not action.request:
            raise MisuseError(f"{type(message).__name__} is a response: it can only answer a call")
        self._check_sendable(action.name, confirmed=confirmed)
        return action.name, registry.encode(message)

    def unwanted(self, name: str, frame: str) -> tuple[str, str]:
        """Error code and sentence for an action that arrived but is not ours to receive in this frame.

        NotImplemented for a name nobody knows, NotSupported for one that is known (J16:4.2.3, J2:4.3).
        """
        shown = name[:SHOWN_NAME]
        if name in self.may_receive:
            return "NotSupported", f"{shown} does not travel in a {frame}"
        if name in self.may_send:
            peer = "station" if self.role == "csms" else "CSMS"
            return "NotSupported", f"{shown} is not a message the {peer} sends"
        return "NotImplemented", f"{shown!r} is not an action of OCPP {self.version}"

    def _raw_request(self, raw: RawCall, *, confirmed: bool) -> tuple[str, bytes]:
        payload = json_object(raw.payload)
        if raw.force:
            return raw.action, payload
        self._check_sendable(raw.action, confirmed=confirmed)
        try:
            registry.decode_request(self.version, raw.action, payload)
        except SchemaViolation as violation:
            what = f"the payload does not fit {raw.action} of OCPP {self.version}: {violation.description()}"
            raise NotSayable(what, "Mend the payload, or force the call.") from violation
        return raw.action, payload

    def _check_sendable(self, name: str, *, confirmed: bool) -> None:
        action = self.may_send.get(name)
        if action is None and name in self.may_receive:
            raise MisuseError(f"{name} is not a message a {self.role} sends")
        if action is None:
            raise NotSayable(f"OCPP {self.version} has no action {name!r}")
        if (action.response is not None) is not confirmed:
            right = "send() it" if action.response is None else "call() it"
            raise MisuseError(f"{name} does not travel in this kind of frame", f"Use {right}.")


@cache
def directions_of(version: OcppVersion, role: Role) -> Directions:
    """The directions of a version and role, built once."""
    return Directions(version, role)
