"""Reusable and memory states of OCPP 2.0.1 Part 6 about certificates: a charging station under test, the tester is the CSMS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pilotwire.conformance.checks import Check, Judgement, absent_or, equals, satisfies
from pilotwire.conformance.conditions import configured_is
from pilotwire.conformance.language import (
    Configures,
    ForEach,
    Keeps,
    OnlyIf,
    Reached,
    Receives,
    Reconnects,
    Sends,
    State,
    Step,
)
from pilotwire.conformance.values import OMITTED, Computed, Fresh, Kept, Known, configured, look, made
from pilotwire.conformance.wire.authority import CSMS_ROOT, MANUFACTURER_ROOT, MO_ROOT, V2G_ROOT, V2G_SUB_CA_2
from pilotwire.conformance.wire.pki import csr_facts

Steps = tuple[Step, ...]

ROOTS = {
    "CSMSRootCertificate": CSMS_ROOT,
    "ManufacturerRootCertificate": MANUFACTURER_ROOT,
    "V2GRootCertificate": V2G_ROOT,
    "MORootCertificate": MO_ROOT,
}
"""The root of the tester for each certificateType of InstallCertificate."""
_HASHES = ("issuerNameHash", "issuerKeyHash", "serialNumber")
_ALGORITHMS = ("SHA256", "SHA384", "SHA512")


# --- installed ---------------------------------------------------------------------------------------------------------------------


def installs(number: str, kind: str, certificate: Any, *checks: Check) -> Sends:
    """InstallCertificate; without `checks` it must be accepted."""
    return Sends(
        number=number,
        action="InstallCertificate",
        payload={"certificateType": kind, "certificate": certificate},
        checks=checks or (equals("status", "Accepted"),),
    )


def certificate_installed(kind: str, root: str = "") -> Steps:
    """Memory state CertificateInstalled: a root of the tester, by default that for this certificateType."""
    return (State(name="CertificateInstalled", steps=(installs("1", kind, made("root", name=root or ROOTS[kind])),)),)


def _is(data: Any, wanted: Any) -> bool:
    """Whether a CertificateHashDataType names the certificate; hexadecimal in either case."""
    return isinstance(data, dict) and all(str(data.get(one)).lower() == wanted[one].lower() for one in _HASHES)


def _names_root(entry: Any, known: Known, kind: str, root: str) -> bool:
    data = entry.get("certificateHashData") if isinstance(entry, dict) else None
    if (
        not isinstance(data, dict)
        or entry.get("certificateType") != kind
        or data.get("hashAlgorithm") not in _ALGORITHMS
    ):
        return False
    return _is(data, known.made("root hashes", name=root, algorithm=data["hashAlgorithm"]))


def lists_root(kind: str, root: str = "") -> Check:
    """certificateHashDataChain has this root of the tester."""
    name = root or ROOTS[kind]

    def test(found: Any, known: Known) -> bool:
        return isinstance(found, list) and any(_names_root(one, known, kind, name) for one in found)

    return satisfies("certificateHashDataChain", f"has the {name} as a {kind}", test)


def lacks_root(kind: str, root: str = "") -> Check:
    """certificateHashDataChain, if there is one, does not have this root of the tester."""
    name = root or ROOTS[kind]

    def test(found: Any, known: Known) -> bool:
        return not isinstance(found, list) or not any(_names_root(one, known, kind, name) for one in found)

    return satisfies("certificateHashDataChain", f"does not have the {name}", test)


def _names_chain(entry: Any, known: Known, chain: str, by: str) -> bool:
    data = entry.get("certificateHashData") if isinstance(entry, dict) else None
    if not isinstance(data, dict) or entry.get("certificateType") != "V2GCertificateChain":
        return False
    if data.get("hashAlgorithm") not in _ALGORITHMS:
        return False
    first, *children = known.made("chain hashes", chain=chain, by=by, algorithm=data["hashAlgorithm"])
    told = entry.get("childCertificateHashData", [])
    return _is(data, first) and all(any(_is(one, child) for one in told) for child in children)


def lists_chain(chain: str = "v2g_chain", by: str = V2G_SUB_CA_2) -> Check:
    """certificateHashDataChain has the V2GCertificateChain kept under this name, with its sub-CAs as children (M03.FR.05)."""

    def test(found: Any, known: Known) -> bool:
        kept = known.kept.get(chain)
        return isinstance(found, list) and any(_names_chain(one, known, str(kept), by) for one in found)

    return satisfies("certificateHashDataChain", "has the V2GCertificateChain with its sub-CAs", test)


def names_certificate(data: Any, known: Known, chain: Any, by: str, place: int) -> bool:
    """Whether OCSPRequestData or a CertificateHashDataType names the certificate at this place of a chain `by` has signed; 0: its own."""
    if not isinstance(data, dict) or data.get("hashAlgorithm") not in _ALGORITHMS or not isinstance(chain, str):
        return False
    named = known.made("chain hashes", chain=chain, by=by, algorithm=data["hashAlgorithm"])
    return place < len(named) and _is(data, named[place])


def asks_for_certificates(number: str, *kinds: str, checks: tuple[Check, ...]) -> Sends:
    """GetInstalledCertificateIds of these kinds, or (without any) of all."""
    return Sends(
        number=number,
        action="GetInstalledCertificateIds",
        payload={"certificateType": list(kinds) or OMITTED},
        checks=checks,
        keep={"installed": "certificateHashDataChain"},
    )


def get_installed_certificates(kind: str, root: str = "") -> Steps:
    """State GetInstalledCertificates: the station lists the certificate of this kind (V2GCertificateChain: what it was given last)."""
    listed = lists_chain() if kind == "V2GCertificateChain" else lists_root(kind, root)
    return (
        State(
            name="GetInstalledCertificates",
            steps=(asks_for_certificates("1", kind, checks=(equals("status", "Accepted"), listed)),),
        ),
    )


# --- asked for and signed --------------------------------------------------------------------------------------------------------


def _csr(what: str, test: Callable[[Mapping[str, Any], Known], bool], requirement: str) -> Check:
    """A check of the csr; what it says stands in the report."""

    def judge(message: Any, known: Known) -> Judgement:
        facts = csr_facts(look(message, "csr"))
        found = facts["fault"] or f"{facts['key']}, common name {facts['common_name']!r}"
        return Judgement(test(facts, known), found)

    return Check(f"csr {what}", judge, "csr", requirement)


CSR_IN_PEM = _csr("is a certification request (RFC 2986) in PEM", lambda one, _: not one["fault"], "A02.FR.03")
CSR_STRONG = _csr(
    "is for an RSA key of at least 2048 bits or an EC key of at least 224 bits",
    lambda one, _: bool(one.get("strong")),
    "A00.FR.502",
)
CSR_EC_256 = _csr(
    "is for an EC key of at least 256 bits",
    lambda one, _: str(one.get("key", "")).startswith("EC ") and int(str(one["key"]).split()[1]) >= 256,
    "A02.FR.02",
)
CSR_OWNED = _csr("names its owner (O)", lambda one, _: bool(one.get("organization")), "A00.FR.509")
STATION_CSR = (CSR_IN_PEM, CSR_STRONG, CSR_OWNED)
"""What the request for a station certificate must be."""


def triggers(number: str, message: str, evse: Any = OMITTED) -> Sends:
    """TriggerMessage, accepted."""
    return Sends(
        number=number,
        action="TriggerMessage",
        payload={"requestedMessage": message, "evse": evse},
        checks=(equals("status", "Accepted").of("F06.FR.04"),),
    )


def asks_for_signature(
    number: str,
    *checks: Check,
    kind: str = "ChargingStationCertificate",
    status: str = "Accepted",
    keep: str = "csr",
    early: bool = False,
    within: Any = configured.message_timeout,
) -> Receives:
    """The station sends SignCertificateRequest for a certificate of this kind ("": for both); its csr is kept."""
    both = "" if kind else "; for a certificate for both no type is told"
    told = (
        absent_or("certificateType", kind) if kind == "ChargingStationCertificate" else equals("certificateType", kind)
    )
    return Receives(
        number=number,
        action="SignCertificate",
        checks=(*((told,) if kind else ()), *(checks or STATION_CSR)),
        answer={"status": status},
        keep={keep: "csr"},
        early=early,
        within=within,
        note=f"The type may be left out for a station certificate{both}.",
    )


def hands_over(
    number: str,
    chain: Any,
    *checks: Check,
    kind: Any = "ChargingStationCertificate",
    keep: str = "signed_status",
) -> Sends:
    """CertificateSigned with this chain; without `checks` it must be accepted."""
    return Sends(
        number=number,
        action="CertificateSigned",
        payload={"certificateChain": chain, "certificateType": kind},
        checks=checks or (equals("status", "Accepted").of("A02.FR.06"),),
        keep={keep: "status"},
    )


NEW_CERTIFICATE_SHOWN = equals("certificate_serial", made("serial", chain=Kept("station_chain"))).of("A02.FR.08")
"""The certificate of the opening handshake is the new one."""


def renew_charging_station_certificate() -> Steps:
    """Memory state RenewChargingStationCertificate (errata 2025-09, 6.2.122 and 6.2.123).

    At security profile 3 the station connects with the new certificate; if it does not leave by itself, the tester ends the connection.
    """
    return (
        State(
            name="RenewChargingStationCertificate",
            steps=(
                triggers("1", "SignChargingStationCertificate"),
                asks_for_signature("3"),
                Keeps(values={"station_chain": made("signed", csr=Kept("csr"))}),
                hands_over("5", Kept("station_chain")),
                OnlyIf(condition=configured_is("security_profile", 3), steps=_connects_with_it()),
            ),
        ),
    )


def _connects_with_it() -> Steps:
    return (
        Reconnects(
            number="7",
            leaves_within=configured.silence,
            checks=(equals("secure", True), NEW_CERTIFICATE_SHOWN),
        ),
        Receives(
            number="8",
            action="BootNotification",
            optional=True,
            within=configured.silence,
            note="Only a station that starts again boots.",
        ),
    )


# --- for ISO 15118 -----------------------------------------------------------------------------------------------------------------


def _secc_ids(known: Known) -> list[dict[str, Any]]:
    """`evse` (None: of the station) and `name` of every SeccId the station has told; one without a name if there is none."""
    found = {}
    for message in known.heard():
        if message["action"] == "NotifyReport" and message["payload"].get("requestId") == known.kept.get("secc_report"):
            for one in message["payload"].get("reportData", []):
                if (one["component"]["name"], one["variable"]["name"]) == ("ISO15118Ctrlr", "SeccId"):
                    evse = one["component"].get("evse", {}).get("id")
                    found[evse] = one["variableAttribute"][0].get("value", "")
    named = [{"evse": evse, "name": name} for evse, name in found.items() if name]
    return named or [{"evse": None, "name": ""}]


def _secc_place(known: Known) -> Any:
    evse = Kept("secc").of(known)["evse"]
    return OMITTED if evse is None else {"id": evse}


_CSR_NAMED = _csr(
    "has the SeccId in its common name",
    lambda one, known: not known.kept["secc"]["name"] or known.kept["secc"]["name"] in one.get("common_name", ""),
    "A02.FR.13",
)
_V2G_CSR = (CSR_IN_PEM, CSR_EC_256, _CSR_NAMED)


def renew_v2g_charging_station_certificate() -> Steps:
    """Memory state RenewV2GChargingStationCertificate: one for each SeccId. The last chain is kept as `v2g_chain`."""
    one = (
        triggers("1", "SignV2GCertificate", Computed("the EVSE of this SeccId", _secc_place)),
        asks_for_signature("3", *_V2G_CSR, kind="V2GCertificate"),
        Keeps(values={"v2g_chain": made("signed", csr=Kept("csr"), by=V2G_SUB_CA_2)}),
        hands_over("5", Kept("v2g_chain"), kind="V2GCertificate"),
    )
    switch = "ISO15118Ctrlr.V2GCertificateInstallationEnabled"
    return (
        State(
            name="RenewV2GChargingStationCertificate",
            steps=(
                Configures(variable=switch, value=True, if_implemented=True, if_writable=True),
                Configures(variable="ISO15118Ctrlr.CountryName", value="NL", if_implemented=True, if_writable=True),
                Configures(
                    variable="ISO15118Ctrlr.OrganizationName",
                    value=configured.vendor_id,
                    if_implemented=True,
                    if_writable=True,
                ),
                Sends(
                    action="GetBaseReport",
                    payload={"requestId": Fresh("secc_report"), "reportBase": "FullInventory"},
                    checks=(equals("status", "Accepted"),),
                ),
                Receives(
                    action="NotifyReport",
                    where=(equals("requestId", Kept("secc_report")), absent_or("tbc", False)),
                    within=configured.long_operation_timeout,
                ),
                ForEach(
                    name="secc",
                    values=Computed("every SeccId the station has told", _secc_ids),
                    steps=one,
                ),
                Reached(state="RenewV2GChargingStationCertificate"),
            ),
        ),
    )
