"""Reusable and memory states of the OCPP 1.6 test document, sections 2.25 and 2.26: a Charge Point under test.

The connector of a case is the setting `evse_id`; what the tester knows of its transaction is kept as `transaction_id`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pilotwire.conformance.checks import Check, absent_or, equals, one_of
from pilotwire.conformance.conditions import configured_is, fact, not_
from pilotwire.conformance.language import (
    Acts,
    Configures,
    ForEach,
    Happened,
    InAnyOrder,
    Keeps,
    Learns,
    OnlyIf,
    Reached,
    Receives,
    Sends,
    State,
    Step,
    TellsStatus,
)
from pilotwire.conformance.states.certificates201 import CSR_IN_PEM, CSR_STRONG
from pilotwire.conformance.values import OMITTED, Computed, Configured, Fresh, Kept, Known, Moment, configured, made
from pilotwire.conformance.wire.authority import CSMS_ROOT, MANUFACTURER_ROOT

Steps = tuple[Step, ...]

_BRIEFLY: Final = 1.0
"""How long what may come or not is waited for, in s."""

CONNECTOR = configured.evse_id
"""<Configured ConnectorId>: what the plan calls an EVSE is a connector in 1.6."""


# --- words -----------------------------------------------------------------------------------------------------------------------


def present_id_tag(token: str = "valid_token", **details: Any) -> Acts:
    """Somebody presents a configured idTag."""
    return Acts(act="present", details={"token": Configured(token)} | details)


def status(number: str, state: Any, *, evse: Any = CONNECTOR, optional: bool = False, **how: Any) -> TellsStatus:
    """StatusNotification.req of a connector, in this status (or one of these)."""
    return TellsStatus(number=number, status=state, evse=evse, optional=optional, **how)


def status_of_charge_point(number: str, state: str, *, optional: bool = False) -> Receives:
    """StatusNotification.req of connector 0, the Charge Point as a whole."""
    return Receives(
        number=number,
        action="StatusNotification",
        where=(equals("connectorId", 0),),
        checks=(equals("status", state),),
        optional=optional,
    )


def authorizes(number: str, token: str = "valid_token", answer: Mapping[str, Any] | None = None) -> Receives:
    """Authorize.req with this idTag."""
    return Receives(number=number, action="Authorize", checks=(equals("idTag", Configured(token)),), answer=answer)


def starts(
    number: str,
    *checks: Check,
    token: str = "valid_token",
    answer: Mapping[str, Any] | None = None,
    within: Any = configured.message_timeout,
) -> Receives:
    """StartTransaction.req at the connector with this idTag; its meterStart is kept as `meter_start`."""
    return Receives(
        number=number,
        action="StartTransaction",
        checks=(equals("connectorId", CONNECTOR), equals("idTag", Configured(token)), *checks),
        answer=answer,
        keep={"meter_start": "meterStart"},
        within=within,
    )


def stops(
    number: str,
    reason: str = "",
    *checks: Check,
    token: str = "",
    answer: Mapping[str, Any] | None = None,
    within: Any = configured.message_timeout,
) -> Receives:
    """StopTransaction.req of the transaction, for this reason: Local need not be told (1.6:4.10)."""
    why = (absent_or("reason", "Local"),) if reason == "Local" else (equals("reason", reason),) if reason else ()
    by = (equals("idTag", Configured(token)),) if token else ()
    return Receives(
        number=number,
        action="StopTransaction",
        checks=(equals("transactionId", Kept("transaction_id")), *why, *by, *checks),
        answer=answer,
        within=within,
    )


def remote_start(number: str, *, token: str = "valid_token", connector: Any = CONNECTOR, **more: Any) -> Sends:
    """RemoteStartTransaction.req, accepted."""
    return Sends(
        number=number,
        action="RemoteStartTransaction",
        payload={"connectorId": connector, "idTag": Configured(token)} | more,
        checks=(equals("status", "Accepted"),),
    )


def begins_to_charge(started: str, told: str, *checks: Check, token: str = "valid_token", **how: Any) -> InAnyOrder:
    """StartTransaction.req and StatusNotification.req(Charging), in any order (section 1.2)."""
    return InAnyOrder(steps=(starts(started, *checks, token=token, **how), status(told, "Charging")))


def ends_charging(stopped: str, told: str, reason: str = "", *checks: Check, token: str = "", **how: Any) -> InAnyOrder:
    """StopTransaction.req and StatusNotification.req(Finishing), in any order (section 1.2)."""
    return InAnyOrder(steps=(stops(stopped, reason, *checks, token=token, **how), status(told, "Finishing")))


def boots(
    number: str,
    *,
    answer: Mapping[str, Any] | None = None,
    within: Any = configured.long_operation_timeout,
    **how: Any,
) -> Receives:
    """BootNotification.req; what came before it is not meant by the steps after it."""
    return Receives(number=number, action="BootNotification", answer=answer, marks=True, within=within, **how)


def everything_is(number: str, state: str) -> InAnyOrder:
    """StatusNotification.req of every connector and of connector 0."""
    told = TellsStatus(number=number, status=state, every="station")
    return InAnyOrder(number=number, steps=(status_of_charge_point(number, state), told))


def all_but_this_available(number: str, state: Any) -> InAnyOrder:
    """StatusNotification.req of every connector and of connector 0: the configured one is so (or one of these), the others Available."""
    others = TellsStatus(number=number, status="Available", every="others")
    return InAnyOrder(number=number, steps=(status(number, state), others, status_of_charge_point(number, "Available")))


def change_availability(number: str, kind: str, *, connector: Any = CONNECTOR) -> Sends:
    """ChangeAvailability.req, accepted."""
    return Sends(
        number=number,
        action="ChangeAvailability",
        payload={"connectorId": connector, "type": kind},
        checks=(equals("status", "Accepted"),),
    )


def resets(number: str, kind: str) -> Sends:
    """Reset.req, accepted."""
    return Sends(number=number, action="Reset", payload={"type": kind}, checks=(equals("status", "Accepted"),))


def remote_stop(number: str) -> Sends:
    """RemoteStopTransaction.req of the transaction, accepted."""
    return Sends(
        number=number,
        action="RemoteStopTransaction",
        payload={"transactionId": Kept("transaction_id")},
        checks=(equals("status", "Accepted"),),
    )


def unlocks(number: str, *statuses: str, connector: Any = CONNECTOR) -> Sends:
    """UnlockConnector.req, answered by one of these."""
    return Sends(
        number=number,
        action="UnlockConnector",
        payload={"connectorId": connector},
        checks=(one_of("status", *statuses),),
    )


def plug_in() -> Steps:
    """Manual action: the cable is plugged in at both sides."""
    return (Acts(act="plug_in"), Happened(facts={"ev_connected": True}))


def unplug() -> Steps:
    """Manual action: the cable is unplugged."""
    return (Acts(act="unplug"), Happened(facts={"ev_connected": False}))


# --- reusable states ---------------------------------------------------------------------------------------------------------------


def authorized(token: str = "valid_token") -> Steps:
    """State Authorized: somebody presents an idTag; the connector is Preparing, if it was not before."""
    preparing = OnlyIf(condition=not_(fact("ev_connected")), steps=(status("3", "Preparing"),))
    return (
        State(
            name="Authorized",
            steps=(
                present_id_tag(token),
                InAnyOrder(steps=(authorizes("1", token), preparing)),
                Happened(facts={"authorized": True}),
                Reached(state="Authorized"),
            ),
        ),
    )


def charging(token: str = "valid_token", *, started: tuple[Check, ...] = (), asks: bool = True, **more: Any) -> Steps:
    """State Charging: the cable first, then a remote start (with `more` in it).

    `started` are further checks of StartTransaction.req; not `asks`: whether the idTag is asked about is left to the Charge Point.
    """
    authorizing = authorizes("9", token) if asks else replace(authorizes("9", token), optional=True, within=_BRIEFLY)
    return (
        State(
            name="Charging",
            steps=(
                Learns(number="1", variable="AuthorizeRemoteTxRequests", setting="authorize_remote_start"),
                *plug_in(),
                OnlyIf(condition=not_(fact("reserved")), steps=(status("3", "Preparing"),)),
                remote_start("5", token=token, **more),
                OnlyIf(condition=fact("reserved"), steps=(status("7", "Preparing", early=True),)),
                OnlyIf(condition=configured_is("authorize_remote_start", True), steps=(authorizing,)),
                begins_to_charge("11", "13", *started, token=token),
                Happened(facts={"authorized": True, "energy": True, "reserved": False}),
                Reached(state="Charging"),
            ),
        ),
    )


def reserved(token: str = "valid_token", **more: Any) -> Steps:
    """State Reserved: the connector, for this idTag; the number is kept as `reservation_id`."""
    return (
        State(
            name="Reserved",
            steps=(
                Sends(
                    number="1",
                    action="ReserveNow",
                    payload={
                        "connectorId": CONNECTOR,
                        "expiryDate": Moment(3600),
                        "idTag": Configured(token),
                        "reservationId": Fresh("reservation_id"),
                    }
                    | more,
                    checks=(equals("status", "Accepted"),),
                ),
                status("3", "Reserved"),
                Happened(facts={"reserved": True}),
                Reached(state="Reserved"),
            ),
        ),
    )


def connector_unavailable() -> Steps:
    """State SetConnectorUnavailable."""
    return (
        State(
            name="SetConnectorUnavailable",
            steps=(
                change_availability("1", "Inoperative"),
                status("3", "Unavailable"),
                Reached(state="SetConnectorUnavailable"),
            ),
        ),
    )


def others_unavailable() -> Steps:
    """State SetConnectorUnavailable for all unused connectors."""
    return (
        State(
            name="SetConnectorUnavailable",
            steps=(
                ForEach(
                    name="unused",
                    values=Computed("the connectors that are not used", _unused),
                    steps=(
                        Sends(
                            action="ChangeAvailability",
                            payload={"connectorId": Kept("unused"), "type": "Inoperative"},
                            checks=(equals("status", "Accepted"),),
                        ),
                        status("", "Unavailable", evse=Kept("unused")),
                    ),
                ),
            ),
        ),
    )


def every_connector(name: str, *steps: Step) -> ForEach:
    """The steps for every connector, whose number is kept under this name."""
    numbers = Computed("every connector", lambda known: list(range(1, len(known.setting("connectors")) + 1)))
    return ForEach(name=name, values=numbers, steps=steps)


def _unused(known: Known) -> list[int]:
    every = range(1, len(known.setting("connectors")) + 1)
    return [number for number in every if number != known.setting("evse_id")]


def charge_point_faulted() -> Steps:
    """State SetChargePointFaulted: a fault of every connector, and of connector 0 where the Charge Point tells that."""
    at = Kept("faulted_connector")
    faults = every_connector(
        "faulted_connector",
        Acts(act="fault", details={"evse": at}),
        status("1", "Faulted", evse=at),
    )
    return (State(name="SetChargePointFaulted", steps=(faults, Reached(state="SetChargePointFaulted"))),)


def charge_point_unavailable() -> Steps:
    """State SetChargePointUnavailable: connector 0 and every connector."""
    return (
        State(
            name="SetChargePointUnavailable",
            steps=(
                change_availability("1", "Inoperative", connector=0),
                everything_is("3", "Unavailable"),
                Reached(state="SetChargePointUnavailable"),
            ),
        ),
    )


def connector_faulted() -> Steps:
    """State SetConnectorFaulted."""
    steps = (Acts(act="fault"), status("1", "Faulted"), Happened(facts={"faulted": True}))
    return (State(name="SetConnectorFaulted", steps=(*steps, Reached(state="SetConnectorFaulted"))),)


def connector_occupied() -> Steps:
    """State SetConnectorOccupied: a cable is plugged in."""
    steps = (*plug_in(), status("1", "Preparing"))
    return (State(name="SetConnectorOccupied", steps=(*steps, Reached(state="SetConnectorOccupied"))),)


def set_charging_profile(number: str, profile: Mapping[str, Any], *, connector: Any = CONNECTOR) -> Steps:
    """State SetChargingProfile, accepted."""
    return (
        State(
            name="SetChargingProfile",
            steps=(
                Sends(
                    number=number,
                    action="SetChargingProfile",
                    payload={"connectorId": connector, "csChargingProfiles": profile},
                    checks=(equals("status", "Accepted"),),
                ),
            ),
        ),
    )


# --- memory states -----------------------------------------------------------------------------------------------------------------


def id_tag_cached(token: str = "valid_token") -> Steps:
    """Memory state IdTagCached: somebody has charged with the idTag."""
    return (
        State(
            name="IdTagCached",
            steps=(
                Configures(variable="AuthorizationCacheEnabled", value="true"),
                *charging(token),
                present_id_tag(token),
                ends_charging("1", "3"),
                Happened(facts={"authorized": False, "energy": False, "cached": True}),
                *unplug(),
                status("5", "Available"),
                Reached(state="IdTagCached"),
            ),
        ),
    )


def id_tag_in_local_list(*tokens: str) -> Steps:
    """Memory state IdTagLocalAuthList: these configured idTags (without any: the valid one) are in list 1, accepted."""
    listed = [{"idTag": Configured(one), "idTagInfo": {"status": "Accepted"}} for one in tokens or ("valid_token",)]
    return (
        State(
            name="IdTagLocalAuthList",
            steps=(
                Configures(variable="LocalAuthListEnabled", value="true"),
                Sends(
                    number="1",
                    action="SendLocalList",
                    payload={"listVersion": 1, "updateType": "Full", "localAuthorizationList": listed},
                    checks=(equals("status", "Accepted"),),
                ),
                Happened(facts={"listed": True}),
            ),
        ),
    )


ROOTS16: Mapping[str, str] = {
    "CentralSystemRootCertificate": CSMS_ROOT,
    "ManufacturerRootCertificate": MANUFACTURER_ROOT,
}
"""The root of the tester for each certificateType."""


def certificate_installed(kind: str = "CentralSystemRootCertificate", number: str = "3") -> Steps:
    """Memory state CertificateInstalled: the tester's root of this kind."""
    return (
        State(
            name="CertificateInstalled",
            steps=(
                Sends(
                    number=number,
                    action="InstallCertificate",
                    payload={"certificateType": kind, "certificate": made("root", name=ROOTS16[kind])},
                    checks=(equals("status", "Accepted"),),
                ),
            ),
        ),
    )


def extended_trigger(number: str, message: str, *, connector: Any = OMITTED) -> Sends:
    """ExtendedTriggerMessage.req, accepted."""
    return Sends(
        number=number,
        action="ExtendedTriggerMessage",
        payload={"requestedMessage": message, "connectorId": connector},
        checks=(equals("status", "Accepted"),),
    )


def renew_charge_point_certificate() -> Steps:
    """Memory state RenewChargePointCertificate: the new chain is kept as `station_chain`."""
    return (
        State(
            name="RenewChargePointCertificate",
            steps=(
                Configures(variable="CpoName", value=configured.vendor),
                extended_trigger("1", "SignChargePointCertificate"),
                Receives(
                    number="3",
                    action="SignCertificate",
                    checks=(CSR_IN_PEM, CSR_STRONG),
                    answer={"status": "Accepted"},
                    keep={"csr": "csr"},
                    within=configured.long_operation_timeout,
                ),
                Keeps(values={"station_chain": made("signed", csr=Kept("csr"))}),
                Sends(
                    number="5",
                    action="CertificateSigned",
                    payload={"certificateChain": Kept("station_chain")},
                    checks=(equals("status", "Accepted"),),
                ),
            ),
        ),
    )
