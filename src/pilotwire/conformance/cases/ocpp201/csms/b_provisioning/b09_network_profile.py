"""B09: the CSMS sets a network connection profile; and the version of OCPP that is agreed on (Part 4)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, equals, one_of
from pilotwire.conformance.language import Asks, Case, Disconnects, Offers, Receives, Reconnects, Step
from pilotwire.conformance.values import configured, made

Steps = tuple[Step, ...]
UNKNOWN_VERSION = "ocpp0.1"
CHOSEN = equals("subprotocol", made("subprotocol"))


def profile() -> dict[str, Any]:
    """The connection as it is now, as a profile."""
    return {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": made("url", endpoint="main"),
        "messageTimeout": configured.slot_message_timeout,
        "securityProfile": configured.security_profile,
        "ocppInterface": configured.ocpp_interface,
    }


SLOT = equals("configurationSlot", configured.configuration_slot)
PROFILE_CHECKS = tuple(equals(f"connectionData.{name}", value) for name, value in profile().items())


def sets_profile(answer: str, *checks: Check) -> Steps:
    """The operator sets the profile; the CSMS sends it, and is answered so."""
    payload = {"configurationSlot": configured.configuration_slot, "connectionData": profile()}
    return (
        Asks(action="SetNetworkProfile", payload=payload),
        Receives(number="1", action="SetNetworkProfile", checks=checks, answer={"status": answer}),
    )


TC_B_42_CSMS = Case(
    id="TC_B_42_CSMS",
    title="Set a network connection profile, accepted",
    purpose="The CSMS sends the profile the operator gives for a slot.",
    requirements=("B09.FR.01",),
    main=sets_profile("Accepted", SLOT, *PROFILE_CHECKS),
)
TC_B_44_CSMS = Case(
    id="TC_B_44_CSMS",
    title="Set a network connection profile, failed",
    purpose="The CSMS takes it that the station could not store the profile.",
    requirements=("B09.FR.03",),
    main=sets_profile("Failed", SLOT, *PROFILE_CHECKS),
    remark="The document has no validations here; those of TC_B_42 hold as well.",
)
TC_B_58_CSMS = Case(
    id="TC_B_58_CSMS",
    title="The WebSocket subprotocol",
    purpose="The CSMS does not talk to a station of an unknown version, and chooses the one it knows of two.",
    before=(Disconnects(),),
    main=(
        Offers(number="1", how={"subprotocols": [UNKNOWN_VERSION]}),
        Reconnects(number="1", refused=True, checks=(one_of("kind", "http", "subprotocol"), equals("stayed", False))),
        Offers(number="3", how={"subprotocols": [UNKNOWN_VERSION, made("subprotocol")]}),
        Reconnects(number="3", checks=(CHOSEN,)),
    ),
    remark=(
        "The document wants the upgrade refused where no version is known. OCPP-J 3.2 has the handshake completed without a "
        "subprotocol and the connection closed at once; both are taken, a connection that stays is not."
    ),
)
