"""N10: what the station keeps of a customer who is named by a contract certificate (ISO 15118)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import AUTHORIZATION_ON
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.n09_n10_customers import cleared_and_asked
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.reports import Steps
from pilotwire.conformance.conditions import TRANSACTION_RUNS
from pilotwire.conformance.language import Acts, Case, Configures, Happened, Keeps, OnlyIf, Receives, State
from pilotwire.conformance.states.certificates201 import (
    certificate_installed,
    renew_v2g_charging_station_certificate,
)
from pilotwire.conformance.states.station201 import (
    authorization_told,
    departure_told,
    energy_transfer_started,
    ev_connected_pre_session,
    leaving_told,
    token_is,
    transaction_event,
)
from pilotwire.conformance.values import Computed, Kept, configured, made
from pilotwire.conformance.wire.authority import MO_SUB_CA_2


def _controller(name: str, value: Any) -> Configures:
    return Configures(variable=f"ISO15118Ctrlr.{name}", value=value, if_implemented=True, if_writable=True)


_CONTROLLER: Steps = tuple(
    _controller(name, value)
    for name, value in (
        ("CentralContractValidationAllowed", False),
        ("V2GCertificateInstallationEnabled", True),
        ("ContractCertificateInstallationEnabled", True),
        ("PnCEnabled", True),
        ("SeccId", configured.secc_id),
        ("CountryName", "NL"),
        ("OrganizationName", configured.vendor_id),
    )
)


def _authorized_by_contract() -> Steps:
    """State Authorized15118, by Plug & Charge."""
    return (
        State(
            name="Authorized15118",
            steps=(
                Acts(act="present_contract", details={"chain": Kept("contract")}),
                Receives(
                    number="1",
                    action="Authorize",
                    checks=token_is("emaid"),
                    answer={"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"},
                    early=True,
                ),
                *authorization_told("3", *token_is("emaid")),
            ),
        ),
    )


def _session_ends() -> Steps:
    """The EV ends its session; as long as the transaction goes on, it leaves as well."""
    return (
        Acts(act="end_session"),
        Happened(facts={"authorized": False, "energy": False}),
        transaction_event("", trigger="StopAuthorized"),
        OnlyIf(condition=TRANSACTION_RUNS, steps=(Acts(act="unplug"), *leaving_told(""))),
        OnlyIf(condition=TRANSACTION_RUNS, steps=(Acts(act="drive_out"), *departure_told(""))),
    )


_CERTIFICATE = Computed("the hashes of the contract certificate", lambda known: Kept("contract hashes").of(known)[0])

TC_N_63_CS = Case(
    id="TC_N_63_CS",
    title="A customer by a contract certificate",
    purpose="CustomerInformation with clear and report removes what is kept of a customer who is named by a contract, and tells it.",
    requirements=("N10.FR.09",),
    before=(
        *AUTHORIZATION_ON,
        *_CONTROLLER,
        *certificate_installed("V2GRootCertificate"),
        *certificate_installed("MORootCertificate"),
        *renew_v2g_charging_station_certificate(),
        Keeps(values={"contract": made("contract chain", emaid=configured.emaid)}),
        Keeps(
            values={"contract hashes": made("chain hashes", chain=Kept("contract"), by=MO_SUB_CA_2, algorithm="SHA256")}
        ),
        *ev_connected_pre_session(),
        *_authorized_by_contract(),
        *energy_transfer_started(),
    ),
    main=(*_session_ends(), *cleared_and_asked({"customerCertificate": _CERTIFICATE})),
    remark=(
        "The errata (6.2.96, 6.2.98, 6.2.100, 6.2.101) are taken together. As SessionStopReq ends a transaction only where TxStopPoint "
        "says so, the EV leaves where it does not. Roots are installed, as the contract is checked at the station. What is told first "
        "may be empty."
    ),
)
