"""What the pattern groups share: answers of a lab's central system, its commands in each version's words, and what a station told it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.support.scripted_csms import NOW, Heard, Reply, ScriptedCsms, accepting

OF_TRANSACTIONS = frozenset({"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"})


def boot_answer(status: str, interval: int = 3600) -> dict[str, Any]:
    """An answer to BootNotification."""
    return {"status": status, "currentTime": NOW, "interval": interval}


def but(action: str, reply: Callable[[Any], Any] | Any) -> Reply:
    """Friendly, except to one action."""

    def answer(said: str, payload: Any) -> Any:
        if said != action:
            return accepting(said, payload)
        return reply(payload) if callable(reply) else reply

    return answer


def one_after_the_other(action: str, replies: Iterable[Any]) -> Reply:
    """To an action, these in turn, and friendly when there are no more."""
    left = list(replies)
    return but(action, lambda payload: left.pop(0) if left else accepting(action, payload))


# --- commands --------------------------------------------------------------------------------------------------------


def trigger(message: str) -> tuple[str, dict[str, Any]]:
    """TriggerMessage, the same in all versions."""
    return "TriggerMessage", {"requestedMessage": message}


def remote_start(version: str, card: str, evse: int = 1) -> tuple[str, dict[str, Any]]:
    """A start from afar."""
    if version == "1.6":
        return "RemoteStartTransaction", {"idTag": card, "connectorId": evse}
    token = {"idToken": card, "type": "ISO14443"}
    return "RequestStartTransaction", {"idToken": token, "remoteStartId": 1, "evseId": evse}


def setting(version: str, key_16: str, place: tuple[str, str], value: str) -> tuple[str, dict[str, Any]]:
    """A configuration key or a variable gets a value."""
    if version == "1.6":
        return "ChangeConfiguration", {"key": key_16, "value": value}
    component, variable = place
    name = {"component": {"name": component}, "variable": {"name": variable}}
    return "SetVariables", {"setVariableData": [name | {"attributeValue": value}]}


def asking(version: str, key_16: str, place: tuple[str, str]) -> tuple[str, dict[str, Any]]:
    """The value of a configuration key or a variable."""
    if version == "1.6":
        return "GetConfiguration", {"key": [key_16]}
    component, variable = place
    return "GetVariables", {"getVariableData": [{"component": {"name": component}, "variable": {"name": variable}}]}


# --- what a station told ------------------------------------------------------------------------------------------------


def of_transactions(csms: ScriptedCsms) -> list[Heard]:
    """The messages that belong to transactions, as they arrived."""
    return [
        one
        for one in csms.heard
        if one.action in OF_TRANSACTIONS and (one.action != "MeterValues" or "transactionId" in one.payload)
    ]


def actions_of(csms: ScriptedCsms, since: int = 0) -> list[str]:
    """The actions of all CALLs heard."""
    return [one.action for one in csms.heard[since:]]


def states(csms: ScriptedCsms, connector: int = 1) -> list[str]:
    """The states told of a connector, by StatusNotification."""
    told = csms.of("StatusNotification")
    return [
        one.get("status") or one["connectorStatus"]
        for one in told
        if one["connectorId"] == connector and one.get("evseId", 1) == 1
    ]


def call_ids(csms: ScriptedCsms, action: str) -> list[str]:
    """The message ids of the CALLs of an action."""
    return [frame[1] for frame in csms.frames if frame[0] == 2 and frame[2] == action]
