"""Certificates of a station (functional blocks A and M; 1.6: security extension and Plug & Charge), named by hashes as OCSP names them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pilotwire.domain.kinds import Command, Fact, Outcome, Value, Verdict


class HashAlgorithm(StrEnum):
    """As in HashAlgorithmEnumType."""

    SHA256 = "SHA256"
    SHA384 = "SHA384"
    SHA512 = "SHA512"


class CertificateHash(Value):
    """The hashes that name a certificate (CertificateHashDataType); the hashes and the serial number are hexadecimal."""

    hash_algorithm: HashAlgorithm
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


# --- installed certificates (M03, M04, M05) -------------------------------------------------------------------------


class CertificateKind(StrEnum):
    """What a certificate is installed for, as in GetCertificateIdUseEnumType; OEMRootCertificate came with 2.1.

    1.6 calls the CSMSRootCertificate CentralSystemRootCertificate.
    """

    V2G_ROOT = "V2GRootCertificate"
    MO_ROOT = "MORootCertificate"
    CSMS_ROOT = "CSMSRootCertificate"
    MANUFACTURER_ROOT = "ManufacturerRootCertificate"
    OEM_ROOT = "OEMRootCertificate"
    V2G_CHAIN = "V2GCertificateChain"


class InstallCertificate(Command):
    """Install a root certificate, in PEM (M05)."""

    kind: CertificateKind
    certificate: str


class InstallCertificateStatus(StrEnum):
    """As in InstallCertificateStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    FAILED = "Failed"


class InstallCertificateOutcome(Outcome):
    """The answer to an installation."""

    status: InstallCertificateStatus


class DeleteCertificate(Command):
    """Remove an installed certificate (M04). `plug_and_charge`: in 1.6, one that came by the Plug & Charge messages."""

    certificate: CertificateHash
    plug_and_charge: bool = False


class DeleteCertificateStatus(StrEnum):
    """As in DeleteCertificateStatusEnumType."""

    ACCEPTED = "Accepted"
    FAILED = "Failed"
    NOT_FOUND = "NotFound"


class DeleteCertificateOutcome(Outcome):
    """The answer to a removal."""

    status: DeleteCertificateStatus


class InstalledCertificate(Value):
    """A certificate a station has, and of a chain those under it."""

    kind: CertificateKind
    certificate: CertificateHash
    children: tuple[CertificateHash, ...] = ()


class GetInstalledCertificates(Command):
    """Ask which certificates of these kinds are installed; no kinds: all (M03.FR.05)."""

    kinds: tuple[CertificateKind, ...] = ()


class GetInstalledStatus(StrEnum):
    """As in GetInstalledCertificateStatusEnumType."""

    ACCEPTED = "Accepted"
    NOT_FOUND = "NotFound"


class GetInstalledOutcome(Outcome):
    """The certificates installed."""

    status: GetInstalledStatus
    certificates: tuple[InstalledCertificate, ...] = ()


# --- a station's own certificate (A02, A03) -------------------------------------------------------------------------


class SigningUse(StrEnum):
    """What a station's own certificate is for, as in CertificateSigningUseEnumType; V2G20Certificate came with 2.1."""

    CHARGING_STATION = "ChargingStationCertificate"
    V2G = "V2GCertificate"
    V2G_20 = "V2G20Certificate"


class SigningAsked(Fact):
    """A station asks for a certificate (A02, A03). `csr` as it sent it, in PEM; `use` None: it is not said (2.x).

    `request_id` and `root`, the root its chain shall end in, are in 2.1.
    """

    csr: str
    use: SigningUse | None = None
    request_id: int | None = None
    root: CertificateHash | None = None


class SigningVerdict(Verdict):
    """Whether the request is being worked on (A02.FR.11, A02.FR.12)."""

    accepted: bool


class CertificateSigned(Command):
    """Hand over the chain made from a request, in PEM, the station's own certificate first (A02.FR.03)."""

    chain: str
    use: SigningUse | None = None
    request_id: int | None = None


class CertificateSignedStatus(StrEnum):
    """As in CertificateSignedStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


class CertificateSignedOutcome(Outcome):
    """Whether the station uses the certificate."""

    status: CertificateSignedStatus


# --- contracts and revocation (M01, M02, M06, M07) ------------------------------------------------------------------


class CertificateAction(StrEnum):
    """As in CertificateActionEnumType."""

    INSTALL = "Install"
    UPDATE = "Update"


class EvCertificateAsked(Fact):
    """A vehicle wants its contract certificate (M01, M02). `exi_request`: EXI in Base64. The last two are in 2.1 (ISO 15118-20)."""

    schema_version: str
    action: CertificateAction
    exi_request: str
    max_chains: int | None = None
    prioritized_emaids: tuple[str, ...] = ()


class EvCertificateVerdict(Verdict):
    """The response for the vehicle: EXI in Base64, "" if there is none; `remaining` contracts (2.1, M01.FR.04).

    `reason` says why it failed; 1.6 has no place for it.
    """

    accepted: bool
    exi_response: str = ""
    remaining: int | None = None
    reason: str | None = None


class CertificateStatusAsked(Fact):
    """A station asks for the OCSP status of a certificate (M06)."""

    certificate: CertificateHash
    responder_url: str


class CertificateStatusVerdict(Verdict):
    """The OCSP response, DER in Base64; None if it could not be had (M06.FR.04), and `reason` says why (not in 1.6)."""

    ocsp_result: str | None = None
    reason: str | None = None


class StatusSource(StrEnum):
    """As in CertificateStatusSourceEnumType (2.1)."""

    CRL = "CRL"
    OCSP = "OCSP"


class RevocationStatus(StrEnum):
    """As in CertificateStatusEnumType (2.1); Failed: it could not be had (M07.FR.02, M07.FR.05)."""

    GOOD = "Good"
    REVOKED = "Revoked"
    UNKNOWN = "Unknown"
    FAILED = "Failed"


class ChainLink(Value):
    """A certificate whose status is asked, and where to look."""

    certificate: CertificateHash
    source: StatusSource
    urls: tuple[str, ...]


class Revocation(Value):
    """What is known of a certificate: Good, Revoked or Unknown, valid until `next_update`.

    `response` is the OCSP response it comes from, in DER; empty for a CRL. `proven`: its signature was traced to the issuer of the
    certificate. Else whoever acts on it must trust the way it came, or check the response against the issuer.
    """

    status: RevocationStatus
    next_update: datetime
    response: bytes = b""
    proven: bool = False


class LinkStatus(Value):
    """The status of a certificate; `next_update` is when to ask again."""

    certificate: CertificateHash
    source: StatusSource
    status: RevocationStatus
    next_update: datetime


class ChainStatusAsked(Fact):
    """A station asks for the status of the certificates of a chain (M07, 2.1)."""

    links: tuple[ChainLink, ...]


class ChainStatusVerdict(Verdict):
    """A status for each certificate asked for (M07.FR.08)."""

    statuses: tuple[LinkStatus, ...]
