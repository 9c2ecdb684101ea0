"""Reusable states of the OCPP 1.6 test document, section 3.22: a Central System under test, the tester is the Charge Point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.checks import Check, equals
from pilotwire.conformance.language import Asks, Happened, Reached, Receives, Sends, State, Step, Tells
from pilotwire.conformance.values import OMITTED, Configured, Kept, Moment, configured

Steps = tuple[Step, ...]

CONNECTOR = configured.evse_id
"""<Configured ConnectorId>."""
ACCEPTED = (equals("idTagInfo.status", "Accepted"),)


# --- words -----------------------------------------------------------------------------------------------------------------------


def status(number: str, state: str, *, evse: Any = CONNECTOR, **how: Any) -> Tells:
    """StatusNotification.req of a connector; evse 0 is the Charge Point as a whole."""
    return Tells(number=number, status=state, evse=evse, **how)


def statuses(number: str, state: str = "Available") -> Steps:
    """StatusNotification.req of connector 0 and of each connector."""
    return (status(number, state, evse=0), Tells(number=number, status=state, every="station"))


def boots(number: str) -> Sends:
    """BootNotification.req, accepted."""
    return Sends(
        number=number,
        action="BootNotification",
        payload={"chargePointVendor": configured.vendor, "chargePointModel": configured.model},
        checks=(equals("status", "Accepted"),),
    )


def authorizes(number: str, token: str = "valid_token", *checks: Check) -> Sends:
    """Authorize.req with this idTag; without `checks` it must be accepted."""
    return Sends(number=number, action="Authorize", payload={"idTag": Configured(token)}, checks=checks or ACCEPTED)


def starts(number: str, *checks: Check, token: str = "valid_token", **more: Any) -> Sends:
    """StartTransaction.req; without `checks` it must be accepted. The transactionId is kept as `transaction_id`."""
    return Sends(
        number=number,
        action="StartTransaction",
        payload={"connectorId": CONNECTOR, "idTag": Configured(token), "meterStart": 1000, "timestamp": Moment()}
        | more,
        checks=checks or ACCEPTED,
        keep={"transaction_id": "transactionId"},
    )


def stops(number: str, *checks: Check, token: str = "", reason: Any = OMITTED, **more: Any) -> Sends:
    """StopTransaction.req; with an idTag it must be accepted, unless `checks` say otherwise."""
    by = {"idTag": Configured(token)} if token else {}
    return Sends(
        number=number,
        action="StopTransaction",
        payload={"transactionId": Kept("transaction_id"), "meterStop": 2000, "timestamp": Moment(), "reason": reason}
        | by
        | more,
        checks=checks or (ACCEPTED if token else ()),
    )


def ordered(
    number: str,
    action: str,
    *checks: Check,
    asked: Mapping[str, Any] | None = None,
    answer: Mapping[str, Any] | None = None,
    keep: Mapping[str, str] | None = None,
) -> Steps:
    """Manual action: the operator has the Central System send this; the tester answers."""
    return (
        Asks(action=action, payload=asked or {}),
        Receives(number=number, action=action, checks=checks, answer=answer, keep=keep or {}),
    )


# --- reusable states ---------------------------------------------------------------------------------------------------------------


def booted() -> Steps:
    """State Booted: the Charge Point the tester plays boots and tells connector 0 and its connectors."""
    return (
        State(
            name="Booted",
            steps=(
                boots("1"),
                *statuses("3"),
                Reached(state="Booted"),
            ),
        ),
    )


def authorized(token: str = "valid_token") -> Steps:
    """State Authorized."""
    steps = (authorizes("1", token), Happened(facts={"authorized": True}))
    return (State(name="Authorized", steps=(*steps, Reached(state="Authorized"))),)


def charging(token: str = "valid_token") -> Steps:
    """State Charging: authorized first."""
    return (
        State(
            name="Charging",
            steps=(
                *authorized(token),
                status("1", "Preparing"),
                starts("3", token=token),
                status("5", "Charging"),
                Reached(state="Charging"),
            ),
        ),
    )


def installed_certificates_received(kind: str, hashes: Any) -> Steps:
    """State InstalledCertificatesReceived: the operator asks for the root certificates of this kind; `hashes` are told."""
    return (
        State(
            name="InstalledCertificatesReceived",
            steps=ordered(
                "1",
                "GetInstalledCertificateIds",
                equals("certificateType", kind),
                asked={"certificateType": kind},
                answer={"status": "Accepted", "certificateHashData": hashes},
            ),
        ),
    )
