"""CertificateInstallation: contracts from the provisioning service, one in each answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire import pki
from pilotwire.iso15118.charging import Identification
from pilotwire.iso15118.emaid import normalised
from pilotwire.iso15118.evcc.iso20 import authorization
from pilotwire.iso15118.evcc.iso20.talk import Next, Step, Talk
from pilotwire.iso15118.evcc.ports import Credential
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import ListOfRootCertificateIDs
from pilotwire.iso15118.provisioned import install
from pilotwire.iso15118.timing import ISO20
from pilotwire.iso15118.xmldsig import X509IssuerSerial

_ID: Final = "id1"
_MOST_ROOTS: Final = 20
_MOST_EMAIDS: Final = 8
_MOST_SUBS: Final = 3


def wanted(s: Talk) -> bool:
    """Whether to ask for contracts: by the driver's wish, or because a contract is to pay and there is none."""
    oem = s.wallet.provisioning()
    if oem is None or not s.secured or not s.wallet.v2g_roots():
        return False
    if not authorization.signs(s, oem):
        s.remark("The OEM provisioning certificate has a key that ISO 15118-20 has no signature for.")
        return False
    wish = s.ev.wish()
    lacks = Identification.PNC in wish.identification and Identification.PNC in s.authorizing.offered
    return wish.install or (lacks and not s.wallet.contracts())


def request(s: Talk, now: datetime) -> Next:
    """Signed with the OEM provisioning key."""
    oem = s.wallet.provisioning()
    assert oem is not None
    own, *subs = (each.public_bytes(Encoding.DER) for each in oem.chain)
    below = cm.SubCertificates(certificate=subs[:_MOST_SUBS]) if subs else None
    emaids = [normalised(each) for each in s.ev.wish().emaids[:_MOST_EMAIDS]]
    message = cm.CertificateInstallationReq(
        header=s.header(now),
        oem_provisioning_certificate_chain=cm.SignedCertificateChain(id=_ID, certificate=own, sub_certificates=below),
        list_of_root_certificate_ids=_roots(s),
        maximum_contract_certificate_chains=s.options.most_contracts,
        prioritized_emaids=cm.EMAIDList(emaid=emaids) if emaids else None,
    )
    return Next(message, signer=oem)


def _roots(s: Talk) -> ListOfRootCertificateIDs:
    """Which roots the vehicle has, so that the provisioning service knows what it will believe."""
    names = [
        X509IssuerSerial(x509_issuer_name=one.issuer.rfc4514_string(), x509_serial_number=one.serial_number)
        for one in s.wallet.v2g_roots()
    ]
    return ListOfRootCertificateIDs(root_certificate_id=names[:_MOST_ROOTS])


def certificate_installation(s: Talk, response: cm.CertificateInstallationRes, now: datetime) -> Step:
    """Take a contract, and ask for the next one while some are left."""
    code = response.response_code
    if code.startswith("WARNING"):
        s.done("the contract certificate")
        s.remark(f"There is no contract certificate for the vehicle: {code}.")
        return _authorize(s, now)
    if response.evse_processing != "Finished":
        return s.repeat("the contract certificate", request(s, now), ISO20.ev_ongoing, now)
    s.done("the contract certificate")
    known = s.authorizing
    got = _take(s, response, now)
    known.first = known.first or got
    known.installed += 1
    if response.remaining_contract_certificate_chains and known.installed < s.options.most_contracts:
        return request(s, now)
    return _authorize(s, now)


def _authorize(s: Talk, now: datetime) -> Step:
    """Of several contracts the one that came first is used first: the one that is wanted most."""
    first = s.authorizing.first
    if first is not None and s.wallet.contracts()[0].certificate != first.certificate:
        s.wallet.store(first)
    return authorization.begin(s, now)


def _take(s: Talk, response: cm.CertificateInstallationRes, now: datetime) -> Credential | None:
    """The provisioning service's chain and signature, then the key; a contract that is not good is not kept (None)."""
    oem = s.wallet.provisioning()
    assert oem is not None
    how: dict[str, Any] = {"keys": s.options.keys, "suites": s.options.suites}
    pcid = normalised(pki.common_name(oem.certificate.subject))
    got = install(response, oem.key, s.wallet.v2g_roots(), now, pcid=pcid, **how)
    if not got.good or got.key is None:
        s.find(f"The contract certificate was not taken: {got.what}")
        return None
    contract = Credential(got.certificates, got.key)
    s.wallet.store(contract)
    return contract
