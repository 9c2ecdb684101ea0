"""OCPP 1.6. Certificates: contract, root and OCSP."""

from __future__ import annotations

from pilotwire.ocpp.types import Datatype, Maybe, Message, OneOrMore, String40, String128, String5500
from pilotwire.ocpp.v16.enums import (
    CertificateUse,
    DeleteCertificateStatus,
    GetInstalledCertificateStatus,
    HashAlgorithm,
    InstallCertificateStatus,
)


class CertificateHashData(Datatype):
    """The hashes that name a certificate as OCSP does."""

    hash_algorithm: HashAlgorithm
    issuer_name_hash: String128
    issuer_key_hash: String128
    serial_number: String40


class DeleteCertificateRequest(Message):
    """Central system → charge point: removes an installed certificate (security whitepaper)."""

    certificate_hash_data: CertificateHashData


class DeleteCertificateResponse(Message):
    """Charge point → central system: the answer to `DeleteCertificateRequest`."""

    status: DeleteCertificateStatus


class GetInstalledCertificateIdsRequest(Message):
    """Central system → charge point: asks which certificates are installed (security whitepaper)."""

    certificate_type: CertificateUse


class GetInstalledCertificateIdsResponse(Message):
    """Charge point → central system: hashes of the installed certificates."""

    status: GetInstalledCertificateStatus
    certificate_hash_data: Maybe[OneOrMore[CertificateHashData]] = None


class InstallCertificateRequest(Message):
    """Central system → charge point: installs a root certificate (security whitepaper)."""

    certificate_type: CertificateUse
    certificate: String5500


class InstallCertificateResponse(Message):
    """Charge point → central system: the answer to `InstallCertificateRequest`."""

    status: InstallCertificateStatus
