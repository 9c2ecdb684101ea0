"""C07: an EV authorizes with the contract certificate it has (ISO 15118, Plug & Charge)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.c_authorization.presenting import CHARGING, OFFLINE
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import AUTHORIZATION_ON, back_after
from pilotwire.conformance.checks import Check, either, equals, not_empty, present
from pilotwire.conformance.conditions import EVENT_DUE, feature, starts_at
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    Happened,
    NotReceives,
    OnlyIf,
    Receives,
    State,
    Step,
    TellsStatus,
    Waits,
)
from pilotwire.conformance.states.certificates201 import (
    certificate_installed,
    renew_v2g_charging_station_certificate,
)
from pilotwire.conformance.states.offline201 import line_back, line_down
from pilotwire.conformance.states.station201 import (
    BEGINS_OR_GOES_ON,
    authorization_told,
    energy_transfer_started,
    ev_connected_pre_session,
    ev_disconnected,
    id_token_in_local_list,
    parking_bay_occupied,
    parking_bay_unoccupied,
    stop_authorized,
    token_is,
    transaction_event,
)
from pilotwire.conformance.values import configured, made

Steps = tuple[Step, ...]
_STARTS_EARLY_ENOUGH = (starts_at("PowerPathClosed", "Authorized", "EVConnected", "ParkingBayOccupancy"),)

_EMAID = equals("idToken.type", "eMAID").of("C07.FR.01")
_HASHES = not_empty("iso15118CertificateHashData").of("C07.FR.02")
_CERTIFICATE = present("certificate").of("C07.FR.06")


def _controller(name: str, value: Any, *, if_implemented: bool = True, if_writable: bool = False) -> Configures:
    variable = f"ISO15118Ctrlr.{name}"
    return Configures(variable=variable, value=value, if_implemented=if_implemented, if_writable=if_writable)


def _plug_and_charge(*more: Configures) -> Steps:
    return (*more, _controller("PnCEnabled", True, if_implemented=False))


def _named() -> Steps:
    """The station may get certificates, and has the names that go into them."""
    return (
        _controller("ContractCertificateInstallationEnabled", True),
        _controller("V2GCertificateInstallationEnabled", True),
        _controller("SeccId", configured.secc_id, if_writable=True),
        _controller("CountryName", "NL", if_writable=True),
        _controller("OrganizationName", configured.vendor_id, if_writable=True),
    )


def _certificates(*roots: str) -> Steps:
    """These roots are installed, and the station has a V2G certificate of the tester (errata 2025-09, 6.2.35)."""
    return (
        *(step for root in roots for step in certificate_installed(root)),
        *renew_v2g_charging_station_certificate(),
    )


def _shows_contract() -> Acts:
    return Acts(act="present_contract", details={"chain": made("contract chain", emaid=configured.emaid)})


def _asked(*checks: Check, status: str = "Accepted", found: str = "Accepted") -> Steps:
    """The EV shows its contract; the station asks about it, and the tester answers with these two."""
    return (
        _shows_contract(),
        Receives(
            number="1",
            action="Authorize",
            checks=(_EMAID, equals("idToken.idToken", configured.emaid).of("C07.FR.01"), *checks),
            answer={"idTokenInfo": {"status": status}, "certificateStatus": found},
            early=True,
            note="It may ask for the status of certificates before (GetCertificateStatus).",
        ),
    )


def _charges() -> Steps:
    return (*authorization_told("3", equals("idToken.type", "eMAID")), *energy_transfer_started())


def _nobody_charges() -> NotReceives:
    """Nobody is authorized, and no energy flows."""
    return NotReceives(
        action="TransactionEvent", where=(either(equals("triggerReason", "Authorized"), CHARGING),), early=True
    )


def _contract_cached() -> Steps:
    """Memory state IdTokenCached15118 (errata 2025-09, 6.2.120): a whole session by the contract, stopped by the CSMS."""
    return (
        State(
            name="IdTokenCached15118",
            steps=(
                *parking_bay_occupied(),
                *ev_connected_pre_session(),
                State(name="Authorized15118", steps=(*_asked(), *authorization_told("3", *token_is("emaid")))),
                *energy_transfer_started(),
                *stop_authorized("remote"),
                *ev_disconnected("remote"),
                *parking_bay_unoccupied("remote"),
            ),
        ),
    )


def _known_here() -> Steps:
    """The contract is in the cache and on the list, as far as the station has them."""
    return (
        OnlyIf(condition=feature("C-49"), steps=_contract_cached()),
        OnlyIf(condition=feature("Local Authorization List Management"), steps=id_token_in_local_list("emaid")),
    )


def _comes_offline() -> Steps:
    """An EV with a contract is plugged in while the line is down; when it is back, that is told."""
    return (
        *line_down("1"),
        Acts(act="drive_in"),
        Acts(act="plug_in"),
        _shows_contract(),
        Waits(seconds=configured.transaction_duration, why="energy would flow"),
        *line_back("2"),
        Happened(facts={"bay_occupied": True}),
        TellsStatus(number="3", status="Occupied"),
        Happened(facts={"ev_connected": True}),
        OnlyIf(
            condition=EVENT_DUE,
            steps=(
                transaction_event(
                    "5",
                    trigger="CablePluggedIn",
                    checks=(*BEGINS_OR_GOES_ON, equals("transactionInfo.chargingState", "EVConnected"), OFFLINE),
                ),
            ),
        ),
    )


TC_C_50_CS = Case(
    id="TC_C_50_CS",
    title="A contract the station can check",
    purpose="With the operator's root the station checks the contract, asks by its hashes, and charges.",
    requirements=("C07.FR.01", "C07.FR.02"),
    needs=_STARTS_EARLY_ENOUGH,
    before=(
        *AUTHORIZATION_ON,
        *_plug_and_charge(_controller("CentralContractValidationAllowed", False)),
        *_named(),
        *_certificates("V2GRootCertificate", "MORootCertificate"),
        *ev_connected_pre_session(),
    ),
    main=(*_asked(_HASHES), *_charges()),
)

TC_C_51_CS = Case(
    id="TC_C_51_CS",
    title="A contract that was cancelled",
    purpose="A contract the station finds good but the CSMS calls cancelled gets no energy.",
    requirements=("C07.FR.01", "C07.FR.02"),
    needs=_STARTS_EARLY_ENOUGH,
    before=(
        *AUTHORIZATION_ON,
        *_plug_and_charge(_controller("CentralContractValidationAllowed", False)),
        *_certificates("V2GRootCertificate", "MORootCertificate"),
        *ev_connected_pre_session(),
    ),
    main=_asked(_HASHES, status="Invalid", found="ContractCancelled"),
    after=(_nobody_charges(),),
)

TC_C_52_CS = Case(
    id="TC_C_52_CS",
    title="A contract only the CSMS can check",
    purpose="Without the operator's root the station hands the contract's certificates to the CSMS, and charges.",
    requirements=("C07.FR.01", "C07.FR.02", "C07.FR.06"),
    needs=_STARTS_EARLY_ENOUGH,
    before=(
        *AUTHORIZATION_ON,
        *_plug_and_charge(_controller("CentralContractValidationAllowed", True, if_implemented=False)),
        *_named(),
        *_certificates("V2GRootCertificate"),
        *ev_connected_pre_session(),
    ),
    main=(*_asked(_CERTIFICATE), *_charges()),
)

TC_C_53_CS = Case(
    id="TC_C_53_CS",
    title="A contract the CSMS finds revoked",
    purpose="Without the operator's root the station hands the contract's certificates to the CSMS; revoked, it gets no energy.",
    requirements=("C07.FR.06",),
    needs=_STARTS_EARLY_ENOUGH,
    before=(
        *AUTHORIZATION_ON,
        *_plug_and_charge(_controller("CentralContractValidationAllowed", True, if_implemented=False)),
        *_certificates("V2GRootCertificate"),
        *ev_connected_pre_session(),
    ),
    main=_asked(_CERTIFICATE, status="Invalid", found="CertificateRevoked"),
    after=(_nobody_charges(),),
    remark="The case names no requirement; C07.FR.06 is what it plays.",
)


def _offline_with_contract(validates: bool, *, strangers: bool) -> Steps:
    return (
        Configures(variable="AuthCtrlr.Enabled", value=True, if_implemented=True, if_writable=True),
        Configures(variable="AuthCacheCtrlr.Enabled", value=True, if_implemented=True),
        Configures(variable="AuthCtrlr.OfflineTxForUnknownIdEnabled", value=strangers, if_implemented=True),
        *back_after(),
        *_plug_and_charge(_controller("ContractValidationOffline", validates, if_implemented=False)),
        *_certificates("V2GRootCertificate", "MORootCertificate"),
        *_known_here(),
    )


TC_C_54_CS = Case(
    id="TC_C_54_CS",
    title="A contract offline",
    purpose="With ContractValidationOffline a known driver's contract is checked at the station while the line is down, and charges.",
    requirements=("C07.FR.08", "C07.FR.09", "C07.FR.10", "C07.FR.11", "C07.FR.12"),
    needs=_STARTS_EARLY_ENOUGH,
    before=_offline_with_contract(True, strangers=True),
    main=(
        *_comes_offline(),
        *authorization_told("7", OFFLINE, equals("idToken.type", "eMAID")),
        *energy_transfer_started(),
    ),
)

TC_C_55_CS = Case(
    id="TC_C_55_CS",
    title="A contract offline, where that is not allowed",
    purpose="Without ContractValidationOffline a contract gets no energy while the line is down.",
    requirements=("C07.FR.07",),
    needs=_STARTS_EARLY_ENOUGH,
    before=_offline_with_contract(False, strangers=False),
    main=(
        *_comes_offline(),
        NotReceives(
            number="7",
            action="TransactionEvent",
            where=(either(equals("triggerReason", "Authorized"), equals("triggerReason", "ChargingStateChanged")),),
        ),
    ),
    after=(
        NotReceives(
            action="TransactionEvent", where=(either(equals("triggerReason", "Authorized"), CHARGING),), seconds=0
        ),
    ),
    remark="Whether strangers may charge offline is said twice in the errata, once crossed out: they may not.",
)
