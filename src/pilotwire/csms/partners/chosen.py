"""The partners the settings name."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509

from pilotwire.clock import Clock
from pilotwire.csms.partners.authorizer import http_authorizer
from pilotwire.csms.partners.embedded_contracts import EmbeddedContracts, embedded_contracts
from pilotwire.csms.partners.http_contracts import HttpContracts
from pilotwire.csms.partners.http_signer import HttpSigner
from pilotwire.csms.partners.lab_signer import LabSigner, read_ca
from pilotwire.csms.partners.ocsp import WebRevocation
from pilotwire.csms.partners.opcp import OpcpContracts, opcp_of
from pilotwire.csms.partners.ports import ContractProvider, Partners, RootSource, Signer
from pilotwire.csms.partners.prepaid import http_prepaid
from pilotwire.csms.partners.psp import http_psp
from pilotwire.csms.partners.public_web import PublicWeb
from pilotwire.csms.partners.vat import vat_checker
from pilotwire.csms.settings import CsmsSettings
from pilotwire.errors import ConfigError


def chosen_partners(settings: CsmsSettings, clock: Clock) -> Partners:
    """All partners. Raises ConfigError."""
    contracts = _contracts(settings, clock)
    return Partners(
        vat=vat_checker(settings),
        signer=_signer(settings, clock),
        contracts=contracts,
        ocsp=WebRevocation(PublicWeb(settings.ocsp_timeout, private=settings.ocsp_private_addresses), clock),
        authorizer=http_authorizer(settings, clock),
        prepaid=http_prepaid(settings, clock),
        psp=http_psp(settings),
        roots=_roots(settings, contracts),
        closing=contracts.close if isinstance(contracts, EmbeddedContracts) else None,
    )


def _signer(settings: CsmsSettings, clock: Clock) -> Signer | None:
    certificate, key = settings.lab_ca_certificate, settings.lab_ca_key
    if bool(certificate) != bool(key):
        raise ConfigError("lab_ca_certificate and lab_ca_key are only given together.", "Give both, or neither.")
    if settings.signer_url and certificate:
        raise ConfigError("signer_url and lab_ca_certificate are both given.", "Let one of them sign.")
    if settings.signer_url:
        return HttpSigner(settings.signer_url, settings.signer_timeout, settings.signer_token)
    return LabSigner(read_ca(certificate, key), clock, settings.lab_ca_days) if certificate else None


def _contracts(settings: CsmsSettings, clock: Clock) -> ContractProvider | None:
    if settings.contracts_interface == "embedded":
        return embedded_contracts(settings.contracts_pki, settings.contracts_pki_password, clock)
    if bool(settings.contracts_client_id) != bool(settings.contracts_client_secret):
        what = "contracts_client_id and contracts_client_secret are only given together."
        raise ConfigError(what, "Give both, or neither.")
    if not settings.contracts_url:
        if settings.contracts_interface == "opcp":
            raise ConfigError(
                "contracts_interface is opcp, and there is no contracts_url.", "Give the URL of the pool."
            )
        return None
    if settings.contracts_interface == "opcp":
        return OpcpContracts(opcp_of(settings), clock)
    return HttpContracts(settings.contracts_url, settings.contracts_timeout, settings.contracts_token)


def _roots(settings: CsmsSettings, contracts: ContractProvider | None) -> RootSource | None:
    if not settings.contract_roots_of_pool:
        return None
    if isinstance(contracts, OpcpContracts | EmbeddedContracts):
        return contracts
    raise ConfigError(
        "contract_roots_of_pool is set, and no pool that tells roots is.",
        "Set contracts_interface to opcp or embedded, or name the roots in contract_roots.",
    )


def contract_roots(path: str) -> str:
    """The roots of contract certificates, in PEM; "" without a file. Raises ConfigError."""
    if not path:
        return ""
    try:
        pem = Path(path).read_text(encoding="ascii")
        x509.load_pem_x509_certificates(pem.encode())
    except (OSError, ValueError) as error:
        what = f"contract_roots: {path} cannot be used: {error}."
        raise ConfigError(what, "Name a PEM file with the root certificates of contracts.") from None
    return pem
