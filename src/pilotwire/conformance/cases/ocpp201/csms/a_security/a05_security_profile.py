"""A05: the CSMS raises the security profile of a station."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.a_security.secured import (
    HTTP_REFUSES,
    TLS_ENDS,
    arrives,
    renewed_certificate,
    turned_away,
    with_password,
)
from pilotwire.conformance.checks import count, either, equals, satisfies
from pilotwire.conformance.conditions import configured_is
from pilotwire.conformance.language import Asks, Case, Keeps, Offers, OnlyIf, Receives, Sends, Step
from pilotwire.conformance.states.csms201 import booted
from pilotwire.conformance.values import Computed, Kept, Known, configured, made, plus, written

Steps = tuple[Step, ...]
HIGHER = plus(configured.security_profile, 1)
CONNECTION = {
    "ocppVersion": "OCPP20",
    "ocppTransport": "JSON",
    "messageTimeout": configured.slot_message_timeout,
    "securityProfile": HIGHER,
    "ocppInterface": configured.ocpp_interface,
}
ORDER = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}}
DATA = "setVariableData[0]"


def _lists_slot(found: Any, known: Known) -> bool:
    return isinstance(found, str) and str(Kept("slot").of(known)) in [one.strip() for one in found.split(",")]


PROFILE: Steps = (
    Asks(
        action="SetNetworkProfile",
        payload={
            "configurationSlot": configured.configuration_slot2,
            "connectionData": CONNECTION | {"ocppCsmsUrl": made("secure url")},
        },
    ),
    Receives(
        number="1",
        action="SetNetworkProfile",
        checks=tuple(equals(f"connectionData.{name}", value) for name, value in CONNECTION.items()),
        keep={"slot": "configurationSlot"},
        answer={"status": "Accepted"},
    ),
)
PRIORITY: Steps = (
    Asks(
        action="SetVariables",
        payload={"setVariableData": [ORDER | {"attributeValue": written(Kept("slot"))}]},
    ),
    Receives(
        number="3",
        action="SetVariables",
        checks=(
            count("setVariableData", 1),
            equals(f"{DATA}.variable.name", "NetworkConfigurationPriority"),
            equals(f"{DATA}.component.name", "OCPPCommCtrlr"),
            satisfies(f"{DATA}.attributeValue", "lists the slot of step 1", _lists_slot),
        ),
    ),
)
RESET: Steps = (
    Asks(action="Reset", payload={"type": "OnIdle"}),
    Receives(number="5", action="Reset", answer={"status": "Accepted"}),
)
NEW_PASSWORD = Computed(
    "the password; none where a client certificate takes its place",
    lambda known: known.setting("password") if known.setting("security_profile") == 1 else None,
)
BEFORE = Offers(how={"url": Kept("url"), "context": made("station tls"), "password": configured.password})
AFTER = Offers(
    how={"url": made("secure url"), "context": made("station tls", profile=HIGHER), "password": NEW_PASSWORD}
)

TC_A_19_CSMS = Case(
    id="TC_A_19_CSMS",
    title="Raise the security profile",
    purpose="The CSMS gives the station a connection of the next security profile, and lets it in by no lower one once it came by that.",
    requirements=("A05.FR.04", "A05.FR.07", "A00.FR.001", "A00.FR.002"),
    settings={"security_profile": with_password},
    before=(
        Keeps(values={"url": made("url", endpoint="main")}),
        OnlyIf(condition=configured_is("security_profile", 2), steps=renewed_certificate()),
    ),
    main=(
        *PROFILE,
        *PRIORITY,
        *RESET,
        AFTER,
        arrives("7"),
        *booted("RemoteReset"),
        BEFORE,
        turned_away("10", either(HTTP_REFUSES, TLS_ENDS)),
        AFTER,
        arrives("12"),
    ),
    after=(Sends(action="Heartbeat", note="The tester and the CSMS are connected."),),
    remark="After the reset the station boots with the reason RemoteReset; the document uses the state Booted, whose reason is PowerUp.",
)
