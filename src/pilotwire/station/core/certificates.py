"""The certificates of the station as a street of the core: what is declared of them, and who takes what.

`certificate_store` installs, lists and deletes; `certificate_signing` asks for the station's own and renews them; `certificate_status`
and `contracts` serve those who speak to vehicles; `certificate_files` puts all where it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pilotwire import pki
from pilotwire.domain.certificates import (
    CertificateKind,
    CertificateSigned,
    DeleteCertificate,
    GetInstalledCertificates,
    InstallCertificate,
    SigningUse,
)
from pilotwire.domain.device_model import DataType
from pilotwire.domain.kinds import changed
from pilotwire.station.core import (
    certificate_files,
    certificate_signing,
    certificate_status,
    certificate_store,
    contracts,
)
from pilotwire.station.core.certificate_status import ChainStatusWanted, EvCertificateWanted, OcspWanted
from pilotwire.station.core.certificate_store import MOST_CERTIFICATES, held
from pilotwire.station.core.certificates_memory import OwnCertificate
from pilotwire.station.core.contracts import ContractPresented, SessionTerminated
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street, answered
from pilotwire.station.core.variable_table import Declared, fixed, name_of, number, switch
from pilotwire.station.hardware.ports import StationLayout


@dataclass(frozen=True, slots=True)
class CertificateGiven(OfStreet):
    """A certificate of the station itself from the factory or an installer: the chain in PEM, and the id of its key in the key store."""

    use: SigningUse
    chain: str
    key: str


@dataclass(frozen=True, slots=True)
class InstallersCertificate(OfStreet):
    """The station certificate it was set up with lies in `tls/installer-chain.pem`; it counts, and is renewed, until the CSMS gave one."""

    chain: str


@dataclass(frozen=True, slots=True)
class InstallersRoots(OfStreet):
    """The CSMS roots it was set up with lie in `tls/installer-roots.pem`: they count as installed while there is no other CSMS root.

    So they are listed, and a root that is to replace them is held against them (M03.FR.05, M05.FR.10).
    """

    roots: str


@dataclass(frozen=True, slots=True)
class RootGiven(OfStreet):
    """A root certificate from the factory or an installer, in PEM. It is installed as if the CSMS had asked for it."""

    kind: CertificateKind
    certificate: str


@dataclass(frozen=True, slots=True)
class CsmsNotTrusted(OfStreet):
    """No connection: the certificate that the CSMS showed is not good by the roots in `tls/csms-roots.pem` (M05.FR.14)."""


@dataclass(frozen=True, slots=True)
class CertificateNotTrusted(OfStreet):
    """No connection with the new certificate to any CSMS that is configured (A02.FR.28)."""


def _given(station: Station, event: CertificateGiven) -> None:
    try:
        chain = pki.in_order(pki.read_certificates(event.chain))
    except pki.PkiFault as fault:
        station.note(f"The certificate given is not used. {fault.what}")
        return
    above = chain[1:-1] if len(chain) > 1 and pki.is_self_signed(chain[-1]) else chain[1:]
    own = OwnCertificate(
        use=event.use,
        key=event.key,
        chain=pki.pem_of(chain[0], *above),
        not_before=chain[0].not_valid_before_utc,
        not_after=chain[0].not_valid_after_utc,
        anchor=_anchor(station, chain),
    )
    memory = held(station)
    others = tuple(each for each in memory.own if each.use is not event.use)
    old = [each.key for each in memory.own if each.use is event.use]
    station.remember(changed(memory, own=(*others, own)))
    certificate_files.write(station)
    for key in old:
        certificate_files.drop_key(station, key)


def _installers(station: Station, event: InstallersCertificate) -> None:
    known = certificate_files.own_for(held(station), SigningUse.CHARGING_STATION)
    if known is None or (not known.key and not _begins(event.chain, known)):
        _given(station, CertificateGiven(SigningUse.CHARGING_STATION, event.chain, ""))


def _begins(chain: str, known: OwnCertificate) -> bool:
    """Whether a chain begins with a certificate that is known."""
    try:
        return known.chain.startswith(pki.pem_of(pki.read_certificates(chain)[0]))
    except pki.PkiFault:
        return False


def _anchor(station: Station, chain: tuple[pki.Certificate, ...]) -> str:
    if len(chain) > 1 and pki.is_self_signed(chain[-1]):
        return pki.pem_of(chain[-1])
    roots = certificate_store.roots_of(station, CertificateKind.V2G_ROOT, CertificateKind.CSMS_ROOT)
    return next((pki.pem_of(root) for root in roots if pki.is_issued_by(chain[-1], root)), "")


def _installers_roots(station: Station, event: InstallersRoots) -> None:
    if any(root.kind is CertificateKind.CSMS_ROOT for root in held(station).roots):
        return
    try:
        found = pki.read_certificates(event.roots)
    except pki.PkiFault as fault:
        station.note(f"The CSMS roots the station was set up with cannot be read. {fault.what}")
        return
    for each in found:
        _root_given(station, RootGiven(CertificateKind.CSMS_ROOT, pki.pem_of(each)))


def _root_given(station: Station, event: RootGiven) -> None:
    certificate_store.take(station, InstallCertificate(kind=event.kind, certificate=event.certificate))


def _started(station: Station) -> None:
    """Files are made from what is kept; requests that were to be sent go on."""
    memory = held(station)
    if memory.roots or memory.own:
        certificate_files.write(station)


def _deadline(station: Station) -> datetime | None:
    times = (certificate_signing.deadline(station), certificate_status.refresh_at(station))
    return min((time for time in times if time is not None), default=None)


def _due(station: Station) -> None:
    certificate_signing.renew_due(station)
    certificate_signing.send_due(station)
    certificate_status.refresh_due(station)


# --- the street -----------------------------------------------------------------------------------------------------

_COMMON = (
    Declared(name_of("SecurityCtrlr.OrganizationName"), DataType.STRING, "Pilotwire", low=1, high=64),
    fixed("SecurityCtrlr.MaxCertificateChainSize", "10000", high=10_000),
    fixed("SecurityCtrlr.AdditionalRootCertificateCheck", "false", DataType.BOOLEAN),
    number("SecurityCtrlr.CertSigningWaitMinimum", 60, unit="s"),
    number("SecurityCtrlr.CertSigningRepeatTimes", 3),
    switch("ISO15118Ctrlr.PnCEnabled", False),
    switch("ISO15118Ctrlr.CentralContractValidationAllowed", False),
    switch("ISO15118Ctrlr.ContractValidationOffline", True),
    Declared(name_of("ISO15118Ctrlr.SeccId"), DataType.STRING, "", high=64),
    Declared(name_of("ISO15118Ctrlr.CountryName"), DataType.STRING, "", high=2),
    Declared(name_of("ISO15118Ctrlr.OrganizationName"), DataType.STRING, "", high=64),
)
_ONLY_2 = (
    fixed("SecurityCtrlr.CertificateEntries", "0", high=MOST_CERTIFICATES),
    switch("ISO15118Ctrlr.V2GCertificateInstallationEnabled", True),
    switch("ISO15118Ctrlr.ContractCertificateInstallationEnabled", True),
)
_ONLY_16 = (
    fixed(".CertificateStoreMaxLength", str(MOST_CERTIFICATES)),
    fixed("ISO15118Ctrlr.V2GCertificateInstallationEnabled", "true", DataType.BOOLEAN),
    fixed("ISO15118Ctrlr.ContractCertificateInstallationEnabled", "true", DataType.BOOLEAN),
)


def _variables(family: Family, _layout: StationLayout) -> tuple[Declared, ...]:
    return (*_COMMON, *(_ONLY_16 if family is Family.OCPP16 else _ONLY_2))


STREET = Street(
    "certificates",
    commands={
        InstallCertificate: certificate_store.install,
        DeleteCertificate: certificate_store.delete,
        GetInstalledCertificates: answered(certificate_store.installed),
        CertificateSigned: answered(certificate_signing.signed),
    },
    events={
        CertificateGiven: _given,
        InstallersCertificate: _installers,
        InstallersRoots: _installers_roots,
        RootGiven: _root_given,
        CsmsNotTrusted: certificate_signing.csms_not_trusted,
        CertificateNotTrusted: certificate_signing.certificate_not_trusted,
        EvCertificateWanted: certificate_status.ev_certificate,
        OcspWanted: certificate_status.ocsp,
        ChainStatusWanted: certificate_status.chain_status,
        ContractPresented: contracts.presented,
        SessionTerminated: contracts.terminated,
    },
    triggers={
        "SignChargingStationCertificate": certificate_signing.trigger(SigningUse.CHARGING_STATION),
        "SignV2GCertificate": certificate_signing.trigger(SigningUse.V2G),
        "SignV2G20Certificate": certificate_signing.trigger(SigningUse.V2G_20),
        "SignCombinedCertificate": certificate_signing.trigger(None),
    },
    variables=_variables,
    live={
        ("securityctrlr", "certificateentries"): lambda station, _: str(certificate_store.count(station)),
        ("iso15118ctrlr", "pncenabled"): lambda station, _: str(contracts.enabled(station)).lower(),
    },
    started=_started,
    link_up=certificate_signing.connected,
    deadline=_deadline,
    due=_due,
)

__all__ = [
    "STREET",
    "CertificateGiven",
    "CertificateNotTrusted",
    "CsmsNotTrusted",
    "InstallersCertificate",
    "InstallersRoots",
    "RootGiven",
]
